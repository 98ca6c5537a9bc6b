/* Running one event.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_RUN_H
#define SERAI_AGENTS_TURNS_RUN_H

#include "agents/turns/turn.h"

struct inbox_message;

/*
 * Run one event of an agent that can pay for it, taken from its inbox, to its end.  False: it ran
 * out of money, and the event is in the inbox again; else the caller frees it.
 */
bool turn_run(struct agents *agents, struct agent *agent, struct inbox_message *event);

#endif
