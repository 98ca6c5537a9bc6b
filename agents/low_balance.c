/*
 * The low-balance alert: one notice, event LOW, when the balance of an agent falls below the mark
 * that it set (self_mark).  Its event is paid when the mark is set.
 */
#include "agents/low_balance.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/leash.h"
#include "agents/life_tell.h"
#include "agents/message.h"
#include "agents/return.h"
#include "agents/set.h"

void agents_topped_up(struct agents *agents, struct agent *agent)
{
    if (agent->state == AGENT_FROZEN_DRY)
        agent_refill_burial(agents, agent);
    agents_try_thaw(agents, agent);
    agent_check_mark(agents, agent);
}

/*
 * Whether the balance has risen far enough above the mark to pay for another notice: by a quarter
 * and a reserve, so that a balance that moves around the mark sends no stream of notices.
 */
static bool mark_is_cleared(const struct agents *agents, const struct agent *agent)
{
    struct money above;
    struct money quarter = money_share_floor(agent->low.mark, 1, 4);

    return money_add(&above, agent->low.mark, quarter) &&
           money_add(&above, above, agents_reserve(agents)) &&
           money_compare(agent_funds(agents, agent), above) >= 0;
}

/*
 * One notice for each fall below the mark.  The next one is paid, and its place taken, when the
 * balance has risen well above it.
 */
void agent_check_mark(struct agents *agents, struct agent *agent)
{
    struct money balance = agent_funds(agents, agent);

    if (money_is_zero(agent->low.mark))
        return;
    if (agent->low.armed && money_compare(balance, agent->low.mark) < 0) {
        struct message low = {
            .kind = SERAI_EVENT_LOW, .money = balance, .reserve = agent->low.reserve};

        agent->low.armed = false;
        agent->low.reserve = money_zero();
        quota_give(agents, agent->use, CUSTOMER_EVENTS, 1); /* the notice counts itself */
        agents_deliver(agents, agent, &low);
        agent_dirty(&agents->changes, agent);
        life_tell(agents, agent, LIFE_LOW, balance, NULL, 0);
        leash_tell(agents, agent, SERAI_LEASH_LOW, balance, failure_of(0));
    } else if (!agent->low.armed && mark_is_cleared(agents, agent) &&
               quota_allows(agents, agent->use, CUSTOMER_EVENTS, 1)) {
        agent->low.reserve = agents_reserve(agents);
        ledger_move(agents->ledger, agent->id, ACCOUNT_HELD_RESERVE, agent->low.reserve,
                    TRANSFER_RESERVE_HOLD, agent->id);
        quota_take(agents, agent->use, CUSTOMER_EVENTS, 1);
        agent->low.armed = true;
        agent_dirty(&agents->changes, agent);
    }
}
