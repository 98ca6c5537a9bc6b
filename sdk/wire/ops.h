/*
 * What two wire agents tell each other: one operation a packet, a record of Syrup.  Words and
 * numbers only: nothing here knows tables, channels or capabilities.  docs/wire-agents.md has the
 * same list for people.
 *
 * Every index is one of the receiver's tables or of the sender's, as its name says: an *export* is
 * what a site gave to the other one, an *answer* is that to a question of the other one.
 */
#ifndef SERAI_SDK_WIRE_OPS_H
#define SERAI_SDK_WIRE_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "sdk/wire/limits.h"

enum { OP_KEY_BYTES = 32, OP_SECRET_BYTES = 12, OP_VERSION = 1 };

enum op_kind {
    OP_HELLO = 0,     /* the first of a wire, from both sides */
    OP_DELIVER = 1,   /* a message */
    OP_ANSWER = 2,    /* to a question of the receiver */
    OP_BREAK = 3,     /* the same, with a failure */
    OP_LISTEN = 4,    /* answer, when this promise that you gave me is resolved */
    OP_GC_EXPORT = 5, /* nobody here holds it any more; mentions that came so far */
    OP_GC_ANSWER = 6, /* nothing will be sent to this answer any more */
    OP_GIFT = 7,      /* keep this export for the site of that key, which will come for it */
    OP_GIFT_END = 8,  /* it will not come */
    OP_WITHDRAW = 9,  /* the site of that key has left this here for me */
    OP_SYNC = 10,     /* tell when all that was sent to this target has gone on */
    OP_SYNCED = 11,   /* it has; `question` is that of OP_SYNC */
    OP_ABORT = 12,    /* the last of a wire: what was wrong */
    OP_KINDS = 13,
};

enum op_place_kind {
    OP_PLACE_NONE = 0,
    OP_PLACE_YOURS = 1,   /* the receiver's own export `index` */
    OP_PLACE_ANSWER = 2,  /* the receiver's answer `index`, or what it is going to be */
    OP_PLACE_OBJECT = 3,  /* the sender's export `index` */
    OP_PLACE_PROMISE = 4, /* the same, and it is not known yet what it is */
    OP_PLACE_GIFT = 5,    /* the same, and the site of `key` keeps it under the number `gift` */
    OP_PLACE_KINDS = 6,
};

/* An object, as one side tells the other which it means. */
struct op_place {
    enum op_place_kind kind;
    uint32_t index;
    int64_t ask; /* OBJECT, PROMISE, GIFT: nanos that a message to it has to bring */
    uint32_t gift;
    uint8_t key[OP_KEY_BYTES];
};

/* Which fields count is said by op_fields(). */
struct op {
    enum op_kind kind;
    struct op_place target; /* t */
    uint32_t question;      /* q: index in the table of who asks; 0: none */
    uint32_t index;         /* i: of an export */
    uint32_t count;         /* n */
    uint32_t gift;          /* g: a number of who gives it */
    int64_t money;          /* m: nanos of the packet that are the message's own */
    int64_t ask;     /* a: of the door; or what an object asks now, if it was brought less; or 0 */
    int32_t code;    /* e: below 0 a refusal of sdk/abi.h, above how a turn was undone */
    int32_t version; /* v */
    int32_t cap_count; /* c */
    struct op_place caps[WIRE_CAPS_MAX];
    int32_t size; /* b: of `body`, borrowed from what was read */
    const uint8_t *body;
    uint8_t key[OP_KEY_BYTES];       /* k */
    uint8_t secret[OP_SECRET_BYTES]; /* s; all zero: none */
    uint8_t proof[OP_SECRET_BYTES];  /* p; the same */
};

/* The letters of an operation's fields, in order. */
const char *op_fields(enum op_kind kind);

/* Read a packet; false: it is no operation in its one form.  *op is unspecified then. */
bool op_read(struct op *op, const uint8_t *bytes, int32_t size);

/* Write a packet.  Returns its size, or 0 if it has no room. */
int32_t op_write(const struct op *op, uint8_t *to, int32_t room);

#endif
