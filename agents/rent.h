/* Paying rent.  Private to this part. */
#ifndef SERAI_AGENTS_RENT_H
#define SERAI_AGENTS_RENT_H

#include "base/money.h"
#include "base/status.h"

struct agent;
struct agents;

/* Whether a whole nano or more of rent is owed now. */
bool rent_is_due(struct agents *agents, struct agent *agent);

/* Book the rent that is owed, in a running event.  An agent that cannot pay it is frozen. */
void rent_bill(struct agents *agents, struct agent *agent);

/* Let the agent be billed no later than its money runs out, or falls below its mark. */
void rent_schedule(struct agents *agents, const struct agent *agent);

/* The rent of an agent now: bytes held x nanos per GiB-hour, over all resources. */
u128 agent_rent_rate(const struct agents *agents, const struct agent *agent);

#endif
