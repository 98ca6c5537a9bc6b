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

/*
 * Begin an order: take its price, and hold that of the lines of the journal which it may add.
 * False: not enough, and nothing was taken.
 */
bool turn_order_begins(struct turn *turn, enum serai_order order);

/* Take the price of the running order once more.  False: not enough, and nothing was taken. */
bool turn_order_fee(struct turn *turn, enum serai_order order);

/* Take the price of one more line, out of what the running order holds. */
void turn_add_line(struct turn *turn);

/* The order has ended: what it held for lines and did not need is free again. */
void turn_order_ends(struct turn *turn);

/*
 * Take the price of checking a module of `size` bytes: fuel that is booked as the turn's own, but
 * not out of the fuel of one turn, which would have to be several times as much for the largest
 * module.  False: not enough money, and nothing was taken.
 */
bool turn_check_fee(struct turn *turn, size_t size);

/* Take the price of `size` bytes of log.  False: not enough, and nothing was taken. */
bool turn_log_fee(struct turn *turn, size_t size);

#endif
