/*
 * Queues of promises are worked off by a list and not by calls that nest: a chain may be of any
 * length.
 */
#include "agents/promise_flow.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/holders.h"
#include "agents/message.h"
#include "agents/promise_queue.h"
#include "agents/set.h"
#include "agents/turn.h"

/*
 * A message is delivered as if it were sent now: 0, or why its target does not take it.  What it
 * brings more than that asks goes back, as nobody knew what it would be; but a pipe, which may lead
 * on, is given all.
 */
static int32_t waiting_pass_on(struct agents *agents, struct message *m, const struct cap *target,
                               bool is_pipe)
{
    const struct object *facet = object_find(&agents->objects, target->object, OBJECT_FACET);
    struct agent *owner;
    int64_t refusal;

    if (target->kind != SERAI_KIND_FACET)
        return SERAI_E_KIND;
    if (facet == NULL)
        return SERAI_E_CLOSED;
    if (money_compare(m->postage, facet_postage_floor(agents, facet)) < 0)
        return SERAI_E_POSTAGE;
    owner = agents_find(agents, facet->owner);
    INVARIANT(owner != NULL); /* an agent's facets die with it */
    refusal = agents_inbox_room(agents, owner, m->sender_customer, m->size);
    if (refusal != 0)
        return (int32_t)refusal;
    m->badge = facet->u.facet.badge;
    if (!is_pipe)
        message_give_change(agents, m, facet_postage_floor(agents, facet));
    agents_deliver(agents, owner, m);
    return 0;
}

void promise_tell(struct agents *agents, const struct cap *reply, const struct cap *becomes)
{
    struct object *listener = cap_reply(agents, reply);
    struct message told = {.kind = SERAI_EVENT_MESSAGE, .cap_count = 1, .caps = {*becomes}};
    struct agent *owner;

    if (listener == NULL)
        return;
    owner = agents_find(agents, listener->owner);
    INVARIANT(owner != NULL);
    if (owner->state == AGENT_DEAD)
        return; /* it goes with what else its owner has */
    told.sender = owner->id;
    told.badge = listener->u.facet.badge;
    told.reserve = listener->u.facet.reserve;
    facet_remove(agents, listener);
    agents_deliver(agents, owner, &told);
}

/* What a listener hears of a capability that leads nowhere: that it is closed; else of a failure.
 */
static struct failure waiting_failure(const struct agents *agents,
                                      const struct promise_outcome *outcome)
{
    bool closed =
        outcome->cap.kind == SERAI_KIND_FACET && cap_object(agents, &outcome->cap) == NULL;

    return outcome->failure.status == 0 && closed ? failure_of(SERAI_E_CLOSED) : outcome->failure;
}

static void waiting_end(struct agents *agents, struct inbox_message *entry,
                        const struct promise_outcome *outcome)
{
    struct failure failure = outcome->failure;

    if (entry->m.kind == (enum serai_event_kind)WAITING_LISTENER) {
        failure = waiting_failure(agents, outcome);
        if (failure.status == 0)
            promise_tell(agents, &entry->m.reply, &outcome->cap);
        else
            facet_fail(agents, &entry->m.reply, failure);
        return;
    }
    if (failure.status == 0)
        failure = failure_of(waiting_pass_on(agents, &entry->m, &outcome->cap, false));
    if (failure.status != 0)
        message_return(agents, NULL, &entry->m, failure, true);
}

/*
 * Nothing waits on the promise any more, so no entry stands for its queue either.  Returns the
 * promise in whose queue that was, or NULL.
 */
static struct object *promise_queue_leave(struct agents *agents, struct object *promise)
{
    struct inbox_message *entry = promise->u.promise.entry;
    struct object *other = entry == NULL ? NULL : entry->promise;

    if (entry != NULL)
        promise_queue_take(agents, entry);
    inbox_message_free(entry);
    promise_queue_free(promise);
    promise->u.promise.waits_in = 0;
    promise->u.promise.waits_at = 0;
    object_dirty(&agents->changes, promise);
    if (promise->holders == 0)
        follow_up_unheld(agents, promise);
    return other;
}

/* The same if nothing waits on it, and so on, where its entry was the last in another queue. */
static void promise_queue_done(struct agents *agents, struct object *promise)
{
    while (promise != NULL && !promise_has_queue(promise))
        promise = promise_queue_leave(agents, promise);
}

/*
 * Work off the queue, in order.  At an entry that stands for another queue that one comes first:
 * `stack` has the promises whose queues are begun.
 */
void promise_flush(struct agents *agents, struct object *first,
                   const struct promise_outcome *outcome)
{
    struct bytes stack = {0};

    bytes_append(&stack, &first->id, sizeof first->id);
    while (stack.size > 0) {
        struct object *promise;
        struct inbox_message *entry;
        uint64_t id;

        INVARIANT(!stack.failed);
        memcpy(&id, stack.data + stack.size - sizeof id, sizeof id);
        promise = object_find(&agents->objects, id, OBJECT_PROMISE);
        if (promise == NULL || !promise_has_queue(promise)) {
            stack.size -= sizeof id;
            if (promise != NULL)
                promise_queue_done(agents, promise);
            continue;
        }
        entry = promise->u.promise.queue->first;
        promise_queue_take(agents, entry);
        if (entry->m.kind == (enum serai_event_kind)WAITING_QUEUE)
            bytes_append(&stack, &entry->m.end, sizeof entry->m.end);
        else
            waiting_end(agents, entry, outcome);
        inbox_message_free(entry);
    }
    bytes_fini(&stack);
}

/* ---- to a pipe ---- */

/* The first entry of a queue that was not passed by at an earlier pipe, or NULL. */
static struct inbox_message *promise_first(const struct object *promise)
{
    const struct inbox *queue = promise->u.promise.queue;
    struct inbox_message *first = NULL;

    for (struct inbox_message *at = queue == NULL ? NULL : queue->last;
         at != NULL && at->m.id > promise->u.promise.quiet_to; at = at->previous)
        first = at;
    return first;
}

/* A message goes to the pipe as if it were sent now; what it does not take goes back alone. */
static void promise_pour_message(struct agents *agents, struct inbox_message *entry,
                                 const struct cap *pipe)
{
    int32_t refusal;

    promise_queue_take(agents, entry);
    refusal = waiting_pass_on(agents, &entry->m, pipe, true);
    if (refusal != 0)
        message_return(agents, NULL, &entry->m, failure_of(refusal), true);
    inbox_message_free(entry);
}

/*
 * All messages of the queue go to the pipe, in order, also those of queues that wait in it; who
 * listens waits on.  An entry is passed by once: a queue that is quiet, or the part of one that
 * was, is not looked at again.
 */
void promise_pour(struct agents *agents, struct object *root, uint64_t facet)
{
    const struct cap pipe = {.kind = SERAI_KIND_FACET, .object = facet};
    struct object *at = root;
    struct inbox_message *next = promise_first(root);

    while (next != NULL || at != root) {
        struct inbox_message *entry = next;
        struct object *inner = at;

        if (entry == NULL) { /* the end of a queue in another */
            at->u.promise.quiet = true;
            next = at->u.promise.entry->next;
            at = at->u.promise.entry->promise;
            if (!promise_has_queue(inner))
                (void)promise_queue_leave(agents, inner);
            continue;
        }
        next = entry->next;
        if (entry->m.kind == (enum serai_event_kind)WAITING_QUEUE) {
            inner = object_find(&agents->objects, entry->m.end, OBJECT_PROMISE);
            if (inner->u.promise.quiet)
                continue;
            at = inner;
            next = promise_first(inner);
        } else if (entry->m.kind == SERAI_EVENT_MESSAGE) {
            promise_pour_message(agents, entry, &pipe);
        }
    }
    root->u.promise.quiet = true;
    promise_queue_done(agents, root);
}

/* ---- back to a sender that dies ---- */

void promises_return_sent(struct agents *agents, struct agent *agent)
{
    while (agent->sent.newest != NULL) {
        struct inbox_message *entry = agent->sent.newest;
        struct object *promise = entry->promise;

        promise_queue_take(agents, entry);
        if (entry->m.kind == (enum serai_event_kind)WAITING_LISTENER)
            facet_fail(agents, &entry->m.reply, failure_of(SERAI_E_CLOSED));
        else
            message_return(agents, NULL, &entry->m, failure_of(SERAI_E_CLOSED), true);
        inbox_message_free(entry);
        promise_queue_done(agents, promise);
    }
}
