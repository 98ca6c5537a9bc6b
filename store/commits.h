/*
 * The log of a store: what each commit changed, in rows that fill a page of LMDB each, before the
 * sweep brings it to the tables (docs/records.md, "The log of commits").
 */
#ifndef SERAI_STORE_COMMITS_H
#define SERAI_STORE_COMMITS_H

#include "store/waiting.h"

struct store_lmdb;
struct MDB_txn;

enum {
    COMMITS_HEAD_BYTES = 24,
    COMMITS_ROW_BYTES_MAX = 4072, /* with its hash it is a page of 4096 bytes less LMDB's own 16 */
    COMMITS_MAP_PART = 16,        /* the log takes at most that part of the map */
};

/* The name of the log's table. */
extern const char commits_table[];

/* The greatest key of each table that was logged in one round. */
struct commits_keys {
    struct waiting_place of[STORE_TABLES]; /* of key size 0: none */
};

/* Rows of the log are numbered from 1 without a gap. */
struct commits_log {
    uint64_t first; /* that is there */
    uint64_t from;  /* rows below it are of no use, and wait to be deleted */
    uint64_t next;
    uint64_t round_first;     /* what was logged below it is swept when this round ends */
    uint64_t round_bytes;     /* logged since the round began */
    uint64_t paid_bytes;      /* as many as that were logged when the last slice was swept */
    uint64_t bytes_max;       /* of the log, over two rounds */
    struct bytes stream;      /* of the commit that is being made: its operations, packed */
    struct commits_keys now;  /* of this round */
    struct commits_keys then; /* of the one before, which the log may still hold */
};

/* Begin the stream of a commit, whose end is the sweep's place, and add an operation to it. */
void commits_begin(struct commits_log *log);
void commits_add(struct commits_log *log, const struct store_op *op);

/*
 * Whether a key is behind all of its table that the log holds, but for the commit that is being
 * made.  A row that goes straight to its table must be: a start takes the log's word for the newer.
 */
bool commits_is_behind(const struct commits_log *log, const struct store_op *op);

/* Whether the log may hold rows of a table, but for the commit that is being made. */
bool commits_has(const struct commits_log *log, enum store_table table);

/* Note the key of an operation that the log holds from now on. */
void commits_note_key(struct commits_log *log, const struct store_op *op);

/* Take back what a commit that came to nothing did to the log's numbers. */
void commits_undo(struct commits_log *log, const struct commits_log *before);

/* The round is over: what was logged before it is of no use, and a new one begins. */
void commits_end_round(struct commits_log *log);

/* Step through the operations of the stream: start with *offset = 0.  False at the end. */
bool commits_next(const struct commits_log *log, size_t *offset, struct store_op *op);

/* Bytes of log that the stream will take. */
uint64_t commits_cost(const struct commits_log *log);

/*
 * Write the stream as rows.  `place` and the log's numbers are those after this commit, `tables`
 * those that may have rows that wait.  ST_NOMEM, ST_FULL, ST_IO.
 */
MUST_CHECK enum status commits_write(struct store_lmdb *lmdb, struct MDB_txn *txn,
                                     const struct waiting_place *place, uint32_t tables,
                                     struct fault *fault);

/* Delete rows of no use, at most twice as many bytes as this commit logs and some more. */
MUST_CHECK enum status commits_trim(struct store_lmdb *lmdb, struct MDB_txn *txn,
                                    struct fault *fault);

/* Which tables may have rows that wait, as the transaction sees the log. */
MUST_CHECK enum status commits_tables(struct store_lmdb *lmdb, struct MDB_txn *txn,
                                      uint32_t *tables, struct fault *fault);

enum { COMMITS_ALL_TABLES = (1 << STORE_TABLES) - 1 };

/*
 * Read the log as the transaction sees it: the rows of `tables`, a bit each, that wait, and where
 * the sweep is; *log gets its numbers.  ST_CORRUPT names the row; ST_NOMEM, ST_IO.
 */
MUST_CHECK enum status commits_replay(struct store_lmdb *lmdb, struct MDB_txn *txn, uint32_t tables,
                                      struct commits_log *log, struct waiting *waiting,
                                      struct fault *fault);

#endif
