/*
 * A map from u64 to pointers for numbers that a counter gave out: groups of 64 neighbours share one
 * piece of memory, so an entry costs nine bytes where a hash table takes thirty, and all are
 * visited in order.  All-zero is an empty map.  Owns its groups, not what the values point to.  One
 * thread.  Out of memory is a stop (INVARIANT).
 */
#ifndef SERAI_BASE_DENSE_H
#define SERAI_BASE_DENSE_H

#include "base/table.h"

enum { DENSE_GROUP = 64 }; /* numbers that share a group: id / DENSE_GROUP is its number */

struct dense_group {
    uint64_t used; /* a bit for each value that is there */
    uint64_t note; /* the owner's, for the whole group; 0 in a new one */
    void *values[DENSE_GROUP];
};

struct dense {
    struct table groups; /* id / DENSE_GROUP -> struct dense_group */
    size_t count;
};

/* Free the groups.  Leaves an empty map; the values are the caller's to free before. */
void dense_fini(struct dense *dense);

/* The value of `id`, or NULL when there is none. */
void *dense_get(const struct dense *dense, uint64_t id);

/* Insert or replace; `value` is not NULL (INVARIANT).  Returns the former value, or NULL. */
void *dense_put(struct dense *dense, uint64_t id, void *value);

/*
 * Remove `id` and return its value, or NULL when there was none.  A group that becomes empty is
 * freed, and its note with it.
 */
void *dense_remove(struct dense *dense, uint64_t id);

/* The number of values in the map. */
size_t dense_count(const struct dense *dense);

/*
 * The note of the group that `id` belongs to.  The group must exist (INVARIANT), i.e. hold a value.
 * The pointer holds until the group's last value is removed.
 */
uint64_t *dense_note(const struct dense *dense, uint64_t id);

/*
 * Visit all values whose id is `first` or more, in rising order, until `visit` returns false.
 * `visit` may replace values, but must not add or remove any.
 */
void dense_each(const struct dense *dense, uint64_t first,
                bool (*visit)(void *context, uint64_t id, void *value), void *context);

#endif
