/* Actions of an agent's owner between its turns: end it, take money back. */
#include "agents/agents.h"

#include "agents/agent.h"
#include "agents/death.h"
#include "agents/funds.h"
#include "agents/leash.h"
#include "agents/life.h"
#include "agents/low_balance.h"
#include "agents/objects.h"
#include "agents/rent.h"
#include "agents/set.h"

void agents_end(struct agents *agents, struct agent *agent)
{
    struct object *leash = leash_of(agents, agent);

    /* Its owner wants the money, and is above the holder of a leash. */
    if (leash != NULL)
        leash->u.leash.estate = false;
    agent_die(agents, agent);
}

struct money agents_withdrawable(struct agents *agents, struct agent *agent)
{
    struct money keeps = money_zero();

    /* What the agent owes, and a notice that this makes due, come before what may be taken. */
    rent_bill(agents, agent);
    agent_check_mark(agents, agent);
    if (agent->state == AGENT_RUNNING) {
        /* A running agent keeps what its next event needs, less what that event brings along. */
        keeps = agent_needs(agents);
        if (agent->inbox.first != NULL) {
            keeps = money_sub_clamped(keeps, agent->inbox.first->m.postage);
            keeps = money_sub_clamped(keeps, agent->inbox.first->m.reserve);
        }
    }
    return money_sub_clamped(agent_funds(agents, agent), keeps);
}

void agents_withdraw(struct agents *agents, struct agent *agent, struct money amount)
{
    ledger_move(agents->ledger, agent->id, agents_payee(agents, agent->customer), amount,
                TRANSFER_WITHDRAWAL, agent->id);
    agents_measure_anew(agents, agent);
    agent_check_mark(agents, agent);
    rent_schedule(agents, agent);
}
