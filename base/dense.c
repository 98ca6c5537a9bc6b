/*
 * Groups of 64 in a hash table by id / 64: one look-up and an index.  `used` tells an empty group
 * without a look at its 64 places.
 */
#include "base/dense.h"

#include <stdlib.h>

static void dense_free_group(void *context, uint64_t key, void *value)
{
    (void)context;
    (void)key;
    free(value);
}

void dense_fini(struct dense *dense)
{
    table_each(&dense->groups, dense_free_group, NULL);
    table_fini(&dense->groups);
    dense->count = 0;
}

static struct dense_group *dense_group_of(const struct dense *dense, uint64_t id)
{
    return table_get(&dense->groups, id / DENSE_GROUP);
}

static uint64_t dense_bit(uint64_t id)
{
    return UINT64_C(1) << (id % DENSE_GROUP);
}

void *dense_get(const struct dense *dense, uint64_t id)
{
    const struct dense_group *group = dense_group_of(dense, id);

    return group == NULL ? NULL : group->values[id % DENSE_GROUP];
}

void *dense_put(struct dense *dense, uint64_t id, void *value)
{
    struct dense_group *group = dense_group_of(dense, id);
    void *before;

    INVARIANT(value != NULL);
    if (group == NULL) {
        /* Zeroed: no value, and the note of a new group is 0. */
        group = calloc(1, sizeof *group);
        INVARIANT(group != NULL);
        (void)!table_put(&dense->groups, id / DENSE_GROUP, group); /* there was none */
    }
    before = group->values[id % DENSE_GROUP];
    group->values[id % DENSE_GROUP] = value;
    group->used |= dense_bit(id);
    if (before == NULL)
        dense->count++;
    return before;
}

void *dense_remove(struct dense *dense, uint64_t id)
{
    struct dense_group *group = dense_group_of(dense, id);
    void *before;

    if (group == NULL || (group->used & dense_bit(id)) == 0)
        return NULL;
    before = group->values[id % DENSE_GROUP];
    group->values[id % DENSE_GROUP] = NULL;
    group->used &= ~dense_bit(id);
    dense->count--;
    if (group->used == 0)
        free(table_remove(&dense->groups, id / DENSE_GROUP));
    return before;
}

size_t dense_count(const struct dense *dense)
{
    return dense->count;
}

uint64_t *dense_note(const struct dense *dense, uint64_t id)
{
    struct dense_group *group = dense_group_of(dense, id);

    INVARIANT(group != NULL);
    return &group->note;
}

/* Visit the values of one group, whose first id is `base`.  False: the visitor has seen enough. */
static bool dense_each_in_group(const struct dense_group *group, uint64_t base, uint64_t first,
                                bool (*visit)(void *context, uint64_t id, void *value),
                                void *context)
{
    for (uint64_t i = 0; i < DENSE_GROUP; i++) {
        if (base + i < first || group->values[i] == NULL)
            continue;
        if (!visit(context, base + i, group->values[i]))
            return false;
    }
    return true;
}

void dense_each(const struct dense *dense, uint64_t first,
                bool (*visit)(void *context, uint64_t id, void *value), void *context)
{
    uint64_t *groups;
    size_t count;

    /* The numbers of groups rise as ids do, so sorting 1/64 of the entries orders all. */
    table_keys_sorted(&dense->groups, &groups, &count);
    for (size_t i = 0; i < count; i++) {
        if (groups[i] < first / DENSE_GROUP)
            continue;
        if (!dense_each_in_group(table_get(&dense->groups, groups[i]), groups[i] * DENSE_GROUP,
                                 first, visit, context))
            break;
    }
    free(groups);
}
