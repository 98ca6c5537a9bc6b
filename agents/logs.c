/*
 * Logs of agents: a bounded run of lines each, of which the oldest goes first.  Lines stand
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
#include "agents/views.h"

static void agent_log_drop_oldest(struct agent_log *log)
{
    struct agent_log_line *line = log->first;

    log->first = line->next;
    if (log->first == NULL)
        log->last = NULL;
    log->lines--;
    log->bytes -= line->size + HELD_LOG_LINE;
    /* Rows up to this line are deleted when the agent's row is written (save_log()). */
    log->deleted = line->line;
    free(line->text);
    free(line);
}

void agent_log_append(struct agent_log *log, struct agent_log_line *line)
{
    if (log->last != NULL)
        log->last->next = line;
    else
        log->first = line;
    log->last = line;
    log->lines++;
    log->bytes += line->size + HELD_LOG_LINE;
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
    line->line = agent->log.next++;
    line->time_us = agents->now_us;
    line->by = by;
    /* Rent by the lines until now; nothing here is saved in the undo log, as lines stand. */
    rent_accrue(agents, agent);
    agent_log_append(&agent->log, line);
    if (agent->log.lines > AGENT_LOG_LINES_MAX)
        agent_log_drop_oldest(&agent->log);
    agent_dirty(&agents->changes, agent);
}

void agent_log_shorten(struct agent_log *log, uint64_t lines_max)
{
    while (log->lines > lines_max)
        agent_log_drop_oldest(log);
}

void agent_log_fini(struct agent_log *log)
{
    while (log->first != NULL)
        agent_log_drop_oldest(log);
}

size_t agents_log_list(const struct agents *agents, const struct agent *agent, uint64_t after,
                       size_t limit,
                       void (*visit)(void *context, const struct agent_log_view *line),
                       void *context)
{
    (void)agents;
    return agent_log_visit(&agent->log, after, limit, visit, context);
}

size_t agent_log_visit(const struct agent_log *log, uint64_t after, size_t limit,
                       void (*visit)(void *context, const struct agent_log_view *line),
                       void *context)
{
    size_t count = 0;

    for (const struct agent_log_line *line = log->first; line != NULL; line = line->next) {
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
