/*
 * Promises, from the question to the end of all that waited on them.  Queues are worked off by a
 * list and not by calls that nest: a chain may be of any length.
 */
#include "agents/promises.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/holders.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/promise_queue.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"

/* ---- made and removed ---- */

struct object *promise_new(struct agents *agents, struct agent *owner, struct money postage)
{
    struct object *promise;

    facet_count_in(agents, owner);
    promise = object_new(agents, owner, OBJECT_PROMISE);
    promise->u.promise.postage = postage;
    agents_work(agents, WORK_OBJECT); /* its end, which whoever answers does not pay for */
    return promise;
}

/* The reply of an open promise, or NULL. */
static struct object *promise_reply(const struct agents *agents, const struct object *promise)
{
    return object_find(&agents->objects, promise->u.promise.reply, OBJECT_FACET);
}

/* Whoever answers the reply from here on resolves nothing. */
static void promise_forget_reply(struct agents *agents, struct object *promise)
{
    struct object *reply = promise_reply(agents, promise);

    promise->u.promise.reply = 0;
    if (reply == NULL)
        return;
    reply->u.facet.promise = 0;
    object_dirty(&agents->changes, reply);
}

static void promise_remove(struct agents *agents, struct object *promise)
{
    INVARIANT(agents->turn == NULL && !promise_has_queue(promise));
    promise_forget_reply(agents, promise);
    holders_lose(agents, &promise->u.promise.target, HOLDER_NO_AGENT);
    facet_count_out(agents, agents_find(agents, promise->owner));
    object_remove(agents, promise);
}

/* ---- looking through ---- */

/* The promise that the capability names, if it is resolved to another; else NULL. */
static struct object *promise_resolved(const struct agents *agents, const struct cap *cap)
{
    struct object *object = cap_object(agents, cap);

    return object != NULL && object->kind == OBJECT_PROMISE &&
                   object->u.promise.state == PROMISE_RESOLVED
               ? object
               : NULL;
}

/* Only a running turn has something to undo. */
static void promise_set_target(struct agents *agents, struct object *promise, const struct cap *cap)
{
    struct cap before = promise->u.promise.target;

    holders_gain(agents, cap, HOLDER_NO_AGENT);
    if (agents->turn != NULL)
        undo_save(agents->undo, &promise->u.promise.target, sizeof promise->u.promise.target);
    promise->u.promise.target = *cap;
    holders_lose(agents, &before, HOLDER_NO_AGENT);
    object_dirty(&agents->changes, promise);
}

/* Fuel for a step of the way, and for making it shorter.  Outside of turns each is paid already. */
static bool promise_pay_step(const struct agents *agents, uint64_t fuel)
{
    return agents->turn == NULL || turn_work(agents->turn, fuel);
}

bool promise_look_through(struct agents *agents, struct cap *cap)
{
    struct cap from = *cap;
    struct object *promise;

    while ((promise = promise_resolved(agents, cap)) != NULL) {
        if (!promise_pay_step(agents, WORK_LOOK))
            return false;
        *cap = promise->u.promise.target;
    }
    while ((promise = promise_resolved(agents, &from)) != NULL) {
        from = promise->u.promise.target;
        if (cap_equal(&from, cap))
            break;
        if (!promise_pay_step(agents, WORK_OBJECT))
            return false;
        promise_set_target(agents, promise, cap);
    }
    return true;
}

int64_t promise_refusal(const struct object *promise)
{
    switch (promise->u.promise.state) {
    case PROMISE_OPEN:
        return 0;
    case PROMISE_DATA:
        return SERAI_E_KIND;
    case PROMISE_BROKEN:
        return SERAI_E_BROKEN;
    case PROMISE_RESOLVED: /* what it is resolved to is asked instead */
        break;
    }
    return SERAI_E_CLOSED;
}

/* ---- what becomes of that which waits ---- */

/* What a promise has come to: a capability that is no open promise, or a failure. */
struct outcome {
    struct failure failure; /* its status is not 0: everything goes back */
    struct cap cap;
};

/* An agent whose money came back may go on, unless it is the one that dies. */
static void waiting_return(struct agents *agents, const struct message *m, struct failure failure)
{
    uint64_t sender = agents_payee(agents, m->sender);
    struct agent *back;

    agents_move(agents, ACCOUNT_HELD_MESSAGE, sender, m->money, TRANSFER_MESSAGE_BACK, m->id);
    agents_move(agents, ACCOUNT_HELD_MESSAGE, sender, m->postage, TRANSFER_POSTAGE_BACK, m->id);
    message_fail_replies(agents, m, failure);
    back = agents_find(agents, sender);
    if (back != NULL && back->state != AGENT_DEAD)
        agents_topped_up(agents, back);
}

/* A message is delivered as if it were sent now: 0, or why its target does not take it. */
static int32_t waiting_pass_on(struct agents *agents, struct message *m, const struct cap *target)
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
static struct failure waiting_failure(const struct agents *agents, const struct outcome *outcome)
{
    bool closed =
        outcome->cap.kind == SERAI_KIND_FACET && cap_object(agents, &outcome->cap) == NULL;

    return outcome->failure.status == 0 && closed ? failure_of(SERAI_E_CLOSED) : outcome->failure;
}

static void waiting_end(struct agents *agents, struct inbox_message *entry,
                        const struct outcome *outcome)
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
        failure = failure_of(waiting_pass_on(agents, &entry->m, &outcome->cap));
    if (failure.status != 0)
        waiting_return(agents, &entry->m, failure);
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
static void promise_flush(struct agents *agents, struct object *first,
                          const struct outcome *outcome)
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

/* ---- pipes ---- */

struct object *promise_pipe_facet(const struct agents *agents, const struct object *promise)
{
    return object_find(&agents->objects, promise->u.promise.pipe, OBJECT_FACET);
}

/* The first entry of a queue, or NULL. */
static struct inbox_message *promise_first(const struct object *promise)
{
    return promise_has_queue(promise) ? promise->u.promise.queue->first : NULL;
}

/* A message goes to the pipe as if it were sent now; what it does not take goes back alone. */
static void promise_pour_message(struct agents *agents, struct inbox_message *entry,
                                 const struct cap *pipe)
{
    int32_t refusal;

    promise_queue_take(agents, entry);
    refusal = waiting_pass_on(agents, &entry->m, pipe);
    if (refusal != 0)
        waiting_return(agents, &entry->m, failure_of(refusal));
    inbox_message_free(entry);
}

/*
 * All messages of the queue go to the pipe, in order, also those of queues that wait in it; who
 * listens waits on.  An entry is passed by once: a queue that is quiet is not looked at again.
 */
static void promise_pour(struct agents *agents, struct object *root, uint64_t facet)
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
}

void promise_pipe(struct agents *agents, struct object *promise, const struct object *facet)
{
    struct promise *p = &promise->u.promise;

    if (p->pipe_next == 0)
        follow_up_piped(agents, promise);
    undo_save(agents->undo, &p->pipe_next, sizeof p->pipe_next);
    p->pipe_next = facet->id;
}

void promise_pipe_begins(struct agents *agents, struct object *promise)
{
    struct promise *p = &promise->u.promise;

    if (p->state == PROMISE_OPEN) {
        p->pipe = p->pipe_next;
        object_dirty(&agents->changes, promise);
        if (!p->quiet)
            promise_pour(agents, promise, p->pipe);
        promise_queue_done(agents, promise);
    }
    p->pipe_next = 0;
}

/* ---- ends ---- */

static void promise_end(struct agents *agents, struct object *promise, enum promise_state state,
                        const struct outcome *outcome)
{
    promise_forget_reply(agents, promise);
    promise->u.promise.state = state;
    promise->u.promise.pipe = 0;
    object_dirty(&agents->changes, promise);
    promise_flush(agents, promise, outcome);
}

/* Remember why it is broken: who asks later is told the same. */
static void promise_keep_failure(struct object *promise, struct failure failure)
{
    promise->u.promise.status = failure.status;
    if (failure.reason_size == 0)
        return;
    promise->u.promise.reason = malloc(failure.reason_size);
    INVARIANT(promise->u.promise.reason != NULL);
    memcpy(promise->u.promise.reason, failure.reason, failure.reason_size);
    promise->u.promise.reason_size = (uint32_t)failure.reason_size;
}

struct failure promise_failure(const struct object *promise)
{
    const struct promise *p = &promise->u.promise;

    return p->state == PROMISE_DATA ? failure_of(SERAI_E_KIND)
                                    : (struct failure){p->status, p->reason, p->reason_size};
}

void promise_break(struct agents *agents, struct object *promise, struct failure failure)
{
    struct outcome outcome = {.failure = failure};

    if (promise->u.promise.state != PROMISE_OPEN)
        return;
    promise_keep_failure(promise, failure);
    promise_end(agents, promise, PROMISE_BROKEN, &outcome);
}

static void promise_end_by_data(struct agents *agents, struct object *promise)
{
    struct outcome outcome = {.failure = failure_of(SERAI_E_KIND)};

    promise_end(agents, promise, PROMISE_DATA, &outcome);
}

/*
 * It stands for another promise that is open: what waits on it waits there, as one entry, but goes
 * on where that one has a pipe.
 */
static void promise_wait_in(struct agents *agents, struct object *promise, struct object *other)
{
    promise_forget_reply(agents, promise);
    promise->u.promise.state = PROMISE_RESOLVED;
    promise->u.promise.pipe = 0;
    if (other->u.promise.pipe != 0 && !promise->u.promise.quiet)
        promise_pour(agents, promise, other->u.promise.pipe);
    if (!promise_has_queue(promise)) {
        promise_queue_done(agents, promise);
        return;
    }
    promise->u.promise.waits_in = other->id;
    promise->u.promise.waits_at = agents->next_message++;
    agents->changes.counters = true;
    promise_queue_add_queue(other, promise, promise->u.promise.waits_at);
}

void promise_answer(struct agents *agents, struct object *promise, const struct cap *cap)
{
    struct outcome outcome = {.cap = *cap};
    struct object *other;

    if (promise->u.promise.state != PROMISE_OPEN)
        return;
    if (cap->kind == SERAI_KIND_EMPTY) {
        promise_end_by_data(agents, promise);
        return;
    }
    INVARIANT(promise_look_through(agents, &outcome.cap)); /* outside of turns it needs no fuel */
    other = cap_object(agents, &outcome.cap);
    if (other == NULL || other->kind != OBJECT_PROMISE) {
        promise_set_target(agents, promise, &outcome.cap);
        promise_end(agents, promise, PROMISE_RESOLVED, &outcome);
    } else if (other == promise) {
        promise_break(agents, promise, failure_of(SERAI_E_BROKEN)); /* it would wait for itself */
    } else if (other->u.promise.state == PROMISE_BROKEN) {
        promise_break(agents, promise, promise_failure(other));
    } else if (other->u.promise.state == PROMISE_DATA) {
        promise_end_by_data(agents, promise);
    } else {
        promise_set_target(agents, promise, &outcome.cap);
        promise_wait_in(agents, promise, other);
    }
}

void promise_revoke(struct agents *agents, struct object *promise)
{
    struct object *reply = promise_reply(agents, promise);

    promise_forget_reply(agents, promise);
    if (reply != NULL) {
        agents_move(agents, ACCOUNT_HELD_RESERVE, promise->owner, reply->u.facet.reserve,
                    TRANSFER_RESERVE, reply->id);
        facet_remove(agents, reply);
    }
    promise_abandon(agents, promise);
    promise_remove(agents, promise);
}

void promise_unheld(struct agents *agents, struct object *promise)
{
    if (!promise_has_queue(promise))
        promise_remove(agents, promise);
}

void promise_abandon(struct agents *agents, struct object *promise)
{
    struct outcome closed = {.failure = failure_of(SERAI_E_CLOSED)};

    if (promise_has_queue(promise))
        promise_flush(agents, promise, &closed);
}

void promises_return_sent(struct agents *agents, struct agent *agent)
{
    while (agent->sent.newest != NULL) {
        struct inbox_message *entry = agent->sent.newest;
        struct object *promise = entry->promise;

        promise_queue_take(agents, entry);
        if (entry->m.kind == (enum serai_event_kind)WAITING_LISTENER)
            facet_fail(agents, &entry->m.reply, failure_of(SERAI_E_CLOSED));
        else
            waiting_return(agents, &entry->m, failure_of(SERAI_E_CLOSED));
        inbox_message_free(entry);
        promise_queue_done(agents, promise);
    }
}
