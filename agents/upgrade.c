/*
 * The trial of a new program.  Until it stands, the agent's rows are those of the old one, with a
 * reference to the new one beside them: so a crash, a freeze or a sleep in between needs no case of
 * its own, and nothing has to be put back but the fields below.
 */
#include "agents/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/deliver.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_drop.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turns/turn.h"

/* The bytes of memory that a module begins with. */
static uint64_t upgrade_memory(const struct code_ref *ref)
{
    return (uint64_t)engine_code_memory_pages(ref->code->engine) * ENGINE_WASM_PAGE_BYTES;
}

bool upgrade_is_under_way(const struct agent *agent)
{
    return agent->upgrade.code.code != NULL;
}

void upgrade_begin(struct agents *agents, struct agent *agent, struct code_ref code,
                   struct money reserve)
{
    rent_accrue(agents, agent);
    agent->upgrade = (struct agent_upgrade){.code = code, .reserve = reserve};
    quota_take(agents, agent->use, CUSTOMER_MEMORY_BYTES, upgrade_memory(&code));
    quota_take(agents, agent->use, CUSTOMER_EVENTS, 1); /* KEPT */
    agent_dirty(&agents->changes, agent);
}

/* It waits no more; the place of KEPT, the reserve and the reference are the caller's to end. */
static struct agent_upgrade upgrade_take(struct agents *agents, struct agent *agent)
{
    struct agent_upgrade ended = agent->upgrade;

    quota_give(agents, agent->use, CUSTOMER_MEMORY_BYTES, upgrade_memory(&ended.code));
    agent->upgrade = (struct agent_upgrade){0};
    agent_dirty(&agents->changes, agent);
    return ended;
}

/* ---- the trial ---- */

void upgrade_try(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct agent_upgrade upgrade;

    rent_accrue(agents, agent); /* by what it held until now; no time passes in a turn */
    turn->tries = true;
    turn->before = agent->program;
    upgrade = upgrade_take(agents, agent);
    turn->try_reserve = upgrade.reserve;
    /* Kept modules stay where they are: orders of the turn save them by their place. */
    agent->program.globals = NULL;
    agent->program.memory_pages = 0;
    paged_init(&agent->program.memory, agent->id, 0);
    agent_adopt_code(agents, agent, upgrade.code);
    arena_forget(agents->pages.arena, agent->id);
}

void upgrade_stands(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct agent_program *before = &turn->before;

    code_ref_drop(agents, agent, &before->code);
    quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
    quota_give(agents, agent->use, CUSTOMER_MEMORY_BYTES,
               (uint64_t)before->memory_pages * ENGINE_WASM_PAGE_BYTES);
    page_log_drop(agents, &before->memory, true);
    free(before->globals);
    ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, turn->try_reserve,
                TRANSFER_RESERVE, agent->id);
    agent_dirty(&agents->changes, agent);
}

void upgrade_fails(struct turn *turn, struct failure failure)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct agent_program *trial = &agent->program;
    struct message kept = {
        .kind = SERAI_EVENT_KEPT, .status = failure.status, .reserve = turn->try_reserve};

    quota_give(agents, agent->use, CUSTOMER_EVENTS, 1); /* KEPT counts itself */
    quota_give(agents, agent->use, CUSTOMER_MEMORY_BYTES,
               (uint64_t)trial->memory_pages * ENGINE_WASM_PAGE_BYTES);
    code_ref_drop(agents, agent, &trial->code);
    paged_fini(&trial->memory); /* a turn that is undone makes no page */
    free(trial->globals);
    trial->code = turn->before.code;
    trial->begun = turn->before.begun;
    trial->globals = turn->before.globals;
    trial->memory_pages = turn->before.memory_pages;
    trial->memory = turn->before.memory;
    arena_forget(agents->pages.arena, agent->id);
    agent_dirty(&agents->changes, agent);
    /* As with FAILED, the reason comes along if there is room for it. */
    if (quota_allows(agents, agent->use, CUSTOMER_EVENT_BYTES, failure.reason_size)) {
        kept.data = failure.reason;
        kept.size = failure.reason_size;
    }
    agents_deliver_first(agents, agent, &kept);
}

void upgrade_drop(struct agents *agents, struct agent *agent)
{
    struct agent_upgrade upgrade;

    if (!upgrade_is_under_way(agent))
        return;
    upgrade = upgrade_take(agents, agent);
    quota_give(agents, agent->use, CUSTOMER_EVENTS, 1);
    code_ref_drop(agents, agent, &upgrade.code);
    ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, upgrade.reserve, TRANSFER_RESERVE,
                agent->id);
}

/* ---- what a person asked for ---- */

/* Another UPGRADE that waits, to the same module; NULL: there is none. */
static struct inbox_message *upgrade_next(const struct agent *agent,
                                          const struct inbox_message *message)
{
    struct inbox_message *at = agent->inbox.first;

    while (at != NULL && (at == message || at->m.kind != SERAI_EVENT_UPGRADE ||
                          memcmp(at->m.data, message->m.data, HASH_BYTES) != 0))
        at = at->next;
    return at;
}

void upgrade_was_asked(struct agents *agents, struct agent *agent,
                       const struct inbox_message *message)
{
    struct agent_program *program = &agent->program;
    struct inbox_message *next;

    if (message->m.kind != SERAI_EVENT_UPGRADE || message->m.badge == 0)
        return;
    next = upgrade_next(agent, message);
    if (next != NULL) { /* the module is kept for that one from now on */
        next->m.badge = 1;
        next->changed = true;
        agent->inbox.changed = true;
        agent_dirty(&agents->changes, agent);
        return;
    }
    for (uint32_t i = 0; i < program->kept_count; i++) {
        if (memcmp(program->kept[i].code->id.bytes, message->m.data, HASH_BYTES) != 0)
            continue;
        code_unkeep(agents, agent, i);
        return;
    }
}
