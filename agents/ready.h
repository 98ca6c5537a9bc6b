/* The order of turns.  Private to this part. */
#ifndef SERAI_AGENTS_READY_H
#define SERAI_AGENTS_READY_H

#include "agents/customers.h"

/* The place of an agent among those of its customer that have something to do. */
struct ready_link {
    bool queued;
    struct agent *next;
    struct agent *previous;
};

/* Customers whose agents have something to do, in the order in which they come. */
struct ready_queue {
    struct customer_use *first; /* NULL: nobody */
    struct customer_use *last;
    size_t count; /* of agents */
};

/* Queue the agent for a turn, if it has something to do and is not queued. */
void agent_make_ready(struct agents *agents, struct agent *agent);

/* Take the agent out of its queue. */
void agent_unready(struct agents *agents, struct agent *agent);

/* The agent whose turn is next; it stays in the queue.  NULL: there is none. */
struct agent *ready_next(struct agents *agents);

/* Count the fuel of a turn against the time of its customer. */
void ready_used(struct agents *agents, struct customer_use *use, uint64_t fuel);

#endif
