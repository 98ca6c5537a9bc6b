/*
 * What must hold after every frame: the sum is 0, no agent is below zero, and each held or
 * deposited nano is claimed by an object.
 */
#include "site/core/check.h"

#include <stdlib.h>

#include "agents/agents.h"
#include "agents/quotas.h"
#include "site/core/desks.h"
#include "site/core/state.h"

enum status core_claims(void *context, const struct store_read *read, struct ledger_claims *claims,
                        struct fault *fault)
{
    enum status status = agents_claims(read, claims, fault);

    (void)context;
    if (status != ST_OK)
        return status;
    return exchange_claims(read, claims, fault);
}

struct core_checking {
    const struct core *core;
    struct ledger_claims *claims;
    struct fault *fault;
    enum status status;
};

/* One visit of an account; the first that is wrong is kept. */
static void check_account(void *context, const struct account *account)
{
    struct core_checking *checking = context;
    char name[ACCOUNT_NAME_BYTES];
    char has[U128_TEXT_BYTES];
    char claimed[U128_TEXT_BYTES];

    if (checking->status != ST_OK)
        return;
    if (account->class == ACCOUNT_NO_OVERDRAFT && account->debits > account->credits) {
        checking->status = fault_set(checking->fault, ST_CORRUPT, "%s is below zero",
                                     account_name(name, account->id, account->kind));
        return;
    }
    /* These two kinds hold money for objects, so their balance is the sum of what objects claim. */
    if (account->kind != KIND_HELD && account->kind != KIND_DEPOSIT)
        return;
    if (account->credits - account->debits != checking->claims->by_account[account->id]) {
        checking->status =
            fault_set(checking->fault, ST_CORRUPT, "%s holds %s nanos but its objects claim %s",
                      account_name(name, account->id, account->kind),
                      u128_print(has, account->credits - account->debits),
                      u128_print(claimed, checking->claims->by_account[account->id]));
    }
}

/* Whether a bound of a customer is that of its row. */
static bool quota_is_in_row(const struct core *core, const struct customer *customer, int resource)
{
    const struct quota_view quota =
        agents_quota(core->agents, customer->account, (enum customer_resource)resource);
    bool own = (customer->own & UINT32_C(1) << resource) != 0;

    return quota.is_own == own && (!own || quota.max == customer->max[resource]);
}

/* What stands in two places: the customer's row, and where its agents' turns and holdings are. */
static void check_shares(struct core_checking *checking)
{
    for (size_t i = 0; i < checking->core->customers.count && checking->status == ST_OK; i++) {
        const struct customer *customer = checking->core->customers.items[i];

        if (agents_share(checking->core->agents, customer->account) != customer->share)
            checking->status = fault_set(checking->fault, ST_CORRUPT,
                                         "customer %s: its row says that its share is %u",
                                         customer->name, (unsigned)customer->share);
        if (customer->interface != 0)
            continue;
        if (agents_are_suspended(checking->core->agents, customer->account) != customer->suspended)
            checking->status = fault_set(checking->fault, ST_CORRUPT,
                                         "customer %s: its row says that it %s suspended",
                                         customer->name, customer->suspended ? "is" : "is not");
        for (int bound = 0; bound < CUSTOMER_RESOURCES; bound++)
            if (!quota_is_in_row(checking->core, customer, bound))
                checking->status =
                    fault_set(checking->fault, ST_CORRUPT,
                              "customer %s: its bound of %s is not that of its row", customer->name,
                              pricebook_customer_key((enum customer_resource)bound));
    }
}

enum status core_check_claims(const struct core *core, struct ledger_claims *claims,
                              struct fault *fault)
{
    struct core_checking checking = {
        .core = core, .claims = claims, .fault = fault, .status = ST_OK};
    u128 debits;
    u128 credits;

    ledger_sums(core->ledger, &debits, &credits);
    if (debits != credits)
        return fault_set(fault, ST_CORRUPT, "the accounts do not sum to zero");
    exchange_claims_live(core->exchange, claims);
    ledger_each_account(core->ledger, check_account, &checking);
    return checking.status;
}

enum status core_check_parts(const struct core *core, struct fault *fault)
{
    struct core_checking checking = {.core = core, .fault = fault, .status = ST_OK};

    checking.status = exchange_check(core->exchange, fault);
    if (checking.status == ST_OK)
        check_shares(&checking);
    if (checking.status == ST_OK)
        checking.status = core_desks_check(core, fault);
    if (checking.status == ST_OK)
        checking.status = channels_check(core->channels, fault);
    return checking.status;
}

enum status core_check(const struct core *core, struct fault *fault)
{
    struct ledger_claims *claims = calloc(1, sizeof *claims);
    enum status status;

    if (claims == NULL)
        return fault_set(fault, ST_NOMEM, "check: out of memory");
    agents_claims_live(core->agents, claims);
    status = core_check_claims(core, claims, fault);
    free(claims);
    if (status == ST_OK)
        status = agents_check(core->agents, fault);
    return status == ST_OK ? core_check_parts(core, fault) : status;
}
