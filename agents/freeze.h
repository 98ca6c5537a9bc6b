/* The needs of an agent's next event; freezing and thawing.  Private to this part. */
#ifndef SERAI_AGENTS_FREEZE_H
#define SERAI_AGENTS_FREEZE_H

#include "agents/inbox.h"

/* The money that the agent must have to begin its next event. */
struct money agent_head_needs(const struct agents *agents, const struct agent *agent);

/* The money that the agent has for its next event, with what came with that event. */
struct money agent_head_funds(const struct agents *agents, const struct agent *agent);

/*
 * The message that pays for an agent whose event ran dry: the first one behind it whose postage
 * makes up for what is lacking.  NULL: there is none, or none is wanted.
 */
struct inbox_message *agent_sponsor(const struct agents *agents, const struct agent *agent);

/* The money that a dry agent must be given to go on; else zero. */
struct money agent_lacks(const struct agents *agents, const struct agent *agent);

/*
 * agent_count_frozen() counts the agent among those that are frozen in its state, if it is one;
 * agent_uncount_frozen() takes it out of that count, before its state changes.
 */
void agent_count_frozen(struct agents *agents, const struct agent *agent);
void agent_uncount_frozen(struct agents *agents, const struct agent *agent);

/* Let a dry agent run again if its next event is paid for. */
void agents_try_thaw(struct agents *agents, struct agent *agent);

/* When an agent is found to have too little money. */
enum dry_cause { DRY_BEFORE_EVENT, DRY_IN_TURN, DRY_OF_RENT };

/* Freeze an agent that is not held, by the agent that holds its leash. */
void agent_freeze_leashed(struct agents *agents, struct agent *agent, uint64_t holder);

/* Let an agent go on that was frozen so; without the money for that it is dry. */
void agent_let_go(struct agents *agents, struct agent *agent);

/* Freeze a running agent for want of money. */
void agent_freeze_dry(struct agents *agents, struct agent *agent, enum dry_cause cause);

/* Let the agent be billed no later than frozen_send_back() is due. */
void frozen_schedule(struct agents *agents, const struct agent *agent);

/* Site time from which on nothing waits for a frozen agent any more; UINT64_MAX: never. */
uint64_t frozen_waits_until_us(const struct agents *agents, const struct agent *agent);

/* Fill up the burial reserve of an agent from its money.  Within an event. */
void agent_refill_burial(struct agents *agents, struct agent *agent);

#endif
