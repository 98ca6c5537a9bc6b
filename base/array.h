/* Arrays that grow: by doubling, so that many small additions cost what their sum does. */
#ifndef SERAI_BASE_ARRAY_H
#define SERAI_BASE_ARRAY_H

#include "base/status.h"

/*
 * Make room for `needed` items of item_bytes each in an array that has room for *capacity (NULL and
 * 0 for an empty one).  Returns the array and raises *capacity; the array may have moved, and what
 * it holds above its old items is undefined.  NULL: out of memory, and then nothing has changed.
 * The caller owns the array and frees it.
 */
MUST_CHECK void *array_grow(void *items, size_t *capacity, size_t needed, size_t item_bytes);

#endif
