/* The set of all agents: making it, time, timers, and what lists show of it. */
#include "agents/agents.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/turn.h"

enum status agents_new(struct agents **agents, struct ledger *ledger, struct undo *undo,
                       const struct agents_env *env, struct fault *fault)
{
    struct agents *made = calloc(1, sizeof *made);
    enum status status = ST_NOMEM;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "agents: memory is short");
    made->ledger = ledger;
    made->undo = undo;
    made->env = *env;
    made->next_object = AGENTS_FIRST_OBJECT;
    made->awake_max = AGENTS_AWAKE;
    made->dry_us = UINT64_MAX;
    made->settle_agents = SETTLE_AGENTS;
    made->next_message = 1;
    made->next_heap_serial = 1;
    made->counters_dirty = true;
    page_log_init(&made->page_log);
    if (env->read_page != NULL)
        made->page_cache.pages_max = PAGES_CACHED;
    env->random.fill(env->random.context, made->heap_key, sizeof made->heap_key);
    made->turn_memory = calloc(1, sizeof *made->turn_memory);
    if (made->turn_memory == NULL)
        goto out;
    made->turn_memory->transfers =
        calloc(TURN_TRANSFERS_MAX * 2, sizeof *made->turn_memory->transfers);
    if (made->turn_memory->transfers == NULL)
        goto out;
    status = arena_new(&made->arena);
    if (status != ST_OK)
        goto out;
    made->hasher = hasher_new();
    if (made->hasher == NULL)
        status = ST_NOMEM;
    if (status == ST_OK)
        status = engine_stack_new(&made->stack);
    if (status != ST_OK)
        goto out;
    *agents = made;
    made = NULL;
out:
    agents_free(made);
    return status == ST_OK ? ST_OK : fault_set(fault, status, "agents: memory is short");
}

static void free_object(void *context, uint64_t key, void *value)
{
    (void)key;
    object_free(context, value);
}

static void free_dead(struct agents *agents)
{
    for (size_t at = 0; at < agents->dead.size; at += sizeof(struct agent *)) {
        struct agent *agent;

        memcpy(&agent, agents->dead.data + at, sizeof agent);
        agent_free(agent);
    }
}

void agents_free(struct agents *agents)
{
    if (agents == NULL)
        return;
    free_dead(agents);
    table_each(&agents->objects, free_object, agents);
    agents_free_all(agents);
    slab_fini(&agents->small);
    table_fini(&agents->objects);
    customers_free(&agents->customers);
    lineages_free(&agents->lineages);
    while (agents->codes != NULL) {
        struct code *code = agents->codes;

        agents->codes = code->next;
        code_free(code);
    }
    table_fini(&agents->codes_by_id);
    heap_free(agents);
    bytes_fini(&agents->dirty_agents);
    bytes_fini(&agents->dirty_objects);
    bytes_fini(&agents->dirty_heap);
    bytes_fini(&agents->dirty_codes);
    bytes_fini(&agents->dirty_pages.items);
    page_log_fini(&agents->page_log);
    page_cache_fini(&agents->page_cache);
    bytes_fini(&agents->tombstones);
    bytes_fini(&agents->hot_codes);
    bytes_fini(&agents->dead);
    heapq_fini(&agents->timers);
    engine_stack_free(agents->stack);
    hasher_free(agents->hasher);
    arena_free(agents->arena);
    if (agents->turn_memory != NULL)
        free(agents->turn_memory->transfers);
    free(agents->turn_memory);
    free(agents);
}

void agents_set_prices(struct agents *agents, const struct pricebook *prices)
{
    agents->prices = *prices;
    settle_everyone_soon(agents);
}

void agents_set_pages(struct agents *agents, uint64_t log_bytes_max, uint64_t cached_max)
{
    agents->page_log.bytes_max = log_bytes_max == 0 ? PAGE_LOG_BYTES : log_bytes_max;
    if (agents->env.read_page != NULL)
        agents->page_cache.pages_max = cached_max == 0 ? PAGES_CACHED : cached_max;
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

/* ---- time passing ---- */

static void fire(struct agents *agents, struct object *object)
{
    struct timer *timer = &object->u.timer;
    struct agent *owner = agents_find(agents, object->owner);
    struct message wake = {
        .kind = SERAI_EVENT_WAKE, .badge = timer->badge, .reserve = timer->reserve};

    INVARIANT(owner != NULL); /* an agent's timers die with it */
    rent_touch(agents, owner);
    owner->timers--;
    quota_give(agents, owner->use, CUSTOMER_TIMERS, 1);
    quota_give(agents, owner->use, CUSTOMER_EVENTS, 1);
    agents_deliver(agents, owner, &wake);
    object_remove(agents, object);
    undo_commit(agents->undo);
}

static void fire_timer(struct agents *agents, uint64_t id)
{
    struct object *timer = object_find(agents, id, OBJECT_TIMER);

    (void)heapq_pop(&agents->timers, NULL);
    if (timer != NULL) /* else its agent died, or the turn that set it was undone */
        fire(agents, timer);
}

static void fire_timers(struct agents *agents)
{
    struct heapq_item item;

    for (int i = 0; i < TIMERS_FIRED_MAX; i++) {
        if (!heapq_peek(&agents->timers, &item) || item.due > agents->now_us)
            return;

        fire_timer(agents, item.id);
    }
}

/* Timers of the dead and of undone turns would wait in the queue until they are due: for ever. */
static void forget_stale_timers(struct agents *agents)
{
    struct heapq all = agents->timers;

    heapq_init(&agents->timers);
    for (size_t i = 0; i < all.count; i++) {
        if (object_find(agents, all.items[i].id, OBJECT_TIMER) != NULL)
            heapq_push(&agents->timers, all.items[i].due, all.items[i].id);
    }
    heapq_fini(&all);
}

void agents_tick(struct agents *agents)
{
    struct event event = event_of_time(0, agents->now_us);

    fire_timers(agents);
    if (agents->now_us < settle_next_us(agents))
        return;
    ledger_event_begin(agents->ledger);
    settle_due(agents);
    undo_commit(agents->undo); /* nothing of a settlement is taken back */
    forget_stale_timers(agents);
    (void)ledger_event_end(agents->ledger, &event);
}

uint64_t agents_next_due_us(const struct agents *agents)
{
    struct heapq_item item;
    uint64_t due = settle_next_us(agents);

    if (heapq_peek(&agents->timers, &item) && item.due < due)
        due = item.due;
    return due;
}

/* ---- lists ---- */

void agents_view(const struct agents *agents, const struct agent *agent, struct agent_view *view)
{
    *view = (struct agent_view){
        .id = agent->id,
        .customer = agent->customer,
        .parent = agent->parent,
        .name = agent->name,
        .state = agent_is_frozen(agent) ? "frozen" : "running",
        .reason = agent->reason,
        .code = agent->code.code->id,
        .memory_bytes = (uint64_t)agent->memory_pages * ENGINE_WASM_PAGE_BYTES,
        .buffer_bytes = agent->buffer_bytes,
        .inbox_messages = agent->inbox_total,
        .inbox_bytes = agent->inbox_bytes,
        .slots = agent->caps_used,
        .facets = agent->facets,
        .codes = agent->kept_count,
        .turns = agent->turns,
        .traps = agent->traps,
        .fuel = agent->fuel,
        .born_frame = agent->born_frame,
        .log_line = agent->log_next - 1,
        .mark = agent->mark,
        .burial = agent->burial,
        .needs = agent_lacks(agents, agent),
        .rent_rate = agent_rent_rate(agents, agent),
    };
}

struct listing {
    void (*visit)(void *context, const struct agent *agent);
    void *context;
    size_t left;
};

static bool list_one(void *context, const struct agent *agent)
{
    struct listing *listing = context;

    listing->visit(listing->context, agent);
    listing->left--;
    return listing->left > 0;
}

size_t agents_list(const struct agents *agents, uint64_t after, size_t limit,
                   void (*visit)(void *context, const struct agent *agent), void *context)
{
    struct listing listing = {visit, context, limit};

    if (limit > 0 && after < UINT64_MAX)
        agents_each(agents, after + 1, list_one, &listing);
    return limit - listing.left;
}

struct agents_counters agents_count(const struct agents *agents)
{
    return agents->counters;
}
