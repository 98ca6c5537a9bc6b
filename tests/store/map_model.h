/*
 * A store on the disk beside the same in memory, which is a plain map: random batches go to both,
 * and both must show the same rows.
 */
#ifndef SERAI_TESTS_STORE_MAP_MODEL_H
#define SERAI_TESTS_STORE_MAP_MODEL_H

#include "base/random.h"
#include "store/private.h"
#include "tests/temp_dir.h"

enum { MODEL_MAP_BYTES = 64 * 1024 * 1024 };

struct model {
    char dir[TEMP_DIR_BYTES];
    struct rng rng;
    struct store_lmdb *lmdb;
    struct store disk;
    struct store_memory *memory;
    struct store plain; /* of `memory` */
    uint64_t log_bytes; /* of the store on the disk */
    uint64_t journal;   /* the last row that was appended to each of two tables */
    uint64_t delta;
    uint64_t delta_first;
};

/* A new store with a log of that bound. */
void model_open(struct model *model, uint64_t log_bytes);
void model_close(struct model *model);

/* Close the store on the disk and open it again. */
void model_reopen(struct model *model);

/* Open what lies in the directory, when the store is closed. */
void model_wake(struct model *model);

/* Let the map be that from now on; it is taken.  It may have rows that were deleted since. */
void model_go_back(struct model *model, struct store_memory *memory);

/* Fill a batch with up to `changes` changes that the store must take. */
void model_fill(struct model *model, struct store_batch *batch, uint64_t changes);

/* Fill a batch and commit it to both. */
void model_commit(struct model *model, uint64_t changes);

/* Whether two stores show the same rows of all tables, by their cursors and row by row. */
bool model_same(const struct store *a, const struct store *b);
bool model_same_reads(const struct store_read *a, const struct store_read *b);

/* Both are the same now, and the set of rows that wait is what its counts say. */
void ck_assert_model(struct model *model);

#endif
