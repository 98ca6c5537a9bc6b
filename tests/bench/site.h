/* A site without threads for the benches: the core, its operator, and a store if wanted. */
#ifndef SERAI_TESTS_BENCH_SITE_H
#define SERAI_TESTS_BENCH_SITE_H

#include "base/random.h"
#include "site/core/core.h"
#include "store/store.h"

struct bench_site {
    struct core *core;
    struct rng rng;
    uint8_t site_key[CONTROL_KEY_BYTES];
    uint8_t site_secret[CONTROL_SECRET_BYTES];
    uint8_t operator_key[CONTROL_KEY_BYTES];
    uint8_t operator_secret[CONTROL_SECRET_BYTES];
    uint64_t number; /* of the last request */
    bool durable;
    bool counts;            /* site_frame() counts the next; for benches that time nothing */
    uint64_t journal_bytes; /* of the frames: keys and chunks */
    char directory[256];    /* of the LMDB store; "" when there is none */
    struct store_lmdb *lmdb;
    struct store store;
};

/*
 * A fresh site with a balance of 1000 for its operator.  durable: on LMDB in a new directory below
 * BENCH_DIR (/tmp), else frames are built and thrown away.  All of these die on any failure.
 */
void site_open(struct bench_site *site, bool durable);
void site_money_in(struct bench_site *site, uint64_t nanos); /* to its operator */
void site_close(struct bench_site *site);                    /* removes the directory */
/* End the process' hold on the books, and recover them: what a start does. */
void site_stop(struct bench_site *site);
void site_start(struct bench_site *site);
/* Read the whole data file once, in order: the least that a restart could do. */
void site_read_file(const struct bench_site *site);

/* Close the frame and, if durable, commit it. */
void site_frame(struct bench_site *site);
/* Run until nothing is ready, or `turns` are done; a frame each 4096 turns. */
void site_run(struct bench_site *site, uint64_t turns);

/*
 * Compile all code that agents have run so far and let it go on in tier 1; 0 when there is no
 * compiler.  Objects are kept for the next site of this process, and removed when it ends.
 */
MUST_CHECK size_t site_compile(struct bench_site *site);

struct deployment {
    const char *module; /* of guests/, without its ending */
    const char *kept;   /* another to keep, or NULL */
    const char *args;
    uint64_t endowment_nanos;
};
/* Deploy with a spawner, a timer, a clock and a random source.  Its first event is queued, not run.
 * The agent's number. */
uint64_t site_deploy(struct bench_site *site, const struct deployment *deployment);
/* Sign a request as the operator and let the core answer it; `args` are ended. */
void site_request(struct bench_site *site, const char *command, struct bytes *args);
/* Queue a message of the operator's for an agent of his. */
void site_send(struct bench_site *site, uint64_t agent, const char *text);

#endif
