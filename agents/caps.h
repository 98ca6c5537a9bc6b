/* Changing the slots of an agent.  Private to this part. */
#ifndef SERAI_AGENTS_CAPS_H
#define SERAI_AGENTS_CAPS_H

#include "agents/cap.h"
#include "base/status.h"

struct agent;
struct agents;
struct cap;

/* Set a slot, below SERAI_SLOTS_MAX (INVARIANT).  Undone by rollback. */
void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot,
                   const struct cap *cap);

/* Whether so many caps have room in its table, and in its customer's bound of memory. */
bool agent_has_slots(const struct agents *agents, const struct agent *agent, uint32_t slots);

/*
 * Put a cap into the first empty slot, also if another holds it already.  Returns the slot, or
 * SERAI_E_FULL.  Undone by rollback.
 */
int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap);

#endif
