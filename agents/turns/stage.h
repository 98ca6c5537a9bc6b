/* Money within a turn, besides agents/agents.h.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_STAGE_H
#define SERAI_AGENTS_TURNS_STAGE_H

#include "base/status.h"
#include "sdk/abi.h"

struct turn;

/*
 * What the agent may spend now: free + income - fees - paid, which is never negative
 * (docs/architecture.md, "Money within a turn").
 */
struct money turn_spendable(const struct turn *turn);

/* Take the price of an order.  False: not enough, and nothing was taken. */
bool turn_order_fee(struct turn *turn, enum serai_order order);

/*
 * Take the price of checking a module of `size` bytes: fuel that is booked as the turn's own, but
 * not out of the fuel of one turn, which would have to be several times as much for the largest
 * module.  False: not enough money, and nothing was taken.
 */
bool turn_check_fee(struct turn *turn, size_t size);

/* Take the price of `size` bytes of log.  False: not enough, and nothing was taken. */
bool turn_log_fee(struct turn *turn, size_t size);

#endif
