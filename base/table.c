/*
 * Open addressing with linear probing: one run of memory, and most look-ups read one line of it.
 * Removal shifts back, so there are no tombstones that searches would have to pass.
 */
#include "base/table.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 16 };

void table_init(struct table *table)
{
    *table = (struct table){0};
}

void table_fini(struct table *table)
{
    free(table->slots);
    table_init(table);
}

/* The slot of a key when no other is in its way.  2^64 / golden ratio spreads counters. */
static size_t table_home(const struct table *table, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(mixed ^ mixed >> 32) & (table->capacity - 1);
}

/* The slot of the key, or the free one where it would go.  Needs a capacity and a free slot. */
static struct table_slot *table_find(const struct table *table, uint64_t key)
{
    size_t at = table_home(table, key);

    while (table->slots[at].value != NULL && table->slots[at].key != key)
        at = (at + 1) & (table->capacity - 1);
    return &table->slots[at];
}

/* Double the slots and put every key in again; homes depend on the capacity. */
static void table_grow(struct table *table)
{
    struct table old = *table;

    table->capacity = old.capacity == 0 ? CAPACITY_FIRST : old.capacity * 2;
    table->slots = calloc(table->capacity, sizeof *table->slots);
    INVARIANT(table->slots != NULL);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].value != NULL)
            *table_find(table, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void *table_get(const struct table *table, uint64_t key)
{
    return table->capacity == 0 ? NULL : table_find(table, key)->value;
}

void *table_put(struct table *table, uint64_t key, void *value)
{
    struct table_slot *slot;
    void *before;

    INVARIANT(value != NULL);
    /* At most three quarters full: runs stay short, and a search always finds a free slot. */
    if (table->count >= table->capacity - table->capacity / 4)
        table_grow(table);
    slot = table_find(table, key);
    before = slot->value;
    *slot = (struct table_slot){.key = key, .value = value};
    if (before == NULL)
        table->count++;
    return before;
}

void *table_remove(struct table *table, uint64_t key)
{
    size_t mask = table->capacity - 1;
    struct table_slot *slot;
    size_t hole;
    void *before;

    if (table->capacity == 0)
        return NULL;
    slot = table_find(table, key);
    before = slot->value;
    if (before == NULL)
        return NULL;
    hole = (size_t)(slot - table->slots);
    /* The hole must not cut off what was put behind it: move back each later one of the run whose
     * home does not lie after the hole. */
    for (size_t at = (hole + 1) & mask; table->slots[at].value != NULL; at = (at + 1) & mask) {
        size_t home = table_home(table, table->slots[at].key);

        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (struct table_slot){0};
    table->count--;
    return before;
}

size_t table_count(const struct table *table)
{
    return table->count;
}

void table_each(const struct table *table, void (*visit)(void *context, uint64_t key, void *value),
                void *context)
{
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].value != NULL)
            visit(context, table->slots[i].key, table->slots[i].value);
}

static int table_compare_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

void table_keys_sorted(const struct table *table, uint64_t **keys, size_t *count)
{
    size_t used = 0;

    *keys = NULL;
    *count = table->count;
    if (table->count == 0)
        return;
    *keys = malloc(table->count * sizeof **keys);
    INVARIANT(*keys != NULL);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].value != NULL)
            (*keys)[used++] = table->slots[i].key;
    INVARIANT(used == table->count);
    qsort(*keys, used, sizeof **keys, table_compare_keys);
}
