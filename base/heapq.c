/* A binary min-heap in an array: the children of i are 2i + 1 and 2i + 2. */
#include "base/heapq.h"

#include <stdlib.h>

#include "base/array.h"

void heapq_init(struct heapq *heap)
{
    *heap = (struct heapq){0};
}

void heapq_fini(struct heapq *heap)
{
    free(heap->items);
    heapq_init(heap);
}

/* A total order, with ties by id: equal times come out the same on every run. */
static bool heapq_before(const struct heapq_item *a, const struct heapq_item *b)
{
    return a->due != b->due ? a->due < b->due : a->id < b->id;
}

void heapq_push(struct heapq *heap, uint64_t due, uint64_t id)
{
    struct heapq_item item = {.due = due, .id = id};
    size_t at;

    heap->items = array_grow(heap->items, &heap->capacity, heap->count + 1, sizeof item);
    INVARIANT(heap->items != NULL);
    /* From the end up: later parents move down until the item's place is found. */
    for (at = heap->count++; at > 0; at = (at - 1) / 2) {
        if (!heapq_before(&item, &heap->items[(at - 1) / 2]))
            break;
        heap->items[at] = heap->items[(at - 1) / 2];
    }
    heap->items[at] = item;
}

/* The root is due first: no item is due before its parent. */
bool heapq_peek(const struct heapq *heap, struct heapq_item *item)
{
    if (heap->count == 0)
        return false;
    *item = heap->items[0];
    return true;
}

bool heapq_pop(struct heapq *heap, struct heapq_item *item)
{
    struct heapq_item last;
    size_t at = 0;

    if (heap->count == 0)
        return false;
    if (item != NULL)
        *item = heap->items[0];
    /* The last item fills the hole at the top: from there down, the earlier child moves up. */
    last = heap->items[--heap->count];
    while (2 * at + 1 < heap->count) {
        size_t child = 2 * at + 1;

        if (child + 1 < heap->count && heapq_before(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!heapq_before(&heap->items[child], &last))
            break;
        heap->items[at] = heap->items[child];
        at = child;
    }
    if (heap->count != 0)
        heap->items[at] = last;
    return true;
}
