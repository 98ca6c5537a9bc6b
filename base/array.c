#include "base/array.h"

#include <stdlib.h>

enum { ARRAY_FIRST = 4 };

void *array_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes)
{
    size_t larger = *capacity == 0 ? ARRAY_FIRST : *capacity;
    void *grown;

    INVARIANT(item_bytes > 0);
    if (items != NULL && needed <= *capacity)
        return items;
    while (larger < needed) {
        if (larger > SIZE_MAX / 2)
            return NULL;
        larger *= 2;
    }
    if (larger > SIZE_MAX / item_bytes)
        return NULL;
    grown = realloc(items, larger * item_bytes);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}
