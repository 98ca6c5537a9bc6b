/* Facets and replies.  Private to this part. */
#ifndef SERAI_AGENTS_FACETS_H
#define SERAI_AGENTS_FACETS_H

#include "agents/cap.h"
#include "agents/objects.h"

struct cap;

/* Make a facet of `owner`.  Undone by rollback. */
struct object *facet_new(struct agents *agents, struct agent *owner, uint64_t badge,
                         struct money postage);

/*
 * Make a reply facet like `asked`, to whose replies it belongs.  The caller posts its reserve.
 * Undone by rollback.
 */
struct object *reply_new(struct agents *agents, struct agent *owner, struct object *asked,
                         struct money reserve);

/*
 * Count one thing more or less that has the price and the bounds of a facet: facets, replies,
 * leashes.  Undone by rollback.
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

/* The reply facet that this is a cap to, unless it is used up; else NULL. */
struct object *cap_reply(const struct agents *agents, const struct cap *cap);

#endif
