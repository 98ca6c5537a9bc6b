/* What must hold of agents and what they own, counted anew from the things themselves. */
#include <inttypes.h>

#include "agents/state.h"

struct checking {
    const struct agents *agents;
    size_t objects; /* that are in somebody's list */
    struct fault *fault;
    enum status status;
};

/* What one agent's list holds. */
struct holding {
    uint64_t facets;
    uint64_t timers;
    uint64_t buffer_bytes;
};

static void hold(struct holding *holding, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        holding->facets++;
        break;
    case OBJECT_BUFFER:
        holding->buffer_bytes += object->u.buffer.size;
        break;
    case OBJECT_TIMER:
        holding->timers++;
        break;
    }
}

/* Its own, of the table, each once: numbers fall from the newest on. */
static bool belongs(const struct checking *checking, const struct agent *agent,
                    const struct object *object)
{
    const struct object *newer = object->newer_owned;

    return object->owner == agent->id &&
           table_get(&checking->agents->objects, object->id) == object &&
           (newer == NULL ? agent->owned == object
                          : newer->older_owned == object && newer->id > object->id);
}

static bool check_agent(void *context, const struct agent *agent)
{
    struct checking *checking = context;
    struct holding holding = {0};

    for (const struct object *object = agent->owned; object != NULL; object = object->older_owned) {
        if (!belongs(checking, agent, object)) {
            checking->status = fault_set(checking->fault, ST_CORRUPT,
                                         "agent %" PRIu64 ": object %" PRIu64
                                         " is out of its place in the list of what it owns",
                                         agent->id, object->id);
            return false;
        }
        hold(&holding, object);
        checking->objects++;
    }
    if (holding.facets == agent->facets && holding.timers == agent->timers &&
        holding.buffer_bytes == agent->buffer_bytes)
        return true;
    checking->status =
        fault_set(checking->fault, ST_CORRUPT,
                  "agent %" PRIu64 ": it counts %" PRIu64 " facets, %" PRIu64 " timers and %" PRIu64
                  " bytes of buffers, but has %" PRIu64 ", %" PRIu64 " and %" PRIu64,
                  agent->id, agent->facets, agent->timers, agent->buffer_bytes, holding.facets,
                  holding.timers, holding.buffer_bytes);
    return false;
}

enum status agents_check(const struct agents *agents, struct fault *fault)
{
    struct checking checking = {.agents = agents, .fault = fault, .status = ST_OK};

    agents_each(agents, 0, check_agent, &checking);
    if (checking.status == ST_OK && checking.objects != table_count(&agents->objects))
        checking.status = fault_set(fault, ST_CORRUPT,
                                    "%zu facets, buffers and timers are in no list of an agent's",
                                    table_count(&agents->objects) - checking.objects);
    return checking.status;
}
