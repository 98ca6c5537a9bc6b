/* Changing the slots of an agent: the rent that they cost, and the rows that say so. */
#include "agents/caps.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/set.h"

void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot, const struct cap *cap)
{
    rent_accrue(agents, agent); /* by what it holds until now */
    cap_table_set(&agent->caps, agents->undo, agents->heap.key, slot, cap);
    agent_dirty(&agents->changes, agent);
}

int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap)
{
    int64_t slot = cap_table_free_slot(&agent->caps);

    if (slot >= 0)
        agent_cap_set(agents, agent, (uint64_t)slot, cap);
    return slot;
}
