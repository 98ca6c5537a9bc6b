/*
 * What rent is owed, up to now.  A cumulative price index (the market's) makes the debt of any
 * stretch of time one product: bytes held times the rise of the index (docs/prices.md, rent).
 * A change of what rent is counted by is preceded by rent_accrue().
 */
#include "agents/accrual.h"

#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/set.h"

uint64_t agent_bytes_held(const struct agent *agent)
{
    uint64_t held = HELD_AGENT;

    held += (uint64_t)agent->program.memory_pages * ENGINE_WASM_PAGE_BYTES;
    held += (uint64_t)agent->caps.used * HELD_CAP;
    held += agent->owns.facets * HELD_FACET;
    held += agent->owns.timers * HELD_TIMER;
    held += agent->inbox.bytes;
    held += agent->sent.bytes;
    held += agent->log.bytes;
    return held;
}

u128 rent_index_now(const struct agents *agents, enum rent_resource resource)
{
    return price_index_at(&agents->env.rent[resource], agents->now_us);
}

/*
 * All references to a module pay an equal share of the rent for its bytes.  What one reference owes
 * since any moment is the rise of share_index since then, however the number of references changed.
 */
void code_share_update(struct agents *agents, struct code *code)
{
    u128 now = rent_index_now(agents, RENT_CODE);

    /* Rounded down: less than one numerator unit a change of references, and the agents gain it. */
    if (code->refs > 0 && !code->builtin)
        code->share_index += (now - code->market_index) * code->held / code->refs;
    code->market_index = now;
}

/* The debt of one resource since it was last brought up to date: units x rise of its index. */
static void rent_accrue_resource(struct agents *agents, struct agent *agent,
                                 enum rent_resource resource, uint64_t units)
{
    u128 now = rent_index_now(agents, resource);

    agent->rent.owed[resource] += (now - agent->rent.index[resource]) * units;
    agent->rent.index[resource] = now;
}

/* The same for one module that the agent runs or keeps, by the module's own index. */
static void rent_accrue_code(struct agents *agents, struct agent *agent, struct code_ref *ref)
{
    if (ref->code == NULL)
        return;
    code_share_update(agents, ref->code);
    agent->rent.owed[RENT_CODE] += ref->code->share_index - ref->share_index;
    ref->share_index = ref->code->share_index;
}

/* code_share_update() of one reference, as it would be. */
static u128 owed_for_code(const struct agents *agents, const struct code_ref *ref)
{
    const struct code *code = ref->code;
    u128 index;

    if (code == NULL)
        return 0;
    index = code->share_index;
    if (code->refs > 0 && !code->builtin)
        index += (rent_index_now(agents, RENT_CODE) - code->market_index) * code->held / code->refs;
    return index - ref->share_index;
}

struct money rent_owed_now(const struct agents *agents, const struct agent *agent)
{
    const uint64_t units[] = {
        [RENT_MEMORY] = agent_bytes_held(agent), [RENT_BUFFERS] = agent->owns.buffer_bytes};
    u128 code = agent->rent.owed[RENT_CODE];
    u128 whole;
    struct money owed;

    code +=
        owed_for_code(agents, &agent->program.code) + owed_for_code(agents, &agent->upgrade.code);
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        code += owed_for_code(agents, &agent->program.kept[i]);
    whole = code / MARKET_RENT_UNIT;
    for (int resource = RENT_MEMORY; resource <= RENT_BUFFERS; resource++) {
        u128 rise =
            rent_index_now(agents, (enum rent_resource)resource) - agent->rent.index[resource];

        whole += (agent->rent.owed[resource] + rise * units[resource]) / MARKET_RENT_UNIT;
    }
    if (!money_from_total(&owed, whole))
        INVARIANT(money_from_nanos(&owed, MONEY_NANOS_MAX) == ST_OK);
    return owed;
}

void rent_accrue(struct agents *agents, struct agent *agent)
{
    u128 now = rent_index_now(agents, RENT_MEMORY);

    /* Nothing accrues at one instant, and most turns change several things at one instant. */
    if (agent->rent.touched_us == agents->now_us && agent->rent.index[RENT_MEMORY] == now)
        return;
    agent->rent.touched_us = agents->now_us;
    rent_accrue_resource(agents, agent, RENT_MEMORY, agent_bytes_held(agent));
    rent_accrue_resource(agents, agent, RENT_BUFFERS, agent->owns.buffer_bytes);
    rent_accrue_code(agents, agent, &agent->program.code);
    rent_accrue_code(agents, agent, &agent->upgrade.code);
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        rent_accrue_code(agents, agent, &agent->program.kept[i]);
    agent_dirty(&agents->changes, agent);
}
