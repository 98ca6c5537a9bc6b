/* One agent's struct: made, freed, and plain facts about it. */
#include "agents/agent.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/caps.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/pages/paged.h"

static void agent_number(struct agent *agent, uint64_t id)
{
    agent->id = id;
    agent->log.next = 1;
    /* The pages of its memory are rows under the agent's own number. */
    paged_init(&agent->program.memory, id, 0);
}

struct agent *agent_alloc(uint64_t id)
{
    struct agent *agent = calloc(1, sizeof *agent);

    INVARIANT(agent != NULL);
    agent_number(agent, id);
    return agent;
}

void agent_renew(struct agent *agent, uint64_t id)
{
    struct cap_table caps = agent->caps;
    uint64_t *globals = agent->program.globals;
    struct code_ref *kept = agent->program.kept;

    INVARIANT(agent->inbox.first == NULL && agent->program.memory.pages == NULL);
    cap_table_clear(&caps);
    memset(agent, 0, sizeof *agent);
    agent->caps = caps;
    agent->program.globals = globals;
    agent->program.kept = kept;
    agent_number(agent, id);
}

void agent_make_kept(struct agent *agent)
{
    if (agent->program.kept != NULL)
        return;
    agent->program.kept = calloc(AGENT_CODES_MAX, sizeof *agent->program.kept);
    INVARIANT(agent->program.kept != NULL);
}

void agent_fit_globals(struct agent *agent, uint32_t count)
{
    uint64_t *fit = realloc(agent->program.globals, (count > 0 ? count : 1) * sizeof *fit);

    INVARIANT(fit != NULL);
    agent->program.globals = fit;
}

void agent_free(struct agent *agent)
{
    if (agent == NULL)
        return;
    while (agent->inbox.first != NULL) {
        struct inbox_message *message = agent->inbox.first;

        inbox_unlink(&agent->inbox, message);
        inbox_message_free(message);
    }
    free(agent->inbox.shares);
    agent_log_fini(&agent->log);
    cap_table_fini(&agent->caps);
    paged_fini(&agent->program.memory);
    free(agent->program.globals);
    free(agent->program.kept);
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
