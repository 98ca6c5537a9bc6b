/*
 * Rows of all tables in key order: a tree of nodes of 64, whose leaves are chained.  It holds
 * pointers to rows and owns none of them.  A node that is empty goes; none is merged, since rows
 * come and go in long runs.
 */
#ifndef SERAI_STORE_ORDER_H
#define SERAI_STORE_ORDER_H

#include "base/store.h"

/* A row that was logged and is not yet in its table. */
struct order_row {
    struct order_row *older; /* what it was before, while a read still sees that; mostly NULL */
    uint64_t
        commit;     /* LMDB's number of the transaction that logged it; 0: it was before the open */
    uint64_t swept; /* of the one that wrote it to its table; 0: it waits */
    uint32_t value_size;
    uint8_t table;
    uint8_t key_size;
    bool deleted;    /* the row goes: it has no value */
    uint8_t bytes[]; /* key, then value */
};

/* Where a row is, or would be.  The pointers are borrowed. */
struct order_key {
    uint64_t high; /* table and the first 15 bytes of the key, as a number */
    uint64_t low;
    const uint8_t *key;
    uint8_t key_size;
    uint8_t table;
};

struct order_node;

struct order {
    struct order_node *root;  /* NULL: no rows */
    struct order_node *first; /* leaf */
    struct order_node *last;  /* leaf */
    struct order_node *hint; /* the leaf that was changed last: the next change is mostly near it */
    uint64_t count;          /* rows */
    uint64_t changes;        /* of what nodes hold; a place is good while it stays the same */
};

/* The place of a row, for walking. */
struct order_place {
    struct order_node *leaf; /* NULL: behind the last row */
    size_t index;
    uint64_t changes;
};

enum { ORDER_ROWS_OF_NODE = 64 };

/* The key of table and key bytes; a size of 0 stands before all rows of the table. */
struct order_key order_key_of(uint8_t table, const void *key, size_t key_size);

/* The key of a row. */
struct order_key order_key_of_row(const struct order_row *row);

/* Below, equal or above zero, as `a` sorts before, is, or sorts after `b`. */
int order_compare(const struct order_key *a, const struct order_key *b);

/* Free the nodes; an all-zero order is empty and allowed. */
void order_fini(struct order *order);

/* Where the row with this key hangs, to be read or replaced by another of the same key; or NULL. */
struct order_row **order_find(struct order *order, const struct order_key *key);

/* Add a row whose key is not there.  False: no memory, and nothing has changed. */
MUST_CHECK bool order_insert(struct order *order, struct order_row *row);

/* Take out the row with this key, which is there. */
void order_remove(struct order *order, const struct order_key *key);

/* Go to the first row whose key is not below this one; NULL: there is none. */
struct order_row *order_seek(const struct order *order, const struct order_key *key,
                             struct order_place *place);

/* The row at the place, and the next one after it.  Not after a change of the order. */
struct order_row *order_at(const struct order_place *place);
struct order_row *order_next(const struct order *order, struct order_place *place);

/* The last row of a table; NULL: it has none. */
struct order_row *order_last_of(const struct order *order, uint8_t table);

#endif
