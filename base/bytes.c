/*
 * Byte order, hexadecimal, UTF-8, and a growable byte buffer.  Numbers are put together from bytes:
 * that works on every machine and at every alignment.
 */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 64 };

void be32_put(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

void be64_put(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> (56 - 8 * i));
}

uint32_t be32_get(const uint8_t *from)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | from[i];
    return value;
}

uint64_t be64_get(const uint8_t *from)
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | from[i];
    return value;
}

void le16_put(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

void le32_put(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

void le64_put(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

void le128_put(uint8_t *to, u128 value)
{
    le64_put(to, (uint64_t)value);
    le64_put(to + 8, (uint64_t)(value >> 64));
}

uint16_t le16_get(const uint8_t *from)
{
    return (uint16_t)(from[0] | from[1] << 8);
}

uint32_t le32_get(const uint8_t *from)
{
    uint32_t value = 0;

    for (int i = 3; i >= 0; i--)
        value = value << 8 | from[i];
    return value;
}

uint64_t le64_get(const uint8_t *from)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | from[i];
    return value;
}

u128 le128_get(const uint8_t *from)
{
    return (u128)le64_get(from + 8) << 64 | le64_get(from);
}

/* Lower case: one value has one text, in logs, exports and arguments alike. */
char *hex_print(char *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_parse(uint8_t *bytes, size_t size, const char *text)
{
    /* Checked whole before anything is written; a NUL is no digit, so this never reads past one. */
    for (size_t i = 0; i < 2 * size; i++)
        if (hex_digit(text[i]) < 0)
            return false;
    if (text[2 * size] != '\0')
        return false;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
    return true;
}

/*
 * The number of bytes of the character whose first byte this is, or 0.  *low and *high bound the
 * second byte, in which RFC 3629 excludes longer forms, surrogates and what is above U+10FFFF.
 */
static size_t utf8_lead_length(uint8_t first, uint8_t *low, uint8_t *high)
{
    *low = first == 0xe0   ? 0xa0
           : first == 0xf0 ? 0x90
                           : 0x80; /* below: a longer form than needed */
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; /* above: surrogates, 0x110000 */
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_next(const void *data, size_t size, uint32_t *character)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07}; /* by length */
    const uint8_t *text = data;
    uint8_t low;
    uint8_t high;
    size_t length = size == 0 ? 0 : utf8_lead_length(text[0], &low, &high);

    /* Cut off, or a second byte that no character has. */
    if (length == 0 || length > size || (length > 1 && (text[1] < low || text[1] > high)))
        return 0;
    /* The first byte has the highest bits, each further one six more. */
    *character = text[0] & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *character = (*character << 6) | (text[i] & 0x3f);
    }
    return length;
}

bool utf8_is_valid(const void *data, size_t size)
{
    const uint8_t *text = data;
    uint32_t character;
    size_t length;

    for (size_t at = 0; at < size; at += length) {
        length = utf8_next(text + at, size - at, &character);
        if (length == 0)
            return false;
    }
    return true;
}

struct bytes bytes_within(void *memory, size_t capacity)
{
    INVARIANT(memory != NULL && capacity > 0);
    return (struct bytes){.data = memory, .capacity = capacity, .borrowed = true};
}

void bytes_fini(struct bytes *bytes)
{
    if (!bytes->borrowed)
        free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_clear(struct bytes *bytes)
{
    bytes->size = 0;
    bytes->failed = false;
}

/* Doubling keeps many small appends linear in their sum. */
static bool bytes_grow(struct bytes *bytes, size_t size_wanted)
{
    size_t capacity = bytes->capacity == 0 ? CAPACITY_FIRST : bytes->capacity;
    uint8_t *data;

    if (bytes->borrowed)
        return false;
    while (capacity < size_wanted) {
        if (capacity > SIZE_MAX / 2)
            return false;
        capacity *= 2;
    }
    data = realloc(bytes->data, capacity);
    if (data == NULL)
        return false;
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

uint8_t *bytes_extend_slowly(struct bytes *bytes, size_t size)
{
    if (bytes->failed)
        return NULL;
    /* An empty buffer takes memory even for size 0: NULL always means failure. */
    if (bytes->data == NULL || size > bytes->capacity - bytes->size) {
        if (size > SIZE_MAX - bytes->size || !bytes_grow(bytes, bytes->size + size)) {
            bytes->failed = true;
            return NULL;
        }
    }
    /* Counted at once: the caller writes all of it. */
    bytes->size += size;
    return bytes->data + bytes->size - size;
}

void bytes_reserve(struct bytes *bytes, size_t size)
{
    /* The room is that of an extension which is taken back. */
    if (bytes_extend(bytes, size) != NULL)
        bytes->size -= size;
}
