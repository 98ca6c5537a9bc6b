/* The messages of one agent.  Private to this part. */
#ifndef SERAI_AGENTS_INBOX_H
#define SERAI_AGENTS_INBOX_H

#include "agents/limits.h"
#include "agents/message.h"

struct slab;

/* One comes and goes with nearly each turn, so it is one block of the slab, with its data. */
struct inbox_message {
    struct message m;    /* m.data points at `bytes` */
    struct slab *memory; /* that it goes back to; NULL: it is malloc's */
    bool saved;          /* a row of it is in the store */
    bool changed;        /* but says less than it */
    bool front;          /* delivered before all that waited */
    struct inbox_message *next;
    struct inbox_message *previous;
    /* of one that waits on a promise, and in the list of those of its sender (promise_queue.h) */
    struct object *promise;
    struct inbox_message *older_sent;
    struct inbox_message *newer_sent;
    uint8_t bytes[];
};

/* How many messages of the bounded part are one customer's. */
struct inbox_share {
    uint64_t customer;
    uint64_t messages;
    uint64_t bytes;
};

/* The messages of an agent, in the order in which they are delivered. */
struct inbox {
    struct inbox_message *first;
    struct inbox_message *last;
    uint64_t count;             /* messages that fill the bounded part */
    uint64_t bounded_bytes;     /* theirs */
    uint64_t bytes;             /* of all */
    uint64_t total;             /* with the reserved ones */
    struct inbox_share *shares; /* of customers that have any; no more than bounded messages */
    size_t share_count;
    size_t share_capacity;
    bool changed; /* a message amid others is to be saved again */
};

/* Whether a message answers a question of its receiver, which made room for it and waits. */
static inline bool message_is_answer(const struct message *message)
{
    return message->kind == SERAI_EVENT_MESSAGE && message->sender_customer == 0;
}

/* The bytes that a message counts for, in the inbox and for rent: its own and a fixed overhead. */
static inline uint64_t message_weight(const struct message *message)
{
    return message->size + INBOX_MESSAGE_OVERHEAD;
}

/* What one customer's messages fill of the bounded part. */
struct inbox_share inbox_share_get(const struct inbox *inbox, uint64_t customer);

/* Take a message out of the inbox, and out of its counts; not undone. */
void inbox_unlink(struct inbox *inbox, struct inbox_message *message);

/* Take a message out of the inbox for good, so that its row goes, too. */
void inbox_take(struct agents *agents, struct agent *agent, struct inbox_message *message);

/*
 * Make a message, in no inbox, as *message says, with a copy of its data.  The caller ends it with
 * inbox_message_free(), before the slab ends.
 */
struct inbox_message *inbox_message_new(struct slab *memory, const struct message *message);

/* Free a message that is in no inbox; NULL is allowed. */
void inbox_message_free(struct inbox_message *message);

/* Add a message that was read from its row, which is taken. */
void inbox_push_loaded(struct agents *agents, struct agent *agent, struct inbox_message *message);

/*
 * Add a message at the end, and to the counts; not undone, and no row is listed:
 * inbox_push_loaded() and agents_deliver() do that.
 */
void inbox_append(struct inbox *inbox, struct inbox_message *message);

/* The same behind the message `before`; NULL: before all. */
void inbox_insert(struct inbox *inbox, struct inbox_message *before, struct inbox_message *message);

/* Count a message that was linked by hand; one with sender_customer 0 fills no bounded part. */
void inbox_count_in(struct inbox *inbox, const struct message *message);

/*
 * Count an event that was paid for in advance for its receiver's customer, while it waits.  Undone
 * by the rollback of a running turn.
 */
void inbox_event_waits(struct agents *agents, struct agent *agent, const struct message *message);

#endif
