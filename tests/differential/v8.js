// V8 as a side of the differential test.  Reads packs of cases from standard input and writes what
// it saw to standard output, until the input ends.  Numbers are little-endian.
//
// A pack: u32 bytes that follow; then case after case:
//     u32 bytes of the module; u8 calls; u8 globals; u8 size of the memory's name (0: none)
//     the memory's name; for each global: u8 type letter, u8 name size, name
//     for each call: u8 name size, name, u8 result letter or 0, u8 parameters,
//                    for each: u8 letter, u64 bits
//     the module
// The answer: u32 bytes that follow; then case after case:
//     u8 accepted; u8 size of the reason, the reason (when refused or not to be run)
//     for each call: u8 outcome, u64 result; u32 pages; u32 hash of memory; for each global: u64
'use strict';
const fs = require('fs');

const STOPPED = 2;
const STOP = 67, TOLL = 68, MIX = 69, POKE = 70, PEEK = 71;
const stop = new Error('host stop');
const scratch = new DataView(new ArrayBuffer(8));
let memory = null; // of the instance at hand

// The traps of V8 by the number of the engine's outcome; it tells some apart that the engine does
// not, and the other way round (see v8_outcome_same in compare.c).
const traps = new Map([
  ['unreachable', 3],
  ['memory access out of bounds', 4],
  ['divide by zero', 5],
  ['remainder by zero', 5],
  ['divide result unrepresentable', 6],
  ['float unrepresentable in integer range', 7],
  ['table index is out of bounds', 8],
  ['null function or function signature mismatch', 9],
]);

function outcomeOf(error) {
  if (error === stop)
    return STOPPED;
  if (error instanceof RangeError)
    return 10;
  const outcome = traps.get(error.message);
  if (outcome === undefined)
    throw new Error('an unknown trap: ' + error);
  return outcome;
}

// ---- the host: see host.h ----

function bytesAt(address) {
  if (memory === null || address + 8 > memory.buffer.byteLength)
    return null;
  return new DataView(memory.buffer, address, 8);
}

function poke(address, mix) {
  const to = bytesAt(address);
  if (to === null)
    return -4n;
  to.setBigUint64(0, mix, true);
  return mix & 0xffffn;
}

function hostFunction(number, params) {
  const narrow = [...params].map((letter) => letter === 'i');
  const at = !params.startsWith('ii') ? -1 : params[2] === 'i' ? 1 : 0;
  return (...args) => {
    let mix = BigInt(number + 1);
    for (let i = 0; i < args.length; i++)
      mix = mix * 31n + (narrow[i] ? BigInt(args[i] >>> 0) : args[i]);
    mix = BigInt.asUintN(64, mix);
    if (number === STOP)
      throw stop;
    if (number === PEEK) {
      const from = bytesAt(args[0] >>> 0);
      return from === null ? -4n : from.getBigUint64(0, true) ^ mix;
    }
    return at < 0 ? mix : poke(args[at] >>> 0, mix);
  };
}

// The orders come on the command line, as name:letters,...
const host = {};
process.argv[2].split(',').forEach((order, number) => {
  const [name, params] = order.split(':');
  host[name] = hostFunction(number, params);
});
const imports = {serai: host};

// ---- what is seen ----

function hash(buffer) {
  const words = new Int32Array(buffer);
  let a = 1, b = 2, c = 3, d = 4;
  for (let i = 0; i + 4 <= words.length; i += 4) {
    a = Math.imul(a ^ words[i], 0x01000193);
    b = Math.imul(b ^ words[i + 1], 0x01000193);
    c = Math.imul(c ^ words[i + 2], 0x01000193);
    d = Math.imul(d ^ words[i + 3], 0x01000193);
  }
  return Math.imul(Math.imul(Math.imul(a, 31) + b | 0, 31) + c | 0, 31) + d >>> 0;
}

// Write a value's bits, every NaN as the one.
function putValue(out, at, letter, value) {
  out.setBigUint64(at, 0n, true);
  if (letter === 'i') {
    out.setInt32(at, value, true);
  } else if (letter === 'l') {
    out.setBigInt64(at, value, true);
  } else if (letter === 'f') {
    if (value !== value)
      out.setUint32(at, 0x7fc00000, true);
    else
      out.setFloat32(at, value, true);
  } else if (letter === 'd') {
    if (value !== value)
      out.setBigUint64(at, 0x7ff8000000000000n, true);
    else
      out.setFloat64(at, value, true);
  }
}

function argument(letter, bits) {
  scratch.setBigUint64(0, bits, true);
  return letter === 'i' ? scratch.getInt32(0, true)
       : letter === 'l' ? scratch.getBigInt64(0, true)
       : letter === 'f' ? scratch.getFloat32(0, true)
       : scratch.getFloat64(0, true);
}

// ---- packs ----

class Reader {
  constructor(buffer) {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.at = 0;
  }
  u8() { return this.buffer[this.at++]; }
  u32() { this.at += 4; return this.view.getUint32(this.at - 4, true); }
  u64() { this.at += 8; return this.view.getBigUint64(this.at - 8, true); }
  text(size) { this.at += size; return this.buffer.toString('utf8', this.at - size, this.at); }
  bytes(size) { this.at += size; return this.buffer.subarray(this.at - size, this.at); }
}

function readCase(from) {
  const one = {globals: [], calls: []};
  const size = from.u32();
  const calls = from.u8();
  const globals = from.u8();
  one.memory = from.text(from.u8());
  for (let i = 0; i < globals; i++) {
    const letter = String.fromCharCode(from.u8());
    one.globals.push({letter, name: from.text(from.u8())});
  }
  for (let i = 0; i < calls; i++) {
    const call = {name: from.text(from.u8()), result: String.fromCharCode(from.u8()), args: []};
    for (let left = from.u8(); left > 0; left--) {
      const letter = String.fromCharCode(from.u8());
      call.args.push(argument(letter, from.u64()));
    }
    one.calls.push(call);
  }
  one.module = from.bytes(size);
  return one;
}

let answer = new DataView(new ArrayBuffer(1 << 20));
let answerBytes = Buffer.from(answer.buffer);
let at = 0;

function room(size) {
  if (at + size <= answer.byteLength)
    return;
  const larger = Buffer.alloc(answer.byteLength * 2);
  answerBytes.copy(larger);
  answerBytes = larger;
  answer = new DataView(larger.buffer, larger.byteOffset, larger.length);
}

function refuse(accepted, error) {
  const why = Buffer.from(String(error.message)).subarray(0, 150);
  answer.setUint8(at++, accepted);
  answer.setUint8(at++, why.length);
  why.copy(answerBytes, at);
  at += why.length;
}

// The calls, and then what memory and globals are: a fixed number of bytes for each case.
function run(one, exports) {
  for (const call of one.calls) {
    let outcome = 0;
    let value = 0;
    try {
      value = exports[call.name](...call.args);
    } catch (error) {
      outcome = outcomeOf(error);
    }
    answer.setUint8(at, outcome);
    putValue(answer, at + 1, outcome === 0 ? call.result : '', value);
    at += 9;
  }
  answer.setUint32(at, memory === null ? 0 : memory.buffer.byteLength / 65536, true);
  answer.setUint32(at + 4, hash(memory === null ? new ArrayBuffer(0) : memory.buffer), true);
  at += 8;
  for (const global of one.globals) {
    putValue(answer, at, global.letter, exports[global.name].value);
    at += 8;
  }
}

function runCase(one) {
  const size = 9 * one.calls.length + 8 + 8 * one.globals.length;
  room(256 + size);
  let module;
  let exports = null;
  try {
    if (one.calls.length === 0) {
      if (!WebAssembly.validate(one.module))
        new WebAssembly.Module(one.module); // throws, with the reason
    } else {
      module = new WebAssembly.Module(one.module);
    }
  } catch (error) {
    refuse(0, error);
    answerBytes.fill(0, at, at + size);
    at += size;
    return;
  }
  try {
    if (module !== undefined)
      exports = new WebAssembly.Instance(module, imports).exports;
  } catch (error) {
    refuse(1, error);
    answerBytes.fill(0, at, at + size);
    at += size;
    return;
  }
  refuse(1, {message: ''});
  if (exports === null) {
    answerBytes.fill(0, at, at + size);
    at += size;
    return;
  }
  memory = one.memory === '' ? null : exports[one.memory];
  run(one, exports);
}

function readAll(buffer) {
  let got = 0;
  while (got < buffer.length) {
    const count = fs.readSync(0, buffer, got, buffer.length - got);
    if (count === 0)
      return false;
    got += count;
  }
  return true;
}

const head = Buffer.alloc(4);
while (readAll(head)) {
  const pack = Buffer.alloc(head.readUInt32LE(0));
  if (!readAll(pack))
    break;
  const from = new Reader(pack);
  at = 4;
  while (from.at < pack.length)
    runCase(readCase(from));
  answer.setUint32(0, at - 4, true);
  for (let sent = 0; sent < at;)
    sent += fs.writeSync(1, answerBytes, sent, at - sent);
}
