/*
 * How much the held and deposit accounts must contain by the rows of agents, or by the same state
 * in RAM: docs/records-agents.md, "What the rows claim".
 */
#include "agents/rows/claims.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap_heap.h"
#include "agents/inbox.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/table.h"

/* A sum of amounts below 2^63 does not pass 128 bits; that it cannot is not worth a second answer.
 */
static void claim(struct ledger_claims *claims, enum account_id account, struct money amount)
{
    u128 *total = &claims->by_account[account];

    INVARIANT(u128_add(total, *total, money_nanos(amount)));
}

void claims_of_message(struct ledger_claims *claims, const struct message *m)
{
    /* The money of other events was credited before, or only informs. */
    if (m->kind == SERAI_EVENT_MESSAGE)
        claim(claims, ACCOUNT_HELD_MESSAGE, m->money);
    claim(claims, ACCOUNT_HELD_MESSAGE, m->postage);
    claim(claims, ACCOUNT_HELD_RESERVE, m->reserve);
}

/* Facets and timers hold a reserve for the event that they come to; the others hold no money. */
void claims_of_object(struct ledger_claims *claims, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        claim(claims, ACCOUNT_HELD_RESERVE, object->u.facet.reserve);
        break;
    case OBJECT_TIMER:
        claim(claims, ACCOUNT_HELD_RESERVE, object->u.timer.reserve);
        break;
    case OBJECT_BUFFER:
    case OBJECT_LEASH: /* the reply that watches it holds the reserve */
    case OBJECT_PROMISE:
        break;
    }
}

void claims_of_agent(struct ledger_claims *claims, const struct agent *agent)
{
    claim(claims, ACCOUNT_HELD_RESERVE, agent->low.reserve);
    claim(claims, ACCOUNT_HELD_RESERVE, agent->upgrade.reserve);
    claim(claims, ACCOUNT_DEPOSIT_BURIAL, agent->burial);
}

void claims_of_heap_entry(struct ledger_claims *claims, const struct heap_entry *entry)
{
    claim(claims, ACCOUNT_DEPOSIT_HEAP, entry->deposit);
}

/* ---- from rows ---- */

struct claiming {
    struct ledger_claims *claims;
    struct agent *agent; /* scratch for one row */
};

static enum status claim_row_of_agent(struct claiming *claiming, const struct store_row *stored,
                                      struct fault *fault)
{
    struct fault why = {0};
    struct agent_row row;

    if (row_decode_agent(claiming->agent, &row, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    claims_of_agent(claiming->claims, claiming->agent);
    return ST_OK;
}

static enum status claim_row_of_message(struct claiming *claiming, const struct store_row *stored,
                                        struct fault *fault)
{
    struct fault why = {0};
    struct inbox_message message = {0};

    if (row_decode_message(&message, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    claims_of_message(claiming->claims, &message.m);
    return ST_OK;
}

static enum status claim_row_of_object(struct claiming *claiming, const struct store_row *stored,
                                       struct fault *fault)
{
    struct fault why = {0};
    struct object object = {0};

    if (row_decode_object(&object, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    claims_of_object(claiming->claims, &object);
    return ST_OK;
}

static enum status claim_row_of_heap(struct claiming *claiming, const struct store_row *stored,
                                     struct fault *fault)
{
    struct fault why = {0};
    struct heap_entry entry = {0};

    if (row_decode_heap(&entry, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    claims_of_heap_entry(claiming->claims, &entry);
    return ST_OK;
}

static const struct {
    enum store_table table;
    enum status (*claim)(struct claiming *claiming, const struct store_row *stored,
                         struct fault *fault);
} claimants[] = {
    {STORE_AGENT, claim_row_of_agent},
    {STORE_INBOX, claim_row_of_message},
    {STORE_OBJECT, claim_row_of_object},
    {STORE_HEAP, claim_row_of_heap},
};

enum status agents_claims(const struct store_read *read, struct ledger_claims *claims,
                          struct fault *fault)
{
    struct claiming claiming = {.claims = claims, .agent = agent_alloc(0)};
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < sizeof claimants / sizeof claimants[0]; i++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, claimants[i].table, NULL, 0, fault);
        while (status == ST_OK && store_cursor_next(&cursor, &stored))
            status = claimants[i].claim(&claiming, &stored, fault);
        status = store_cursor_close(&cursor, status);
    }
    agent_free(claiming.agent);
    return status;
}

/* ---- from RAM ---- */

static bool claim_live_agent(void *context, const struct agent *agent)
{
    struct ledger_claims *claims = context;

    claims_of_agent(claims, agent);
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next)
        claims_of_message(claims, &at->m);
    return true;
}

static void claim_live_object(void *context, uint64_t key, void *value)
{
    const struct object *object = value;

    (void)key;
    claims_of_object(context, object);
    if (object->kind != OBJECT_PROMISE || object->u.promise.queue == NULL)
        return;
    for (const struct inbox_message *at = object->u.promise.queue->first; at != NULL; at = at->next)
        claims_of_message(context, &at->m);
}

void agents_claims_live(const struct agents *agents, struct ledger_claims *claims)
{
    agents_each(agents, 0, claim_live_agent, claims);
    table_each(&agents->objects.by_id, claim_live_object, claims);
    for (size_t i = 0; i < agents->heap.bucket_count; i++) {
        for (const struct heap_entry *entry = agents->heap.buckets[i]; entry != NULL;
             entry = entry->next)
            claims_of_heap_entry(claims, entry);
    }
}
