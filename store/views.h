/*
 * Reads that go on in this process, and what they need of the rows that wait: one view each.
 *
 * The process that writes has one set of those rows, which its views share.  A process that only
 * reads makes a set of its own for each view, from the log as the view's transaction sees it, when
 * it first looks into a table that may have such rows, and of that table; when it looks into a
 * second one, of all others.
 */
#ifndef SERAI_STORE_VIEWS_H
#define SERAI_STORE_VIEWS_H

#include <pthread.h>

#include "store/waiting.h"

struct store_lmdb;
struct MDB_txn;

struct view {
    struct store_lmdb *lmdb;
    struct MDB_txn *txn;
    uint64_t commit;         /* the last one that it sees */
    struct waiting *waiting; /* of the process, or `own` */
    struct waiting own;
    uint32_t tables;   /* that may have rows that wait, a bit each; of a process that only reads */
    uint32_t replayed; /* of them, those whose rows `own` has */
    struct view *before;
    struct view *after;
};

/* All views of a process. */
struct views {
    pthread_mutex_t lock; /* of what follows, and of the set of rows that wait */
    pthread_cond_t caught_up;
    pthread_cond_t ended; /* the last read that went on */
    struct view *first;
    uint64_t commit; /* the last one whose rows are in the set */
    bool lost;       /* there was no memory for them: none can be seen any more */
};

/* The oldest commit that a view sees; `commit` when there is none. */
uint64_t views_oldest(const struct views *views, uint64_t commit);

/* Whether a view sees commit `from` or one after it, but before `before`; NULL: no views. */
bool views_see(const struct views *views, uint64_t from, uint64_t before);

#endif
