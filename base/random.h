/*
 * Randomness as an interface: the daemon hands in libsodium's, tests and the simulator hand in a
 * seeded one.
 */
#ifndef SERAI_BASE_RANDOM_H
#define SERAI_BASE_RANDOM_H

#include "base/status.h"

struct random_source {
    void (*fill)(void *context, void *to, size_t size);
    void *context;
};

/* The system's cryptographic randomness. libsodium must be initialised.  Any thread may use it. */
struct random_source random_system(void);

/*
 * A seeded generator (ChaCha20 keystream, so equal on every machine).  Plain value; one user.
 */
struct rng {
    uint64_t seed;
    uint64_t counter;
    uint8_t block[64];
    uint32_t used;
};

/* Begin the stream of bytes of a seed: equal seeds give equal bytes on every machine. */
void rng_init(struct rng *rng, uint64_t seed);

/* Write the next `size` bytes of the stream to `to`. */
void rng_fill(struct rng *rng, void *to, size_t size);

/* A number from 0 to UINT64_MAX, all equally likely; eight bytes of the stream. */
uint64_t rng_u64(struct rng *rng);

/* A number from 0 to bound - 1, all equally likely.  `bound` is not 0 (INVARIANT). */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* True as often as false; one byte of the stream. */
bool rng_coin(struct rng *rng);

/*
 * A number that is likely to be 0, 1, a power of two or an end of a range, or next to one: for
 * tests of bounds.
 */
uint64_t rng_edgy(struct rng *rng);

/*
 * A source that takes its bytes from *rng, which the caller keeps for as long as the source is
 * used.
 */
struct random_source random_from_rng(struct rng *rng);

#endif
