/*
 * What agents wrote down: a bounded run of lines each, the oldest going first.  Lines stand
 * whatever becomes of the turn that wrote them: they are how an author learns why it trapped.
 */
#include "agents/logs.h"

#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/limits.h"
#include "agents/set.h"

static void drop_oldest(struct agent *agent)
{
    struct agent_log_line *line = agent->log_first;

    agent->log_first = line->next;
    if (agent->log_first == NULL)
        agent->log_last = NULL;
    agent->log_lines--;
    agent->log_bytes -= line->size + HELD_LOG_LINE;
    agent->log_deleted = line->line;
    free(line->text);
    free(line);
}

void agent_log(struct agents *agents, struct agent *agent, enum log_writer by, const char *text,
               size_t size)
{
    struct agent_log_line *line = calloc(1, sizeof *line);

    INVARIANT(line != NULL);
    line->text = malloc(size > 0 ? size : 1);
    INVARIANT(line->text != NULL);
    memcpy(line->text, text, size);
    line->size = size;
    line->line = agent->log_next++;
    line->time_us = agents->now_us;
    line->by = by;
    rent_touch(agents, agent);
    if (agent->log_last != NULL)
        agent->log_last->next = line;
    else
        agent->log_first = line;
    agent->log_last = line;
    agent->log_lines++;
    agent->log_bytes += size + HELD_LOG_LINE;
    if (agent->log_lines > AGENT_LOG_LINES_MAX)
        drop_oldest(agent);
    agent_dirty(agents, agent);
}

void agent_log_free(struct agent *agent)
{
    while (agent->log_first != NULL)
        drop_oldest(agent);
}

size_t agents_log_list(const struct agents *agents, const struct agent *agent, uint64_t after,
                       size_t limit,
                       void (*visit)(void *context, const struct agent_log_view *line),
                       void *context)
{
    size_t count = 0;

    (void)agents;
    for (const struct agent_log_line *line = agent->log_first; line != NULL; line = line->next) {
        struct agent_log_view view = {.line = line->line,
                                      .time_us = line->time_us,
                                      .by = line->by,
                                      .text = line->text,
                                      .size = line->size};

        if (line->line <= after)
            continue;
        if (count == limit)
            break;
        visit(context, &view);
        count++;
    }
    return count;
}
