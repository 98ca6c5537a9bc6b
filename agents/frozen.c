/*
 * Running low, dry and frozen: the mark's notice, freezing, thawing, and what becomes of those who
 * wait for an agent that stays frozen.
 */
#include <stdio.h>

#include "agents/state.h"

/* ---- who waits for a frozen agent ---- */

/* Site time from which on nothing waits for it any more. */
static uint64_t waits_until_us(const struct agents *agents, const struct agent *agent)
{
    uint64_t bound_us = agents->prices.frozen_answer_s * 1000000;

    return bound_us == 0 || bound_us > UINT64_MAX - agent->frozen_us ? UINT64_MAX
                                                                     : agent->frozen_us + bound_us;
}

void frozen_note_due(struct agents *agents, const struct agent *agent)
{
    uint64_t due_us = waits_until_us(agents, agent);

    if (agent_is_frozen(agent) && due_us != UINT64_MAX)
        settle_note(agents, agent->id, due_us);
}

/* Messages go back to their senders.  What the agent ordered itself stays, as all its state does,
 * but nobody else waits for it. */
static void send_inbox_back(struct agents *agents, struct agent *agent)
{
    struct inbox_message *next;

    for (struct inbox_message *at = agent->inbox_first; at != NULL; at = next) {
        next = at->next;
        if (at->m.kind != SERAI_EVENT_MESSAGE || message_is_answer(&at->m)) {
            message_fail_replies(agents, &at->m, SERAI_E_FROZEN);
            continue;
        }
        inbox_take(agents, agent, at);
        inbox_return(agents, agent, at, SERAI_E_FROZEN, true);
        inbox_message_free(at);
    }
}

void frozen_send_back(struct agents *agents, struct agent *agent)
{
    if (!agent_is_frozen(agent) || agents->now_us < waits_until_us(agents, agent))
        return;
    agent->frozen_us = agents->now_us; /* who asks from now on waits as long as they did */
    agent_dirty(agents, agent);
    send_inbox_back(agents, agent);
    agent_fail_replies(agents, agent, SERAI_E_FROZEN);
    agents_try_thaw(agents, agent); /* another event may be at the head now */
}

/* ---- money running low ---- */

static void freeze(struct agents *agents, struct agent *agent, enum agent_state state,
                   const char *reason)
{
    rent_touch(agents, agent);
    if (!agent_is_frozen(agent)) {
        agents->counters.frozen++;
        agent->frozen_us = agents->now_us;
    }
    agent->state = state;
    (void)snprintf(agent->reason, sizeof agent->reason, "%s", reason);
    agent_dirty(agents, agent);
    frozen_note_due(agents, agent);
}

void agent_freeze_dry(struct agents *agents, struct agent *agent, const char *reason)
{
    freeze(agents, agent, AGENT_FROZEN_DRY, reason);
}

void agents_freeze(struct agents *agents, struct agent *agent, const char *reason)
{
    freeze(agents, agent, AGENT_FROZEN_HELD, reason);
}

bool agents_is_held(const struct agent *agent)
{
    return agent->state == AGENT_FROZEN_HELD;
}

struct money agent_head_funds(const struct agents *agents, const struct agent *agent)
{
    struct money funds = agent_funds(agents, agent);

    if (agent->inbox_first != NULL) {
        INVARIANT(money_add(&funds, funds, agent->inbox_first->m.postage));
        INVARIANT(money_add(&funds, funds, agent->inbox_first->m.reserve));
    }
    return funds;
}

struct money agent_head_needs(const struct agents *agents, const struct agent *agent)
{
    struct money least = agent_needs(agents);
    struct money most = agent_needs_most(agents);
    struct money needs = money_min(agent->needs, most); /* prices may have fallen */

    return money_compare(needs, least) > 0 ? needs : least;
}

struct inbox_message *agent_sponsor(const struct agents *agents, const struct agent *agent)
{
    struct money lacks =
        money_sub_clamped(agent_head_needs(agents, agent), agent_head_funds(agents, agent));

    if (money_is_zero(agent->needs) || money_is_zero(lacks))
        return NULL;
    for (struct inbox_message *at = agent->inbox_first->next; at != NULL; at = at->next) {
        if (money_compare(at->m.postage, lacks) >= 0)
            return at;
    }
    return NULL;
}

/* Whether its next event can begin. */
static bool can_go_on(const struct agents *agents, const struct agent *agent)
{
    return money_compare(agent_head_funds(agents, agent), agent_head_needs(agents, agent)) >= 0 ||
           agent_sponsor(agents, agent) != NULL;
}

static struct money burial_lacks(const struct agents *agents, const struct agent *agent)
{
    return money_sub_clamped(agents->prices.burial_reserve, agent->burial);
}

struct money agent_lacks(const struct agents *agents, const struct agent *agent)
{
    struct money lacks =
        money_sub_clamped(agent_head_needs(agents, agent), agent_head_funds(agents, agent));

    if (agent->state != AGENT_FROZEN_DRY)
        return money_zero();
    INVARIANT(money_add(&lacks, lacks, burial_lacks(agents, agent)));
    return lacks;
}

static void thaw(struct agents *agents, struct agent *agent)
{
    agent->state = AGENT_RUNNING;
    agent->frozen_us = 0;
    agent->reason[0] = '\0';
    agents->counters.frozen--;
    agent_dirty(agents, agent);
    agent_make_ready(agents, agent);
}

/* The burial reserve is filled up again before anything else is done with new money. */
static void refill_burial(struct agents *agents, struct agent *agent)
{
    struct money lacks = burial_lacks(agents, agent);
    struct transfer transfer = {.debit = agent->id,
                                .credit = ACCOUNT_DEPOSIT_BURIAL,
                                .amount = money_min(lacks, agent_funds(agents, agent)),
                                .code = TRANSFER_BURIAL_DEPOSIT,
                                .object = agent->id};

    if (money_is_zero(transfer.amount))
        return;
    ledger_transfer_checked(agents->ledger, &transfer);
    INVARIANT(money_add(&agent->burial, agent->burial, transfer.amount));
    agent_dirty(agents, agent);
}

void agents_try_thaw(struct agents *agents, struct agent *agent)
{
    if (agent->state == AGENT_FROZEN_DRY && can_go_on(agents, agent))
        thaw(agents, agent);
}

void agents_topped_up(struct agents *agents, struct agent *agent)
{
    if (agent->state == AGENT_FROZEN_DRY)
        refill_burial(agents, agent);
    agents_try_thaw(agents, agent);
    agent_check_mark(agents, agent);
}

enum status agents_thaw(struct agents *agents, struct agent *agent, struct fault *fault)
{
    char needs[MONEY_TEXT_BYTES];

    if (!agent_is_frozen(agent))
        return fault_set(fault, ST_INVALID, "agent %llu is not frozen",
                         (unsigned long long)agent->id);
    if (!can_go_on(agents, agent))
        return fault_set(
            fault, ST_INVALID, "agent %llu needs at least %s to run its next event: fund it first",
            (unsigned long long)agent->id, money_print(needs, agent_head_needs(agents, agent)));
    thaw(agents, agent);
    return ST_OK;
}

static bool mark_is_cleared(const struct agents *agents, const struct agent *agent)
{
    struct money above;
    struct money quarter = money_share_floor(agent->mark, 1, 4);

    return money_add(&above, agent->mark, quarter) &&
           money_add(&above, above, agents_reserve(agents)) &&
           money_compare(agent_funds(agents, agent), above) >= 0;
}

/* One notice a crossing; the mark is set again when the balance has risen a quarter above it. */
void agent_check_mark(struct agents *agents, struct agent *agent)
{
    struct money balance = agent_funds(agents, agent);

    if (money_is_zero(agent->mark))
        return;
    if (agent->mark_armed && money_compare(balance, agent->mark) < 0) {
        struct message low = {
            .kind = SERAI_EVENT_LOW, .money = balance, .reserve = agent->mark_reserve};

        agent->mark_armed = false;
        agent->mark_reserve = money_zero();
        quota_give(agents, agent->use, CUSTOMER_EVENTS, 1); /* the notice counts itself */
        agents_deliver(agents, agent, &low);
        agent_dirty(agents, agent);
    } else if (!agent->mark_armed && mark_is_cleared(agents, agent) &&
               quota_allows(agents, agent->use, CUSTOMER_EVENTS, 1)) {
        struct transfer hold = {.debit = agent->id,
                                .credit = ACCOUNT_HELD_RESERVE,
                                .amount = agents_reserve(agents),
                                .code = TRANSFER_RESERVE_HOLD,
                                .object = agent->id};

        ledger_transfer_checked(agents->ledger, &hold);
        quota_take(agents, agent->use, CUSTOMER_EVENTS, 1);
        agent->mark_armed = true;
        agent->mark_reserve = hold.amount;
        agent_dirty(agents, agent);
    }
}
