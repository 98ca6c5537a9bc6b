/*
 * What must hold of agents and what they own: each count is compared with a count of the things
 * themselves. core_check() asks for it; nothing is changed.
 */
#include "agents/agents.h"

#include <inttypes.h>

#include "agents/agent.h"
#include "agents/check_holders.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/lineage.h"
#include "agents/objects.h"
#include "agents/quotas.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/table.h"

struct agents_checking {
    const struct agents *agents;
    size_t objects; /* that are in somebody's list */
    size_t desks;
    uint64_t frozen[AGENTS_FROZEN_KINDS];
    uint64_t leashes;       /* of them */
    uint64_t leashed;       /* agents that one of them holds */
    struct table customers; /* as of agents: what they hold, counted here */
    struct table lineages;
    struct fault *fault;
    enum status status;
};

/* The contents of one agent's list. */
struct holding {
    uint64_t facets;
    uint64_t events; /* that have a place reserved with a facet */
    uint64_t timers;
    uint64_t leashes; /* of the facets */
    uint64_t buffer_bytes;
};

/* Add one object to what its owner's list holds. */
static void check_count_object(struct holding *holding, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        holding->facets++;
        holding->events += facet_has_event(object);
        break;
    case OBJECT_PROMISE:
        holding->facets++;
        break;
    case OBJECT_BUFFER:
        holding->buffer_bytes += object->u.buffer.size;
        break;
    case OBJECT_TIMER:
        holding->timers++;
        break;
    case OBJECT_LEASH:
        holding->facets++;
        holding->leashes++;
        break;
    }
}

/*
 * Whether an object is in its place in the list of what the agent owns: it is the agent's, it is
 * the one in the table, and no object comes twice, as numbers fall from the newest on.
 */
static bool check_belongs(const struct agents_checking *checking, const struct agent *agent,
                          const struct object *object)
{
    const struct object *newer = object->newer_owned;

    return object->owner == agent->id &&
           table_get(&checking->agents->objects.by_id, object->id) == object &&
           (newer == NULL ? agent->owns.newest == object
                          : newer->older_owned == object && newer->id > object->id);
}

/* The count that is made here for a customer; several customers of one peer share one. */
static struct customer_use *check_use_of(struct agents_checking *checking, uint64_t customer)
{
    return customer_use_in(&checking->customers, customer_quota_owner(checking->agents, customer));
}

/*
 * Add all that the agent holds to the counts of its customer.  An event that is paid in advance
 * counts from when its place is reserved (reply, timer, low-balance mark) until it leaves the
 * inbox.
 */
static void check_count_agent(struct agents_checking *checking, const struct agent *agent,
                              const struct holding *holding)
{
    struct customer_use *use = check_use_of(checking, agent->customer);
    uint64_t *used = use->used;

    use->waiting += agent->sent.messages;
    used[CUSTOMER_AGENTS]++;
    lineage_in(&checking->lineages, agent->customer)->holds++;
    used[CUSTOMER_MEMORY_BYTES] += (uint64_t)agent->program.memory_pages * ENGINE_WASM_PAGE_BYTES +
                                   (uint64_t)cap_table_count_large(&agent->caps) * CAPS_CHUNK_BYTES;
    used[CUSTOMER_BUFFER_BYTES] += holding->buffer_bytes;
    used[CUSTOMER_FACETS] += holding->facets;
    used[CUSTOMER_TIMERS] += holding->timers;
    used[CUSTOMER_EVENTS] += holding->events + holding->timers + agent->low.armed;
    customer_adds_code(use, agent->program.code.code);
    if (upgrade_is_under_way(agent)) {
        used[CUSTOMER_EVENTS]++; /* KEPT */
        used[CUSTOMER_MEMORY_BYTES] +=
            (uint64_t)engine_code_memory_pages(agent->upgrade.code.code->engine) *
            ENGINE_WASM_PAGE_BYTES;
        customer_adds_code(use, agent->upgrade.code.code);
    }
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        customer_adds_code(use, agent->program.kept[i].code);
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        if (at->m.sender_customer != 0)
            continue;
        used[CUSTOMER_EVENTS]++;
        used[CUSTOMER_EVENT_BYTES] += at->m.size;
    }
}

/* Whether the leash that an agent names is there, and holds this agent. */
static bool check_leash(struct agents_checking *checking, const struct agent *agent)
{
    const struct object *leash =
        object_find(&checking->agents->objects, agent->leash, OBJECT_LEASH);

    if (agent->leash == 0)
        return true;
    checking->leashed++;
    if (leash != NULL && leash->u.leash.child == agent->id)
        return true;
    checking->status = fault_set(checking->fault, ST_CORRUPT,
                                 "agent %" PRIu64 ": object %" PRIu64 " is no leash that holds it",
                                 agent->id, agent->leash);
    return false;
}

static bool check_one_agent(void *context, const struct agent *agent)
{
    struct agents_checking *checking = context;
    struct holding holding = {0};

    for (const struct object *object = agent->owns.newest; object != NULL;
         object = object->older_owned) {
        if (!check_belongs(checking, agent, object)) {
            checking->status = fault_set(checking->fault, ST_CORRUPT,
                                         "agent %" PRIu64 ": object %" PRIu64
                                         " is out of its place in the list of what it owns",
                                         agent->id, object->id);
            return false;
        }
        check_count_object(&holding, object);
        checking->objects++;
    }
    check_count_agent(checking, agent, &holding);
    checking->desks += agent->state == AGENT_DESK;
    if (agent_is_frozen(agent))
        checking->frozen[(int)agent->state - AGENT_FROZEN_DRY]++;
    checking->leashes += holding.leashes;
    if (!check_leash(checking, agent))
        return false;
    if (upgrade_is_under_way(agent) &&
        (agent->inbox.first == NULL || agent->inbox.first->m.kind != SERAI_EVENT_BECAME)) {
        checking->status = fault_set(checking->fault, ST_CORRUPT,
                                     "agent %" PRIu64 ": it is to try another program, and its "
                                     "next event is not BECAME",
                                     agent->id);
        return false;
    }
    if (agent->state == AGENT_DESK && holding.facets != holding.events + 1) {
        checking->status = fault_set(checking->fault, ST_CORRUPT,
                                     "agent %" PRIu64 ": a desk asks with one facet, and it has "
                                     "%" PRIu64,
                                     agent->id, holding.facets - holding.events);
        return false;
    }
    if (holding.facets == agent->owns.facets && holding.timers == agent->owns.timers &&
        holding.buffer_bytes == agent->owns.buffer_bytes)
        return true;
    checking->status =
        fault_set(checking->fault, ST_CORRUPT,
                  "agent %" PRIu64 ": it counts %" PRIu64 " facets, %" PRIu64 " timers and %" PRIu64
                  " bytes of buffers, but has %" PRIu64 ", %" PRIu64 " and %" PRIu64,
                  agent->id, agent->owns.facets, agent->owns.timers, agent->owns.buffer_bytes,
                  holding.facets, holding.timers, holding.buffer_bytes);
    return false;
}

/*
 * Heap entries count for the customer of the agent that added them, also when that agent is dead.
 */
static void check_count_heap(struct agents_checking *checking)
{
    const struct agents *agents = checking->agents;

    for (size_t i = 0; i < agents->heap.bucket_count; i++) {
        for (const struct heap_entry *entry = agents->heap.buckets[i]; entry != NULL;
             entry = entry->next) {
            check_use_of(checking, entry->customer)->used[CUSTOMER_HEAP_ENTRIES]++;
            lineage_in(&checking->lineages, entry->customer)->holds++;
        }
    }
}

/* Add holdings by ends of channels, which this part does not know. */
static void check_add_ends(void *sum, uint64_t customer, enum customer_resource resource,
                           uint64_t amount)
{
    struct agents_checking *checking = sum;

    check_use_of(checking, customer)->used[resource] += amount;
    if (resource == CUSTOMER_ENDS)
        lineage_in(&checking->lineages, customer)->holds += amount;
}

/* Compare what is counted for a customer with what was found; each may lack what the other has. */
static void check_customer(void *context, uint64_t owner, void *value)
{
    struct agents_checking *checking = context;
    const struct customer_use *found = customer_use_in(&checking->customers, owner);
    const struct customer_use *said = value;

    for (int i = 0; i < CUSTOMER_RESOURCES && checking->status == ST_OK; i++) {
        if (said->used[i] != found->used[i])
            checking->status = fault_set(checking->fault, ST_CORRUPT,
                                         "customer %" PRIu64 ": of what a customer may hold, number"
                                         " %d is counted as %" PRIu64 ", but is %" PRIu64,
                                         owner, i, said->used[i], found->used[i]);
    }
    if (checking->status == ST_OK && said->waiting != found->waiting)
        checking->status = fault_set(checking->fault, ST_CORRUPT,
                                     "customer %" PRIu64 ": %" PRIu64
                                     " messages on promises are counted, but there are %" PRIu64,
                                     owner, said->waiting, found->waiting);
}

/* A customer that holds something must have a count at all. */
static void check_is_counted(void *context, uint64_t owner, void *value)
{
    struct agents_checking *checking = context;

    (void)value;
    if (checking->status == ST_OK && table_get(&checking->agents->customers, owner) == NULL)
        checking->status =
            fault_set(checking->fault, ST_CORRUPT,
                      "customer %" PRIu64 ": nothing is counted of what it holds", owner);
}

static void check_lineage(void *context, uint64_t customer, void *value)
{
    struct agents_checking *checking = context;
    const struct lineage *found = value;
    uint64_t said = agents_lineage_holds(checking->agents, customer);

    if (checking->status == ST_OK && said != found->holds)
        checking->status = fault_set(checking->fault, ST_CORRUPT,
                                     "customer %" PRIu64 ": %" PRIu64
                                     " agents, heap entries and ends are counted, but there are "
                                     "%" PRIu64,
                                     customer, said, found->holds);
}

/* A customer that was counted and not found holds nothing: let the comparison see a zero. */
static void check_expect_lineage(void *context, uint64_t customer, void *value)
{
    struct agents_checking *checking = context;

    (void)value;
    (void)lineage_in(&checking->lineages, customer);
}

static void check_frozen(struct agents_checking *checking, int kind)
{
    uint64_t counted = checking->agents->counters.frozen_by[kind];

    if (checking->status == ST_OK && checking->frozen[kind] != counted)
        checking->status =
            fault_set(checking->fault, ST_CORRUPT,
                      "%" PRIu64 " agents are in state %d, and %" PRIu64 " are counted",
                      checking->frozen[kind], AGENT_FROZEN_DRY + kind, counted);
}

enum status agents_check(const struct agents *agents, struct fault *fault)
{
    struct agents_checking checking = {.agents = agents, .fault = fault, .status = ST_OK};

    agents_each(agents, 0, check_one_agent, &checking);
    if (checking.status == ST_OK && checking.objects != table_count(&agents->objects.by_id))
        checking.status =
            fault_set(fault, ST_CORRUPT,
                      "%zu facets, buffers, timers and others are in no list of an agent's",
                      table_count(&agents->objects.by_id) - checking.objects);
    if (checking.status == ST_OK && checking.desks != agents->counters.desks)
        checking.status =
            fault_set(fault, ST_CORRUPT, "there are %zu desks, and %" PRIu64 " are counted",
                      checking.desks, agents->counters.desks);
    for (int kind = 0; kind < AGENTS_FROZEN_KINDS; kind++)
        check_frozen(&checking, kind);
    if (checking.status == ST_OK && checking.leashes != checking.leashed)
        checking.status =
            fault_set(fault, ST_CORRUPT,
                      "%" PRIu64 " leashes are there, and %" PRIu64 " agents that are held by one",
                      checking.leashes, checking.leashed);
    check_count_heap(&checking);
    if (agents->env.channels->holdings != NULL)
        agents->env.channels->holdings(agents->env.channels_context, &checking, check_add_ends);
    if (checking.status == ST_OK)
        table_each(&agents->customers, check_customer, &checking);
    table_each(&checking.customers, check_is_counted, &checking);
    table_each(&agents->lineages, check_expect_lineage, &checking);
    table_each(&checking.lineages, check_lineage, &checking);
    customers_free(&checking.customers);
    lineages_free(&checking.lineages);
    if (checking.status == ST_OK)
        checking.status = agents_check_holders(agents, fault);
    return checking.status;
}
