/*
 * The durable store: LMDB at its default durability, one environment a site, one sub-database a
 * table.  Every value ends with an 8-byte hash of (table, key, value), checked on every read; the
 * file's length is checked on open.  The first failed commit is final.
 */
#ifndef SERAI_STORE_STORE_H
#define SERAI_STORE_STORE_H

#include "base/store.h"

/*
 * The format of the tables and of all rows in them but the journal's chunks.  A store of another
 * format is refused.
 */
enum {
    STORE_FORMAT_VERSION = 12, /* what each changed: docs/records.md, "The store" */
};

enum { STORE_LOG_BYTES_DEFAULT = 256 * 1024 * 1024 };

struct store_lmdb; /* opaque; commits by one thread, reads by any */

enum store_mode {
    STORE_CREATE,    /* make a new one; ST_EXISTS when there is one */
    STORE_WRITE,     /* open; takes the site's lock: ST_BUSY when another process has it */
    STORE_READ_ONLY, /* also while a daemon runs; one process does not open a store twice */
};

/*
 * Open the store in directory `path`.  ST_INVALID: map_bytes is below 1 MiB.  ST_MISSING,
 * ST_EXISTS, ST_BUSY (names the other process id), ST_CORRUPT (shorter than its own header says,
 * not LMDB, other format version), ST_IO. map_bytes: the size of the map, or that of the file if it
 * is larger, and the largest that the file may reach; ST_FULL commits after that are final
 * failures. See store_lmdb_let_grow().
 */
MUST_CHECK enum status store_lmdb_open(struct store_lmdb **lmdb, const char *path,
                                       enum store_mode mode, uint64_t map_bytes,
                                       struct fault *fault);

/*
 * Let a store that is open for writing grow to so many bytes, from the next commit on: its map is
 * made larger when half of it is used, and a commit that finds it full waits until no read of this
 * process goes on; so the thread that commits has none open.  Other processes go on.  It never
 * becomes smaller.  What the system has no addresses for is given up: see struct store_room.
 */
void store_lmdb_let_grow(struct store_lmdb *lmdb, uint64_t most_bytes);

/*
 * Look whether another process has the lock of the store in directory `path`, and take nothing.
 * ST_BUSY names its process id; ST_OK: none has it, or there is no lock file yet.  ST_IO.
 */
MUST_CHECK enum status store_lmdb_look(const char *path, struct fault *fault);

/*
 * Bound the log of a store that is open for writing; a sixteenth of the map is the most.  A log
 * that has more already shrinks to a lower bound over the next commits.  It is
 * STORE_LOG_BYTES_DEFAULT, or that part, when this is not called.  About twice as many bytes are in
 * memory, and a start reads the log.
 */
void store_lmdb_bound_log(struct store_lmdb *lmdb, uint64_t log_bytes);

/* Close the store and give the lock back; NULL is allowed.  No read may go on. */
void store_lmdb_close(struct store_lmdb *lmdb);

/* The interface of an open store, which outlives it. */
struct store store_from_lmdb(struct store_lmdb *lmdb);

/*
 * Copy the store, as its last commit left it, into a new directory; a daemon may commit meanwhile.
 * The copy has no page that is not in use, and is durable on return; what is in it is checked by
 * whoever opens it.  ST_EXISTS: `path` is there; ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status store_lmdb_copy(struct store_lmdb *lmdb, const char *path,
                                       struct fault *fault);

/* Bytes in use, and the size of the map. */
void store_lmdb_usage(struct store_lmdb *lmdb, uint64_t *used_bytes, uint64_t *max_bytes);

/* The room of a store, which its bound, the file system and the process's own limit bound. */
struct store_room {
    /* To grow by, and pages to use again that no reader holds back; less the rows that wait. */
    uint64_t free_bytes;
    uint64_t total_bytes; /* the size that the file may reach in all */
    bool map_held;        /* the system had no addresses for a larger map: its size is the bound */
};

/* Measure how much the store may still take.  Not while a commit goes on. */
void store_lmdb_room(struct store_lmdb *lmdb, struct store_room *room);

/* A read that goes on, in any process. */
struct store_reader {
    long pid;
    uint64_t transaction; /* which it sees; pages freed since are not used again */
};
typedef void (*store_reader_visit)(void *context, const struct store_reader *reader);

/*
 * Visit all reads that go on, in any process, after the places of processes that died were cleared.
 */
void store_lmdb_readers(struct store_lmdb *lmdb, store_reader_visit visit, void *context);

/*
 * About how many rows a start reads: those of all tables but the journal's.  A row that waits for
 * the sweep and is in its table, too, counts twice.
 */
uint64_t store_lmdb_rows(struct store_lmdb *lmdb);

/* The number of the last commit. */
uint64_t store_lmdb_transaction(struct store_lmdb *lmdb);

/*
 * Bring every row to its table, and empty the log; for tests only, which look into the tables.
 * ST_FULL, ST_NOMEM, ST_IO.
 */
MUST_CHECK enum status store_lmdb_settle(struct store_lmdb *lmdb, struct fault *fault);

/*
 * Flip one bit of a stored value, bypassing the hash, after store_lmdb_settle(); for tests only.
 * ST_MISSING.
 */
MUST_CHECK enum status store_lmdb_damage(struct store_lmdb *lmdb, enum store_table table,
                                         const void *key, size_t key_size, size_t bit,
                                         struct fault *fault);

#endif
