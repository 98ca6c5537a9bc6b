/*
 * A whole site for the stateful fuzzers: the core over a store in memory, with two links, agents
 * that give random orders, a customer, and one whose key is the peer's: it may pay by this site.
 * After each frame all sums are checked; what does not hold aborts.
 */
#ifndef SERAI_TESTS_FUZZ_SITE_H
#define SERAI_TESTS_FUZZ_SITE_H

#include "base/random.h"
#include "base/store.h"
#include "site/core/state.h"

#define FUZZ_LIMIT_NANOS UINT64_C(300000000)
#define FUZZ_LINK "peer"
#define FUZZ_HOUSE "house"

enum { FUZZ_PEOPLE = 2 }; /* the operator, and a customer */
/* Whoever is at the other end of FUZZ_LINK, of FUZZ_HOUSE, and of no link yet. */
enum { FUZZ_PEER, FUZZ_OTHER, FUZZ_GUEST, FUZZ_NEIGHBOURS };

struct fuzz_site {
    struct core *core;
    struct store_memory *memory;
    struct store store;
    struct rng random; /* what the core draws from */
    uint64_t now_us;
    uint64_t numbers[FUZZ_PEOPLE]; /* of their last requests */
    /* Each parcel of a durable frame; NULL: nobody hears. */
    void (*post)(void *context, const struct core_parcel *parcel);
    void *post_context;
};

extern uint8_t fuzz_site_key[CONTROL_KEY_BYTES];
extern uint8_t fuzz_keys[FUZZ_PEOPLE][CONTROL_KEY_BYTES];
extern uint8_t fuzz_secrets[FUZZ_PEOPLE][CONTROL_SECRET_BYTES];
extern uint8_t fuzz_neighbour_keys[FUZZ_NEIGHBOURS][CONTROL_KEY_BYTES];
extern uint8_t fuzz_neighbour_secrets[FUZZ_NEIGHBOURS][CONTROL_SECRET_BYTES];
extern uint8_t fuzz_chaos[65536]; /* a module */
extern size_t fuzz_chaos_size;

/* As it was made by the first call of the process: each run begins with the same state. */
void fuzz_site_open(struct fuzz_site *site);
/* A last frame; then its journal is verified. */
void fuzz_site_close(struct fuzz_site *site);
void fuzz_site_frame(struct fuzz_site *site);
/* Time, turns, a frame. */
void fuzz_site_pass(struct fuzz_site *site, uint64_t us, uint32_t turns);
/* What was not durable is gone. */
void fuzz_site_crash(struct fuzz_site *site);
/* The same, and frames are missing that parcels of bounded links had left with. */
void fuzz_site_lose_power(struct fuzz_site *site);
/* The operator joins FUZZ_PEER as FUZZ_LINK, or FUZZ_OTHER as FUZZ_HOUSE. */
void fuzz_site_join(struct fuzz_site *site, int neighbour);
/* A signed request; its answer comes with the next frame.  Args: taken. */
void fuzz_site_ask(struct fuzz_site *site, int person, const char *command, struct bytes *args);

#endif
