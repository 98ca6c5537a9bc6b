/* The notice of a low balance.  Private to this part. */
#ifndef SERAI_AGENTS_LOW_BALANCE_H
#define SERAI_AGENTS_LOW_BALANCE_H

#include "agents/agents.h"

/*
 * Send LOW when the balance fell below the mark, once a crossing; set the mark again when the
 * balance rose a quarter above it.  Within an event.
 */
void agent_check_mark(struct agents *agents, struct agent *agent);

#endif
