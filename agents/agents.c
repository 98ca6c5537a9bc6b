/* The set of all agents: made, freed, and the settings that hold for all. */
#include "agents/agents.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/billing_queue.h"
#include "agents/cap_heap.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/funds.h"
#include "agents/last_logs.h"
#include "agents/life_tell.h"
#include "agents/limits.h"
#include "agents/lineage.h"
#include "agents/objects.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_log.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/turns/turn.h"
#include "base/hash.h"
#include "base/heapq.h"
#include "base/table.h"

enum status agents_new(struct agents **agents, struct ledger *ledger, struct undo *undo,
                       const struct agents_env *env, struct fault *fault)
{
    struct agents *made = calloc(1, sizeof *made);
    enum status status = ST_NOMEM;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "agents: out of memory");
    made->ledger = ledger;
    made->undo = undo;
    made->env = *env;
    made->objects.next = AGENTS_FIRST_OBJECT;
    made->awake.max = AGENTS_AWAKE;
    made->billing.early_us = UINT64_MAX;
    made->billing.agents_max = BILL_AGENTS;
    made->next_message = 1;
    made->heap.next_serial = 1;
    made->changes.counters = true;
    page_log_init(&made->pages.log);
    made->pages.cache.durable = UINT64_MAX;
    if (env->read_page != NULL)
        made->pages.cache.pages_max = PAGES_CACHED;
    /* Until rows are read; agents_load() puts the stored key in its place. */
    env->random.fill(env->random.context, made->heap.key, sizeof made->heap.key);
    /* Only one turn runs at a time, so it has one memory, which turn_begin() clears in part. */
    made->turn_memory = calloc(1, sizeof *made->turn_memory);
    if (made->turn_memory == NULL)
        goto out;
    made->turn_memory->transfers =
        calloc(TURN_TRANSFERS_MAX * 2, sizeof *made->turn_memory->transfers);
    if (made->turn_memory->transfers == NULL)
        goto out;
    status = arena_new(&made->pages.arena);
    if (status != ST_OK)
        goto out;
    status = life_ring_init(&made->life);
    if (status != ST_OK)
        goto out;
    status = engine_stack_new(&made->stack);
    if (status != ST_OK)
        goto out;
    *agents = made;
    made = NULL;
out:
    agents_free(made);
    return status == ST_OK ? ST_OK : fault_set(fault, status, "agents: out of memory");
}

static void agents_free_object(void *context, uint64_t key, void *value)
{
    (void)key;
    object_free(context, value);
}

/*
 * Free agents that died in this frame.  They were kept until now, for whatever was running when
 * they died could still point at them.
 */
static void agents_free_dead(struct agents *agents)
{
    for (size_t at = 0; at < agents->changes.dead.size; at += sizeof(struct agent *)) {
        struct agent *agent;

        memcpy(&agent, agents->changes.dead.data + at, sizeof agent);
        last_log_take(agents, agent);
        agent_free(agent);
    }
    bytes_clear(&agents->changes.dead);
}

void agents_frames_durable(struct agents *agents, uint64_t below)
{
    agents->pages.cache.durable = below;
}

void agents_end_frame(struct agents *agents)
{
    page_cache_shrink(agents);
    agents_free_dead(agents);
    agents_let_sleep(agents);
}

void agents_free(struct agents *agents)
{
    if (agents == NULL)
        return;
    agents_free_dead(agents);
    table_each(&agents->objects.by_id, agents_free_object, &agents->small);
    agents_free_all(agents);
    slab_fini(&agents->small);
    table_fini(&agents->objects.by_id);
    customers_free(&agents->customers);
    lineages_free(&agents->lineages);
    while (agents->modules.first != NULL) {
        struct code *code = agents->modules.first;

        agents->modules.first = code->next;
        code_free(code);
    }
    table_fini(&agents->modules.by_id);
    facet_index_fini(&agents->facets);
    follow_ups_fini(&agents->follow_ups);
    cap_heap_fini(&agents->heap);
    bytes_fini(&agents->changes.agents);
    bytes_fini(&agents->changes.objects);
    bytes_fini(&agents->changes.heap);
    bytes_fini(&agents->changes.codes);
    bytes_fini(&agents->pages.dirty.items);
    page_log_fini(&agents->pages.log);
    page_cache_fini(&agents->pages.cache);
    bytes_fini(&agents->changes.tombstones);
    bytes_fini(&agents->modules.hot);
    bytes_fini(&agents->changes.dead);
    heapq_fini(&agents->objects.timers);
    heapq_fini(&agents->objects.leavers);
    engine_stack_free(agents->stack);
    arena_free(agents->pages.arena);
    life_ring_fini(&agents->life);
    last_logs_fini(&agents->last_logs);
    table_fini(&agents->names.by_hash);
    if (agents->turn_memory != NULL)
        free(agents->turn_memory->transfers);
    free(agents->turn_memory);
    free(agents);
}

void agents_set_channels(struct agents *agents, const struct channel_handlers *handlers,
                         void *context)
{
    agents->env.channels = handlers;
    agents->env.channels_context = context;
}

void agents_set_prices(struct agents *agents, const struct pricebook *prices)
{
    agents->prices = *prices;
    turn_prices_set(&agents->turn_prices, prices);
    bill_all_soon(agents);
}

void agents_set_pages(struct agents *agents, uint64_t log_bytes_max, uint64_t cached_max)
{
    agents->pages.log.bytes_max = log_bytes_max == 0 ? PAGE_LOG_BYTES : log_bytes_max;
    if (agents->env.read_page != NULL)
        agents->pages.cache.pages_max = cached_max == 0 ? PAGES_CACHED : cached_max;
}

const struct pricebook *agents_prices(const struct agents *agents)
{
    return &agents->prices;
}

void agents_set_time(struct agents *agents, uint64_t site_time_us)
{
    INVARIANT(site_time_us >= agents->now_us && agents->turn == NULL);
    agents->now_us = site_time_us;
}

uint64_t agents_time(const struct agents *agents)
{
    return agents->now_us;
}
