/*
 * Customers in order of something that each has of its own, such as its key: so that one is found
 * among many by halving, whatever keys others choose.  An index owns its places, not the
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

/*
 * The place of the first customer that is not before `wanted`, of which only what is compared is
 * looked at; the count when there is none.
 */
size_t customer_index_from(const struct customer_index *index, customer_order order,
                           const struct customer *wanted);

/* The customer that is equal to `wanted`, or NULL. */
struct customer *customer_index_find(const struct customer_index *index, customer_order order,
                                     const struct customer *wanted);

/* Add a customer that has no equal in the index.  Out of memory is a stop (INVARIANT). */
void customer_index_add(struct customer_index *index, customer_order order,
                        struct customer *customer);

/* Remove a customer that is in the index. */
void customer_index_remove(struct customer_index *index, customer_order order,
                           const struct customer *customer);

/* Free the places; leaves an empty index. */
void customer_index_fini(struct customer_index *index);

#endif
