/* Views of agents, for lists and status. */
#include "agents/views.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/code.h"
#include "agents/freeze.h"
#include "agents/leash.h"
#include "agents/objects.h"
#include "agents/rent.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/turns/turn.h"

static const char *view_state(const struct agent *agent)
{
    if (agent->state == AGENT_DESK)
        return "desk";
    return agent_is_frozen(agent) ? "frozen" : "running";
}

uint64_t agents_stored_bytes(const struct agent *agent)
{
    return agent_bytes_held(agent) + agent->owns.buffer_bytes;
}

void agents_view(const struct agents *agents, const struct agent *agent, struct agent_view *view)
{
    const struct object *leash = leash_of(agents, agent);

    *view = (struct agent_view){
        .id = agent->id,
        .customer = agent->customer,
        .parent = agent->parent,
        .leash_holder = leash == NULL ? 0 : leash->owner,
        .name = agent->name,
        .state = view_state(agent),
        .reason = agent->reason,
        .code = agent->program.code.code->id,
        .memory_bytes = (uint64_t)agent->program.memory_pages * ENGINE_WASM_PAGE_BYTES,
        .buffer_bytes = agent->owns.buffer_bytes,
        .inbox_messages = agent->inbox.total,
        .inbox_bytes = agent->inbox.bytes,
        .slots = agent->caps.used,
        .facets = agent->owns.facets,
        .codes = agent->program.kept_count,
        .turns = agent->usage.turns,
        .traps = agent->usage.traps,
        .fuel = agent->usage.fuel,
        .born_frame = agent->born_frame,
        /* The number of the last line that was written, also if it is deleted by now. */
        .log_line = agent->log.next - 1,
        .mark = agent->low.mark,
        .burial = agent->burial,
        .needs = agent_lacks(agents, agent),
        .rent_rate = agent_rent_rate(agents, agent),
    };
}

uint32_t agents_backtrace(const struct agents *agents, struct engine_frame *frames, uint32_t room,
                          uint32_t *depth)
{
    *depth = 0;
    /* No slot: the fuel did not reach for laying out (turn_log_trap()), and the stack is of a turn
     * before it. */
    return agents->turn_memory->slot == NULL ? 0
                                             : engine_backtrace(agents->stack, frames, room, depth);
}

struct agent_listing {
    void (*visit)(void *context, const struct agent *agent);
    void *context;
    size_t left;
};

static bool agents_list_one(void *context, const struct agent *agent)
{
    struct agent_listing *listing = context;

    listing->visit(listing->context, agent);
    listing->left--;
    return listing->left > 0;
}

size_t agents_list(const struct agents *agents, uint64_t after, size_t limit,
                   void (*visit)(void *context, const struct agent *agent), void *context)
{
    struct agent_listing listing = {visit, context, limit};

    if (limit > 0 && after < UINT64_MAX)
        agents_each(agents, after + 1, agents_list_one, &listing);
    return limit - listing.left;
}

void agents_list_of(const struct agents *agents, uint64_t first, size_t count,
                    void (*visit)(void *context, const struct agent *agent), void *context)
{
    struct agent_listing listing = {visit, context, SIZE_MAX};

    agents_each_of(agents, first, count, agents_list_one, &listing);
}

struct agents_counters agents_count(const struct agents *agents)
{
    return agents->counters;
}
