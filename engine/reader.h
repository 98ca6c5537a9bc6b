/*
 * A cursor over a module's bytes that remembers the first refusal and where it was.  Each reading
 * call answers false after a refusal; the text is then in the fault, and `status` says which kind.
 */
#ifndef SERAI_ENGINE_READER_H
#define SERAI_ENGINE_READER_H

#include "base/status.h"

struct reader {
    const uint8_t *bytes; /* the whole module: offsets in refusals are from its first byte */
    size_t at;
    size_t end; /* of the part that is being read */
    enum status status;
    struct fault *fault; /* may be NULL */
};

/* Refuse with ST_INVALID and "<text>, at byte 0x<offset>".  Returns false, for the caller to
 * return. */
bool reader_refuse(struct reader *in, size_t offset, const char *format, ...) PRINTF_LIKE(3, 4);
#ifdef __clang_analyzer__
/* The analyzer looks into no variadic function: show it that the answer is no. */
#define reader_refuse(...) ((void)(reader_refuse)(__VA_ARGS__), false)
#endif

/* Give up with ST_NOMEM.  Returns false, for the caller to return. */
bool reader_out_of_memory(struct reader *in);

/* Refuse: it ends where more should follow. */
void reader_too_short(struct reader *in);

/* Read one byte.  False, refused, at the end. */
MUST_CHECK static inline bool reader_byte(struct reader *in, uint8_t *value)
{
    if (in->at >= in->end) {
        reader_too_short(in);
        return false;
    }
    *value = in->bytes[in->at++];
    return true;
}

/*
 * reader_u32(), reader_s32() and reader_s64() read a LEB128 number by the specification (5.2.2): at
 * most ceil(bits / 7) bytes and no stray bits.  False after a refusal.  Nearly all numbers of a
 * module are of one byte, and reading them is much of what a load takes, so that case is inline.
 *
 * reader_u32_long() and reader_s64_long() are the other case: any number of bytes, `bits` 32 or 64.
 */
MUST_CHECK bool reader_u32_long(struct reader *in, uint32_t *value);
MUST_CHECK bool reader_s64_long(struct reader *in, uint32_t bits, int64_t *value);

/* Read an unsigned number of 32 bits. */
MUST_CHECK static inline bool reader_u32(struct reader *in, uint32_t *value)
{
    if (in->at >= in->end || in->bytes[in->at] >= 0x80)
        return reader_u32_long(in, value);
    *value = in->bytes[in->at++];
    return true;
}

/* Read a signed number of 64 bits. */
MUST_CHECK static inline bool reader_s64(struct reader *in, int64_t *value)
{
    if (in->at >= in->end || in->bytes[in->at] >= 0x80)
        return reader_s64_long(in, 64, value);
    *value = (in->bytes[in->at++] ^ 0x40) - 0x40; /* bit 6 is the sign */
    return true;
}

/* Read a signed number of 32 bits. */
MUST_CHECK static inline bool reader_s32(struct reader *in, int32_t *value)
{
    int64_t wide;

    if (in->at >= in->end || in->bytes[in->at] >= 0x80) {
        if (!reader_s64_long(in, 32, &wide))
            return false;
        *value = (int32_t)wide;
        return true;
    }
    *value = (in->bytes[in->at++] ^ 0x40) - 0x40;
    return true;
}

/* Read `size` little-endian bytes, 4 or 8. */
MUST_CHECK bool reader_fixed(struct reader *in, uint32_t size, uint64_t *value);

/*
 * Read a count of items.  Refused above `limit`, or when that many items cannot follow in the bytes
 * that are left.
 */
MUST_CHECK bool reader_count(struct reader *in, const char *what, uint32_t limit, uint32_t *count);

/* Read a name: UTF-8, at most LIMIT_NAME_BYTES.  *name points into the module. */
MUST_CHECK bool reader_name(struct reader *in, const char **name, uint32_t *size);

/* Step over `size` bytes; *skipped, when not NULL, is set to point at them. */
MUST_CHECK bool reader_skip(struct reader *in, uint32_t size, const uint8_t **skipped);

#endif
