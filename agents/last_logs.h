/*
 * The logs of agents that ended: the last lines of the last few, in memory alone, so that whoever
 * owned one can read why it ended.  Private to this part.
 */
#ifndef SERAI_AGENTS_LAST_LOGS_H
#define SERAI_AGENTS_LAST_LOGS_H

#include "agents/limits.h"
#include "agents/logs.h"

struct agent;
struct agents;

struct last_log {
    uint64_t agent; /* 0: the place is empty */
    uint64_t customer;
    struct agent_log log;
};

struct last_logs {
    struct last_log places[LAST_LOGS_MAX];
    uint64_t next; /* which place is taken next */
};

/* Take the log of a dead agent, which is left without one, before it is freed. */
void last_log_take(struct agents *agents, struct agent *agent);

/* Free all of them. */
void last_logs_fini(struct last_logs *logs);

#endif
