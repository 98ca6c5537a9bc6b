/*
 * Freezing and thawing: what an agent must have to run its next event, and what happens when it has
 * not.
 */
#include "agents/freeze.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/billing_queue.h"
#include "agents/changes.h"
#include "agents/funds.h"
#include "agents/leash.h"
#include "agents/life.h"
#include "agents/life_tell.h"
#include "agents/ready.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/views.h"

static_assert((int)AGENT_FROZEN_DRY + FROZEN_BY_SITE == (int)AGENT_FROZEN_BY_SITE &&
                  (int)AGENT_FROZEN_DRY + FROZEN_BY_CUSTOMER == (int)AGENT_FROZEN_BY_CUSTOMER &&
                  (int)AGENT_FROZEN_DRY + FROZEN_BY_LEASH == (int)AGENT_FROZEN_BY_LEASH,
              "the states of frozen agents are counted side by side");

/* ---- senders that wait for a frozen agent ---- */

/* Site time from which on nothing waits for it any more. */
uint64_t frozen_waits_until_us(const struct agents *agents, const struct agent *agent)
{
    uint64_t bound_us = agents->prices.frozen_answer_s * 1000000;

    return bound_us == 0 || bound_us > UINT64_MAX - agent->frozen_us ? UINT64_MAX
                                                                     : agent->frozen_us + bound_us;
}

void frozen_schedule(struct agents *agents, const struct agent *agent)
{
    uint64_t due_us = frozen_waits_until_us(agents, agent);

    if (agent_is_frozen(agent) && due_us != UINT64_MAX)
        bill_by(agents, agent->id, due_us);
}

/* ---- freezing ---- */

static uint64_t *frozen_counter(struct agents *agents, const struct agent *agent)
{
    return &agents->counters.frozen_by[(int)agent->state - AGENT_FROZEN_DRY];
}

void agent_count_frozen(struct agents *agents, const struct agent *agent)
{
    if (!agent_is_frozen(agent))
        return;
    agents->counters.frozen++;
    (*frozen_counter(agents, agent))++;
}

void agent_uncount_frozen(struct agents *agents, const struct agent *agent)
{
    if (!agent_is_frozen(agent))
        return;
    agents->counters.frozen--;
    (*frozen_counter(agents, agent))--;
}

/*
 * Freeze for the reason that the caller has set; all texts of reasons but that of a quarantine
 * stand in this file.  An agent that is frozen already keeps its time, so that freezing it again
 * does not keep others waiting.
 */
static void agent_freeze(struct agents *agents, struct agent *agent, enum agent_state state)
{
    rent_accrue(agents, agent);
    if (!agent_is_frozen(agent))
        agent->frozen_us = agents->now_us;
    agent_uncount_frozen(agents, agent);
    agent->state = state;
    agent_count_frozen(agents, agent);
    agent_dirty(&agents->changes, agent);
    frozen_schedule(agents, agent);
    life_tell(agents, agent, LIFE_FREEZE, agent_funds(agents, agent), agent->reason,
              strlen(agent->reason));
    if (state != AGENT_FROZEN_BY_LEASH) /* which its holder did itself */
        leash_tell(agents, agent, SERAI_LEASH_FROZEN, agent_funds(agents, agent),
                   (struct failure){(int32_t)state, (const uint8_t *)agent->reason,
                                    strlen(agent->reason)});
}

void agent_freeze_dry(struct agents *agents, struct agent *agent, enum dry_cause cause)
{
    char has[MONEY_TEXT_BYTES];
    char needs[MONEY_TEXT_BYTES];

    (void)money_print(has, agent_funds(agents, agent));
    (void)money_print(needs, agent_head_needs(agents, agent));
    switch (cause) {
    case DRY_BEFORE_EVENT:
        (void)snprintf(agent->reason, sizeof agent->reason,
                       "out of money: has %s, the next event needs %s", has, needs);
        break;
    case DRY_IN_TURN:
        (void)snprintf(agent->reason, sizeof agent->reason,
                       "out of money in a turn: has %s, needs %s for its event", has, needs);
        break;
    case DRY_OF_RENT:
        (void)snprintf(agent->reason, sizeof agent->reason,
                       "out of money: the rent is paid by its burial reserve now");
        break;
    }
    agent_freeze(agents, agent, AGENT_FROZEN_DRY);
}

void agents_freeze(struct agents *agents, struct agent *agent, enum freeze_cause cause)
{
    static const char *const words[FREEZE_CAUSES] = {
        [FREEZE_BY_OPERATOR] = "frozen by the operator",
        [FREEZE_BY_CUSTOMER] = "frozen by its customer",
        [FREEZE_FOR_DISK] = "the disk is nearly full and this agent writes most",
    };

    if (agent->state == AGENT_DESK)
        return; /* it takes no turns as it is */
    (void)snprintf(agent->reason, sizeof agent->reason, "%s", words[cause]);
    agent_freeze(agents, agent,
                 cause == FREEZE_BY_CUSTOMER ? AGENT_FROZEN_BY_CUSTOMER : AGENT_FROZEN_BY_SITE);
    undo_commit(agents->undo); /* news for the holder of a leash: outside of turns, and final */
}

void agents_quarantine(struct agents *agents, struct agent *agent, const char *reason)
{
    if (agent->state == AGENT_DESK)
        return;
    (void)snprintf(agent->reason, sizeof agent->reason, "%s", reason);
    agent_freeze(agents, agent, AGENT_FROZEN_BY_SITE);
    undo_commit(agents->undo);
}

void agent_freeze_leashed(struct agents *agents, struct agent *agent, uint64_t holder)
{
    (void)snprintf(agent->reason, sizeof agent->reason,
                   "stopped by agent %llu, which holds its leash", (unsigned long long)holder);
    agent_freeze(agents, agent, AGENT_FROZEN_BY_LEASH);
}

bool agents_is_held(const struct agent *agent)
{
    return agents_is_held_by_site(agent) || agent->state == AGENT_FROZEN_BY_CUSTOMER ||
           agent->state == AGENT_FROZEN_BY_LEASH;
}

bool agents_is_held_by_site(const struct agent *agent)
{
    return agent->state == AGENT_FROZEN_BY_SITE;
}

/* The balance, and what the message at the head brings along. */
struct money agent_head_funds(const struct agents *agents, const struct agent *agent)
{
    struct money funds = agent_funds(agents, agent);

    if (agent->inbox.first != NULL) {
        money_accumulate(&funds, agent->inbox.first->m.postage);
        money_accumulate(&funds, agent->inbox.first->m.reserve);
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
    struct money lacks;

    if (money_is_zero(agent->needs))
        return NULL; /* nothing waits for money: so before most turns */
    lacks = money_sub_clamped(agent_head_needs(agents, agent), agent_head_funds(agents, agent));
    if (money_is_zero(lacks))
        return NULL;
    for (struct inbox_message *at = agent->inbox.first->next; at != NULL; at = at->next) {
        if (money_compare(at->m.postage, lacks) >= 0)
            return at;
    }
    return NULL;
}

/* Whether the next event can begin, by its own money or by postage that a later message lends. */
static bool agent_can_go_on(const struct agents *agents, const struct agent *agent)
{
    return money_compare(agent_head_funds(agents, agent), agent_head_needs(agents, agent)) >= 0 ||
           agent_sponsor(agents, agent) != NULL;
}

/* The burial reserve may lack something: rent was paid out of it, or prices have risen. */
static struct money agent_lacks_burial(const struct agents *agents, const struct agent *agent)
{
    return money_sub_clamped(agents->prices.burial_reserve, agent->burial);
}

struct money agent_lacks(const struct agents *agents, const struct agent *agent)
{
    struct money lacks =
        money_sub_clamped(agent_head_needs(agents, agent), agent_head_funds(agents, agent));

    /* Money alone thaws only an agent that ran dry; for any other nothing is missing. */
    if (agent->state != AGENT_FROZEN_DRY)
        return money_zero();
    money_accumulate(&lacks, agent_lacks_burial(agents, agent));
    return lacks;
}

static void agent_thaw(struct agents *agents, struct agent *agent)
{
    agent_uncount_frozen(agents, agent);
    agent->state = AGENT_RUNNING;
    agent->frozen_us = 0;
    agent->reason[0] = '\0';
    agent_dirty(&agents->changes, agent);
    agent_make_ready(agents, agent);
    life_tell(agents, agent, LIFE_THAW, agent_funds(agents, agent), NULL, 0);
}

/* Fill the burial reserve up before anything else is done with new money. */
void agent_refill_burial(struct agents *agents, struct agent *agent)
{
    struct money paid = money_min(agent_lacks_burial(agents, agent), agent_funds(agents, agent));

    if (money_is_zero(paid))
        return;
    ledger_move(agents->ledger, agent->id, ACCOUNT_DEPOSIT_BURIAL, paid, TRANSFER_BURIAL_DEPOSIT,
                agent->id);
    money_accumulate(&agent->burial, paid);
    agent_dirty(&agents->changes, agent);
}

void agent_let_go(struct agents *agents, struct agent *agent)
{
    if (agent_can_go_on(agents, agent))
        agent_thaw(agents, agent);
    else
        agent_freeze_dry(agents, agent, DRY_BEFORE_EVENT);
}

/* An agent that was frozen by hand stays so, whatever it is paid. */
void agents_try_thaw(struct agents *agents, struct agent *agent)
{
    if (agent->state == AGENT_FROZEN_DRY && agent_can_go_on(agents, agent))
        agent_thaw(agents, agent);
}

enum status agents_thaw(struct agents *agents, struct agent *agent, struct fault *fault)
{
    char needs[MONEY_TEXT_BYTES];

    if (!agent_is_frozen(agent))
        return fault_set(fault, ST_INVALID, "agent %llu is not frozen",
                         (unsigned long long)agent->id);
    if (!agent_can_go_on(agents, agent))
        return fault_set(
            fault, ST_INVALID, "agent %llu needs at least %s to run its next event: fund it first",
            (unsigned long long)agent->id, money_print(needs, agent_head_needs(agents, agent)));
    agent_thaw(agents, agent);
    return ST_OK;
}
