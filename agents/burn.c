/* How fast an agent's money goes. */
#include "agents/burn.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/funds.h"
#include "agents/set.h"

/* Shorter than that a measure says little: one turn may cost as much as a minute. */
enum { BURN_US_MIN = 100000 };

static struct burn_sample burn_take(const struct agents *agents, const struct agent *agent)
{
    /* Time 0 means that there is none; a microsecond of difference is nobody's loss. */
    return (struct burn_sample){.time_us = agents->now_us == 0 ? 1 : agents->now_us,
                                .balance = agent_funds(agents, agent)};
}

void agents_measure_anew(const struct agents *agents, struct agent *agent)
{
    agent->burn = (struct burn){.older = burn_take(agents, agent)};
    agent->burn.newer = agent->burn.older;
}

void burn_sample(const struct agents *agents, struct agent *agent)
{
    if (agent->burn.older.time_us == 0) {
        agents_measure_anew(agents, agent);
    } else if (agents->now_us - agent->burn.newer.time_us >= BURN_US) {
        agent->burn.older = agent->burn.newer;
        agent->burn.newer = burn_take(agents, agent);
    }
}

bool burn_measure(const struct agents *agents, const struct agent *agent, struct money balance,
                  struct money *gone, uint64_t *over_us)
{
    const struct burn_sample *from = &agent->burn.older;

    if (from->time_us == 0 || agents->now_us < from->time_us + BURN_US_MIN)
        return false;
    *gone = money_sub_clamped(from->balance, balance);
    *over_us = agents->now_us - from->time_us;
    return !money_is_zero(*gone);
}
