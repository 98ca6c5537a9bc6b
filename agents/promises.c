/* Promises, from the question to the answer, or what comes in its place. */
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
#include "agents/promise_flow.h"
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

/* ---- pipes ---- */

struct object *promise_pipe_facet(const struct agents *agents, const struct object *promise)
{
    return object_find(&agents->objects, promise->u.promise.pipe, OBJECT_FACET);
}

void promise_pipe(struct agents *agents, struct object *promise, const struct object *facet)
{
    struct promise *p = &promise->u.promise;

    if (p->pipe_next == 0)
        follow_up_piped(agents, promise);
    undo_save(agents->undo, &p->pipe_next, sizeof p->pipe_next);
    p->pipe_next = facet == NULL ? PROMISE_PIPE_NONE : facet->id;
}

/* Messages wait here again, behind what is passed by at the next pipe. */
static void promise_wait_again(const struct agents *agents, struct promise *promise)
{
    if (promise->quiet)
        promise->quiet_to = agents->next_message - 1;
    promise->quiet = false;
}

void promise_pipe_begins(struct agents *agents, struct object *promise)
{
    struct promise *p = &promise->u.promise;

    if (p->state == PROMISE_OPEN) {
        p->pipe = p->pipe_next == PROMISE_PIPE_NONE ? 0 : p->pipe_next;
        object_dirty(&agents->changes, promise);
        if (p->pipe == 0)
            promise_wait_again(agents, p);
        else if (!p->quiet)
            promise_pour(agents, promise, p->pipe);
    }
    p->pipe_next = 0;
}

/* ---- ends ---- */

static void promise_end(struct agents *agents, struct object *promise, enum promise_state state,
                        const struct promise_outcome *outcome)
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
    struct promise_outcome outcome = {.failure = failure};

    if (promise->u.promise.state != PROMISE_OPEN)
        return;
    promise_keep_failure(promise, failure);
    promise_end(agents, promise, PROMISE_BROKEN, &outcome);
}

static void promise_end_by_data(struct agents *agents, struct object *promise)
{
    struct promise_outcome outcome = {.failure = failure_of(SERAI_E_KIND)};

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
    if (!promise_has_queue(promise))
        return;
    promise->u.promise.waits_in = other->id;
    promise->u.promise.waits_at = agents->next_message++;
    agents->changes.counters = true;
    promise_queue_add_queue(other, promise, promise->u.promise.waits_at);
}

void promise_answer(struct agents *agents, struct object *promise, const struct cap *cap)
{
    struct promise_outcome outcome = {.cap = *cap};
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
    struct promise_outcome closed = {.failure = failure_of(SERAI_E_CLOSED)};

    if (promise_has_queue(promise))
        promise_flush(agents, promise, &closed);
}
