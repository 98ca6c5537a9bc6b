/*
 * Syrup, the encoding of values in messages between objects (OCapN, draft specification of Syrup).
 * One value has one encoding: whatever is not in that form is refused.  Nothing is allocated, and
 * nothing here knows agents or capabilities: a capability is a record like <cap 0>, and what the
 * number means is told by who sends the message.
 *
 *     t f                    true, false            5"hello 3'get 2:..    text, symbol, bytes
 *     7+ 7- 0+               whole numbers          [...] {k v ...}       list; dictionary
 *     D and 8 bytes          a double               <label ...> #...$     record; set
 *
 * Bounds, so that a stranger's bytes cost their reader a known sum: numbers are those of int64_t,
 * values nest SYRUP_DEPTH_MAX deep.  Keys of dictionaries and members of sets stand in the order of
 * their encoded bytes, and none stands twice.
 */
#ifndef SERAI_SDK_VAT_SYRUP_H
#define SERAI_SDK_VAT_SYRUP_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SYRUP_DEPTH_MAX = 32 };

enum syrup_kind {
    SYRUP_BAD = 0, /* the bytes are no Syrup, or end early */
    SYRUP_END = 1, /* no byte is left */
    SYRUP_FALSE = 2,
    SYRUP_TRUE = 3,
    SYRUP_INT = 4,    /* `number` */
    SYRUP_DOUBLE = 5, /* `number` has its bits */
    SYRUP_BYTES = 6,  /* `bytes`, `size`; so the next two */
    SYRUP_TEXT = 7,   /* UTF-8 */
    SYRUP_SYMBOL = 8, /* UTF-8 */
    SYRUP_LIST = 9,   /* it opens; the values follow, then SYRUP_CLOSE.  So the next three */
    SYRUP_DICT = 10,
    SYRUP_SET = 11,
    SYRUP_RECORD = 12, /* the label is the first value */
    SYRUP_CLOSE = 13,  /* `number`: the kind of what closes */
};

struct syrup_token {
    enum syrup_kind kind;
    int64_t number;
    const uint8_t *bytes; /* borrowed from the input */
    int32_t size;
};

/* ---- reading ---- */

/* What is read; begin with at = 0. */
struct syrup_in {
    const uint8_t *bytes;
    int32_t size;
    int32_t at;
};

/* Read the next token and step over it.  SYRUP_BAD and SYRUP_END leave `at` where it is. */
enum syrup_kind syrup_next(struct syrup_in *in, struct syrup_token *token);

/*
 * Step over one whole value.  False, and `at` is unchanged: what comes is not one in its one form.
 */
bool syrup_skip(struct syrup_in *in);

/* Whether the bytes are exactly one value in its one form. */
bool syrup_is_value(const uint8_t *bytes, int32_t size);

/* Whether the bytes are UTF-8 in its shortest form, without surrogates. */
bool syrup_is_utf8(const uint8_t *bytes, int32_t size);

/* ---- writing ---- */

/*
 * What is written; begin with size = 0.  `size` is what all would take: when it is more than
 * `room`, the end was left out (syrup_fits()).  The writer does not check that what is opened is
 * closed, and that keys are in order: syrup_is_value() does.
 */
struct syrup_out {
    uint8_t *bytes;
    int32_t room;
    int32_t size;
};

bool syrup_fits(const struct syrup_out *out);

/* Write what syrup_next() read, or would read. */
void syrup_put(struct syrup_out *out, const struct syrup_token *token);

void syrup_put_bool(struct syrup_out *out, bool value);
void syrup_put_int(struct syrup_out *out, int64_t value);
/* Bytes, text or a symbol, by `kind`; text is to be UTF-8. */
void syrup_put_string(struct syrup_out *out, enum syrup_kind kind, const void *bytes, int32_t size);
/* A symbol that ends with a NUL here. */
void syrup_put_symbol(struct syrup_out *out, const char *words);
void syrup_open(struct syrup_out *out, enum syrup_kind kind);
void syrup_close(struct syrup_out *out, enum syrup_kind kind);
/* Bytes that are Syrup already. */
void syrup_put_raw(struct syrup_out *out, const void *bytes, int32_t size);

#ifdef __cplusplus
}
#endif

#endif
