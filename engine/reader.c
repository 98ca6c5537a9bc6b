/*
 * The cursor over a module's bytes.  All that comes from outside the engine is read here: each call
 * checks what is left before it reads, and the first refusal is the one that is reported.
 */
#include "engine/reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "engine/limits.h"

bool(reader_refuse)(struct reader *in, size_t offset, const char *format, ...)
{
    char text[FAULT_TEXT_BYTES - 40];
    va_list arguments;

    if (in->status != ST_OK)
        return false;
    va_start(arguments, format);
    (void)!vsnprintf(text, sizeof text, format, arguments); /* cut when too long: for people */
    va_end(arguments);
    in->status = fault_set(in->fault, ST_INVALID, "%s, at byte 0x%zx", text, offset);
    return false;
}

bool reader_out_of_memory(struct reader *in)
{
    if (in->status == ST_OK)
        in->status = fault_set(in->fault, ST_NOMEM, "no memory left to load the module");
    return false;
}

void reader_too_short(struct reader *in)
{
    (void)reader_refuse(in, in->at, "the module ends too soon");
}

/*
 * Read a LEB128 number of `bits`, sign-extended to 64 when `is_signed`.  Padding is allowed up to
 * ceil(bits / 7) bytes.  A refusal names the first byte.
 */
static bool reader_leb(struct reader *in, uint32_t bits, bool is_signed, uint64_t *value)
{
    size_t start = in->at;
    uint64_t result = 0;
    uint32_t shift = 0;
    uint8_t byte = 0;

    do {
        uint32_t left = bits - shift;

        if (!reader_byte(in, &byte))
            return false;
        if (left < 7) {
            /* The last byte that fits: what does not fit must be the sign, or 0. */
            uint8_t high = (uint8_t)(byte >> (is_signed ? left - 1 : left));
            uint8_t ones = (uint8_t)(0x7fU >> (is_signed ? left - 1 : left));

            if ((byte & 0x80) != 0)
                return reader_refuse(in, start, "a number of more than %u bits", bits);
            if (high != 0 && !(is_signed && high == ones))
                return reader_refuse(in, start, "a number with stray bits");
        }
        result |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0);
    /* The last byte's bit 6 is the sign; shifting by 64 would not be defined. */
    if (is_signed && shift < 64 && (byte & 0x40) != 0)
        result |= ~(uint64_t)0 << shift;
    *value = result;
    return true;
}

bool reader_u32_long(struct reader *in, uint32_t *value)
{
    uint64_t wide;

    if (!reader_leb(in, 32, false, &wide))
        return false;
    *value = (uint32_t)wide;
    return true;
}

bool reader_s64_long(struct reader *in, uint32_t bits, int64_t *value)
{
    uint64_t wide;

    if (!reader_leb(in, bits, true, &wide))
        return false;
    *value = (int64_t)wide;
    return true;
}

bool reader_fixed(struct reader *in, uint32_t size, uint64_t *value)
{
    uint64_t result = 0;

    if (in->end - in->at < size) {
        reader_too_short(in);
        return false;
    }
    for (uint32_t i = 0; i < size; i++)
        result |= (uint64_t)in->bytes[in->at + i] << (8 * i);
    in->at += size;
    *value = result;
    return true;
}

bool reader_count(struct reader *in, const char *what, uint32_t limit, uint32_t *count)
{
    size_t start = in->at;

    if (!reader_u32(in, count))
        return false;
    if (*count > limit)
        return reader_refuse(in, start, "%u %s are over the limit of %u", *count, what, limit);
    /*
     * An item takes a byte at least.  So memory taken for `count` items is bounded by the module's
     * size.
     */
    if (*count > in->end - in->at)
        return reader_refuse(in, start, "%u %s do not fit in their section", *count, what);
    return true;
}

bool reader_name(struct reader *in, const char **name, uint32_t *size)
{
    size_t start = in->at;
    const uint8_t *text = NULL;

    if (!reader_u32(in, size))
        return false;
    /* Refused by its length before its bytes are looked at. */
    if (*size > LIMIT_NAME_BYTES)
        return reader_refuse(in, start, "a name of %u bytes is over the limit of %d", *size,
                             LIMIT_NAME_BYTES);
    if (!reader_skip(in, *size, &text))
        return false;
    if (!utf8_is_valid(text, *size))
        return reader_refuse(in, start, "a name that is not UTF-8");
    *name = (const char *)text;
    return true;
}

bool reader_skip(struct reader *in, uint32_t size, const uint8_t **skipped)
{
    if (in->end - in->at < size) {
        reader_too_short(in);
        return false;
    }
    if (skipped != NULL)
        *skipped = in->bytes + in->at;
    in->at += size;
    return true;
}
