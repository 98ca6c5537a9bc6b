/* The inside of an LMDB store, for the files of this folder. */
#ifndef SERAI_STORE_PRIVATE_H
#define SERAI_STORE_PRIVATE_H

#include <lmdb.h>

#include "store/commits.h"
#include "store/store.h"
#include "store/sweep.h"
#include "store/views.h"

enum {
    STORE_HASH_BYTES = 8,
    STORE_READERS_MAX = 64,     /* reads at one time, over all processes */
    STORE_FORMAT_TABLE = 255,   /* the table number in the hash of the row that holds the version */
    STORE_LOG_TABLE = 254,      /* and of the rows of the log */
    STORE_MAP_STEP = 64 * 1024, /* of a map's size: a multiple of any page size */
};

struct store_lmdb {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLES];
    MDB_dbi commits;          /* the log */
    struct commits_log log;   /* of the thread that commits, as is `slice` */
    struct sweep_slice slice; /* of the commit that is being made */
    struct waiting waiting;   /* changed by that thread, under the lock of `views` */
    struct views views;
    enum store_mode mode;
    int lock;            /* file descriptor of the site's lock; -1 when not held */
    uint64_t map_bytes;  /* of the map as it is */
    uint64_t most_bytes; /* that it may grow to */
    uint64_t log_bytes;  /* that the log may have of a map that is large enough */
    bool map_full;       /* LMDB found it so, in the commit that is being made */
    bool map_held;       /* the system had no addresses for a larger one */
    bool failed;         /* a commit has failed: no other will be tried */
    struct fault first_failure;
    char *path;
};

/*
 * Turn LMDB's answer into a status: map full, which is noted as well, and disk full are ST_FULL,
 * LMDB's own complaints ST_CORRUPT, the rest ST_IO.
 */
enum status store_fault(struct store_lmdb *lmdb, int error, const char *operation,
                        struct fault *fault);

/* ---- seal.c: the hash at the end of each value ---- */
/* Compute the hash that stands at the end of a value, of table, key and value. */
void seal_value(uint8_t seal[STORE_HASH_BYTES], uint8_t table, const void *key, size_t key_size,
                const void *value, size_t value_size);

/*
 * Check the hash of a stored value.  *value_size is set to the size without it.  ST_CORRUPT names
 * table and key.
 */
MUST_CHECK enum status seal_check(uint8_t table, const char *table_name, const MDB_val *key,
                                  const MDB_val *stored, size_t *value_size, struct fault *fault);

/* ---- store.c ---- */
/*
 * Commit a batch, and with it a slice of the sweep of at least that cost; 0: what the pace asks
 * for.  As store_commit(), but a failure is not remembered.
 */
MUST_CHECK enum status commit_batch(struct store_lmdb *lmdb, const struct store_batch *batch,
                                    uint64_t cost, struct fault *fault);

/* ---- map.c: how the map grows ---- */
/*
 * Make the map larger when half of it is used, before a commit; a read that goes on puts that off.
 * ST_IO, ST_NOMEM: there is no map any more.
 */
MUST_CHECK enum status map_grow_ahead(struct store_lmdb *lmdb, struct fault *fault);

/*
 * Make the map larger after a commit found it full; waits until no read of this process goes on.
 * ST_FULL leaves `fault`: it may not, or the system has no addresses for more.  ST_IO, ST_NOMEM: as
 * above.
 */
MUST_CHECK enum status map_grow_full(struct store_lmdb *lmdb, struct fault *fault);

/*
 * Of a process that only reads, while it has no read open: let the map reach over the file, and
 * further if the system has the addresses.  An error of LMDB or 0.
 */
MUST_CHECK int map_reach(struct store_lmdb *lmdb);

/*
 * Begin to read, in any process.  The file of one that only reads may have outgrown its map, which
 * is then mended unless another read goes on: MDB_MAP_RESIZED.  Under the lock of `views`.
 */
MUST_CHECK int map_begin_read(struct store_lmdb *lmdb, MDB_txn **txn);

/* ---- read.c: what store_from_lmdb() gives for reading; see struct store ---- */
/*
 * read_begin() to read_leave(), the read_*() of struct store.  A snapshot is a struct view.  Any
 * thread may begin one, also one that has another open.
 */
enum status read_begin(void *context, void **snapshot, struct fault *fault);
void read_end(void *snapshot);
enum status read_get(void *snapshot, enum store_table table, const void *key, size_t key_size,
                     struct store_row *row, struct fault *fault);
enum status read_seek(void *snapshot, enum store_table table, const void *key, size_t key_size,
                      void **position, struct store_row *row, struct fault *fault);
enum status read_next(void *snapshot, enum store_table table, void **position,
                      struct store_row *row, struct fault *fault);
void read_leave(void *position);

/* ---- length.c: is the file as long as it says? ---- */
/*
 * Check the file's length before any page but the two meta pages is read.  ST_CORRUPT: "data.mdb is
 * cut short".
 */
MUST_CHECK enum status length_check(struct store_lmdb *lmdb, struct fault *fault);

/* ---- heads.c: do the two pages that name all others follow each other? ---- */
/*
 * Check that the two meta pages are of transactions that follow each other.  ST_CORRUPT: rot in one
 * of them would bring back an older frame; ST_IO.
 */
MUST_CHECK enum status heads_check(struct store_lmdb *lmdb, struct fault *fault);

/* ---- lock.c: one writer a site ---- */
/*
 * Lock the store in directory `path` for this process.  ST_BUSY names the process that holds it;
 * ST_MISSING, ST_INVALID (no lock file), ST_IO.
 */
MUST_CHECK enum status lock_take(int *lock, const char *path, struct fault *fault);

/* Give the lock back; -1 is allowed. */
void lock_give(int lock);

#endif
