#include "agents/last_logs.h"

#include "agents/agent.h"
#include "agents/set.h"
#include "agents/views.h"

void last_log_take(struct agents *agents, struct agent *agent)
{
    struct last_log *place;

    if (agent->log.lines == 0)
        return; /* nor has a desk any */
    place = &agents->last_logs.places[agents->last_logs.next++ % LAST_LOGS_MAX];
    agent_log_fini(&place->log);
    *place = (struct last_log){.agent = agent->id, .customer = agent->customer, .log = agent->log};
    agent->log = (struct agent_log){.next = agent->log.next};
    agent_log_shorten(&place->log, LAST_LOG_LINES_MAX);
}

void last_logs_fini(struct last_logs *logs)
{
    for (size_t i = 0; i < LAST_LOGS_MAX; i++)
        agent_log_fini(&logs->places[i].log);
}

/* The newest first: a number that only an undone turn gave out may be another agent's later. */
static const struct last_log *last_log_find(const struct agents *agents, uint64_t agent)
{
    const struct last_logs *logs = &agents->last_logs;

    for (uint64_t back = 1; back <= LAST_LOGS_MAX && back <= logs->next; back++) {
        const struct last_log *place = &logs->places[(logs->next - back) % LAST_LOGS_MAX];

        if (place->agent == agent)
            return place;
    }
    return NULL;
}

bool agents_last_log_owner(const struct agents *agents, uint64_t agent, uint64_t *customer)
{
    const struct last_log *found = last_log_find(agents, agent);

    if (found != NULL)
        *customer = found->customer;
    return found != NULL;
}

size_t agents_last_log_list(const struct agents *agents, uint64_t agent, uint64_t after,
                            size_t limit,
                            void (*visit)(void *context, const struct agent_log_view *line),
                            void *context)
{
    const struct last_log *found = last_log_find(agents, agent);

    return found == NULL ? 0 : agent_log_visit(&found->log, after, limit, visit, context);
}
