/* SHA-256 by libcrypto.  A failure of libcrypto is a stop: no book can go on without its chain. */
#define OPENSSL_API_COMPAT 0x10101000L /* SHA256_Init() and its kin: see hash_of() */
#include "base/hash.h"

#include "base/bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

struct hasher {
    EVP_MD_CTX *context;
};

struct hasher *hasher_new(void)
{
    struct hasher *hasher = calloc(1, sizeof *hasher);

    if (hasher == NULL)
        return NULL;
    /* The digest and its memory are taken here, so that starting a hash later cannot fail. */
    hasher->context = EVP_MD_CTX_new();
    if (hasher->context == NULL || EVP_DigestInit_ex2(hasher->context, EVP_sha256(), NULL) != 1) {
        hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    EVP_MD_CTX_free(hasher->context);
    free(hasher);
}

void hasher_start(struct hasher *hasher)
{
    /* NULL keeps the digest and its memory, so from here on nothing is taken and nothing fails. */
    INVARIANT(EVP_DigestInit_ex2(hasher->context, NULL, NULL) == 1);
}

void hasher_add(struct hasher *hasher, const void *data, size_t size)
{
    INVARIANT(EVP_DigestUpdate(hasher->context, data, size) == 1);
}

struct hash hasher_end(struct hasher *hasher)
{
    struct hash hash;
    unsigned int size = 0;

    INVARIANT(EVP_DigestFinal_ex(hasher->context, hash.bytes, &size) == 1);
    INVARIANT(size == HASH_BYTES);
    return hash;
}

/* SHA-256 of nothing: of most events' bytes and of the random bytes that they draw. */
static const struct hash hash_of_nothing = {{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                             0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                             0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                             0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

/*
 * A short record is hashed for each message of a link, and EVP_Digest() takes memory and gives it
 * back for each: three times as long as these older functions, which fail for nothing.
 */
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
