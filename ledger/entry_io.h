/* Private to ledger/: the numbers and bytes that entries are made of. */
#ifndef SERAI_LEDGER_ENTRY_IO_H
#define SERAI_LEDGER_ENTRY_IO_H

#include "ledger/entry.h"

/* ---- writing ---- */

enum { VARINT_BYTES_MAX = 10 };

/* LEB128: seven bits a byte, the lowest first; the high bit says that more follow. */
static inline uint8_t *varint_put(uint8_t *out, uint64_t value)
{
    while (value >= 0x80) {
        *out++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *out++ = (uint8_t)value;
    return out;
}

/* A difference either way, modulo 2^64: near 0 it is short. */
static inline uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

/* ---- reading ---- */

/* Bytes that are read from the front; `error` is the first thing that was wrong, or NULL. */
struct entry_input {
    const uint8_t *at;
    const uint8_t *end;
    const char *error;
};

/* Remember what is wrong.  Returns 0, for a reader that has no number then. */
static inline uint64_t entry_fail(struct entry_input *in, const char *error)
{
    if (in->error == NULL)
        in->error = error;
    return 0;
}

/* entry_get_number() of a number from 128. */
uint64_t entry_get_long_number(struct entry_input *in);

/* A number in its shortest form; any other is an error. */
static inline uint64_t entry_get_number(struct entry_input *in)
{
    /* Most numbers of an entry are below 128. */
    if (in->at < in->end && *in->at < 0x80)
        return *in->at++;
    return entry_get_long_number(in);
}

/* Bytes as they are; `to` keeps what it had when there are fewer. */
static inline void entry_get_bytes(struct entry_input *in, uint8_t *to, size_t size)
{
    if ((size_t)(in->end - in->at) < size) {
        (void)entry_fail(in, "it is cut off");
        return;
    }
    memcpy(to, in->at, size);
    in->at += size;
}

/* ---- lines: entry_line.c ---- */

/* Read a line behind its tag, which is its code, or TAG_LONG_LINE. */
void entry_get_line(struct entry_input *in, struct transfer *line, struct entry_state *state,
                    uint8_t tag);

/* The first byte of an entry.  1 to 127: a short line of that code. */
enum {
    TAG_LONG_LINE = 0,
    TAG_EVENT = 128, /* + its kind */
    TAG_OPENED = 160,
    TAG_CLOSED = 161,
};

#endif
