/* Death: what an agent held goes back, what it owned goes to its customer, and its rows go. */
#include "agents/death.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/holders.h"
#include "agents/inbox.h"
#include "agents/leash.h"
#include "agents/life_tell.h"
#include "agents/names.h"
#include "agents/objects.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_drop.h"
#include "agents/promise_flow.h"
#include "agents/promises.h"
#include "agents/quotas.h"
#include "agents/ready.h"
#include "agents/rent.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/upgrade.h"

/*
 * End one thing that the agent owns: its quota is given back, its reserve goes to the agent, and
 * from there with the estate.
 */
static void death_drop_object(struct agents *agents, struct agent *agent, struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        quota_give(agents, agent->use, CUSTOMER_FACETS, 1);
        if (facet_has_event(object))
            quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
        facet_unname(agents, object);
        ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, object->u.facet.reserve,
                    TRANSFER_RESERVE, object->id);
        break;
    case OBJECT_BUFFER:
        quota_give(agents, agent->use, CUSTOMER_BUFFER_BYTES, object->u.buffer.size);
        break;
    case OBJECT_TIMER:
        quota_give(agents, agent->use, CUSTOMER_TIMERS, 1);
        quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
        ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, object->u.timer.reserve,
                    TRANSFER_RESERVE, object->id);
        break;
    case OBJECT_LEASH:
        leash_let_go(agents, object); /* the child goes on, as its customer's */
        leash_carry_out(agents, &(struct leash_action){.child = object->u.leash.child,
                                                       .holder = agent->id,
                                                       .what = LEASH_GO});
        quota_give(agents, agent->use, CUSTOMER_FACETS, 1);
        break;
    case OBJECT_PROMISE:
        quota_give(agents, agent->use, CUSTOMER_FACETS, 1);
        promise_abandon(agents, object);
        holders_lose(agents, &object->u.promise.target, HOLDER_NO_AGENT);
        break;
    }
    object_remove(agents, object);
}

static void death_drop_objects(struct agents *agents, struct agent *agent)
{
    while (agent->owns.newest != NULL)
        death_drop_object(agents, agent, agent->owns.newest);
}

/*
 * Messages that were never delivered go back with all they brought; replies that they carry fail,
 * CLOSED.
 */
static void death_drop_inbox(struct agents *agents, struct agent *agent)
{
    while (agent->inbox.first != NULL) {
        struct inbox_message *message = agent->inbox.first;

        inbox_take(agents, agent, message);
        message_return(agents, agent, &message->m, failure_of(SERAI_E_CLOSED), true);
        inbox_message_free(message);
    }
}

/*
 * Rows of the slots and of the log have no list of changes of their own, so they are deleted by
 * key.
 */
static void death_drop_caps_rows(struct agents *agents, const struct agent *agent)
{
    uint8_t key[12];

    be64_put(key, agent->id);
    for (uint32_t chunk = 0; chunk < agent->caps.chunk_count; chunk++) {
        be32_put(key + 8, chunk);
        if (agent->caps.chunks[chunk] != NULL)
            tombstone_add(&agents->changes, STORE_CAPS, key, sizeof key);
    }
}

static void death_drop_log_rows(struct agents *agents, const struct agent *agent)
{
    uint8_t key[16];

    be64_put(key, agent->id);
    for (uint64_t line = agent->log.erased + 1; line < agent->log.next; line++) {
        be64_put(key + 8, line);
        tombstone_add(&agents->changes, STORE_LOG, key, sizeof key);
    }
}

/* Its slots hold nothing any more. */
static void death_drop_caps(struct agents *agents, struct agent *agent)
{
    for (uint32_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap != NULL)
            holders_lose(agents, cap, agent->id);
    }
}

/* Everything that holds money of the agent pays it into its account: the estate is one sum. */
static void death_collect(struct agents *agents, struct agent *agent)
{
    agents->env.channels->sell_ends(agents->env.channels_context, agent->id);
    agent_fail_replies(agents, agent, failure_of(SERAI_E_CLOSED));
    death_drop_inbox(agents, agent);
    upgrade_drop(agents, agent);
    promises_return_sent(agents, agent);
    death_drop_caps(agents, agent);
    death_drop_objects(agents, agent);
    ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, agent->low.reserve,
                TRANSFER_RESERVE, agent->id);
    if (agent->low.armed)
        quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
    ledger_move(agents->ledger, ACCOUNT_DEPOSIT_BURIAL, agent->id, agent->burial,
                TRANSFER_BURIAL_REFUND, agent->id);
}

/* Its memory and rows go, and count no more for its customer. */
static void death_drop_bytes(struct agents *agents, struct agent *agent)
{
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        code_ref_drop(agents, agent, &agent->program.kept[i]);
    code_ref_drop(agents, agent, &agent->program.code);
    page_log_drop(agents, &agent->program.memory, false);
    death_drop_caps_rows(agents, agent);
    death_drop_log_rows(agents, agent);
    quota_give(agents, agent->use, CUSTOMER_AGENTS, 1);
    agents_lineage_give(agents, agent->customer);
    quota_give(agents, agent->use, CUSTOMER_MEMORY_BYTES,
               (uint64_t)agent->program.memory_pages * ENGINE_WASM_PAGE_BYTES +
                   (uint64_t)agent->caps.large * CAPS_CHUNK_BYTES);
}

/*
 * Pay the estate to the customer, else to unclaimed, or to the holder of a leash that is to have
 * it, and close the account.  The agent is found by nobody from here on; its struct stays until the
 * frame ends (agents_end_frame()).
 */
static void death_close(struct agents *agents, struct agent *agent, bool was_desk)
{
    uint64_t heir = agents_payee(agents, agent->customer);
    struct money estate = agent_funds(agents, agent);
    struct object *leash = leash_of(agents, agent);

    if (leash != NULL && leash->u.leash.estate)
        heir = leash->owner;
    if (!was_desk)
        life_tell(agents, agent, LIFE_DEATH, estate, NULL, 0);
    ledger_move(agents->ledger, agent->id, heir, estate, TRANSFER_ESTATE, agent->id);
    if (leash != NULL)
        leash_died(agents, agent, leash, heir == leash->owner ? estate : money_zero());
    ledger_close(agents->ledger, agent->id);
    agent_dirty(&agents->changes, agent);           /* found no more at the save: its row goes */
    (void)!dense_remove(&agents->by_id, agent->id); /* it is there: we hold it */
    name_index_remove(agents, agent);
    agent_is_gone(agents, agent);
    arena_forget(agents->pages.arena, agent->id);
    agents->counters.agents--;
    undo_commit(agents->undo);
    bytes_append(&agents->changes.dead, &agent, sizeof agent);
    INVARIANT(!agents->changes.dead.failed);
}

/* Its struct is still there. */
static void death_tell(const struct agents *agents, const struct agent *agent)
{
    const struct agents_told told = {.what = NEWS_DIED, .agent = agent->id, .name = agent->name};

    if (agents->env.news != NULL)
        agents->env.news(agents->env.context, &told);
}

void agent_die(struct agents *agents, struct agent *agent)
{
    const bool was_desk = agent->state == AGENT_DESK;

    INVARIANT(agents->turn == NULL);
    agent_uncount_frozen(agents, agent);
    if (was_desk)
        agents->counters.desks--;
    /* Dead from here on: what comes back below is neither delivered to it nor makes it ready. */
    agent->state = AGENT_DEAD;
    /* Rent first: it is owed up to this moment, before anyone inherits. */
    rent_bill(agents, agent);
    agent_unready(agents, agent);
    death_collect(agents, agent);
    death_drop_bytes(agents, agent);
    death_close(agents, agent, was_desk);
    death_tell(agents, agent);
    agents_follow_up(agents);
}
