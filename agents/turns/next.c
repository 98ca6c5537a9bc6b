/*
 * The next turn: its agent is billed for rent, must be able to pay for the event, and must have
 * room for what comes with it.
 */
#include "agents/agents.h"

#include "agents/agent.h"
#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/low_balance.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/ready.h"
#include "agents/rent.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/run.h"
#include "agents/upgrade.h"

/*
 * What is booked before a turn is caused by site time, not by the event: a tick of this agent
 * (docs/records.md, "What causes them").
 */
static void next_end_tick(struct agents *agents, const struct agent *agent)
{
    struct event event = event_of_time(agent->id, agents->now_us);

    (void)ledger_event_end(agents->ledger, &event);
    undo_commit(agents->undo); /* before a turn begins that may be undone */
}

/* Rent is billed in a step and an event of its own, before the turn. */
static void next_bill(struct agents *agents, struct agent *agent)
{
    if (!rent_is_due(agents, agent))
        return;
    ledger_event_begin(agents->ledger);
    rent_bill(agents, agent);
    agent_check_mark(agents, agent);
    next_end_tick(agents, agent);
}

static bool next_can_pay(const struct agents *agents, const struct agent *agent)
{
    struct money needs = agent_head_needs(agents, agent);

    /*
     * The notice of low balance was paid when its mark was set, so it is delivered in any case: but
     * if the journal has become so dear since that nothing would pay for its entry.
     */
    if (agent->inbox.first->m.kind == SERAI_EVENT_LOW && money_is_zero(agent->needs))
        needs = agents->turn_prices.entry;
    return money_compare(agent_head_funds(agents, agent), needs) >= 0;
}

/*
 * A message behind the head may lend its postage to the head, when that covers what the head lacks:
 * its own turn cannot come before the head's.
 */
static void next_take_postage(struct agents *agents, struct agent *agent)
{
    struct inbox_message *sponsor = agent_sponsor(agents, agent);

    if (sponsor == NULL)
        return;
    ledger_event_begin(agents->ledger);
    ledger_move(agents->ledger, ACCOUNT_HELD_MESSAGE, agent->id, sponsor->m.postage,
                TRANSFER_POSTAGE, sponsor->m.id);
    next_end_tick(agents, agent);
    /*
     * What was lent stays part of what the message brought: its agent is shown `spent` as its
     * postage.
     */
    money_accumulate(&sponsor->m.spent, sponsor->m.postage);
    sponsor->m.postage = money_zero();
    agent->inbox.changed = true;
    sponsor->changed = true;
    agent_dirty(&agents->changes, agent);
}

/*
 * A message whose caps find no room in the table is refused as a whole: no turn runs for it.  An
 * agent that waits for an answer which does not fit gets FAILED with status FULL instead.
 */
static void next_refuse(struct agents *agents, struct agent *agent, struct inbox_message *head)
{
    struct message failed = {.kind = SERAI_EVENT_FAILED,
                             .status = SERAI_E_FULL,
                             .badge = head->m.badge,
                             .reserve = head->m.reserve};

    ledger_event_begin(agents->ledger);
    inbox_take(agents, agent, head);
    upgrade_was_asked(agents, agent, head);
    /* The reserve of the answer pays for the event that takes its place. */
    if (message_is_answer(&head->m)) {
        head->m.reserve = money_zero();
        agents_deliver(agents, agent, &failed);
    }
    /* The postage goes back too: its turn never began. */
    message_return(agents, agent, &head->m, failure_of(SERAI_E_FULL), true);
    inbox_message_free(head);
    agents_follow_up(agents);
    next_end_tick(agents, agent);
}

/*
 * BECAME is the next event of an agent that becomes another program, and may not be refused.  The
 * reply that it brings may have no room: then its asker gets FAILED, and the agent goes on.
 */
static void next_spare_reply(struct agents *agents, struct agent *agent,
                             struct inbox_message *became)
{
    ledger_event_begin(agents->ledger);
    facet_fail(agents, &became->m.reply, failure_of(SERAI_E_FULL));
    became->m.reply = (struct cap){0};
    became->changed = true;
    agent->inbox.changed = true;
    agent_dirty(&agents->changes, agent);
    agents_follow_up(agents);
    next_end_tick(agents, agent);
}

/*
 * UNHELD is about a facet that nobody held when it was queued.  Whoever holds it now will be told
 * of in time, and of one that is gone there is nothing to tell: then no turn runs.
 */
static bool next_is_still_unheld(const struct agents *agents, const struct message *m)
{
    const struct object *facet;

    if (m->kind != SERAI_EVENT_UNHELD || m->end == 0)
        return true;
    facet = object_find(&agents->objects, m->end, OBJECT_FACET);
    return facet != NULL && facet->holders == 0;
}

/* The reserve of an UNHELD that is not told goes back to its facet, or to the agent. */
static void next_forget_unheld(struct agents *agents, struct agent *agent,
                               struct inbox_message *head)
{
    struct object *facet = object_find(&agents->objects, head->m.end, OBJECT_FACET);

    ledger_event_begin(agents->ledger);
    inbox_take(agents, agent, head);
    if (facet != NULL)
        facet_watch_again(agents, facet, head->m.reserve);
    else
        agents_move(agents, ACCOUNT_HELD_RESERVE, agent->id, head->m.reserve, TRANSFER_RESERVE,
                    head->m.id);
    inbox_message_free(head);
    next_end_tick(agents, agent);
}

/* The facet ends when its agent is told, for good, whatever becomes of that turn. */
static void next_take_facet_away(struct agents *agents, struct message *m)
{
    if (m->kind != SERAI_EVENT_UNHELD || m->end == 0)
        return;
    facet_remove(agents, object_find(&agents->objects, m->end, OBJECT_FACET));
    undo_commit(agents->undo);
    m->end = 0; /* should the turn run dry, it is told again */
}

bool agents_ready(const struct agents *agents)
{
    return agents->ready.count > 0;
}

size_t agents_ready_count(const struct agents *agents)
{
    return agents->ready.count;
}

struct ready agents_next_ready(struct agents *agents)
{
    const struct agent *agent = ready_next(agents);

    if (agent == NULL)
        return (struct ready){0};
    return (struct ready){.agent = agent->id, .customer = agent->customer};
}

/*
 * The steps of docs/architecture.md, "The turn, a transaction", up to the turn itself.  Any of them
 * may end the matter; then the event waits at the head of the inbox, or is refused.
 */
static void next_run(struct agents *agents, struct agent *agent)
{
    struct inbox_message *head;

    /* The rent comes first: an agent must not spend in a turn what it owes already. */
    next_bill(agents, agent);
    agents_try_thaw(agents, agent); /* the rent took all it had, but the event brings its own */
    if (agent->state != AGENT_RUNNING)
        return;
    head = agent->inbox.first;
    if (!next_is_still_unheld(agents, &head->m)) {
        next_forget_unheld(agents, agent, head);
        agent_make_ready(agents, agent);
        return;
    }
    next_take_postage(agents, agent);
    if (!next_can_pay(agents, agent)) {
        agent_freeze_dry(agents, agent, DRY_BEFORE_EVENT);
        undo_commit(agents->undo);
        return;
    }
    next_take_facet_away(agents, &head->m);
    /*
     * Caps are placed by the index, so it is made before the turn: its cost is part of the turn's
     * fuel, by the number of slots (turn_beginning_work()).
     */
    cap_table_index(&agent->caps, agents->heap.key, agents->undo);
    if (head->m.kind == SERAI_EVENT_BECAME &&
        !agent_has_slots(agents, agent, cap_table_needs(&head->m)))
        next_spare_reply(agents, agent, head);
    /* Here the event leaves the inbox, for good unless the turn runs dry and puts it back. */
    if (agent_has_slots(agents, agent, cap_table_needs(&head->m))) {
        inbox_take(agents, agent, head);
        if (turn_run(agents, agent, head))
            inbox_message_free(head);
        else
            agents_try_thaw(agents, agent); /* a message that waits already may pay for it */
    } else {
        next_refuse(agents, agent, head);
    }
    agent_make_ready(agents, agent);
}

bool agents_run_one(struct agents *agents)
{
    struct agent *agent = ready_next(agents);
    struct customer_use *use;
    uint64_t fuel = agents->counters.fuel;

    if (agent == NULL)
        return false;
    use = agent->use;
    agent_unready(agents, agent);
    if (agent->state == AGENT_RUNNING && agent->inbox.first != NULL)
        next_run(agents, agent);
    /* Also when no turn came of it: a look has its fixed cost for the customer. */
    ready_used(agents, use, agents->counters.fuel - fuel);
    return true;
}
