/* Changing the slots of an agent: the rent that they cost, and the rows that say so. */
#include "agents/caps.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/holders.h"
#include "agents/set.h"

void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot, const struct cap *cap)
{
    uint32_t large = agent->caps.large;
    const struct cap *before;

    rent_accrue(agents, agent); /* by what it holds until now */
    /* The new place first: what is put where it was keeps a holder all the time. */
    holders_gain(agents, cap, agent->id);
    before = cap_table_at(&agent->caps, slot);
    if (before != NULL)
        holders_lose(agents, before, agent->id);
    cap_table_set(&agent->caps, agents->undo, agents->heap.key, slot, cap);
    if (agent->caps.large > large)
        quota_take(agents, agent->use, CUSTOMER_MEMORY_BYTES, CAPS_CHUNK_BYTES);
    if (agent->caps.large < large)
        quota_give(agents, agent->use, CUSTOMER_MEMORY_BYTES, CAPS_CHUNK_BYTES);
    agent_dirty(&agents->changes, agent);
}

/*
 * Caps come into the first slots that are empty, and the first chunks do not count.  Behind them
 * each slot may begin a chunk, so more room is asked for than may be taken.
 */
bool agent_has_slots(const struct agents *agents, const struct agent *agent, uint32_t slots)
{
    uint32_t uncommon = SERAI_SLOTS_MAX - CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK;
    uint32_t left = cap_table_free_slots(&agent->caps);

    return slots <= left && (slots == 0 || slots + uncommon <= left ||
                             quota_allows(agents, agent->use, CUSTOMER_MEMORY_BYTES,
                                          (uint64_t)slots * CAPS_CHUNK_BYTES));
}

int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap)
{
    int64_t slot =
        agent_has_slots(agents, agent, 1) ? cap_table_free_slot(&agent->caps) : SERAI_E_FULL;

    if (slot >= 0)
        agent_cap_set(agents, agent, (uint64_t)slot, cap);
    return slot;
}
