/*
 * `customer.claim`: money that agents of a peer's customer left here goes to whoever holds the key
 * that the peer named for it (docs/links.md, "Claiming what was left").  Who claims for the first
 * time becomes a customer of this site by it, so its command begins before there is anybody whose
 * it could be.
 */
#include "site/core/claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* A key in hex is too long for a name: so much of it, which nobody finds twice. */
enum { CLAIM_NAME_HEX = 24 };

/*
 * The next row of the key that has money, from the place *at on.  NULL: there is none.  Rows
 * without are passed over: a peer may make as many of them as it likes.
 */
static const struct customer *claim_next(const struct core *core, const uint8_t *key, size_t *at)
{
    const struct customer *customer;

    do
        customer = core_customer_abroad(core, key, (*at)++);
    while (customer != NULL && money_is_zero(ledger_balance(core->ledger, customer->account)));
    return customer;
}

/* What the rows that one command reaches have, all together. */
static struct money claim_sum(const struct core *core, const uint8_t *key)
{
    struct money sum = money_zero();
    const struct customer *customer;
    size_t at = 0;

    for (size_t i = 0; i < CLAIM_ROWS_MAX && (customer = claim_next(core, key, &at)) != NULL; i++)
        money_accumulate(&sum, ledger_balance(core->ledger, customer->account));
    return sum;
}

bool core_claim_is_of(const struct core *core, const struct control_request *request)
{
    return !request->is_read && strcmp(request->command, "customer.claim") == 0 &&
           core_customer_abroad(core, request->key, 0) != NULL;
}

/* "key-" and the beginning of it. */
static void claim_name(char name[CONTROL_NAME_BYTES_MAX + 1], const uint8_t *key)
{
    char hex[2 * CONTROL_KEY_BYTES + 1];

    hex_print(hex, key, CONTROL_KEY_BYTES);
    (void)snprintf(name, CONTROL_NAME_BYTES_MAX + 1, "key-%.*s", CLAIM_NAME_HEX, hex);
}

bool core_claim_may_begin(const struct core *core, const struct control_request *request,
                          struct outcome *outcome)
{
    struct money least = agents_birth_min(core->agents);
    struct money sum = claim_sum(core, request->key);
    char name[CONTROL_NAME_BYTES_MAX + 1];
    char has[MONEY_TEXT_BYTES];
    char wants[MONEY_TEXT_BYTES];

    claim_name(name, request->key);
    if (request->number == 0)
        outcome_set(outcome, CONTROL_DENIED, "a first request has a number above 0");
    else if (money_compare(sum, least) < 0)
        outcome_set(outcome, CONTROL_REFUSED,
                    "what was left here for this key comes to %s, and a first claim wants %s, what "
                    "an agent is born with: wait for more, or ask the operator",
                    money_print(has, sum), money_print(wants, least));
    else if (core->by_key.count >= CLAIM_CUSTOMERS_MAX)
        outcome_set(outcome, CONTROL_REFUSED,
                    "this site has %zu customers, and keeps the other places for those that its "
                    "operator adds: ask the operator",
                    core->by_key.count);
    else if (core_customer_name_taken(core, name))
        outcome_set(outcome, CONTROL_REFUSED,
                    "a customer is called %s: ask the operator to add this key", name);
    else
        return true;
    return false;
}

struct customer *core_claim_begin(struct core *core, const uint8_t *key)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    struct fault fault;
    uint64_t account;

    claim_name(name, key);
    /* All that could refuse it was asked; only memory is left. */
    INVARIANT(core_customer_add(core, name, key, &account, &fault) == ST_OK);
    return core_customer_by_account(core, account);
}

void core_claim_take(struct core *core, const struct customer *from, const struct customer *to)
{
    struct transfer line = {.debit = from->account,
                            .credit = to->account,
                            .amount = ledger_balance(core->ledger, from->account),
                            .code = TRANSFER_CLAIMED};

    if (money_is_zero(line.amount))
        return;
    ledger_transfer_checked(core->ledger, &line);
    core_customer_may_be_over(core, from->account);
}

void command_customer_claim(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome)
{
    struct money sum = claim_sum(core, by->key);
    const struct customer *from;
    size_t at = 0;
    struct map map;

    cbor_get_array(in, 0);
    if (!outcome_args_done(in, outcome))
        return;
    if (money_is_zero(sum)) {
        outcome_set(outcome, CONTROL_MISSING,
                    "nothing was left here for this key by agents that came over a link");
        return;
    }
    /* The rows stay where they are until the frame closes, so their places do, too. */
    for (size_t i = 0; i < CLAIM_ROWS_MAX && (from = claim_next(core, by->key, &at)) != NULL; i++)
        core_claim_take(core, from, by);
    map_init(&map);
    map_uint(&map, "customer", by->account);
    map_text(&map, "name", by->name);
    map_money(&map, "claimed", sum);
    map_money(&map, "balance", ledger_balance(core->ledger, by->account));
    map_end(&map, &outcome->result);
}
