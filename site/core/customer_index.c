#include "site/core/customer_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/status.h"

size_t customer_index_from(const struct customer_index *index, customer_order order,
                           const struct customer *wanted)
{
    /* All below `low` come before `wanted`, none from `high` on does. */
    size_t low = 0;
    size_t high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (order(index->items[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct customer *customer_index_find(const struct customer_index *index, customer_order order,
                                     const struct customer *wanted)
{
    size_t at = customer_index_from(index, order, wanted);

    return at < index->count && order(index->items[at], wanted) == 0 ? index->items[at] : NULL;
}

void customer_index_add(struct customer_index *index, customer_order order,
                        struct customer *customer)
{
    size_t at = customer_index_from(index, order, customer);

    INVARIANT(at == index->count || order(index->items[at], customer) != 0);
    index->items =
        array_grow(index->items, &index->capacity, index->count + 1, sizeof(*index->items));
    INVARIANT(index->items != NULL);
    memmove(&index->items[at + 1], &index->items[at], (index->count - at) * sizeof(*index->items));
    index->items[at] = customer;
    index->count++;
}

void customer_index_remove(struct customer_index *index, customer_order order,
                           const struct customer *customer)
{
    size_t at = customer_index_from(index, order, customer);

    INVARIANT(at < index->count && index->items[at] == customer);
    index->count--;
    memmove(&index->items[at], &index->items[at + 1], (index->count - at) * sizeof(*index->items));
}

void customer_index_fini(struct customer_index *index)
{
    free(index->items);
    *index = (struct customer_index){0};
}
