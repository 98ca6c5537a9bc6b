/* One agent's struct: made, freed, and the facts about it that never change. */
#include "agents/agent.h"

#include <stdlib.h>

#include "agents/caps.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/pages/paged.h"

struct agent *agent_alloc(uint64_t id)
{
    struct agent *agent = calloc(1, sizeof *agent);

    INVARIANT(agent != NULL);
    agent->id = id;
    agent->log_next = 1;
    paged_init(&agent->memory, id, 0);
    return agent;
}

void agent_make_kept(struct agent *agent)
{
    if (agent->kept != NULL)
        return;
    agent->kept = calloc(AGENT_CODES_MAX, sizeof *agent->kept);
    INVARIANT(agent->kept != NULL);
}

void agent_fit_globals(struct agent *agent, uint32_t count)
{
    uint64_t *fit = realloc(agent->globals, (count > 0 ? count : 1) * sizeof *fit);

    INVARIANT(fit != NULL);
    agent->globals = fit;
}

void agent_free(struct agent *agent)
{
    if (agent == NULL)
        return;
    while (agent->inbox_first != NULL) {
        struct inbox_message *message = agent->inbox_first;

        inbox_unlink(agent, message);
        inbox_message_free(message);
    }
    free(agent->inbox_shares);
    agent_log_free(agent);
    agent_caps_free(agent);
    paged_fini(&agent->memory);
    free(agent->globals);
    free(agent->kept);
    free(agent);
}

uint64_t agent_id(const struct agent *agent)
{
    return agent->id;
}

uint64_t agent_customer(const struct agent *agent)
{
    return agent->customer;
}

const char *agent_name(const struct agent *agent)
{
    return agent->name;
}
