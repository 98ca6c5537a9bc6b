/*
 * Rows of all tables in key order: a tree of nodes of 64, whose leaves are chained.  It holds
 * pointers to rows and owns none of them.  A node that is empty goes; none is merged, since rows
 * come and go in long runs.
 */
#ifndef SERAI_STORE_ROWTREE_H
#define SERAI_STORE_ROWTREE_H

#include "base/store.h"

/* A row that was logged and is not yet in its table. */
struct rowtree_row {
    struct rowtree_row *older; /* what it was before, while a read still sees that; mostly NULL */
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
struct rowtree_key {
    uint64_t high; /* table and the first 15 bytes of the key, as a number */
    uint64_t low;
    const uint8_t *key;
    uint8_t key_size;
    uint8_t table;
};

struct rowtree_node;

struct rowtree {
    struct rowtree_node *root; /* NULL: no rows */
    struct rowtree_node *last; /* leaf */
    struct rowtree_node *hint; /* the leaf of the last change: the next is mostly near it */
    uint64_t count;            /* rows */
    uint64_t changes;          /* of what nodes hold; a place is good while it stays the same */
};

/* The place of a row, for walking. */
struct rowtree_place {
    struct rowtree_node *leaf; /* NULL: behind the last row */
    size_t index;
    uint64_t changes;
};

enum { ROWTREE_NODE_ROWS = 64 };

/* The key of table and key bytes; a size of 0 stands before all rows of the table. */
struct rowtree_key rowtree_key_of(uint8_t table, const void *key, size_t key_size);

/* The key of a row. */
struct rowtree_key rowtree_key_of_row(const struct rowtree_row *row);

/* Below, equal or above zero, as `a` sorts before, is, or sorts after `b`. */
int rowtree_compare(const struct rowtree_key *a, const struct rowtree_key *b);

/* Free the nodes; an all-zero tree is empty and allowed. */
void rowtree_fini(struct rowtree *tree);

/* Where the row with this key hangs, to be read or replaced by another of the same key; or NULL. */
struct rowtree_row **rowtree_find(struct rowtree *tree, const struct rowtree_key *key);

/* Add a row whose key is not there.  False: no memory, and nothing has changed. */
MUST_CHECK bool rowtree_insert(struct rowtree *tree, struct rowtree_row *row);

/* Take out the row with this key, which is there. */
void rowtree_remove(struct rowtree *tree, const struct rowtree_key *key);

/* Go to the first row whose key is not below this one; NULL: there is none. */
struct rowtree_row *rowtree_seek(const struct rowtree *tree, const struct rowtree_key *key,
                                 struct rowtree_place *place);

/* The row at the place, and the next one after it.  Not after a change of the tree. */
struct rowtree_row *rowtree_at(const struct rowtree_place *place);
struct rowtree_row *rowtree_next(const struct rowtree *tree, struct rowtree_place *place);

/* The last row of a table; NULL: it has none. */
struct rowtree_row *rowtree_last_of(const struct rowtree *tree, uint8_t table);

#endif
