/*
 * A map from u64 to pointers for numbers that a counter gave out: groups of 64 neighbours share one
 * piece of memory, so an entry costs nine bytes where a hash table takes thirty, and all are
 * visited in order.  All-zero is an empty map.  Owns its groups, not what the values point to.  One
 * thread.  Short memory is a stop (INVARIANT).
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

void dense_fini(struct dense *dense); /* frees the groups, leaves an empty map */

void *dense_get(const struct dense *dense, uint64_t id); /* NULL when there is none */
/* Insert or replace; `value` is not NULL.  Returns what was there before, or NULL. */
void *dense_put(struct dense *dense, uint64_t id, void *value);
/* Returns what was there, or NULL.  A group that is empty is freed. */
void *dense_remove(struct dense *dense, uint64_t id);
size_t dense_count(const struct dense *dense);

/* The note of the id's group, which must be there (INVARIANT). */
uint64_t *dense_note(const struct dense *dense, uint64_t id);

/*
 * In rising order from `first` on, until `visit` returns false.  It may replace values, but neither
 * add nor remove any.
 */
void dense_each(const struct dense *dense, uint64_t first,
                bool (*visit)(void *context, uint64_t id, void *value), void *context);

/* As table_keys_sorted(). */
void dense_keys_sorted(const struct dense *dense, uint64_t **keys, size_t *count);

#endif
