/* The lines of an agent's log.  Private to this part. */
#ifndef SERAI_AGENTS_LOGS_H
#define SERAI_AGENTS_LOGS_H

#include "agents/views.h"

struct agent_log_line {
    uint64_t line;
    uint64_t time_us;
    enum log_writer by;
    size_t size;
    char *text;
    bool saved;
    struct agent_log_line *next;
};

/* The lines that an agent wrote, the oldest first. */
struct agent_log {
    struct agent_log_line *first;
    struct agent_log_line *last;
    uint64_t bytes;
    uint64_t lines;
    uint64_t next;    /* number of the next line, from 1 */
    uint64_t deleted; /* lines up to here are gone from RAM; their rows go with the next save */
    uint64_t erased;  /* lines up to here have no row */
};

/*
 * Add a line to the agent's log, copied; beyond AGENT_LOG_LINES_MAX the oldest is dropped.  Not
 * undone.
 */
void agent_log(struct agents *agents, struct agent *agent, enum log_writer by, const char *text,
               size_t size);

/* Put a line, which the log owns from here on, behind its others. */
void agent_log_append(struct agent_log *log, struct agent_log_line *line);

/* Drop the oldest lines until there are no more than so many. */
void agent_log_shorten(struct agent_log *log, uint64_t lines_max);

/* agents_log_list() of any log. */
size_t agent_log_visit(const struct agent_log *log, uint64_t after, size_t limit,
                       void (*visit)(void *context, const struct agent_log_view *line),
                       void *context);

/* Free all lines. */
void agent_log_fini(struct agent_log *log);

#endif
