/* Reads any value of the CBOR subset and writes it again; shared by the tests and the fuzz target.
 */
#ifndef SERAI_TESTS_BASE_CBOR_WALK_H
#define SERAI_TESTS_BASE_CBOR_WALK_H

#include "base/cbor.h"
#include "base/random.h"

/*
 * When the reader accepts `data`, decode it value by value, encode it again and stop the program
 * (INVARIANT) unless the same bytes come out.  Returns whether it was accepted.
 */
bool cbor_walk_check(const uint8_t *data, size_t size);

/* Append a random value of at most `depth` nested arrays and maps, in its one encoding. */
void cbor_walk_random(struct bytes *out, struct rng *rng, unsigned depth);

#endif
