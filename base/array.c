/* Growing arrays; the sizes are checked, for counts may come from outside. */
#include "base/array.h"

#include <stdlib.h>

enum { ARRAY_FIRST = 4 };

void *array_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes)
{
    size_t larger = *capacity == 0 ? ARRAY_FIRST : *capacity;
    void *grown;

    INVARIANT(item_bytes > 0);
    /* An empty array takes memory even for 0 items: NULL always means failure. */
    if (items != NULL && needed <= *capacity)
        return items;
    while (larger < needed) {
        if (larger > SIZE_MAX / 2)
            return NULL;
        larger *= 2;
    }
    /* A product that wraps would give a small array for many items. */
    if (larger > SIZE_MAX / item_bytes)
        return NULL;
    grown = realloc(items, larger * item_bytes);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}
