/*
 * A hash map from u64 to pointers, for numbers of our own that count up (agents, objects,
 * accounts). Never for keys that somebody else picks: the hash is not keyed.  All-zero is an empty
 * table. Owns its slots, not what the values point to.  One thread.  Out of memory is a
 * stop (INVARIANT).
 */
#ifndef SERAI_BASE_TABLE_H
#define SERAI_BASE_TABLE_H

#include "base/status.h"

struct table_slot {
    uint64_t key;
    void *value; /* NULL: the slot is free */
};

struct table {
    struct table_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

/* Make an empty table.  Nothing is freed, so this is for memory that holds no table yet. */
void table_init(struct table *table);

/* Free the slots.  Leaves an empty table; the values are the caller's to free before. */
void table_fini(struct table *table);

/* The value of `key`, or NULL when there is none. */
void *table_get(const struct table *table, uint64_t key);

/* Insert or replace; `value` is not NULL (INVARIANT).  Returns the former value, or NULL. */
void *table_put(struct table *table, uint64_t key, void *value);

/* Remove `key` and return its value, or NULL when there was none. */
void *table_remove(struct table *table, uint64_t key);

/* The number of keys in the table. */
size_t table_count(const struct table *table);

/* Visit all entries, in no order that anyone may rely on.  `visit` must not change the table. */
void table_each(const struct table *table, void (*visit)(void *context, uint64_t key, void *value),
                void *context);

/*
 * All keys in rising order, for whatever must be deterministic.  The caller frees *keys with
 * free(); NULL when the table is empty.
 */
void table_keys_sorted(const struct table *table, uint64_t **keys, size_t *count);

#endif
