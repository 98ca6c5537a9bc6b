/*
 * The library that an agent in AssemblyScript is written with: the orders of a site (abi.ts), and
 * small helpers for the event, answers, arguments and log lines.  The orders are described in
 * docs/guest-abi.md, the way from an empty folder to a running agent in docs/languages.md.
 *
 * Orders take addresses: that of a StaticArray or of an @unmanaged object is its changetype<usize>.
 * Money is i64 nanos (10^-9 of the site's currency) everywhere.  The runtime is `stub`, which never
 * frees: what is allocated in each turn grows for ever, so keep buffers in globals.
 */
import {
  cap_drop, E_POSTAGE, Event, event_info, EVENT_BYTES, event_read, facet_ask, facet_postage, facet_send,
  LOG_LINE_BYTES_MAX, log_append, REASON_BYTES_MAX, reply_break, self_fail, SLOT_LOG, SLOT_NONE,
  SLOT_SELF
} from "./abi";

export * from "./abi";

// The code with which a turn fails that has thrown or failed an assertion.
export const ABORT_CODE: i32 = i32.MAX_VALUE;

// Where a reason is written: of fixed place, as an abort comes at any moment.
const reasonAt: usize = memory.data(REASON_BYTES_MAX);

// Add words to the reason, whose first `size` bytes are written: its new size.
function addReason(size: i32, words: string | null): i32 {
  if (words != null)
    for (let i = 0; i < words.length && size < REASON_BYTES_MAX; i++)
      store<u8>(reasonAt + size++, <u8>min(words.charCodeAt(i), 127)); // people read it
  return size;
}

// What the compiler calls for those (--use abort=...): a line of the log would be undone with the
// turn, so the message is the reason of the failure.
export function abort(message: string | null, file: string | null, at: u32, column: u32): void {
  let size = addReason(0, message != null ? message : "aborted");
  let scale: u32 = 1;

  size = addReason(addReason(addReason(size, " in "), file), ":");
  while (at / scale >= 10) scale *= 10;
  for (; scale > 0 && size < REASON_BYTES_MAX; scale /= 10)
    store<u8>(reasonAt + size++, <u8>(48 + (at / scale) % 10));
  self_fail(SLOT_SELF, ABORT_CODE, reasonAt, size);
  unreachable();
}

const theEvent = new Event();
assert(offsetof<Event>() == EVENT_BYTES, "an event is as the site writes it");

// The event of this turn; the object is the same in each turn.
export function event(): Event {
  event_info(changetype<usize>(theEvent));
  return theEvent;
}

// The data that came with the event, as much as fits into `to`: how many bytes.
export function data(to: StaticArray<u8>): i32 {
  const size = event_read(changetype<usize>(to), to.length, 0);
  return size < 0 ? 0 : <i32>size;
}

// Answer the question that came with an event, once; nothing is done for SLOT_NONE.  The slot is
// free afterwards, whatever is returned.
export function answer(reply: i32, from: usize, size: i32, money: i64 = 0): i64 {
  if (reply == SLOT_NONE) return 0;
  const result = facet_send(reply, from, size, 0, 0, money, 0, SLOT_NONE);
  if (result < 0) cap_drop(reply); // its sender then learns that no answer comes
  return result;
}

// As answer(), with text.
export function answerText(reply: i32, words: string, money: i64 = 0): i64 {
  const text = line.clear().add(words);
  return answer(reply, text.at, text.size, money);
}

// Fail the turn: it is undone, and the agent that asked hears `code` (FAIL_CODE_MIN or more) and the
// reason, of which 256 bytes are kept.
export function fail(code: i32, reason: string): void {
  const text = line.clear().add(reason);
  self_fail(SLOT_SELF, code, text.at, min(text.size, REASON_BYTES_MAX));
  unreachable(); // the code was none of its own, or the money short of the fee
}

// Fail the question of a reply, of this event or kept; the turn goes on.
export function breakReply(reply: i32, code: i32, reason: string): i64 {
  if (reply == SLOT_NONE) return 0;
  const text = line.clear().add(reason);
  const result = reply_break(reply, code, text.at, min(text.size, REASON_BYTES_MAX));
  if (result < 0) cap_drop(reply);
  return result;
}

// Send to somebody else's facet, with the postage that it asks if that is at most `postageMax`.
export function send(facet: i32, from: usize, size: i32, money: i64, postageMax: i64,
                     reply: i32 = SLOT_NONE): i64 {
  const postage = facet_postage(facet);
  if (postage < 0) return postage;
  if (postage > postageMax) return E_POSTAGE;
  return facet_send(facet, from, size, 0, 0, money, postage, reply);
}

// Ask somebody else's facet, or a promise, for what its answer will bring: the slot of a promise.
export function ask(facet: i32, from: usize, size: i32, money: i64, postageMax: i64,
                    reply: i32 = SLOT_NONE): i64 {
  const postage = facet_postage(facet);
  if (postage < 0) return postage;
  if (postage > postageMax) return E_POSTAGE;
  return facet_ask(facet, from, size, 0, 0, money, postage, reply);
}

// A line of text in a buffer of its own.  What does not fit is cut off.
export class Text {
  size: i32 = 0;
  private bytes: StaticArray<u8> = new StaticArray<u8>(LOG_LINE_BYTES_MAX);

  get at(): usize {
    return changetype<usize>(this.bytes);
  }
  clear(): Text {
    this.size = 0;
    return this;
  }
  addByte(byte: u8): Text {
    if (this.size < LOG_LINE_BYTES_MAX) store<u8>(this.at + this.size++, byte);
    return this;
  }
  addBytes(from: usize, size: i32): Text {
    const part = min(size, LOG_LINE_BYTES_MAX - this.size);
    memory.copy(this.at + this.size, from, part);
    this.size += part;
    return this;
  }
  // Letters outside ASCII are written as UTF-8.
  add(words: string): Text {
    for (let i = 0; i < words.length; i++) {
      let code = <u32>words.charCodeAt(i);
      if (code >= 0xd800 && code < 0xdc00 && i + 1 < words.length) code = <u32>words.codePointAt(i++);
      if (code < 0x80) {
        this.addByte(<u8>code);
        continue;
      }
      const rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
      if (this.size + rest >= LOG_LINE_BYTES_MAX) break; // no half of a letter
      this.addByte(<u8>(rest == 1 ? 0xc0 | (code >> 6) : rest == 2 ? 0xe0 | (code >> 12)
        : 0xf0 | (code >> 18)));
      for (let shift = 6 * (rest - 1); shift >= 0; shift -= 6)
        this.addByte(<u8>(0x80 | ((code >> shift) & 0x3f)));
    }
    return this;
  }
  // In decimal, with at least `digits` digits.
  addDigits(value: u64, digits: i32 = 1): Text {
    let scale: u64 = 1;
    let count = 1;
    while (count < 20 && (value / scale >= 10 || count < digits)) {
      scale *= 10;
      count++;
    }
    for (; scale > 0; scale /= 10) this.addByte(<u8>(48 + (value / scale) % 10));
    return this;
  }
  addInt(value: i64): Text {
    if (value < 0) this.addByte(45);
    return this.addDigits(value < 0 ? 0 - <u64>value : <u64>value);
  }
  // Nanos as an amount with nine places.
  addMoney(nanos: i64): Text {
    const size = nanos < 0 ? 0 - <u64>nanos : <u64>nanos;
    if (nanos < 0) this.addByte(45);
    return this.addDigits(size / 1000000000).addByte(46).addDigits(size % 1000000000, 9);
  }
  // In lower-case hex, as numbers of heap entries are written.
  addHex(from: usize, size: i32): Text {
    for (let i = 0; i < 2 * size; i++) {
      const digit = (load<u8>(from + (i >> 1)) >> (i % 2 == 0 ? 4 : 0)) & 15;
      this.addByte(digit + (digit < 10 ? 48 : 87));
    }
    return this;
  }
  // Write the line to the agent's log, and empty it.
  log(): i64 {
    const result = log_append(SLOT_LOG, this.at, this.size);
    this.size = 0;
    return result;
  }
}

// A line for all that is written at once.
const line = new Text();

// Write a line to the agent's log.
export function log(words: string): i64 {
  return line.clear().add(words).log();
}

// The value of an argument of "name=value name=value" as text, or null.  It allocates.
export function arg(name: string, from: StaticArray<u8>, size: i32): string | null {
  const words = String.UTF8.decodeUnsafe(changetype<usize>(from), size).split(" ");
  for (let i = 0; i < words.length; i++)
    if (words[i].startsWith(name + "=")) return words[i].substring(name.length + 1);
  return null;
}
