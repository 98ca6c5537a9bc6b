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

/* The system's cryptographic randomness (libsodium must be initialised). */
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

void rng_init(struct rng *rng, uint64_t seed);
void rng_fill(struct rng *rng, void *to, size_t size);
uint64_t rng_u64(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t bound); /* 0 .. bound - 1; bound is not 0 */
bool rng_coin(struct rng *rng);
uint64_t rng_edgy(struct rng *rng); /* likes 0, 1, powers of two and the ends of the range */
struct random_source random_from_rng(struct rng *rng);

#endif
