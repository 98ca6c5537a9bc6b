/* What orders see of the running turn, besides agents/agents.h.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_ACCESS_H
#define SERAI_AGENTS_TURNS_ACCESS_H

#include "base/status.h"

struct turn;

/* Keep a slot as it is when the turn commits, if it was lent. */
void turn_keep_slot(struct turn *turn, uint64_t slot);

#endif
