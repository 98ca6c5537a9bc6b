#include "tests/dense_keys.h"

#include <stdlib.h>

struct keys {
    uint64_t *list;
    size_t used;
};

static bool add_key(void *context, uint64_t id, void *value)
{
    struct keys *keys = context;

    (void)value;
    keys->list[keys->used++] = id;
    return true;
}

void dense_keys_sorted(const struct dense *dense, uint64_t **keys, size_t *count)
{
    struct keys found = {0};

    if (dense_count(dense) > 0) {
        found.list = calloc(dense_count(dense), sizeof *found.list);
        INVARIANT(found.list != NULL);
    }
    dense_each(dense, 0, add_key, &found);
    INVARIANT(found.used == dense_count(dense));
    *keys = found.list;
    *count = found.used;
}
