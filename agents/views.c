/* Views of agents, for lists and status. */
#include "agents/views.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/code.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/leash.h"
#include "agents/objects.h"
#include "agents/rent.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/turns/turn.h"

/* Its money and how long that lasts: by its rent alone, or by all that it used, if that is less. */
static void view_money(const struct agents *agents, const struct agent *agent,
                       struct agent_view *view)
{
    uint64_t burns_us;

    view->balance = money_sub_clamped(agent_funds(agents, agent), rent_owed_now(agents, agent));
    view->lasts_us = market_rent_lasts_us(view->balance, view->rent_rate, 0);
    if (!burn_measure(agents, agent, view->balance, &view->burnt, &view->burnt_us))
        return;
    burns_us = market_lasts_us(view->balance, view->burnt, view->burnt_us);
    if (burns_us < view->lasts_us)
        view->lasts_us = burns_us;
}

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
    view_money(agents, agent, view);
}

static void holdings_add_object(struct agent_holdings *holdings, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        money_accumulate(&holdings->events, object->u.facet.reserve);
        break;
    case OBJECT_TIMER:
        money_accumulate(&holdings->events, object->u.timer.reserve);
        break;
    case OBJECT_BUFFER:
    case OBJECT_LEASH: /* the reply that watches it has the reserve */
    case OBJECT_PROMISE:
        break;
    }
}

void agents_holdings(const struct agents *agents, const struct agent *agent,
                     struct agent_holdings *holdings)
{
    (void)agents;
    *holdings = (struct agent_holdings){.events = agent->low.reserve};
    money_accumulate(&holdings->events, agent->upgrade.reserve);
    for (const struct object *at = agent->owns.newest; at != NULL; at = at->older_owned)
        holdings_add_object(holdings, at);
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        /* The money of other events was credited before, or only informs. */
        if (at->m.kind == SERAI_EVENT_MESSAGE)
            money_accumulate(&holdings->inbox, at->m.money);
        money_accumulate(&holdings->inbox, at->m.postage);
        money_accumulate(&holdings->inbox, at->m.reserve);
    }
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
