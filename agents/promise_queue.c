/*
 * The queue of a promise: an inbox that no agent has.  Its entries are in the order of their
 * numbers, so that it is read back as it was.
 */
#include "agents/promise_queue.h"

#include <stdlib.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/deliver.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/set.h"
#include "agents/turn.h"

/* Messages fill the bounded part, and entries that stand for queues do not (inbox_count_in()). */
uint64_t promise_queue_rows(const struct object *promise)
{
    return promise->u.promise.queue == NULL ? 0 : promise->u.promise.queue->count;
}

/* ---- room ---- */

static bool queue_is_full(uint64_t messages, uint64_t bytes, uint64_t more, uint64_t messages_max,
                          uint64_t bytes_max)
{
    return messages >= messages_max || bytes > bytes_max || more > bytes_max - bytes;
}

int64_t promise_room(const struct agents *agents, const struct object *promise,
                     const struct agent *sender, size_t size)
{
    static const struct inbox none = {0};
    const struct inbox *queue = promise->u.promise.queue == NULL ? &none : promise->u.promise.queue;
    uint64_t asker = ledger_account(agents->ledger, promise->owner)->customer;
    struct inbox_share share = inbox_share_get(queue, sender->customer);
    struct inbox_share own = inbox_share_get(queue, asker);
    uint64_t bytes = size + INBOX_MESSAGE_OVERHEAD;

    if (sender->sent.messages >= AGENT_WAITING_MAX ||
        sender->use->waiting >= CUSTOMER_WAITING_MAX || agents->waiting >= PROMISES_WAITING_MAX)
        return SERAI_E_FULL;
    /* The part of the agent that asked is its own: nobody else can fill it. */
    if (sender->customer == asker)
        return queue_is_full(own.messages, own.bytes, bytes, PROMISE_MESSAGES_MAX,
                             PROMISE_BYTES_MAX)
                   ? SERAI_E_FULL
                   : 0;
    if (queue_is_full(queue->count - own.messages, queue->bounded_bytes - own.bytes, bytes,
                      PROMISE_MESSAGES_MAX, PROMISE_BYTES_MAX))
        return SERAI_E_FULL;
    /* As in an inbox, the first message of a customer is accepted whatever its size. */
    return share.messages > 0 && queue_is_full(share.messages, share.bytes, bytes,
                                               PROMISE_CUSTOMER_MESSAGES, PROMISE_CUSTOMER_BYTES)
               ? SERAI_E_FULL
               : 0;
}

/* ---- adding ---- */

static struct inbox *queue_of(struct object *promise)
{
    /* It stays if the turn is undone: an empty queue means nothing. */
    if (promise->u.promise.queue == NULL) {
        promise->u.promise.queue = calloc(1, sizeof *promise->u.promise.queue);
        INVARIANT(promise->u.promise.queue != NULL);
    }
    return promise->u.promise.queue;
}

/* Add an entry to those that its sender has waiting, with their counts; not undone. */
static void queue_count_in(struct agents *agents, struct agent *sender, struct inbox_message *entry)
{
    struct inbox_message *newer = NULL;
    struct inbox_message *older = sender->sent.newest;

    /* Rows come by promise, not in the order of numbers; a new one has the highest. */
    for (; older != NULL && older->m.id > entry->m.id; older = older->older_sent)
        newer = older;
    entry->older_sent = older;
    entry->newer_sent = newer;
    if (older != NULL)
        older->newer_sent = entry;
    if (newer != NULL)
        newer->older_sent = entry;
    else
        sender->sent.newest = entry;
    sender->sent.messages++;
    sender->sent.bytes += message_weight(&entry->m);
    sender->use->waiting++;
    agents->waiting++;
}

static void queue_count_out(struct agents *agents, struct agent *sender,
                            struct inbox_message *entry)
{
    if (entry->newer_sent != NULL)
        entry->newer_sent->older_sent = entry->older_sent;
    else
        sender->sent.newest = entry->older_sent;
    if (entry->older_sent != NULL)
        entry->older_sent->newer_sent = entry->newer_sent;
    sender->sent.messages--;
    sender->sent.bytes -= message_weight(&entry->m);
    sender->use->waiting--;
    agents->waiting--;
}

/* On rollback: the counts of its sender and its places are restored by the log itself. */
static void queue_undo_add(void *context, void *argument)
{
    struct object *promise = context;
    struct inbox_message *entry = argument;

    inbox_unlink(promise->u.promise.queue, entry);
    inbox_message_free(entry);
}

void promise_queue_add(struct agents *agents, struct object *promise, struct agent *sender,
                       const struct message *message)
{
    struct inbox_message *entry = message_copy(agents, message);
    struct inbox_message *newest = sender->sent.newest;

    /* Once to wait, and once to go on or back: whoever ends the promise pays for neither. */
    agents_work_message(agents, message->size);
    agents_work_message(agents, message->size);
    agents_work(agents, WORK_WAITING);
    rent_accrue(agents, sender);
    undo_save(agents->undo, &sender->sent, sizeof sender->sent);
    undo_save(agents->undo, &sender->use->waiting, sizeof sender->use->waiting);
    undo_save(agents->undo, &agents->waiting, sizeof agents->waiting);
    if (newest != NULL)
        undo_save(agents->undo, &newest->newer_sent, sizeof newest->newer_sent);
    message_gains(agents, &entry->m);
    entry->promise = promise;
    inbox_append(queue_of(promise), entry);
    queue_count_in(agents, sender, entry);
    object_dirty(&agents->changes, promise);
    undo_on_rollback(agents->undo, queue_undo_add, promise, entry);
}

void promise_queue_add_loaded(struct agents *agents, struct object *promise, struct agent *sender,
                              struct inbox_message *message)
{
    message_gains(agents, &message->m);
    message->promise = promise;
    inbox_append(queue_of(promise), message);
    queue_count_in(agents, sender, message);
}

void promise_queue_add_queue(struct object *promise, struct object *other, uint64_t at)
{
    struct inbox *queue = queue_of(promise);
    struct inbox_message *entry = calloc(1, sizeof *entry);
    struct inbox_message *before = queue->last;

    INVARIANT(entry != NULL);
    entry->m.id = at;
    entry->m.kind = (enum serai_event_kind)WAITING_QUEUE;
    entry->m.end = other->id;
    entry->promise = promise;
    entry->saved = true; /* it has no row: that of `other` says it */
    other->u.promise.entry = entry;
    /* Its number is the highest; but while rows are read, messages were there before. */
    while (before != NULL && before->m.id > at)
        before = before->previous;
    inbox_insert(queue, before, entry);
}

/* ---- taking ---- */

/* Only a row that was written needs to be deleted. */
static void queue_delete_row(struct agents *agents, const struct inbox_message *entry)
{
    uint8_t key[16];

    if (!entry->saved || entry->m.kind == (enum serai_event_kind)WAITING_QUEUE)
        return;
    be64_put(key, entry->promise->id);
    be64_put(key + 8, entry->m.id);
    tombstone_add(&agents->changes, STORE_INBOX, key, sizeof key);
}

void promise_queue_take(struct agents *agents, struct inbox_message *entry)
{
    struct object *other;
    struct agent *sender;

    INVARIANT(agents->turn == NULL);
    inbox_unlink(entry->promise->u.promise.queue, entry);
    object_dirty(&agents->changes, entry->promise);
    queue_delete_row(agents, entry);
    if (entry->m.kind == (enum serai_event_kind)WAITING_QUEUE) {
        other = object_find(&agents->objects, entry->m.end, OBJECT_PROMISE);
        INVARIANT(other != NULL && other->u.promise.entry == entry);
        other->u.promise.entry = NULL;
        return;
    }
    message_loses(agents, &entry->m);
    sender = agents_find(agents, entry->m.sender);
    INVARIANT(sender != NULL); /* what an agent sent goes back when it dies */
    rent_accrue(agents, sender);
    queue_count_out(agents, sender, entry);
}

void promise_queue_free(struct object *promise)
{
    struct inbox *queue = promise->u.promise.queue;

    if (queue == NULL)
        return;
    while (queue->first != NULL) {
        struct inbox_message *entry = queue->first;

        inbox_unlink(queue, entry);
        inbox_message_free(entry);
    }
    free(queue->shares);
    free(queue);
    promise->u.promise.queue = NULL;
}

void promise_free_parts(struct object *promise)
{
    promise_queue_free(promise);
    free(promise->u.promise.reason);
}
