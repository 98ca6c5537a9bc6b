/*
 * Customers in order of something that each has of its own, such as its key: so that one is found
 * among many by halving, whatever keys strangers choose.  An index owns its places, not the
 * customers.
 */
#ifndef SERAI_SITE_CORE_CUSTOMER_INDEX_H
#define SERAI_SITE_CORE_CUSTOMER_INDEX_H

#include <stddef.h>

struct customer;

struct customer_index {
    struct customer **items;
    size_t count;
    size_t capacity;
};

/* Below 0, 0 or above it, as memcmp(), by what the index is in order of. */
typedef int (*customer_order)(const struct customer *a, const struct customer *b);

/* The first that is not before `wanted`, of which only what is compared is looked at. */
size_t customer_index_from(const struct customer_index *index, customer_order order,
                           const struct customer *wanted);
/* NULL: none is equal. */
struct customer *customer_index_find(const struct customer_index *index, customer_order order,
                                     const struct customer *wanted);
/* It has no equal there.  Memory short is a stop (INVARIANT). */
void customer_index_add(struct customer_index *index, customer_order order,
                        struct customer *customer);
/* It is there. */
void customer_index_remove(struct customer_index *index, customer_order order,
                           const struct customer *customer);
void customer_index_fini(struct customer_index *index);

#endif
