#include "base/digest.h"

#include <string.h>

#include "base/bytes.h"

enum { LABEL_BYTES = 12, LINE_BYTES = 16 };

/* What both hashes say of a message: its sequence and its money. */
static void digest_line(uint8_t line[LINE_BYTES], uint64_t seq, struct money money)
{
    le64_put(line, seq);
    le64_put(line + 8, money_nanos(money));
}

static struct hash digest_leaf(uint64_t seq, struct money money)
{
    uint8_t bytes[LABEL_BYTES + LINE_BYTES] = "serai-leaf-1";

    digest_line(bytes + LABEL_BYTES, seq, money);
    return hash_of(bytes, sizeof bytes);
}

static void digest_xor(struct hash *to, const struct hash *with)
{
    for (size_t i = 0; i < HASH_BYTES; i++)
        to->bytes[i] ^= with->bytes[i];
}

void digest_add(struct digest *digest, uint64_t seq, struct money money)
{
    uint8_t bytes[HASH_BYTES + LINE_BYTES];
    struct hash leaf;

    if (money_is_zero(money))
        return; /* it makes no line in either book */
    leaf = digest_leaf(seq, money);
    digest_xor(&digest->xor, &leaf);
    memcpy(bytes, digest->chain.bytes, HASH_BYTES);
    digest_line(bytes + HASH_BYTES, seq, money);
    digest->chain = hash_of(bytes, sizeof bytes);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return hash_equal(&a->chain, &b->chain) && hash_equal(&a->xor, &b->xor);
}

bool digest_differs_by(const struct digest *a, const struct digest *b, uint64_t seq,
                       struct money money)
{
    struct hash difference = a->xor ;
    struct hash leaf = digest_leaf(seq, money);

    digest_xor(&difference, &b->xor);
    return hash_equal(&difference, &leaf);
}

void digest_put(uint8_t to[DIGEST_BYTES], const struct digest *digest)
{
    memcpy(to, digest->chain.bytes, HASH_BYTES);
    memcpy(to + HASH_BYTES, digest->xor.bytes, HASH_BYTES);
}

struct digest digest_get(const uint8_t from[DIGEST_BYTES])
{
    struct digest digest;

    memcpy(digest.chain.bytes, from, HASH_BYTES);
    memcpy(digest.xor.bytes, from + HASH_BYTES, HASH_BYTES);
    return digest;
}
