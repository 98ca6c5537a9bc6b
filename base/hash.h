/* SHA-256 by libcrypto, which uses the CPU's instructions; 32-byte results. Thread-safe. */
#ifndef SERAI_BASE_HASH_H
#define SERAI_BASE_HASH_H

#include "base/status.h"

enum { HASH_BYTES = 32, HASH_TEXT_BYTES = 65 };

struct hash {
    uint8_t bytes[HASH_BYTES];
};

struct hasher; /* a running SHA-256 */

/*
 * Make a hasher, to be ended with hasher_free().  NULL when out of memory.  One thread at a time
 * may use it.
 */
struct hasher *hasher_new(void);

/* Free a hasher; NULL is allowed. */
void hasher_free(struct hasher *hasher);

/*
 * Begin a new hash and drop what was added before.  A hasher may be started any number of times;
 * this takes no memory and cannot fail.
 */
void hasher_start(struct hasher *hasher);

/* Add `size` bytes to the hash that was started. */
void hasher_add(struct hasher *hasher, const void *data, size_t size);

/* Finish the hash and return it.  Call hasher_start() before adding again. */
struct hash hasher_end(struct hasher *hasher);

/* The SHA-256 of `size` bytes; `data` may be NULL when `size` is 0. */
struct hash hash_of(const void *data, size_t size);

/* Compare in constant time, so that a peer learns nothing from how long it takes. */
bool hash_equal(const struct hash *a, const struct hash *b);

/* Write the hash as 64 lower-case hex digits and a NUL.  Returns `text`. */
char *hash_print(char text[HASH_TEXT_BYTES], const struct hash *hash);

#endif
