/*
 * A min-heap of what is due when: timers.  Equal times come out by rising id, so the order is the
 * same on every run.  All-zero is an empty one.  One thread.  Out of memory is a stop (INVARIANT).
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

/* Make an empty heap.  Nothing is freed, so this is for memory that holds no heap yet. */
void heapq_init(struct heapq *heap);

/* Free the items.  Leaves an empty heap that may be used again. */
void heapq_fini(struct heapq *heap);

/*
 * Add an item.  The same one may be in twice.  There is no removal: to cancel, let the item come
 * out and ignore it.
 */
void heapq_push(struct heapq *heap, uint64_t due, uint64_t id);

/*
 * Read the item that is due first, and leave it in.  False when the heap is empty; *item is
 * untouched then.
 */
MUST_CHECK bool heapq_peek(const struct heapq *heap, struct heapq_item *item);

/*
 * Take out the item that is due first; `item` may be NULL.  False when the heap is empty; *item is
 * untouched then.
 */
bool heapq_pop(struct heapq *heap, struct heapq_item *item);

#endif
