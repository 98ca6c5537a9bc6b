/*
 * What the operator alone does with customers: bring money in for them and take it out, add them,
 * and set their share of the site's time.
 */
#include "agents/agents.h"
#include "links/settlement.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/map.h"
#include "site/core/state.h"

struct customer *core_customer_argument(struct core *core, uint64_t account,
                                        struct outcome *outcome)
{
    struct customer *customer =
        account == 0 ? core->customers.items[0] : core_customer_by_account(core, account);

    if (customer == NULL)
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no customer %llu: `serai customer ls` lists them",
                    (unsigned long long)account);
    return customer;
}

/* ---- money ---- */

static void money_result(struct core *core, const struct customer *customer,
                         struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    map_uint(&map, "customer", customer->account);
    map_text(&map, "name", customer->name);
    map_money(&map, "balance", ledger_balance(core->ledger, customer->account));
    map_end(&map, &outcome->result);
}

/*
 * Whether this much more may be on the site: what was brought in, and not taken out again, is
 * bounded.  With the limits of links (link_commands.c) that bounds each sum of balances, so that
 * none outgrows an amount.
 */
bool core_money_fits_site(const struct core *core, struct money amount, struct outcome *outcome)
{
    const struct account *treasury = ledger_account(core->ledger, ACCOUNT_TREASURY);
    char most[MONEY_TEXT_BYTES];
    struct money minted;

    /* What pays settlements comes back if they are refused. */
    if (money_from_total(&minted,
                         treasury->debits - treasury->credits + links_pending(core->links)) &&
        money_add(&minted, minted, amount) && money_compare(minted, money_site_max()) <= 0)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "one site holds at most %s, all together",
                money_print(most, money_site_max()));
    return false;
}

static void money_move(struct core *core, struct cbor *in, struct outcome *outcome, bool inward)
{
    uint64_t account;
    struct money amount;
    struct customer *customer;
    struct transfer line = {0};

    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    amount = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    customer = core_customer_argument(core, account, outcome);
    if (customer == NULL)
        return;
    if (money_is_zero(amount)) {
        outcome_set(outcome, CONTROL_REFUSED, "%s: the amount is zero", outcome->command);
        return;
    }
    if (inward && !core_money_fits_site(core, amount, outcome))
        return;

    line.debit = inward ? ACCOUNT_TREASURY : customer->account;
    line.credit = inward ? customer->account : ACCOUNT_TREASURY;
    line.code = inward ? TRANSFER_MONEY_IN : TRANSFER_MONEY_OUT;
    line.amount = amount;
    if (!outcome_transfer(core->ledger, &line, outcome))
        return;
    money_result(core, customer, outcome);
    /* The last money of a peer's customer may have left: then its row has nothing to stand for. */
    if (!inward)
        core_customer_may_be_over(core, customer->account);
}

void command_money_in(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    (void)by;
    money_move(core, in, outcome, true);
}

void command_money_out(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome)
{
    (void)by;
    money_move(core, in, outcome, false);
}

/* ---- customers ---- */

void command_customer_add(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    struct fault fault;
    uint64_t account;
    struct map map;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, name, CONTROL_NAME_BYTES_MAX);
    cbor_get_bytes_exact(in, key, sizeof key);
    if (!outcome_args_done(in, outcome))
        return;
    if (!outcome_name_is_plain(name, "a customer's", outcome))
        return;
    /* A customer whose key nobody can sign with would have money that never comes out again. */
    if (!control_is_key(key)) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "key: nobody can sign with it, for it is no point of Ed25519: copy the whole "
                    "of the customer's .pub file");
        return;
    }
    if (core_customer_add(core, name, key, &account, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    map_init(&map);
    map_uint(&map, "customer", account);
    map_text(&map, "name", name);
    map_end(&map, &outcome->result);
}

/*
 * The share is in the customer's row and with the agents' queue: core_check() holds them together.
 */
static void customer_set_share(struct core *core, struct customer *customer, uint32_t share)
{
    customer->share = share;
    core_customer_changed(core, customer);
    agents_set_share(core->agents, customer->account, customer->share);
}

void command_customer_share(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome)
{
    struct customer *customer;
    uint64_t account;
    uint64_t share;
    struct map map;

    (void)by;
    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    share = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    customer = core_customer_argument(core, account, outcome);
    if (customer == NULL)
        return;
    if (share < 1 || share > CUSTOMER_SHARE_MAX) {
        outcome_set(outcome, CONTROL_REFUSED, "a customer's share is from 1 to %d",
                    CUSTOMER_SHARE_MAX);
        return;
    }
    if (customer->interface != 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s is a peer's customer: all of one peer have the share 1 together",
                    customer->name);
        return;
    }
    customer_set_share(core, customer, (uint32_t)share);
    map_init(&map);
    map_uint(&map, "customer", customer->account);
    map_text(&map, "name", customer->name);
    map_uint(&map, "share", share);
    map_end(&map, &outcome->result);
}
