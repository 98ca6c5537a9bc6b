/*
 * The library that an agent in C includes: the orders of sdk/abi.h as functions, and small helpers
 * for arguments, log lines and loading code into a newborn.
 *
 *     #include <serai.h>
 *
 *     void serai_turn(int32_t kind, int32_t slot, int32_t size)
 *     {
 *         if (kind == SERAI_EVENT_BORN)
 *             serai_log("hello");
 *     }
 *
 * Build it with `serai-cc -o hello.wasm hello.c`.  The orders are described in docs/guest-abi.md,
 * the whole way from an empty file to a running agent in docs/write-an-agent.md.
 *
 * Every helper is static inline, allocates nothing and keeps no state of its own: an agent's state
 * is its global variables, which stay from turn to turn.  A turn that traps undoes what it wrote.
 * Money is int64_t nanos (10^-9 of the site's currency) everywhere.
 */
#ifndef SERAI_SDK_SERAI_H
#define SERAI_SDK_SERAI_H

#include "sdk/abi.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __wasm__
#define SERAI_IMPORT(name) __attribute__((import_module("serai"), import_name(#name)))
#define SERAI_EXPORT(name) __attribute__((export_name(#name)))
#else /* a test of agent code on the build machine supplies the orders itself */
#define SERAI_IMPORT(name)
#define SERAI_EXPORT(name)
#endif

/* The orders: event_info(), facet_send(), channel_buy() and the others of the table. */
#define SERAI_ORDER_DECLARE(number, name, params, kind, prototype)                                 \
    SERAI_IMPORT(name) int64_t name prototype;
SERAI_ORDERS(SERAI_ORDER_DECLARE)
#undef SERAI_ORDER_DECLARE

/*
 * Handle one event, of a kind of sdk/abi.h; the site calls it once for each.  You write it.  `slot`
 * is that of the channel end which the event belongs to, or -1, `size` the bytes of its data
 * (docs/guest-abi.md).
 */
SERAI_EXPORT(serai_turn) void serai_turn(int32_t kind, int32_t slot, int32_t size);

/* ---- text ---- */

/*
 * A line being written; begin with {0}.  What does not fit is cut off: a log line is never worth a
 * trap.  `bytes` has no NUL at its end; `size` says how much is written.
 */
struct serai_text {
    int32_t size;
    char bytes[SERAI_LOG_LINE_BYTES_MAX];
};

/* Append `size` bytes, cut to fit; `bytes` may be NULL when there are none. */
static inline void serai_text_add_bytes(struct serai_text *text, const char *bytes, int32_t size)
{
    int32_t room = SERAI_LOG_LINE_BYTES_MAX - text->size;
    int32_t part = size < room ? size : room;

    if (size <= 0 || part <= 0) /* also when `bytes` is NULL */
        return;
    memcpy(text->bytes + text->size, bytes, (size_t)part);
    text->size += part;
}

/* Append a text that ends with a NUL. */
static inline void serai_text_add(struct serai_text *text, const char *words)
{
    serai_text_add_bytes(text, words, (int32_t)strlen(words));
}

/* Append `value` in decimal, with at least `digits` digits: 7 with 3 digits is 007. */
static inline void serai_text_add_digits(struct serai_text *text, uint64_t value, int32_t digits)
{
    char reversed[20];
    char ordered[20];
    int32_t count = 0;

    do {
        reversed[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0 || (count < digits && count < 20));
    for (int32_t i = 0; i < count; i++)
        ordered[i] = reversed[count - 1 - i];
    serai_text_add_bytes(text, ordered, count);
}

/* Append `value` in decimal, with a minus sign when it is below 0. */
static inline void serai_text_add_int(struct serai_text *text, int64_t value)
{
    if (value < 0)
        serai_text_add(text, "-");
    /* Negate as unsigned: the smallest int64_t has no positive twin. */
    serai_text_add_digits(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

/* Append nanos as a decimal amount with nine places: 2000000 is 0.002000000. */
static inline void serai_text_add_money(struct serai_text *text, int64_t nanos)
{
    uint64_t size = nanos < 0 ? 0 - (uint64_t)nanos : (uint64_t)nanos;

    if (nanos < 0)
        serai_text_add(text, "-");
    serai_text_add_digits(text, size / 1000000000, 1);
    serai_text_add(text, ".");
    serai_text_add_digits(text, size % 1000000000, 9);
}

/*
 * Append `format` with the values put in: %d takes the next one as a number, %m as money, %% is a
 * %.  There must be as many values as it asks for.
 */
static inline void serai_text_add_values(struct serai_text *text, const char *format,
                                         const int64_t *values)
{
    for (; *format != 0; format++) {
        if (*format != '%' || format[1] == 0) {
            serai_text_add_bytes(text, format, 1);
            continue;
        }
        format++;
        if (*format == 'd')
            serai_text_add_int(text, *values++);
        else if (*format == 'm')
            serai_text_add_money(text, *values++);
        else
            serai_text_add_bytes(text, format, 1);
    }
}

/* Empty the text, then write as serai_log_values(): serai_text_values(&text, "hops=%d", hops). */
#ifndef __cplusplus
#define serai_text_values(text, format, ...)                                                       \
    ((text)->size = 0, serai_text_add_values((text), (format), (const int64_t[]){__VA_ARGS__}))
#else
extern "C++" {
/* As the macro of this name, for C++. */
template <typename... Values>
static inline void serai_text_values(serai_text *text, const char *format, Values... values)
{
    const int64_t list[] = {static_cast<int64_t>(values)...};

    text->size = 0;
    serai_text_add_values(text, format, list);
}
}
#endif

/*
 * Append `count` bytes as lower-case hex, two digits each, as numbers of heap entries are written.
 */
static inline void serai_text_add_hex(struct serai_text *text, const uint8_t *bytes, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        serai_text_add_bytes(text, &"0123456789abcdef"[bytes[i] >> 4], 1);
        serai_text_add_bytes(text, &"0123456789abcdef"[bytes[i] & 15], 1);
    }
}

/* Append one more argument, " name=value", for an agent that is about to be loaded. */
static inline void serai_text_add_arg(struct serai_text *text, const char *name, const char *value,
                                      int32_t size)
{
    serai_text_add(text, " ");
    serai_text_add(text, name);
    serai_text_add(text, "=");
    serai_text_add_bytes(text, value, size);
}

/* ---- log: `serai agent logs` shows it; each line is paid for ---- */

/* Write the text to the agent's log and empty it.  Returns what log_append() returns. */
static inline int64_t serai_text_log(struct serai_text *text)
{
    int64_t answer = log_append(SERAI_SLOT_LOG, text->bytes, text->size);

    text->size = 0;
    return answer;
}

/* Write a line to the agent's log.  Returns what log_append() returns. */
static inline int64_t serai_log(const char *words)
{
    return log_append(SERAI_SLOT_LOG, words, (int32_t)strlen(words));
}

/*
 * Whether the data of a packet is in the buffer that it was armed into (channel_arm_into): then the
 * number of its bytes, and *offset is where they begin.  0: event_read() has the data, as usual.
 */
static inline int32_t serai_landed(const struct serai_event *event, int32_t *offset)
{
    if (event->kind != SERAI_EVENT_PACKET || event->status <= 0)
        return 0;
    *offset = (int32_t)event->badge;
    return event->status;
}

/*
 * Answer the question that came with an event, once: `reply` is its reply facet, and nothing is
 * done for SERAI_SLOT_NONE.  There is no postage to pay: the sender of the question has paid for
 * the answer.  The slot is free afterwards, whatever is returned.
 *
 * A reply that is to be answered in a later turn has to be kept, by cap_keep(event.reply): it is
 * lent, as all that a message brings, and when the turn ends its sender learns that no answer
 * comes.
 */
static inline int64_t serai_answer(int32_t reply, const void *data, int32_t size, int64_t money)
{
    int64_t answer;

    if (reply == SERAI_SLOT_NONE)
        return 0;
    answer = facet_send(reply, data, size, NULL, 0, money, 0, SERAI_SLOT_NONE);
    if (answer < 0)
        (void)cap_drop(reply); /* its sender then learns that no answer comes */
    return answer;
}

/*
 * Fail the turn: it is undone, and the agent that asked hears `code` (SERAI_FAIL_CODE_MIN or more)
 * and the reason, a text of at most SERAI_REASON_BYTES_MAX bytes; a longer one is cut.
 */
__attribute__((noreturn)) static inline void serai_fail(int32_t code, const char *reason)
{
    size_t size = strlen(reason);

    if (size > SERAI_REASON_BYTES_MAX)
        size = SERAI_REASON_BYTES_MAX;
    (void)self_fail(SERAI_SLOT_SELF, code, reason, (int32_t)size);
    __builtin_trap(); /* the code was none of its own, or the money short of the fee */
}

/*
 * Fail the question of a reply, of this event or kept, with a code and a reason as serai_fail();
 * the turn goes on, and nothing is done for SERAI_SLOT_NONE.  The slot is free afterwards, whatever
 * is returned.
 */
static inline int64_t serai_break(int32_t reply, int32_t code, const char *reason)
{
    size_t size = strlen(reason);
    int64_t answer;

    if (reply == SERAI_SLOT_NONE)
        return 0;
    if (size > SERAI_REASON_BYTES_MAX)
        size = SERAI_REASON_BYTES_MAX;
    answer = reply_break(reply, code, reason, (int32_t)size);
    if (answer < 0)
        (void)cap_drop(reply);
    return answer;
}

/*
 * As serai_break(), with a reason of `size` bytes, and nanos that go back to who asked.  Returns
 * what reply_return() returns: below 0 the money stays here.
 */
static inline int64_t serai_return(int32_t reply, int32_t code, const char *reason, int32_t size,
                                   int64_t money)
{
    int64_t answer;

    if (reply == SERAI_SLOT_NONE)
        return 0;
    if (size > SERAI_REASON_BYTES_MAX)
        size = SERAI_REASON_BYTES_MAX;
    answer = reply_return(reply, code, reason, size, money);
    /* Nobody asks any more, or there is not as much money: then the reason at least. */
    if (answer < 0 && reply_break(reply, code, reason, size) < 0)
        (void)cap_drop(reply);
    return answer;
}

/* Why a message or question failed, in words for who sent it; NULL: there are none for that. */
static inline const char *serai_status_text(int32_t status)
{
    switch (status) {
    case SERAI_E_CLOSED:
        return "it is gone";
    case SERAI_E_SILENT:
        return "no answer was given";
    case SERAI_E_FROZEN:
        return "it is frozen";
    case SERAI_E_FULL:
        return "there is no room";
    case SERAI_E_KIND:
        return "the answer was no object";
    case SERAI_E_BROKEN:
        return "the promise is broken";
    case SERAI_E_POSTAGE:
        return "it asks for more postage";
    case SERAI_E_MISSING:
        return "an object that goes with the message is gone";
    default:
        return NULL;
    }
}

/*
 * Whether a slot holds a reply, which is held in one place and used up by one answer, and no facet
 * that can be kept and given to many.  An agent that is short of the fee cannot know: true, so that
 * it takes nothing.
 */
static inline bool serai_is_reply(int32_t slot)
{
    int64_t answer = reply_pipe(slot, SERAI_SLOT_NONE);

    return answer >= 0 || answer == SERAI_E_SHORT;
}

/*
 * Send to somebody else's facet, with the postage that it asks if that is at most `postage_max`;
 * else SERAI_E_POSTAGE, and nothing is sent: what a facet asks is its owner's choice.
 */
static inline int64_t serai_send(int32_t facet, const void *data, int32_t size, int64_t money,
                                 int64_t postage_max, int32_t reply)
{
    int64_t postage = facet_postage(facet);

    if (postage > postage_max)
        return SERAI_E_POSTAGE;
    return postage < 0 ? postage : facet_send(facet, data, size, NULL, 0, money, postage, reply);
}

/*
 * Ask somebody else's facet, or a promise, for what its answer will bring, with the postage as
 * serai_send().  Returns the slot of the promise, or a refusal.
 */
static inline int64_t serai_ask(int32_t facet, const void *data, int32_t size, int64_t money,
                                int64_t postage_max, int32_t reply)
{
    int64_t postage = facet_postage(facet);

    if (postage > postage_max)
        return SERAI_E_POSTAGE;
    return postage < 0 ? postage : facet_ask(facet, data, size, NULL, 0, money, postage, reply);
}

/*
 * Write a log line of `words` and then `size` bytes from elsewhere.  Returns what log_append()
 * returns.
 */
static inline int64_t serai_log_bytes(const char *words, const char *bytes, int32_t size)
{
    struct serai_text text;

    text.size = 0;
    serai_text_add(&text, words);
    serai_text_add_bytes(&text, bytes, size);
    return serai_text_log(&text);
}

/* Write a log line as serai_log_values() does, with the values in an array. */
static inline int64_t serai_log_list(const char *format, const int64_t *values)
{
    struct serai_text text;

    text.size = 0; /* not {0}: that would clear the whole line each time, and clearing is paid */
    serai_text_add_values(&text, format, values);
    return serai_text_log(&text);
}

/*
 * Write a log line: serai_log_values("sold %d for %m", count, nanos).  The format is that of
 * serai_text_add_values().  Each value becomes an int64_t, so any integer type does; there must be
 * as many as the format asks for, and at least one.
 */
#ifndef __cplusplus
#define serai_log_values(format, ...) serai_log_list((format), (const int64_t[]){__VA_ARGS__})
#else
extern "C++" {
/* As the macro of this name, for C++. */
template <typename... Values>
static inline int64_t serai_log_values(const char *format, Values... values)
{
    const int64_t list[] = {static_cast<int64_t>(values)...};

    return serai_log_list(format, list);
}
}
#endif

/* ---- arguments: "name=value name=value", as given to `serai agent deploy --args` ---- */

/*
 * Find the value of the argument `name` and its size; NULL when it is not given.  Borrowed from
 * `text`.
 */
static inline const char *serai_arg(const char *name, const char *text, int32_t size,
                                    int32_t *value_size)
{
    int32_t name_size = (int32_t)strlen(name);

    for (int32_t at = 0; at < size;) {
        int32_t end = at;

        while (end < size && text[end] != ' ')
            end++;
        if (end - at > name_size && text[at + name_size] == '=' &&
            memcmp(text + at, name, (size_t)name_size) == 0) {
            *value_size = end - at - name_size - 1;
            return text + at + name_size + 1;
        }
        at = end + 1;
    }
    *value_size = 0;
    return NULL;
}

/* Whether the value of `name` is exactly `word`. */
static inline bool serai_arg_is(const char *name, const char *text, int32_t size, const char *word)
{
    int32_t value_size;
    const char *value = serai_arg(name, text, size, &value_size);

    return value != NULL && value_size == (int32_t)strlen(word) &&
           memcmp(value, word, (size_t)value_size) == 0;
}

/*
 * Read the digits at the start of `text`, at most 18 of them, as a number; *used is how many there
 * were.  18 digits always fit in an int64_t.
 */
static inline int64_t serai_digits(const char *text, int32_t size, int32_t *used)
{
    int64_t value = 0;
    int32_t at = 0;

    while (at < size && at < 18 && text[at] >= '0' && text[at] <= '9')
        value = value * 10 + (text[at++] - '0');
    *used = at;
    return value;
}

/* The whole number given for `name`; `fallback` when there is none, or it is not one. */
static inline int64_t serai_arg_int(const char *name, const char *text, int32_t size,
                                    int64_t fallback)
{
    int32_t value_size;
    int32_t used;
    const char *value = serai_arg(name, text, size, &value_size);
    bool minus = value_size > 0 && value[0] == '-';
    int64_t number;

    if (value == NULL)
        return fallback;
    number = serai_digits(value + minus, value_size - minus, &used);
    if (used == 0 || used + minus != value_size)
        return fallback;
    return minus ? -number : number;
}

/*
 * The amount given for `name`, a decimal such as 0.05 with up to nine places, in nanos; `other`
 * when there is none, or it is not one.
 */
static inline int64_t serai_arg_money(const char *name, const char *text, int32_t size,
                                      int64_t fallback)
{
    int32_t value_size;
    int32_t used;
    int32_t places = 0;
    const char *value = serai_arg(name, text, size, &value_size);
    int64_t whole;
    int64_t part = 0;

    if (value == NULL)
        return fallback;
    whole = serai_digits(value, value_size, &used);
    if (used == 0 || used > 9)
        return fallback;
    if (used < value_size && value[used] == '.') {
        part = serai_digits(value + used + 1, value_size - used - 1, &places);
        if (places == 0 || places > 9)
            return fallback;
        used += 1 + places;
    }
    if (used != value_size)
        return fallback;
    for (; places < 9; places++)
        part *= 10;
    return whole * 1000000000 + part;
}

/*
 * Read the `count` bytes given for `name` as lower-case hex.  False unless there are exactly 2 *
 * count digits; `bytes` may be written in part then.
 */
static inline bool serai_arg_hex(const char *name, const char *text, int32_t size, uint8_t *bytes,
                                 int32_t count)
{
    int32_t value_size;
    const char *value = serai_arg(name, text, size, &value_size);

    if (value == NULL || value_size != 2 * count)
        return false;
    for (int32_t i = 0; i < value_size; i++) {
        bool decimal = value[i] >= '0' && value[i] <= '9';
        int32_t digit = value[i] - (decimal ? '0' : 'a' - 10);

        if (!decimal && (value[i] < 'a' || value[i] > 'f'))
            return false;
        bytes[i / 2] = (uint8_t)(i % 2 == 0 ? digit * 16 : bytes[i / 2] + digit);
    }
    return true;
}

/* ---- lists: an argument's value such as "5,60", which is shortened from agent to agent ---- */

/* The number of words in a list; an empty one has none. */
static inline int32_t serai_list_count(const char *list, int32_t size)
{
    int32_t count = size > 0;

    for (int32_t i = 0; i < size; i++)
        count += list[i] == ',';
    return count;
}

/* Take the first word off, as a number; 0 when there is none. */
static inline int64_t serai_list_int(const char **list, int32_t *size)
{
    int32_t used;
    int64_t number = serai_digits(*list, *size, &used);

    used += used < *size; /* the comma */
    *list += used;
    *size -= used;
    return number;
}

/* ---- routes: a list such as "b,c", from site to site ---- */

enum { SERAI_LINK_NAME_BYTES_MAX = 32 };

/* The interface of this name, or SERAI_E_MISSING.  Interface 0 is called self. */
static inline int32_t serai_interface_named(const char *name, int32_t size)
{
    int32_t count = (int32_t)channel_count(SERAI_SLOT_CHANNELS);
    char found[SERAI_LINK_NAME_BYTES_MAX];

    for (int32_t i = 0; i < count; i++) {
        if (channel_describe(SERAI_SLOT_CHANNELS, i, found, sizeof found) == size &&
            memcmp(found, name, (size_t)size) == 0)
            return i;
    }
    return SERAI_E_MISSING;
}

/* The highest interface whose link was not removed; self when there is no link. */
static inline int32_t serai_interface_last(void)
{
    int32_t last = (int32_t)channel_count(SERAI_SLOT_CHANNELS) - 1;
    char name[1];

    while (last > SERAI_INTERFACE_SELF &&
           channel_describe(SERAI_SLOT_CHANNELS, last, name, sizeof name) < 0)
        last--;
    return last;
}

/*
 * The next hop of a route: the interface that the first word of the list names, by the name of a
 * link or by number; `self` is this site, `next` the last of its links.  An empty list means self.
 * The first word is taken off, so that the rest is for the agents further away; the last word stays
 * and holds for all of them.  SERAI_E_MISSING: there is no such link.
 */
static inline int32_t serai_via(const char **list, int32_t *size)
{
    const char *first = *list;
    int32_t length = 0;
    int32_t used;
    int32_t interface;

    while (length < *size && first[length] != ',')
        length++;
    if (length < *size) {
        *list += length + 1;
        *size -= length + 1;
    }
    if (length == 0)
        return SERAI_INTERFACE_SELF;
    if (length == 4 && memcmp(first, "next", 4) == 0)
        return serai_interface_last();
    interface = serai_interface_named(first, length);
    if (interface >= 0)
        return interface;
    interface = (int32_t)serai_digits(first, length, &used);
    return used == length && used < 4 ? interface : SERAI_E_MISSING;
}

/* ---- loading code into a newborn ---- */

enum {
    /* Eight packets of this fit the first credit of 64 KiB, and the loader gives credit back. */
    SERAI_LOAD_PIECE_BYTES_MAX = 7168,
    SERAI_LOAD_ARGS_BYTES_MAX = 1024,
};

enum serai_load_step {
    SERAI_LOAD_STEP_IDLE = 0,
    SERAI_LOAD_STEP_BEGIN = 1,
    SERAI_LOAD_STEP_PIECES = 2,
    SERAI_LOAD_STEP_BECOME = 3,
    SERAI_LOAD_STEP_USE = 4,
    SERAI_LOAD_STEP_SENT = 5,
};

/*
 * The sending side of one load: make it a global, because it may take several turns.
 *
 *   ANSWER with status 0:  serai_load_self(&load, slot, args, args_size)
 *   ROOM of that end:      serai_load_continue(&load)
 *
 * Both return 1 when everything is sent; 0 when credit or the link's window is used up, and ROOM is
 * asked for already; or a refusal below 0, after which the next call tries the same packet again.
 * Even when all is sent, loading may fail: a loader that cannot obey sends a packet back that says
 * why, so arm your end and log what comes from a child that does not answer as expected.
 */
struct serai_load {
    int32_t end;
    int32_t step; /* enum serai_load_step */
    int32_t size; /* of the module */
    int32_t sent; /* bytes of it that are under way */
    int32_t args_size;
    uint8_t id[SERAI_CODE_ID_BYTES];
    uint8_t args[SERAI_LOAD_ARGS_BYTES_MAX];
    uint8_t packet[1 + SERAI_LOAD_PIECE_BYTES_MAX];
};

/* Write the packet of the present step into load->packet.  Returns its size, or a refusal. */
static inline int64_t serai_load_packet(struct serai_load *load)
{
    uint8_t *to = load->packet + 1;
    int64_t copied;

    if (load->step == SERAI_LOAD_STEP_BEGIN) {
        load->packet[0] = SERAI_LOAD_BEGIN;
        for (int i = 0; i < 4; i++)
            to[i] = (uint8_t)((uint32_t)load->size >> (8 * i));
        memcpy(to + 4, load->id, SERAI_CODE_ID_BYTES);
        return 1 + 4 + SERAI_CODE_ID_BYTES;
    }
    if (load->step == SERAI_LOAD_STEP_PIECES) {
        load->packet[0] = SERAI_LOAD_PIECE;
        copied = self_code(SERAI_SLOT_SELF, to, SERAI_LOAD_PIECE_BYTES_MAX, load->sent);
        return copied < 0 ? copied : 1 + copied;
    }
    if (load->step == SERAI_LOAD_STEP_USE) {
        load->packet[0] = SERAI_LOAD_USE;
        memcpy(to, load->id, SERAI_CODE_ID_BYTES);
        to += SERAI_CODE_ID_BYTES;
    } else {
        load->packet[0] = SERAI_LOAD_BECOME;
    }
    memcpy(to, load->args, (size_t)load->args_size);
    return to + load->args_size - load->packet;
}

/* Go on to the next step: the packet of the present one, `size` bytes, is sent. */
static inline void serai_load_advance(struct serai_load *load, int32_t size)
{
    if (load->step == SERAI_LOAD_STEP_BEGIN) {
        load->step = SERAI_LOAD_STEP_PIECES;
    } else if (load->step == SERAI_LOAD_STEP_PIECES) {
        load->sent += size - 1;
        if (load->sent >= load->size)
            load->step = SERAI_LOAD_STEP_BECOME;
    } else {
        load->step = SERAI_LOAD_STEP_SENT;
    }
}

/* Send what the far end has room for.  Returns what struct serai_load says. */
static inline int64_t serai_load_continue(struct serai_load *load)
{
    while (load->step != SERAI_LOAD_STEP_IDLE && load->step != SERAI_LOAD_STEP_SENT) {
        int64_t size = serai_load_packet(load);
        int64_t answer;

        if (size < 0)
            return size;
        answer = channel_send(load->end, load->packet, (int32_t)size, 0);
        if (answer == SERAI_E_CREDIT || answer == SERAI_E_FULL) {
            answer = channel_room(load->end);
            return answer < 0 && answer != SERAI_E_EXISTS ? answer : 0;
        }
        if (answer < 0)
            return answer;
        serai_load_advance(load, (int32_t)size);
    }
    return 1;
}

/* Begin any load: set the end, and copy the arguments.  SERAI_E_INVALID: they are too long. */
static inline int64_t serai_load_start(struct serai_load *load, int32_t end, const void *args,
                                       int32_t args_size)
{
    load->step = SERAI_LOAD_STEP_IDLE;
    if (args_size < 0 || args_size > SERAI_LOAD_ARGS_BYTES_MAX)
        return SERAI_E_INVALID;
    load->end = end;
    load->sent = 0;
    load->args_size = args_size;
    if (args_size > 0)
        memcpy(load->args, args, (size_t)args_size);
    return 0;
}

/*
 * Load this agent's own code, `size` bytes with code id `id`, into the newborn at the far side of
 * `end`. serai_load_self() finds out id and size for you.  Returns what struct serai_load says.
 */
static inline int64_t serai_load_begin(struct serai_load *load, int32_t end, const uint8_t *id,
                                       int32_t size, const void *args, int32_t args_size)
{
    int64_t answer = serai_load_start(load, end, args, args_size);

    if (answer < 0)
        return answer;
    memcpy(load->id, id, SERAI_CODE_ID_BYTES);
    load->size = size;
    load->step = SERAI_LOAD_STEP_BEGIN;
    return serai_load_continue(load);
}

/*
 * Make the newborn at the far side of `end` become what this agent is, with these arguments.
 * Returns what struct serai_load says.
 */
static inline int64_t serai_load_self(struct serai_load *load, int32_t end, const void *args,
                                      int32_t args_size)
{
    uint8_t id[SERAI_CODE_ID_BYTES];
    int64_t size = self_code_id(SERAI_SLOT_SELF, id);

    if (size < 0)
        return size;
    return serai_load_begin(load, end, id, (int32_t)size, args, args_size);
}

/*
 * Make the newborn become the code `id`, which its site has already (code_kept() returns such ids).
 * Returns what struct serai_load says.
 */
static inline int64_t serai_load_use(struct serai_load *load, int32_t end, const uint8_t *id,
                                     const void *args, int32_t args_size)
{
    int64_t answer = serai_load_start(load, end, args, args_size);

    if (answer < 0)
        return answer;
    memcpy(load->id, id, SERAI_CODE_ID_BYTES);
    load->step = SERAI_LOAD_STEP_USE;
    return serai_load_continue(load);
}

#ifdef __cplusplus
}
#endif

#endif
