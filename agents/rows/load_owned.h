/* Reading back objects and entries of the heap.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_OWNED_H
#define SERAI_AGENTS_ROWS_LOAD_OWNED_H

#include "base/store.h"

struct agents;
struct cap;
struct object;
struct rows_loader;

/* What the objects of one agent count for. */
struct owned_sum {
    uint64_t facets; /* and promises and leashes */
    uint64_t events; /* that have a place reserved with a facet */
    uint64_t timers;
    uint64_t buffer_bytes;
};

/*
 * Read the rows of objects, before those of their owners.  An owner is known by its account.
 * ST_CORRUPT names the row; ST_IO.
 */
MUST_CHECK enum status rows_load_objects(struct rows_loader *loader, const struct store_read *read,
                                         struct fault *fault);

/* Read the entries of the heap, once all agents are there.  ST_CORRUPT names the row; ST_IO. */
MUST_CHECK enum status rows_load_heap(struct rows_loader *loader, const struct store_read *read,
                                      struct fault *fault);

/* Add one object of an agent. */
void load_count_owned(struct owned_sum *sum, const struct object *object);

/*
 * Why this is no capability that a slot or a message can hold; NULL: it may be one, and if it names
 * a reply that is held here, and nowhere else.
 */
const char *load_place_error(const struct agents *agents, const struct cap *cap);

/* The same of a slot of `agent`, which is counted as a place if it may be one. */
const char *load_slot_error(struct agents *agents, const struct cap *cap, uint64_t agent);

#endif
