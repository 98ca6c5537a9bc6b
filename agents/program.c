/* The program that an agent runs: taken on at birth, and changed by becoming another. */
#include "agents/program.h"

#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_drop.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/turns/turn.h"

/* The customer holds the new program's memory in place of the old one's. */
static void program_count_memory(struct agents *agents, struct customer_use *use,
                                 uint32_t pages_before, uint32_t pages_after)
{
    quota_give(agents, use, CUSTOMER_MEMORY_BYTES, (uint64_t)pages_before * ENGINE_WASM_PAGE_BYTES);
    quota_take(agents, use, CUSTOMER_MEMORY_BYTES, (uint64_t)pages_after * ENGINE_WASM_PAGE_BYTES);
}

void agent_adopt_code(struct agents *agents, struct agent *agent, struct code_ref ref)
{
    const struct engine_code *engine = ref.code->engine;
    uint32_t pages = engine_code_memory_pages(engine);

    agent->program.code = ref;
    agent->program.begun = false;
    program_count_memory(agents, agent->use, agent->program.memory_pages, pages);
    /*
     * No page has to be written: where the agent has none of its own, memory is as the module
     * begins.
     */
    agent->program.memory_pages = pages;
    paged_grow(&agent->program.memory, pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    agent_fit_globals(agent, engine_code_globals(engine));
    engine_code_initial_globals(engine, agent->program.globals);
}

/* Caps, inbox and money stay; memory and globals begin as the new module says. */
void agent_become(struct agents *agents, struct agent *agent, struct code_ref code)
{
    struct code_ref old = agent->program.code;

    code_ref_drop(agents, agent, &old);
    /*
     * Pages and their rows go, and the log says so: older deltas must not be replayed into the new
     * memory.
     */
    page_log_drop(agents, &agent->program.memory, true);
    arena_forget(agents->pages.arena, agent->id);
    agent_adopt_code(agents, agent, code);
    agent_dirty(&agents->changes, agent);
}

/* ---- what a change of program holds, from its order to the end of the turn ---- */

void turn_take_become(struct turn *turn)
{
    struct customer_use *use = turn->agent->use;

    quota_take(turn->agents, use, CUSTOMER_MEMORY_BYTES, turn->become_memory);
    quota_take(turn->agents, use, CUSTOMER_EVENTS, turn->become_try ? 2 : 1);
    quota_take(turn->agents, use, CUSTOMER_EVENT_BYTES, turn->become_args_size);
}

/* It is carried out now, and what it holds counts itself. */
void turn_give_become(struct turn *turn)
{
    struct customer_use *use = turn->agent->use;

    quota_give(turn->agents, use, CUSTOMER_MEMORY_BYTES, turn->become_memory);
    quota_give(turn->agents, use, CUSTOMER_EVENTS, turn->become_try ? 2 : 1);
    quota_give(turn->agents, use, CUSTOMER_EVENT_BYTES, turn->become_args_size);
}
