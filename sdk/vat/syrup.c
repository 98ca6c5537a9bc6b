/* Syrup read and written.  Values nest on a stack of our own: the bytes are a stranger's. */
#include "sdk/vat/syrup.h"

#include <stddef.h>
#include <string.h>

enum { LENGTH_DIGITS_MAX = 9, NUMBER_DIGITS_MAX = 19, DOUBLE_BYTES = 8 };

#define SYRUP_NAN UINT64_C(0x7ff8000000000000) /* the one NaN there is */

/* What opens and closes each kind that holds others; by kind, from SYRUP_LIST on. */
static const char openings[] = "[{#<";
static const char closings[] = "]}$>";

/* ---- reading ---- */

bool syrup_is_utf8(const uint8_t *bytes, int32_t size)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000};

    for (int32_t at = 0; at < size;) {
        uint8_t first = bytes[at++];
        int32_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t letter = more == 0 ? first : first & (0x3fU >> more);

        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || more > size - at)
            return false;
        for (int32_t i = 0; i < more; i++) {
            if ((bytes[at] & 0xc0) != 0x80)
                return false;
            letter = letter << 6 | (bytes[at++] & 0x3fU);
        }
        if (letter < least[more] || letter > 0x10ffff || (letter >= 0xd800 && letter < 0xe000))
            return false;
    }
    return true;
}

/* A double in 8 bytes, most significant first. */
static enum syrup_kind syrup_read_double(struct syrup_in *in, struct syrup_token *token)
{
    uint64_t bits = 0;

    if (in->size - in->at < 1 + DOUBLE_BYTES)
        return SYRUP_BAD;
    for (int32_t i = 1; i <= DOUBLE_BYTES; i++)
        bits = bits << 8 | in->bytes[in->at + i];
    if ((bits & INT64_MAX) > UINT64_C(0x7ff0000000000000) && bits != SYRUP_NAN)
        return SYRUP_BAD;
    token->number = (int64_t)bits;
    in->at += 1 + DOUBLE_BYTES;
    return SYRUP_DOUBLE;
}

/* What is behind the length `size`, which ended at `at`. */
static enum syrup_kind syrup_read_string(struct syrup_in *in, struct syrup_token *token, int32_t at,
                                         uint64_t size)
{
    enum syrup_kind kind = in->bytes[at] == ':'    ? SYRUP_BYTES
                           : in->bytes[at] == '"'  ? SYRUP_TEXT
                           : in->bytes[at] == '\'' ? SYRUP_SYMBOL
                                                   : SYRUP_BAD;

    if (kind == SYRUP_BAD || size > (uint64_t)(in->size - at - 1))
        return SYRUP_BAD;
    token->bytes = in->bytes + at + 1;
    token->size = (int32_t)size;
    if (kind != SYRUP_BYTES && !syrup_is_utf8(token->bytes, token->size))
        return SYRUP_BAD;
    in->at = at + 1 + token->size;
    return kind;
}

/* A number, or what begins with its length. */
static enum syrup_kind syrup_read_digits(struct syrup_in *in, struct syrup_token *token)
{
    uint64_t value = 0;
    int32_t at = in->at;

    for (; at < in->size && in->bytes[at] >= '0' && in->bytes[at] <= '9'; at++) {
        if (at - in->at == NUMBER_DIGITS_MAX)
            return SYRUP_BAD;
        value = value * 10 + (uint64_t)(in->bytes[at] - '0');
    }
    if (at == in->size || (in->bytes[in->at] == '0' && at - in->at > 1))
        return SYRUP_BAD;
    if (in->bytes[at] == '+' && value <= INT64_MAX) {
        token->number = (int64_t)value;
    } else if (in->bytes[at] == '-' && value != 0 && value <= UINT64_C(1) << 63) {
        token->number = (int64_t)(0 - value);
    } else {
        return at - in->at <= LENGTH_DIGITS_MAX ? syrup_read_string(in, token, at, value)
                                                : SYRUP_BAD;
    }
    in->at = at + 1;
    return SYRUP_INT;
}

static enum syrup_kind syrup_read(struct syrup_in *in, struct syrup_token *token)
{
    char first = (char)in->bytes[in->at];
    const char *found;

    if (first >= '0' && first <= '9')
        return syrup_read_digits(in, token);
    if (first == 'D')
        return syrup_read_double(in, token);
    if (first == 0)
        return SYRUP_BAD;
    if (first == 't' || first == 'f') {
        in->at++;
        return first == 't' ? SYRUP_TRUE : SYRUP_FALSE;
    }
    found = strchr(openings, first);
    if (found != NULL) {
        in->at++;
        return (enum syrup_kind)(SYRUP_LIST + (found - openings));
    }
    found = strchr(closings, first);
    if (found == NULL)
        return SYRUP_BAD;
    token->number = SYRUP_LIST + (found - closings);
    in->at++;
    return SYRUP_CLOSE;
}

enum syrup_kind syrup_next(struct syrup_in *in, struct syrup_token *token)
{
    *token = (struct syrup_token){.kind = SYRUP_END};
    if (in->at < in->size)
        token->kind = syrup_read(in, token);
    return token->kind;
}

/* Something that has opened and not closed. */
struct syrup_level {
    enum syrup_kind kind;
    int32_t values; /* of it so far; keys count too */
    int32_t key;    /* where the last key or member begins, and its size */
    int32_t key_size;
};

static bool syrup_is_key(const struct syrup_level *level)
{
    return level->kind == SYRUP_SET || (level->kind == SYRUP_DICT && level->values % 2 == 0);
}

/* A value that began at `begin` has ended: is it in its place?  Keys must rise. */
static bool syrup_add_value(const struct syrup_in *in, struct syrup_level *level, int32_t begin)
{
    int32_t size = in->at - begin;

    if (syrup_is_key(level)) {
        int32_t both = size < level->key_size ? size : level->key_size;
        int order = memcmp(in->bytes + level->key, in->bytes + begin, (size_t)both);

        if (level->values > 0 && (order > 0 || (order == 0 && level->key_size >= size)))
            return false;
        level->key = begin;
        level->key_size = size;
    }
    level->values++;
    return true;
}

/* Whether it may close now: a dictionary with whole pairs, a record with a label. */
static bool syrup_may_close(const struct syrup_level *level, int64_t kind)
{
    return level->kind == (enum syrup_kind)kind &&
           (level->kind != SYRUP_DICT || level->values % 2 == 0) &&
           (level->kind != SYRUP_RECORD || level->values > 0);
}

bool syrup_skip(struct syrup_in *in)
{
    struct syrup_level levels[SYRUP_DEPTH_MAX];
    int32_t begins[SYRUP_DEPTH_MAX];
    struct syrup_in copy = *in;
    int32_t depth = 0;

    do {
        int32_t begin = copy.at;
        struct syrup_token token;
        enum syrup_kind kind = syrup_next(&copy, &token);

        if (kind == SYRUP_BAD || kind == SYRUP_END)
            return false;
        if (kind >= SYRUP_LIST && kind <= SYRUP_RECORD) {
            if (depth == SYRUP_DEPTH_MAX)
                return false;
            levels[depth] = (struct syrup_level){.kind = kind};
            begins[depth++] = begin;
            continue;
        }
        if (kind == SYRUP_CLOSE) {
            if (depth == 0 || !syrup_may_close(&levels[depth - 1], token.number))
                return false;
            begin = begins[--depth];
        }
        if (depth > 0 && !syrup_add_value(&copy, &levels[depth - 1], begin))
            return false;
    } while (depth > 0);
    in->at = copy.at;
    return true;
}

bool syrup_is_value(const uint8_t *bytes, int32_t size)
{
    struct syrup_in in = {.bytes = bytes, .size = size};

    return syrup_skip(&in) && in.at == size;
}

/* ---- writing ---- */

bool syrup_fits(const struct syrup_out *out)
{
    return out->size <= out->room;
}

void syrup_put_raw(struct syrup_out *out, const void *bytes, int32_t size)
{
    if (size > INT32_MAX - out->size)
        size = INT32_MAX - out->size; /* it does not fit anyhow */
    /* When something is left out, `size` is over `room` from then on, and nothing comes behind it.
     */
    if (size > 0 && out->size <= out->room && size <= out->room - out->size)
        memcpy(out->bytes + out->size, bytes, (size_t)size);
    out->size += size;
}

static void syrup_put_letter(struct syrup_out *out, char letter)
{
    syrup_put_raw(out, &letter, 1);
}

static void syrup_put_number(struct syrup_out *out, uint64_t value, char end)
{
    char digits[NUMBER_DIGITS_MAX + 2];
    int32_t at = sizeof digits;

    digits[--at] = end;
    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    syrup_put_raw(out, digits + at, (int32_t)sizeof digits - at);
}

void syrup_put_bool(struct syrup_out *out, bool value)
{
    syrup_put_letter(out, value ? 't' : 'f');
}

void syrup_put_int(struct syrup_out *out, int64_t value)
{
    /* Negate as unsigned: the smallest int64_t has no positive twin. */
    syrup_put_number(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0 ? '-' : '+');
}

void syrup_put_string(struct syrup_out *out, enum syrup_kind kind, const void *bytes, int32_t size)
{
    syrup_put_number(out, (uint64_t)size,
                     kind == SYRUP_TEXT     ? '"'
                     : kind == SYRUP_SYMBOL ? '\''
                                            : ':');
    syrup_put_raw(out, bytes, size);
}

void syrup_put_symbol(struct syrup_out *out, const char *words)
{
    syrup_put_string(out, SYRUP_SYMBOL, words, (int32_t)strlen(words));
}

void syrup_open(struct syrup_out *out, enum syrup_kind kind)
{
    syrup_put_letter(out, openings[kind - SYRUP_LIST]);
}

void syrup_close(struct syrup_out *out, enum syrup_kind kind)
{
    syrup_put_letter(out, closings[kind - SYRUP_LIST]);
}

void syrup_put(struct syrup_out *out, const struct syrup_token *token)
{
    switch (token->kind) {
    case SYRUP_FALSE:
    case SYRUP_TRUE:
        syrup_put_bool(out, token->kind == SYRUP_TRUE);
        break;
    case SYRUP_INT:
        syrup_put_int(out, token->number);
        break;
    case SYRUP_DOUBLE:
        syrup_put_letter(out, 'D');
        for (int32_t i = DOUBLE_BYTES - 1; i >= 0; i--)
            syrup_put_letter(out, (char)((uint64_t)token->number >> (8 * i)));
        break;
    case SYRUP_BYTES:
    case SYRUP_TEXT:
    case SYRUP_SYMBOL:
        syrup_put_string(out, token->kind, token->bytes, token->size);
        break;
    case SYRUP_LIST:
    case SYRUP_DICT:
    case SYRUP_SET:
    case SYRUP_RECORD:
        syrup_open(out, token->kind);
        break;
    case SYRUP_CLOSE:
        syrup_close(out, (enum syrup_kind)token->number);
        break;
    case SYRUP_BAD:
    case SYRUP_END:
        break;
    }
}
