/* Byte order, hexadecimal, and a growable byte buffer; for records, keys and the wire. */
#ifndef SERAI_BASE_BYTES_H
#define SERAI_BASE_BYTES_H

#include <string.h>

#include "base/int128.h"

/*
 * Big-endian, so that keys of the store sort as the numbers do: be32_put() and be64_put() write 4
 * and 8 bytes at `to`, be32_get() and be64_get() read as many at `from`.  No alignment is needed.
 */
void be32_put(uint8_t *to, uint32_t value);
void be64_put(uint8_t *to, uint64_t value);
uint32_t be32_get(const uint8_t *from);
uint64_t be64_get(const uint8_t *from);

/*
 * Little-endian, for records and everything that guests see: le16_put(), le32_put(), le64_put() and
 * le128_put() write 2, 4, 8 and 16 bytes at `to`; le16_get(), le32_get(), le64_get() and
 * le128_get() read as many at `from`.  No alignment is needed.
 */
void le16_put(uint8_t *to, uint16_t value);
void le32_put(uint8_t *to, uint32_t value);
void le64_put(uint8_t *to, uint64_t value);
void le128_put(uint8_t *to, u128 value);
uint16_t le16_get(const uint8_t *from);
uint32_t le32_get(const uint8_t *from);
uint64_t le64_get(const uint8_t *from);
u128 le128_get(const uint8_t *from);

/*
 * Write `size` bytes as lower-case hex and a NUL: `text` has room for 2 * size + 1.  Returns
 * `text`.
 */
char *hex_print(char *text, const uint8_t *bytes, size_t size);

/*
 * Read exactly 2 * size hex digits, of either case, and no more text.  False when `text` is
 * anything else; `bytes` is untouched then.
 */
MUST_CHECK bool hex_parse(uint8_t *bytes, size_t size, const char *text);

/*
 * Whether all `size` bytes are UTF-8 by RFC 3629: shortest forms only, no surrogates, nothing above
 * U+10FFFF.  No bytes are valid, and a NUL is a character like any other.
 */
MUST_CHECK bool utf8_is_valid(const void *data, size_t size);

/*
 * Read the first character into *character and return how many bytes it takes.  Returns 0 when
 * there are no bytes or they do not begin with valid UTF-8; *character is not defined then.
 */
MUST_CHECK size_t utf8_next(const void *data, size_t size, uint32_t *character);

/*
 * A growable run of bytes.  All-zero is an empty one.  Running out of memory is remembered in
 * `failed` and makes every later append a no-op, so a builder checks once, at its end.
 */
struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
    bool borrowed; /* `data` is the caller's: never grown, never freed */
};

/*
 * An empty run in `capacity` bytes at `memory`, 1 or more, which stay the caller's.  It takes no
 * memory of its own: an append that does not fit sets `failed`.
 */
struct bytes bytes_within(void *memory, size_t capacity);

/* Free the memory, unless it is borrowed.  Leaves an empty buffer that may be used again. */
void bytes_fini(struct bytes *bytes);

/* Empty the buffer and forget `failed`.  The memory is kept for what comes next. */
void bytes_clear(struct bytes *bytes);

/*
 * Make room for `size` more bytes, which are not counted yet: for who knows how much will be
 * appended, so that it grows once.  Sets `failed` when out of memory.
 */
void bytes_reserve(struct bytes *bytes, size_t size);

/* bytes_extend() where there is no room yet. */
uint8_t *bytes_extend_slowly(struct bytes *bytes, size_t size);

/*
 * Add `size` bytes to the end, counted in `size` at once, and return where they are to be written;
 * the pointer holds until the next append or extend.  NULL, with `failed` set, when out of memory;
 * never NULL otherwise, also for a size of 0.
 */
static inline uint8_t *bytes_extend(struct bytes *bytes, size_t size)
{
    /* Records are put together from many small pieces, and nearly all of them find room. */
    if (bytes->failed || bytes->data == NULL || size > bytes->capacity - bytes->size)
        return bytes_extend_slowly(bytes, size);
    bytes->size += size;
    return bytes->data + bytes->size - size;
}

/*
 * Copy `size` bytes to the end; `data` may be NULL when `size` is 0.  Sets `failed` when out of
 * memory, and then the buffer keeps what it had.
 */
static inline void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
    uint8_t *room = bytes_extend(bytes, size);

    if (room != NULL && size != 0)
        memcpy(room, data, size);
}

#endif
