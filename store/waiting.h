/*
 * Rows that are in the log and not yet in their tables: the latest value of each, in key order, and
 * older ones while a read still sees them.
 *
 * Whoever reads at transaction T sees of each row the newest version that is not of a later
 * transaction; when there is none, the table has the row as it was.  One thread changes the set;
 * the caller locks it against reads of other threads.
 */
#ifndef SERAI_STORE_WAITING_H
#define SERAI_STORE_WAITING_H

#include "base/bytes.h"
#include "store/rowtree.h"

struct views;

/* How far the sweep has come: rows below the place were swept in this round. */
struct waiting_place {
    uint8_t key[STORE_KEY_BYTES_MAX];
    uint8_t key_size;
    uint8_t table;
};

struct waiting {
    struct rowtree tree;
    struct bytes retired;        /* of struct waiting_retired, oldest first */
    size_t released;             /* bytes at the beginning of it, of versions that are gone */
    struct waiting_place place;  /* of the sweep */
    uint64_t cost;               /* of all rows that wait; see waiting_cost() */
    uint64_t cost_ahead;         /* of those that are not below the place */
    uint64_t rows[STORE_TABLES]; /* that wait, of each table */
};

/* Free all rows; an all-zero set is empty and allowed. */
void waiting_fini(struct waiting *waiting);

/* What a row counts in the sweep's pace: its bytes, and something for itself. */
uint64_t waiting_cost(const struct rowtree_row *row);

/*
 * Take an operation of transaction `commit` into the set: the row's latest version from now on.
 * The version before stays if one of `views` (NULL: there are none) sees it.  ST_NOMEM: nothing has
 * changed.
 */
MUST_CHECK enum status waiting_put(struct waiting *waiting, const struct store_op *op,
                                   uint64_t commit, const struct views *views);

/* The version of a row that a read at transaction `commit` sees; NULL: it is as in its table. */
const struct rowtree_row *waiting_version(const struct rowtree_row *newest, uint64_t commit);

/* Look up what a read at transaction `commit` sees of a row; NULL: it is as in its table. */
const struct rowtree_row *waiting_get(struct waiting *waiting, const struct rowtree_key *key,
                                      uint64_t commit);

/*
 * The first row that waits at the sweep's place or behind it; NULL: the round is done.
 * waiting_sweep_next() steps on from a row that waiting_sweep_first() or it gave.
 */
struct rowtree_row *waiting_sweep_first(const struct waiting *waiting, struct rowtree_place *place);
struct rowtree_row *waiting_sweep_next(const struct waiting *waiting, struct rowtree_place *place);

/*
 * Take out rows that transaction `commit` has written to their tables: `rows` are those that
 * waiting_sweep_first() and waiting_sweep_next() gave.  ST_NOMEM: some are not taken out.
 */
MUST_CHECK enum status waiting_swept(struct waiting *waiting, struct rowtree_row *const *rows,
                                     size_t count, uint64_t commit, const struct views *views);

/* Move the place behind the rows that were swept; the first place of all begins a new round. */
void waiting_move_to(struct waiting *waiting, const struct waiting_place *place);

/* Set the place of the sweep after a start, and count what is ahead of it. */
void waiting_resume(struct waiting *waiting, const struct waiting_place *place);

/* Free what no read sees any more, as the oldest of them is at transaction `oldest_read`. */
void waiting_release(struct waiting *waiting, uint64_t oldest_read);

/* Which tables have rows that wait, a bit each. */
uint32_t waiting_tables(const struct waiting *waiting);

#endif
