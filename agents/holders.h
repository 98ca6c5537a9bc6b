/*
 * How many places hold a capability to a facet or a promise: slots of agents, messages that wait,
 * entries of the heap, promises that are resolved to it, and questions that were asked with it and
 * wait for their answer.  A facet does not count the slots of
 * its own agent; a promise counts all.  Each count is that of a look at everything
 * (agents_check()).  Private to this part.
 */
#ifndef SERAI_AGENTS_HOLDERS_H
#define SERAI_AGENTS_HOLDERS_H

#include "agents/objects.h"

struct cap;
struct message;

/* In place of an agent: a place that is no slot. */
#define HOLDER_NO_AGENT UINT64_C(0)

/* Whether a place counts for the object: any, but the slots of a facet's own agent. */
bool holders_count_place(const struct object *object, uint64_t agent);

/* The facet or promise that a capability names; NULL: it names another kind of thing, or none. */
struct object *cap_object(const struct agents *agents, const struct cap *cap);

/*
 * holders_gain() and holders_lose() count a place more or less for what the capability names, if
 * that counts places and is there: a slot of `agent`, or with HOLDER_NO_AGENT another place.  A
 * thing that loses its last place is looked at when the event ends (agents_follow_up()).  Undone by
 * the rollback of a running turn.
 */
void holders_gain(struct agents *agents, const struct cap *cap, uint64_t agent);
void holders_lose(struct agents *agents, const struct cap *cap, uint64_t agent);

/* message_gains() and message_loses() do the same for all that a message carries. */
void message_gains(struct agents *agents, const struct message *message);
void message_loses(struct agents *agents, const struct message *message);

#endif
