/*
 * Settlements in the books: what links/settlement.h decides is booked here, each step in one event.
 * The money that pays is the operator's, outside of the books: so it leaves through the treasury,
 * as `money out` does, and comes in at the peer through its treasury.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_SETTLEMENTS_H
#define SERAI_SITE_CORE_SETTLEMENTS_H

#include "base/cbor.h"

struct core;
struct link;
struct map;
struct outcome;
struct viewer;

/* Begin the payments that the terms of links call for; once a second.  True: one was begun. */
bool core_settlements_tick(struct core *core);

/* Book what the parcel that was just taken decided about a payment of ours. */
void core_settlement_decided(struct core *core, struct link *link);

/* Carry out the order of a peer, a customer here by its site key, that was just taken, if any. */
void core_settlement_order(struct core *core, struct link *link);

/* Add what `serai link show` has of a link's settlements. */
void core_settlement_entries(const struct core *core, const struct link *link, struct map *map);

/* Carry out the read `settlements`, a row of the table in reads.c: the payments of one link. */
void core_read_settlements(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome);

#endif
