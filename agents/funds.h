/* The money of an agent and the needs of an event.  Private to this part. */
#ifndef SERAI_AGENTS_FUNDS_H
#define SERAI_AGENTS_FUNDS_H

struct agent;
struct agents;
struct pricebook;
struct turn_prices;

/* Compute what the prices of a turn come to. */
void turn_prices_set(struct turn_prices *of_turn, const struct pricebook *prices);

/* The money below which an event waits, unless it is known to need more. */
struct money agent_needs(const struct agents *agents);

/* The money with which an event has as much fuel as any can have. */
struct money agent_needs_most(const struct agents *agents);

/* The balance of the agent's account. */
struct money agent_funds(const struct agents *agents, const struct agent *agent);

#endif
