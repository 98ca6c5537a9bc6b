/*
 * A min-heap of what is due when: timers.  Equal times come out by rising id, so the order is the
 * same on every run.  All-zero is an empty one.  One thread.  Short memory is a stop (INVARIANT).
 */
#ifndef SERAI_BASE_HEAPQ_H
#define SERAI_BASE_HEAPQ_H

#include "base/status.h"

struct heapq_item {
    uint64_t due; /* in any unit, as long as it is one */
    uint64_t id;
};

struct heapq {
    struct heapq_item *items;
    size_t count;
    size_t capacity;
};

void heapq_init(struct heapq *heap);
void heapq_fini(struct heapq *heap); /* frees, leaves an empty one */
size_t heapq_count(const struct heapq *heap);

/* The same item may be in twice; to cancel, let it come out and ignore it. */
void heapq_push(struct heapq *heap, uint64_t due, uint64_t id);
/* The earliest, without or with taking it out; false when empty, and then *item is untouched. */
MUST_CHECK bool heapq_peek(const struct heapq *heap, struct heapq_item *item);
bool heapq_pop(struct heapq *heap, struct heapq_item *item); /* `item` may be NULL */

#endif
