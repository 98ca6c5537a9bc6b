/*
 * The sweep: rows that wait are written to their tables in key order, round and round, a slice with
 * a commit.  When a round ends, what was logged before it began is of no use any more.
 *
 * A slice is as large a part of what is ahead as the commit's log is of what may be logged until
 * the round must end, half of the log's bound.  So the log never holds more than two rounds.
 *
 * A slice has a maximum.  When the bound was lowered below what is logged already, the round does
 * not end with the next commit but runs over, and each commit sweeps as much as it may.
 */
#ifndef SERAI_STORE_SWEEP_H
#define SERAI_STORE_SWEEP_H

#include "store/commits.h"

/* A slice that is written and not yet committed. */
struct sweep_slice {
    struct bytes rows;          /* of struct rowtree_row *; kept from commit to commit */
    struct waiting_place place; /* where the next slice begins */
    bool round_over;
};

/* How much of the rows ahead this commit sweeps, by their cost; counts what it logs. */
uint64_t sweep_share(struct commits_log *log, const struct waiting *waiting);

/*
 * Write rows of that cost, or more by a part of one row, to their tables.  The set stays as it is
 * until the commit has succeeded; the log's numbers are those after it.  ST_FULL, ST_NOMEM, ST_IO.
 */
MUST_CHECK enum status sweep_write(struct store_lmdb *lmdb, struct MDB_txn *txn, uint64_t cost,
                                   struct sweep_slice *slice, struct fault *fault);

#endif
