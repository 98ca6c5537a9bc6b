/* How life events come about (life_events.h).  Private to this part. */
#ifndef SERAI_AGENTS_LIFE_TELL_H
#define SERAI_AGENTS_LIFE_TELL_H

#include "agents/life_events.h"
#include "base/table.h"

struct agent;

/* The life events of a site; a place is taken again after LIFE_EVENTS_MAX others. */
struct life_ring {
    struct life_event *events;
    uint64_t last;          /* the number of the last one */
    struct table customers; /* account -> struct life_customer */
};

/* Make an empty ring, to be ended with life_ring_fini() whatever this returns.  ST_NOMEM. */
MUST_CHECK enum status life_ring_init(struct life_ring *ring);
/* Free what it holds; an all-zero one is allowed. */
void life_ring_fini(struct life_ring *ring);

/*
 * Tell what has happened to an agent, for good: outside of turns, or when the turn has committed.
 * The text is copied, and cut to fit.
 */
void life_tell(struct agents *agents, const struct agent *agent, enum life_kind kind,
               struct money balance, const char *text, size_t size);

/* Tell what became of this message to the agent: LIFE_UNDONE or LIFE_RETURNED. */
void life_tell_message(struct agents *agents, const struct agent *agent, enum life_kind kind,
                       uint64_t message, const char *text, size_t size);

/* Tell of a birth: at once, or in a turn as soon as that commits. */
void life_tell_birth(struct agents *agents, struct agent *agent);

#endif
