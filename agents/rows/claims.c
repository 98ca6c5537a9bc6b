/* What agents' rows, or the same state in RAM, say the held and deposit accounts must contain. */
#include "agents/agents.h"

#include "agents/agent.h"
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

static void claim_message(struct ledger_claims *claims, const struct message *m)
{
    if (m->kind ==
        SERAI_EVENT_MESSAGE) /* of the others the money has been credited, or only told */
        claim(claims, ACCOUNT_HELD_MESSAGE, m->money);
    claim(claims, ACCOUNT_HELD_MESSAGE, m->postage);
    claim(claims, ACCOUNT_HELD_RESERVE, m->reserve);
}

static void claim_object(struct ledger_claims *claims, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        claim(claims, ACCOUNT_HELD_RESERVE, object->u.facet.reserve);
        break;
    case OBJECT_TIMER:
        claim(claims, ACCOUNT_HELD_RESERVE, object->u.timer.reserve);
        break;
    case OBJECT_BUFFER:
        break;
    }
}

static void claim_agent(struct ledger_claims *claims, const struct agent *agent)
{
    claim(claims, ACCOUNT_HELD_RESERVE, agent->low.reserve);
    claim(claims, ACCOUNT_DEPOSIT_BURIAL, agent->burial);
}

/* ---- from rows ---- */

struct walk {
    struct ledger_claims *claims;
    struct agent *agent; /* scratch for one row */
};

static enum status visit_agent(void *context, const uint8_t *key, size_t key_size,
                               const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct walk *walk = context;
    struct fault why = {0};
    struct agent_row row;

    if (row_decode_agent(walk->agent, &row, value, value_size, &why) != ST_OK)
        return row_corrupt(fault, STORE_AGENT, key, key_size, "%s", why.text);
    claim_agent(walk->claims, walk->agent);
    return ST_OK;
}

static enum status visit_message(void *context, const uint8_t *key, size_t key_size,
                                 const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct walk *walk = context;
    struct fault why = {0};
    struct inbox_message message = {0};

    if (row_decode_message(&message, value, value_size, &why) != ST_OK)
        return row_corrupt(fault, STORE_INBOX, key, key_size, "%s", why.text);
    claim_message(walk->claims, &message.m);
    return ST_OK;
}

static enum status visit_object(void *context, const uint8_t *key, size_t key_size,
                                const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct walk *walk = context;
    struct fault why = {0};
    struct object object = {0};

    if (row_decode_object(&object, value, value_size, &why) != ST_OK)
        return row_corrupt(fault, STORE_OBJECT, key, key_size, "%s", why.text);
    claim_object(walk->claims, &object);
    return ST_OK;
}

static enum status visit_heap(void *context, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct walk *walk = context;
    struct fault why = {0};
    struct heap_entry entry = {0};

    if (row_decode_heap(&entry, value, value_size, &why) != ST_OK)
        return row_corrupt(fault, STORE_HEAP, key, key_size, "%s", why.text);
    claim(walk->claims, ACCOUNT_DEPOSIT_HEAP, entry.deposit);
    return ST_OK;
}

static const struct {
    enum store_table table;
    store_visit visit;
} claiming[] = {
    {STORE_AGENT, visit_agent},
    {STORE_INBOX, visit_message},
    {STORE_OBJECT, visit_object},
    {STORE_HEAP, visit_heap},
};

enum status agents_claims(const struct store *store, struct ledger_claims *claims,
                          struct fault *fault)
{
    struct walk walk = {.claims = claims, .agent = agent_alloc(0)};
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < sizeof claiming / sizeof claiming[0]; i++)
        status = store->walk(store->context, claiming[i].table, NULL, 0, claiming[i].visit, &walk,
                             fault);
    agent_free(walk.agent);
    return status;
}

/* ---- from RAM ---- */

static bool claim_live_agent(void *context, const struct agent *agent)
{
    struct ledger_claims *claims = context;

    claim_agent(claims, agent);
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next)
        claim_message(claims, &at->m);
    return true;
}

static void claim_live_object(void *context, uint64_t key, void *value)
{
    (void)key;
    claim_object(context, value);
}

void agents_claims_live(const struct agents *agents, struct ledger_claims *claims)
{
    agents_each(agents, 0, claim_live_agent, claims);
    table_each(&agents->objects.by_id, claim_live_object, claims);
    for (size_t i = 0; i < agents->heap.bucket_count; i++) {
        for (const struct heap_entry *entry = agents->heap.buckets[i]; entry != NULL;
             entry = entry->next)
            claim(claims, ACCOUNT_DEPOSIT_HEAP, entry->deposit);
    }
}
