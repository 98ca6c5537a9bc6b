/* Byte order, hexadecimal, and a growable byte buffer; for records, keys and the wire. */
#ifndef SERAI_BASE_BYTES_H
#define SERAI_BASE_BYTES_H

#include "base/int128.h"

/* Big-endian: keys of the store sort as the numbers do. */
void be32_put(uint8_t *to, uint32_t value);
void be64_put(uint8_t *to, uint64_t value);
uint32_t be32_get(const uint8_t *from);
uint64_t be64_get(const uint8_t *from);

/* Little-endian: records and everything that guests see. */
void le16_put(uint8_t *to, uint16_t value);
void le32_put(uint8_t *to, uint32_t value);
void le64_put(uint8_t *to, uint64_t value);
void le128_put(uint8_t *to, u128 value);
uint16_t le16_get(const uint8_t *from);
uint32_t le32_get(const uint8_t *from);
uint64_t le64_get(const uint8_t *from);
u128 le128_get(const uint8_t *from);

/* Lower-case hex; `text` holds 2 * size + 1.  hex_parse wants exactly 2 * size digits, either case.
 */
char *hex_print(char *text, const uint8_t *bytes, size_t size);
MUST_CHECK bool hex_parse(uint8_t *bytes, size_t size, const char *text);

/* Well-formed UTF-8 (RFC 3629): shortest forms only, no surrogates, nothing above U+10FFFF. */
MUST_CHECK bool utf8_is_valid(const void *data, size_t size);
/* The first character and how many bytes it has; 0 when they are not such UTF-8 or there are none.
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
};

void bytes_fini(struct bytes *bytes);  /* frees; leaves an empty one */
void bytes_clear(struct bytes *bytes); /* empties, keeps the memory, forgets `failed` */
void bytes_append(struct bytes *bytes, const void *data, size_t size);
/* Room for `size` more bytes at the end, already counted in size; NULL when memory is short. */
uint8_t *bytes_extend(struct bytes *bytes, size_t size);

#endif
