/*
 * What waits on a promise: messages, agents that hear when it ends (facet_when), and the queues of
 * promises that were resolved to it, each as one entry.  The sender of an entry pays rent for it.
 * Private to this part.
 */
#ifndef SERAI_AGENTS_PROMISE_QUEUE_H
#define SERAI_AGENTS_PROMISE_QUEUE_H

#include "agents/inbox.h"
#include "agents/objects.h"

/* Kinds of entries that are no event, besides SERAI_EVENT_MESSAGE. */
enum {
    WAITING_LISTENER = 100, /* `reply` is answered with what the promise is then.  As in its row */
    WAITING_QUEUE = 101,    /* all that waits on the promise `end`; not stored */
};

/* Entries of one agent that wait on promises, the newest first. */
struct sent_waiting {
    struct inbox_message *newest; /* not stored, as the counts */
    uint64_t messages;
    uint64_t bytes; /* with INBOX_MESSAGE_OVERHEAD each */
};

/* Whether anything waits on the promise. */
static inline bool promise_has_queue(const struct object *promise)
{
    return promise->u.promise.queue != NULL && promise->u.promise.queue->total > 0;
}

/* How many rows what waits on the promise has: all entries but those that stand for queues. */
uint64_t promise_queue_rows(const struct object *promise);

/* Whether a message of `size` bytes can wait on the promise: 0, or SERAI_E_FULL. */
int64_t promise_room(const struct agents *agents, const struct object *promise,
                     const struct agent *sender, size_t size);

/*
 * Add a copy of *message, whose money is held already or staged to be; its sender is the agent.
 * Charges for it, and for what becomes of it when the promise ends.  Undone by rollback.
 */
void promise_queue_add(struct agents *agents, struct object *promise, struct agent *sender,
                       const struct message *message);

/* Add a message that was read from its row, which is taken. */
void promise_queue_add_loaded(struct agents *agents, struct object *promise, struct agent *sender,
                              struct inbox_message *message);

/*
 * Add the entry that stands for the queue of `other`, at the number `at` in the order; not undone.
 */
void promise_queue_add_queue(struct object *promise, struct object *other, uint64_t at);

/* Take an entry out of its promise's queue, for good; it is the caller's. */
void promise_queue_take(struct agents *agents, struct inbox_message *entry);

/* Free what a promise has of memory besides itself: its queue and its reason. */
void promise_free_parts(struct object *promise);

/* Free the queue and all that is in it; not undone. */
void promise_queue_free(struct object *promise);

#endif
