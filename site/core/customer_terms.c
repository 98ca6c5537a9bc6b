/*
 * What the operator grants one customer: its bounds and whether its agents have turns; and the read
 * that shows it.
 */
#include "site/core/customer_terms.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/quotas.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/map.h"
#include "site/core/read_list.h"
#include "site/core/state.h"

/* ---- what is shown ---- */

static void terms_put_quota(const struct core *core, const struct customer *customer,
                            enum customer_resource resource, struct bytes *out)
{
    const struct quota_view quota = agents_quota(core->agents, customer->account, resource);
    struct map map;

    map_init(&map);
    map_text(&map, "key", pricebook_customer_key(resource));
    map_uint(&map, "used", quota.used);
    map_uint(&map, "max", quota.max);
    map_bool(&map, "own", quota.is_own);
    map_end(&map, out);
}

static void terms_result(struct core *core, const struct customer *customer,
                         struct outcome *outcome)
{
    struct bytes quotas = {0};
    struct map map;

    cbor_put_array(&quotas, CUSTOMER_RESOURCES);
    for (int i = 0; i < CUSTOMER_RESOURCES; i++)
        terms_put_quota(core, customer, (enum customer_resource)i, &quotas);
    map_init(&map);
    map_uint(&map, "customer", customer->account);
    map_text(&map, "name", customer->name);
    map_hex(&map, "key", customer->key, CONTROL_KEY_BYTES);
    map_text(&map, "state", customer->suspended ? "suspended" : "active");
    map_money(&map, "balance", ledger_balance(core->ledger, customer->account));
    map_uint(&map, "share", customer->share);
    map_uint(&map, "agents", agents_of_customer(core->agents, customer->account));
    map_raw(&map, "quotas", &quotas);
    bytes_fini(&quotas);
    map_end(&map, &outcome->result);
}

void core_read_customer(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome)
{
    const struct customer *customer;
    uint64_t account;

    cbor_get_array(in, 1);
    account = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    customer = core_customer_argument(core, account, outcome);
    if (customer == NULL)
        return;
    if (viewer_sees(viewer, customer->account))
        terms_result(core, customer, outcome);
    else
        outcome_set(outcome, CONTROL_DENIED, "customer %llu is another one",
                    (unsigned long long)account);
}

/* ---- commands ---- */

/* A customer of this site, whose terms are its own.  NULL: the outcome says why there is none. */
static struct customer *terms_customer(struct core *core, uint64_t account, struct outcome *outcome)
{
    struct customer *customer = core_customer_argument(core, account, outcome);

    if (customer == NULL || customer->interface == 0)
        return customer;
    outcome_set(outcome, CONTROL_REFUSED,
                "%s is a peer's customer: all of one peer are bounded together, and `serai link "
                "freeze` stops what comes from there",
                customer->name);
    return NULL;
}

static void terms_changed(struct core *core, struct customer *customer, struct outcome *outcome)
{
    core_customer_apply(core, customer);
    core_customer_changed(core, customer);
    terms_result(core, customer, outcome);
}

static void customer_suspend(struct core *core, struct cbor *in, struct outcome *outcome,
                             bool suspended)
{
    struct customer *customer;
    uint64_t account;

    cbor_get_array(in, 1);
    account = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    customer = terms_customer(core, account, outcome);
    if (customer == NULL)
        return;
    if (core_is_operator(core, customer)) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s operates this site: nobody else could let it go on", customer->name);
        return;
    }
    if (customer->suspended == suspended) {
        outcome_set(outcome, CONTROL_REFUSED, "customer %s is %s suspended", customer->name,
                    suspended ? "already" : "not");
        return;
    }
    customer->suspended = suspended;
    terms_changed(core, customer, outcome);
}

void command_customer_suspend(struct core *core, struct customer *by, struct cbor *in,
                              struct outcome *outcome)
{
    (void)by;
    customer_suspend(core, in, outcome, true);
}

void command_customer_resume(struct core *core, struct customer *by, struct cbor *in,
                             struct outcome *outcome)
{
    (void)by;
    customer_suspend(core, in, outcome, false);
}

/* The resource with this key; CUSTOMER_RESOURCES: none has it. */
static int terms_resource(const char *key)
{
    int resource = 0;

    while (resource < CUSTOMER_RESOURCES &&
           strcmp(pricebook_customer_key((enum customer_resource)resource), key) != 0)
        resource++;
    return resource;
}

/* Bounds as they are asked for: a later one of the same key wins. */
struct terms {
    uint32_t own;     /* a bound of its own */
    uint32_t of_book; /* that of the prices again */
    uint64_t max[CUSTOMER_RESOURCES];
};

/* A number or a size; "none", which is 0; "book": *own is false. */
static enum status terms_bound(int resource, const char *text, uint64_t *max, bool *own,
                               struct fault *fault)
{
    enum status status = ST_OK;

    *own = strcmp(text, "book") != 0;
    *max = 0;
    if (*own && strcmp(text, "none") != 0)
        status = market_parse_bytes(max, text, fault);
    if (status == ST_OK && *own)
        status = pricebook_check_customer_max((enum customer_resource)resource, *max, fault);
    return status;
}

/* One [key, bound]. */
static void terms_take_one(struct terms *terms, struct cbor *in, struct outcome *outcome)
{
    char key[CONTROL_NAME_BYTES_MAX + 1];
    char text[CONTROL_NAME_BYTES_MAX + 1];
    struct fault fault;
    uint64_t max;
    uint32_t bit;
    bool own;
    int resource;

    cbor_get_array(in, 2);
    cbor_get_text(in, key, CONTROL_NAME_BYTES_MAX);
    cbor_get_text(in, text, CONTROL_NAME_BYTES_MAX);
    if (outcome->status != CONTROL_DONE)
        return; /* of one before */
    resource = terms_resource(key);
    if (resource == CUSTOMER_RESOURCES) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "\"%s\" is no bound of a customer: `serai customer show` lists them", key);
        return;
    }
    if (terms_bound(resource, text, &max, &own, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s=%s: %s; or none, or book", key, text, fault.text);
        return;
    }
    bit = UINT32_C(1) << resource;
    terms->own = own ? terms->own | bit : terms->own & ~bit;
    terms->of_book = own ? terms->of_book & ~bit : terms->of_book | bit;
    terms->max[resource] = max;
}

void command_customer_quota(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome)
{
    struct terms terms = {0};
    struct customer *customer;
    struct outcome refused = *outcome;
    uint64_t account;
    uint64_t count;

    (void)by;
    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    count = cbor_get_array_any(in, 2 * CUSTOMER_RESOURCES);
    for (uint64_t i = 0; i < count; i++)
        terms_take_one(&terms, in, &refused);
    if (!outcome_args_done(in, outcome))
        return;
    if (refused.status != CONTROL_DONE) {
        *outcome = refused;
        return;
    }
    customer = terms_customer(core, account, outcome);
    if (customer == NULL)
        return;
    customer->own = (customer->own | terms.own) & ~terms.of_book;
    for (int i = 0; i < CUSTOMER_RESOURCES; i++)
        if (((terms.own | terms.of_book) & UINT32_C(1) << i) != 0)
            customer->max[i] = terms.max[i];
    terms_changed(core, customer, outcome);
}
