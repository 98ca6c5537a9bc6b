/* Facets and replies.  Private to this part. */
#ifndef SERAI_AGENTS_FACETS_H
#define SERAI_AGENTS_FACETS_H

#include "agents/cap.h"
#include "agents/objects.h"

struct cap;

/* Make a facet of `owner`.  Undone by rollback. */
struct object *facet_new(struct agents *agents, struct agent *owner, uint64_t badge,
                         struct money postage);

/* Make the facet of `owner` for this badge, which has none yet.  Undone by rollback. */
struct object *facet_new_named(struct agents *agents, struct agent *owner, uint64_t badge,
                               struct money postage);

/* Change the postage that a facet asks.  Undone by rollback. */
void facet_set_postage(struct agents *agents, struct object *facet, struct money postage);

/*
 * Watch a facet that is found by its badge.  The caller posts its reserve.  Undone by rollback.
 */
void facet_watch(struct agents *agents, struct object *facet, struct money reserve);

/* Tell the agent of a watched facet that no place holds it, by UNHELD; outside of turns. */
void facet_tell_unheld(struct agents *agents, struct object *facet);

/* Watch it again: UNHELD has not come, and somebody holds the facet.  Outside of turns. */
void facet_watch_again(struct agents *agents, struct object *facet, struct money reserve);

/* Whether a place for an event is reserved with the facet: the answer to a reply, or UNHELD. */
bool facet_has_event(const struct object *facet);

/*
 * The postage that a message to this facet must bring: what its owner asks, at least one event
 * reserve.
 */
struct money facet_event_price(const struct agents *agents, const struct object *facet);

/* The same, but an answer needs none: the agent that asked reserved its event. */
struct money facet_postage_floor(const struct agents *agents, const struct object *facet);

/*
 * Make a reply facet like `asked`, to whose replies it belongs; NULL: nobody hears the answer.  It
 * resolves `promise`, unless that is NULL.  The caller posts its reserve.  Undone by rollback.
 */
struct object *reply_new(struct agents *agents, struct agent *owner, struct object *asked,
                         struct object *promise, struct money reserve);

/*
 * Count one thing more or less that has the price and the bounds of a facet: facets, replies,
 * leashes, promises.  Undone by rollback.
 */
void facet_count_in(struct agents *agents, struct agent *owner);
void facet_count_out(struct agents *agents, struct agent *owner);

/* Put a reply into the list of those asked with `asked`, after it; not undone. */
void reply_link(struct object *asked, struct object *reply);

/*
 * Remove a facet, so that every cap to it is dead.  The caller posts what it reserves.  Undone by
 * rollback.
 */
void facet_remove(struct agents *agents, struct object *facet);

/* Take a facet out of the index by badge, if it is there.  Undone by rollback. */
void facet_unname(struct agents *agents, struct object *facet);

/* The reply facet that this is a cap to, unless it is used up; else NULL. */
struct object *cap_reply(const struct agents *agents, const struct cap *cap);

#endif
