/* The beginning of a turn.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_BEGIN_H
#define SERAI_AGENTS_TURNS_BEGIN_H

#include "agents/turns/turn.h"

struct inbox_message;

/*
 * Begin a turn of `agent` for `event`, in a running ledger event: what came to pay for it becomes
 * the agent's and stands; everything after that is undone by turn_undo_all().  `globals` is the
 * caller's memory for ENGINE_GLOBALS_MAX of them, for as long as the turn runs.
 */
void turn_begin(struct turn *turn, struct agents *agents, struct agent *agent,
                struct inbox_message *event, uint64_t *globals);

#endif
