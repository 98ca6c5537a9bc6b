/*
 * SHA-256 by libcrypto.  A failure of libcrypto is a stop: no book can go on without its chain.
 *
 * By its older functions, SHA256_Init() and its kin: the state is a struct of ours.  The newer
 * EVP_DigestInit_ex2() takes memory and gives it back for each hash, also when it is given a
 * context that was used before, and several short records are hashed for each message.
 */
#define OPENSSL_API_COMPAT 0x10101000L
#include "base/hash.h"

#include "base/bytes.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>

struct hasher {
    SHA256_CTX context;
};

struct hasher *hasher_new(void)
{
    /* All memory is taken here, so that starting a hash later cannot fail. */
    return calloc(1, sizeof(struct hasher));
}

void hasher_free(struct hasher *hasher)
{
    free(hasher);
}

void hasher_start(struct hasher *hasher)
{
    INVARIANT(SHA256_Init(&hasher->context) == 1);
}

void hasher_add(struct hasher *hasher, const void *data, size_t size)
{
    INVARIANT(SHA256_Update(&hasher->context, data, size) == 1);
}

struct hash hasher_end(struct hasher *hasher)
{
    struct hash hash;

    INVARIANT(SHA256_Final(hash.bytes, &hasher->context) == 1);
    return hash;
}

/* SHA-256 of nothing: of most events' bytes and of the random bytes that they draw. */
static const struct hash hash_of_nothing = {{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                             0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                             0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                             0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

struct hash hash_of(const void *data, size_t size)
{
    struct hash hash;
    SHA256_CTX context;

    /* By far the most frequent input, and always the same result. */
    if (size == 0)
        return hash_of_nothing;
    INVARIANT(SHA256_Init(&context) == 1 && SHA256_Update(&context, data, size) == 1 &&
              SHA256_Final(hash.bytes, &context) == 1);
    return hash;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    /* In constant time, for callers that compare what an unknown peer sent. */
    return CRYPTO_memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

char *hash_print(char text[HASH_TEXT_BYTES], const struct hash *hash)
{
    return hex_print(text, hash->bytes, HASH_BYTES);
}
