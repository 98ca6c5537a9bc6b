/*
 * What one customer holds, all its agents together, and how much it may: the one mechanism that
 * bounds what lasts.  An order asks in its check step whether there is room; the thing is counted
 * when it is made and until it is gone.  Customers of one peer hold together.  A count changes
 * with what it counts, and is undone with it.
 */
#include "agents/customers.h"

#include <stdlib.h>

#include "agents/code.h"
#include "agents/quotas.h"
#include "agents/set.h"
#include "base/table.h"

uint64_t customer_quota_owner(const struct agents *agents, uint64_t customer)
{
    return agents->env.quota_owner == NULL ? customer
                                           : agents->env.quota_owner(agents->env.context, customer);
}

struct customer_use *customer_use_in(struct table *customers, uint64_t owner)
{
    struct customer_use *use = table_get(customers, owner);

    if (use == NULL) {
        use = calloc(1, sizeof *use);
        INVARIANT(use != NULL);
        use->share = 1;
        (void)!table_put(customers, owner, use); /* there was none */
    }
    return use;
}

struct customer_use *customer_use(const struct agents *agents, uint64_t customer)
{
    /* A count of zeroes is made on demand.  Nobody can tell it from none, so const holds. */
    struct table *customers = &((struct agents *)agents)->customers;

    return customer_use_in(customers, customer_quota_owner(agents, customer));
}

static void customer_use_free(void *context, uint64_t owner, void *value)
{
    struct customer_use *use = value;

    (void)context;
    (void)owner;
    table_fini(&use->codes);
    free(use);
}

void customers_free(struct table *customers)
{
    table_each(customers, customer_use_free, NULL);
    table_fini(customers);
}

/* ---- what has a number ---- */

uint64_t quota_max(const struct agents *agents, const struct customer_use *use,
                   enum customer_resource resource)
{
    return (use->own & UINT32_C(1) << resource) != 0
               ? use->max[resource]
               : pricebook_customer_max(&agents->prices, resource);
}

/*
 * A bound of 0 is none.  Prices may have made the bound less than what is used; then nothing more
 * is allowed.
 */
bool quota_allows(const struct agents *agents, const struct customer_use *use,
                  enum customer_resource resource, uint64_t more)
{
    uint64_t max = quota_max(agents, use, resource);
    uint64_t used = use->used[resource];

    return max == 0 || (used <= max && more <= max - used);
}

void quota_take(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t more)
{
    /* Only a running turn has something to undo. */
    if (agents->turn != NULL)
        undo_save(agents->undo, &use->used[resource], sizeof use->used[resource]);
    use->used[resource] += more;
}

void quota_give(struct agents *agents, struct customer_use *use, enum customer_resource resource,
                uint64_t less)
{
    INVARIANT(less <= use->used[resource]);
    if (agents->turn != NULL)
        undo_save(agents->undo, &use->used[resource], sizeof use->used[resource]);
    use->used[resource] -= less;
}

bool agents_quota_allows(const struct agents *agents, uint64_t customer,
                         enum customer_resource resource, uint64_t more)
{
    return quota_allows(agents, customer_use(agents, customer), resource, more);
}

void agents_quota_take(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t more)
{
    quota_take(agents, customer_use(agents, customer), resource, more);
}

void agents_quota_give(struct agents *agents, uint64_t customer, enum customer_resource resource,
                       uint64_t less)
{
    quota_give(agents, customer_use(agents, customer), resource, less);
}

/* ---- code: a module counts once, however many of a customer's agents run or keep it ---- */

/* By its address: a module is freed only when no reference, and so no count, is left. */
static uint64_t code_key(const struct code *code)
{
    return (uint64_t)(uintptr_t)code;
}

/*
 * The bytes that a module counts for, as received and as decoded.  The site's own loader is
 * nobody's.
 */
static uint64_t code_counts(const struct code *code)
{
    return code->builtin ? 0 : code->held;
}

void customer_adds_code(struct customer_use *use, const struct code *code)
{
    uintptr_t refs = (uintptr_t)table_get(&use->codes, code_key(code));

    (void)table_put(&use->codes, code_key(code), (void *)(refs + 1));
    if (refs == 0)
        use->used[CUSTOMER_CODE_BYTES] += code_counts(code);
}

void customer_drops_code(struct customer_use *use, const struct code *code)
{
    uintptr_t refs = (uintptr_t)table_get(&use->codes, code_key(code));

    INVARIANT(refs > 0);
    if (refs > 1) {
        (void)table_put(&use->codes, code_key(code), (void *)(refs - 1));
        return;
    }
    (void)table_remove(&use->codes, code_key(code));
    use->used[CUSTOMER_CODE_BYTES] -= code_counts(code);
}

/* On rollback: what quota_take_code() and quota_give_code() did, the other way round. */
static void customer_undo_add_code(void *context, void *argument)
{
    customer_drops_code(context, argument);
}

static void customer_undo_drop_code(void *context, void *argument)
{
    customer_adds_code(context, argument);
}

bool quota_allows_code(const struct agents *agents, const struct customer_use *use,
                       const struct code *code)
{
    return table_get(&use->codes, code_key(code)) != NULL ||
           quota_allows(agents, use, CUSTOMER_CODE_BYTES, code_counts(code));
}

uint64_t customer_code_adds(const struct customer_use *use, const struct code *code)
{
    return table_get(&use->codes, code_key(code)) != NULL ? 0 : code_counts(code);
}

void quota_take_code(struct agents *agents, struct customer_use *use, struct code *code)
{
    customer_adds_code(use, code);
    if (agents->turn != NULL)
        undo_on_rollback(agents->undo, customer_undo_add_code, use, code);
}

void quota_give_code(struct agents *agents, struct customer_use *use, struct code *code)
{
    customer_drops_code(use, code);
    if (agents->turn != NULL)
        undo_on_rollback(agents->undo, customer_undo_drop_code, use, code);
}

struct counted_code {
    const struct code *code;
};

/* The module became the loader: it stays in each table of references, and counts nothing. */
static void customer_uncount_code(void *context, uint64_t owner, void *value)
{
    const struct counted_code *counted = context;
    struct customer_use *use = value;

    (void)owner;
    if (table_get(&use->codes, code_key(counted->code)) != NULL)
        use->used[CUSTOMER_CODE_BYTES] -= counted->code->held;
}

void quota_frees_code(struct agents *agents, const struct code *code)
{
    struct counted_code counted = {code};

    table_each(&agents->customers, customer_uncount_code, &counted);
}

/* ---- reading, and bounds of its own ---- */

void agents_set_quota(struct agents *agents, uint64_t customer, enum customer_resource resource,
                      const uint64_t *max)
{
    struct customer_use *use = customer_use(agents, customer);
    uint32_t bit = UINT32_C(1) << resource;

    use->own = max == NULL ? use->own & ~bit : use->own | bit;
    use->max[resource] = max == NULL ? 0 : *max;
}

struct quota_view agents_quota(const struct agents *agents, uint64_t customer,
                               enum customer_resource resource)
{
    const struct customer_use *use = customer_use(agents, customer);

    return (struct quota_view){.used = use->used[resource],
                               .max = quota_max(agents, use, resource),
                               .is_own = (use->own & UINT32_C(1) << resource) != 0};
}

uint64_t agents_of_customer(const struct agents *agents, uint64_t customer)
{
    return customer_use(agents, customer)->used[CUSTOMER_AGENTS];
}
