/*
 * The orders of this part, one order_*() for each kind of capability.  Behind it each order has a
 * decode_*(), which checks everything and takes what the order costs, and if it changes more than
 * that a perform_*(), which cannot be refused.  Returns the order's result, or a refusal, and then
 * nothing is changed but the cost (docs/guest-abi.md).  Private to this part.
 */
#ifndef SERAI_AGENTS_ORDERS_ORDERS_H
#define SERAI_AGENTS_ORDERS_ORDERS_H

#include "agents/turns/turn.h"

/* The event that the turn is about. */
int64_t order_event(struct turn *turn, enum serai_order order, const uint64_t *args);
/* The agent itself: its balance, facets, mark, code, and its end. */
int64_t order_self(struct turn *turn, enum serai_order order, const uint64_t *args);
/* Any cap: its kind, keeping and dropping it. */
int64_t order_cap(struct turn *turn, enum serai_order order, const uint64_t *args);
/* Facets: sending and funding. */
int64_t order_facet(struct turn *turn, enum serai_order order, const uint64_t *args);
/* The buffer pool and buffers. */
int64_t order_buffer(struct turn *turn, enum serai_order order, const uint64_t *args);
/* The capability heap. */
int64_t order_heap(struct turn *turn, enum serai_order order, const uint64_t *args);
/* The code store. */
int64_t order_code(struct turn *turn, enum serai_order order, const uint64_t *args);
/* The agent's log. */
int64_t order_log(struct turn *turn, enum serai_order order, const uint64_t *args);
/* A spawner. */
int64_t order_spawner(struct turn *turn, enum serai_order order, const uint64_t *args);
/* A timer. */
int64_t order_timer(struct turn *turn, enum serai_order order, const uint64_t *args);
/* Make a timer of the turn's agent: for a site time, or for TIMER_AT_LEAVING. */
int64_t order_new_timer(struct turn *turn, uint64_t at_us, uint64_t badge);
/* The clock. */
int64_t order_clock(struct turn *turn, enum serai_order order, const uint64_t *args);
/* Random bytes. */
int64_t order_random(struct turn *turn, enum serai_order order, const uint64_t *args);
/* Leashes of children. */
int64_t order_leash(struct turn *turn, enum serai_order order, const uint64_t *args);

#endif
