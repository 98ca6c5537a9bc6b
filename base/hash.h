/* SHA-256 by libcrypto, which uses the CPU's instructions; 32-byte results. Thread-safe. */
#ifndef SERAI_BASE_HASH_H
#define SERAI_BASE_HASH_H

#include "base/status.h"

enum { HASH_BYTES = 32, HASH_TEXT_BYTES = 65 };

struct hash {
    uint8_t bytes[HASH_BYTES];
};

struct hasher; /* a running SHA-256 */

/* NULL when memory is short. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);
void hasher_start(struct hasher *hasher); /* may be started again and again */
void hasher_add(struct hasher *hasher, const void *data, size_t size);
struct hash hasher_end(struct hasher *hasher);

struct hash hash_of(const void *data, size_t size);
bool hash_equal(const struct hash *a, const struct hash *b);
char *hash_print(char text[HASH_TEXT_BYTES], const struct hash *hash);

#endif
