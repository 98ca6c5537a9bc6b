/*
 * A digest: two hashes of all messages with money of one direction of a link, in order of sequence.
 * Both sites compute the same from the same messages, and anyone can from the lines of a book.
 *
 *     leaf  = SHA-256("serai-leaf-1" || sequence le64 || nanos le64)
 *     chain = SHA-256(chain before || sequence le64 || nanos le64); 32 zero bytes at first
 *     xor   = xor before XOR leaf; 32 zero bytes at first
 *
 * Equal chains prove equal histories, and no one can make two histories with one chain.  Where
 * chains differ, the XOR of the two sites' `xor` is the leaf of the one message that only one of
 * them has, if there is one: so the book that has it finds it without seeing the other.
 */
#ifndef SERAI_BASE_DIGEST_H
#define SERAI_BASE_DIGEST_H

#include "base/hash.h"
#include "base/money.h"

struct digest {
    struct hash chain;
    struct hash xor ; /* easy to forge by itself: it only helps to find what the chain proves */
};
enum { DIGEST_BYTES = 2 * HASH_BYTES };

/* Add the next message; one without money changes nothing. */
void digest_add(struct digest *digest, uint64_t seq, struct money money);

/* Whether two digests are of the same messages. */
bool digest_equal(const struct digest *a, const struct digest *b);

/*
 * Whether the two differ in `xor` by exactly this message: only one of them has it, or only one of
 * them lacks it.
 */
bool digest_differs_by(const struct digest *a, const struct digest *b, uint64_t seq,
                       struct money money);

/* Write and read the bytes: chain, then xor. */
void digest_put(uint8_t to[DIGEST_BYTES], const struct digest *digest);
struct digest digest_get(const uint8_t from[DIGEST_BYTES]);

#endif
