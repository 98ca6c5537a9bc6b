/*
 * Packing idle agents.  One that has nothing to do is kept as a record, a tenth of the struct in
 * which it runs (sleep_record.c).  agents_find() activates it; at the end of a frame agents that
 * nobody asked for are packed again, so that no more are active than have something to do, and a
 * few thousand besides.
 *
 * Neither changes any state: no row and no order of anything follows from who is active.  An agent
 * is packed only where nothing can point at its struct: after its row was written, when no turn can
 * be undone.
 */
#include "agents/sleep.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/customers.h"
#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/sleep_record.h"

/* ---- which of the two a value of the map is: the lowest bit of a record's pointer is set ---- */

static bool sleep_is_record(const void *value)
{
    return ((uintptr_t)value & 1) != 0;
}

static uint8_t *sleep_record_of(void *value)
{
    return (uint8_t *)value - 1;
}

/* ---- the list of active agents ---- */

void agent_is_awake(struct agents *agents, struct agent *agent)
{
    agent->used = true;
    agent->awake_at = (uint32_t)(agents->awake.list.size / sizeof agent);
    bytes_append(&agents->awake.list, &agent, sizeof agent);
    INVARIANT(!agents->awake.list.failed);
    agents->awake.woken++;
}

static struct agent *awake_agent(const struct agents *agents, size_t at)
{
    struct agent *agent;

    memcpy(&agent, agents->awake.list.data + at * sizeof agent, sizeof agent);
    return agent;
}

static size_t awake_count(const struct agents *agents)
{
    return agents->awake.list.size / sizeof(struct agent *);
}

void agent_is_gone(struct agents *agents, struct agent *agent)
{
    struct agent *last = awake_agent(agents, awake_count(agents) - 1);

    INVARIANT(awake_agent(agents, agent->awake_at) == agent);
    /* The last one takes its place: the order of the list means nothing. */
    last->awake_at = agent->awake_at;
    memcpy(agents->awake.list.data + agent->awake_at * sizeof last, &last, sizeof last);
    agents->awake.list.size -= sizeof last;
}

/* ---- activating ---- */

/* Make the struct of a packed agent, in the place that its record had.  The record is freed. */
static struct agent *sleep_wake(struct agents *agents, uint64_t id, uint8_t *record)
{
    struct agent *agent = agent_alloc(id);

    sleep_record_unpack(agent, record);
    agent->frozen_told = agent_is_frozen(agent);
    agent->use = customer_use(agents, agent->customer);
    slab_give(&agents->small, record, sleep_record_size(record));
    (void)!dense_put(&agents->by_id, id, agent); /* in the place of its record */
    agent_is_awake(agents, agent);
    return agent;
}

struct agent *agents_find(const struct agents *agents, uint64_t id)
{
    void *value = dense_get(&agents->by_id, id);
    struct agent *agent = value;

    if (value == NULL)
        return NULL;
    /* Activating changes nothing that can be seen, so that const holds. */
    if (sleep_is_record(value))
        return sleep_wake((struct agents *)agents, id, sleep_record_of(value));
    agent->used = true;
    return agent;
}

bool agents_has(const struct agents *agents, uint64_t id)
{
    return dense_get(&agents->by_id, id) != NULL;
}

/* ---- packing ---- */

/*
 * An agent may be packed that has nothing to do and whose rows say all that it is.  One with a
 * large table stays active, which its customer's bound of memory counts: to activate it would take
 * much longer than what an order pays for that.
 */
static bool sleep_may(const struct agent *agent)
{
    return agent->caps.large == 0 && !agent->ready.queued && !agent->dirty &&
           agent->inbox.first == NULL && !upgrade_is_under_way(agent) &&
           cap_table_is_saved(&agent->caps);
}

/* Free the struct of an agent, but not its pages and log lines: these are the record's now. */
static void sleep_free_body(struct agent *agent)
{
    free(agent->program.memory.pages);
    agent->program.memory = (struct paged){0};
    agent->log.first = NULL;
    agent->log.last = NULL;
    agent_free(agent);
}

/* The record of an agent that may be packed; NULL: it stays active. */
static uint8_t *sleep_make_record(struct agents *agents, const struct agent *agent)
{
    size_t bound = sleep_record_bound(agent);
    uint8_t *scratch;
    uint8_t *record;
    size_t size;

    /* Its size would not fit the two bytes at the head; such an agent stays active. */
    if (bound > (size_t)UINT16_MAX * SLAB_GRAIN)
        return NULL;
    bytes_clear(&agents->awake.record);
    scratch = bytes_extend(&agents->awake.record, bound);
    INVARIANT(scratch != NULL);
    size = ((size_t)(sleep_record_pack(scratch, agent) - scratch) + SLAB_GRAIN - 1) / SLAB_GRAIN;
    le16_put(scratch, (uint16_t)size);
    /* Packed into scratch first, as only then the size is known. */
    record = slab_take(&agents->small, size * SLAB_GRAIN);
    memcpy(record, scratch, size * SLAB_GRAIN);
    return record;
}

static void sleep_pack(struct agents *agents, struct agent *agent)
{
    uint8_t *record = sleep_make_record(agents, agent);

    if (record == NULL)
        return;
    (void)dense_put(&agents->by_id, agent->id, record + 1); /* in the place of its struct */
    agent_is_gone(agents, agent);
    sleep_free_body(agent);
}

bool agent_load_packed(struct agents *agents, struct agent *agent)
{
    uint8_t *record = sleep_may(agent) ? sleep_make_record(agents, agent) : NULL;

    if (record == NULL)
        return false;
    (void)!dense_put(&agents->by_id, agent->id, record + 1); /* keys of a table differ */
    agent->log.first = NULL;
    agent->log.last = NULL;
    return true;
}

void agent_let_sleep(struct agents *agents, struct agent *agent)
{
    if (sleep_may(agent))
        sleep_pack(agents, agent);
}

/*
 * A clock hand goes round over the active agents: one that was asked for since the hand last came
 * by stays.  How far it goes follows how many were activated, so agents that cannot be packed cost
 * a frame nothing.
 */
void agents_let_sleep(struct agents *agents)
{
    size_t steps = (size_t)agents->awake.woken * 4 + 64;
    bool all = agents->awake.max == 0;

    INVARIANT(agents->turn == NULL && undo_is_empty(agents->undo));
    agents->awake.woken = 0;
    if (all)
        steps = awake_count(agents) * 2;
    for (; steps > 0 && awake_count(agents) > agents->awake.max; steps--) {
        struct agent *agent;

        agents->awake.hand = agents->awake.hand < awake_count(agents) ? agents->awake.hand : 0;
        agent = awake_agent(agents, agents->awake.hand);
        if (sleep_may(agent) && (all || !agent->used)) {
            sleep_pack(agents, agent); /* and the last one takes its place in the list */
            continue;
        }
        agent->used = false;
        agents->awake.hand++;
    }
}

void agents_keep_awake(struct agents *agents, size_t count)
{
    agents->awake.max = count;
}

/* ---- all of them, without activating any ---- */

struct showing {
    struct agents *agents;
    bool (*visit)(void *context, const struct agent *agent);
    void *context;
};

/*
 * Show an agent as it is, or of a packed one a copy.  The pages and log lines of the copy are the
 * record's, so they are not freed with it.
 */
static bool sleep_show(void *context, uint64_t id, void *value)
{
    struct showing *showing = context;
    struct agent *copy;
    bool more;

    if (!sleep_is_record(value))
        return showing->visit(showing->context, value);
    copy = agent_alloc(id);
    sleep_record_unpack(copy, sleep_record_of(value));
    more = showing->visit(showing->context, copy);
    sleep_free_body(copy);
    return more;
}

void agents_each(const struct agents *agents, uint64_t first,
                 bool (*visit)(void *context, const struct agent *agent), void *context)
{
    struct showing showing = {(struct agents *)agents, visit, context};

    dense_each(&agents->by_id, first, sleep_show, &showing);
}

void agents_each_of(const struct agents *agents, uint64_t first, size_t count,
                    bool (*visit)(void *context, const struct agent *agent), void *context)
{
    struct showing showing = {(struct agents *)agents, visit, context};

    for (uint64_t id = first; id - first < count; id++) {
        void *value = dense_get(&agents->by_id, id);

        if (value != NULL && !sleep_show(&showing, id, value))
            return;
    }
}

static bool sleep_free_one(void *context, uint64_t id, void *value)
{
    struct agents *agents = context;
    struct agent *agent = value;

    if (sleep_is_record(value)) {
        uint8_t *record = sleep_record_of(value);

        agent = agent_alloc(id);
        sleep_record_unpack(agent, record);
        slab_give(&agents->small, record, sleep_record_size(record));
    }
    agent_free(agent);
    return true;
}

void agents_free_all(struct agents *agents)
{
    dense_each(&agents->by_id, 0, sleep_free_one, agents);
    dense_fini(&agents->by_id);
    bytes_fini(&agents->awake.list);
    bytes_fini(&agents->awake.record);
}
