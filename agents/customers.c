/*
 * What one customer holds, all its agents together, and how much it may.  Customers of one
 * neighbour hold together.  A count changes with the thing that it counts, under the undo.
 */
#include <stdlib.h>

#include "agents/state.h"

uint64_t customer_cap(const struct agents *agents, uint64_t customer)
{
    return agents->env.cap_of == NULL ? customer
                                      : agents->env.cap_of(agents->env.context, customer);
}

struct customer_use *customer_use_in(struct table *customers, uint64_t cap)
{
    struct customer_use *use = table_get(customers, cap);

    if (use == NULL) {
        use = calloc(1, sizeof *use);
        INVARIANT(use != NULL);
        (void)!table_put(customers, cap, use); /* there was none */
    }
    return use;
}

struct customer_use *customer_use(struct agents *agents, uint64_t customer)
{
    return customer_use_in(&agents->customers, customer_cap(agents, customer));
}

bool customer_has_room(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t more)
{
    uint64_t max = agents->prices.customer_max[resource];
    uint64_t used = customer_use(agents, customer)->used[resource];

    return max == 0 || (used <= max && more <= max - used);
}

void customer_takes(struct agents *agents, uint64_t customer, enum customer_resource resource,
                    uint64_t more)
{
    uint64_t *used = &customer_use(agents, customer)->used[resource];

    undo_save(agents->undo, used, sizeof *used);
    *used += more;
}

void customer_gives(struct agents *agents, uint64_t customer, enum customer_resource resource,
                    uint64_t less)
{
    uint64_t *used = &customer_use(agents, customer)->used[resource];

    INVARIANT(less <= *used);
    undo_save(agents->undo, used, sizeof *used);
    *used -= less;
}

uint64_t agents_of_customer(const struct agents *agents, uint64_t customer)
{
    const struct customer_use *use = table_get(&agents->customers, customer_cap(agents, customer));

    return use == NULL ? 0 : use->used[CUSTOMER_AGENTS];
}
