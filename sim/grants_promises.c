/*
 * Promises, as the simulator sees them: what waits on each, where messages for it go meanwhile, and
 * what each was resolved to when that was seen first.  The core makes the way from a promise to its
 * end shorter as it is used; here it stays as it was, so that whoever held a promise is known to
 * have what any step of it led to.
 */
#include "sim/grants_state.h"

#include <string.h>

#include "agents/cap.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"

static struct maker *promise_of(const struct grants *grants, const struct cap *cap)
{
    struct maker *maker =
        cap->kind == SERAI_KIND_FACET ? table_get(&grants->makers, cap->object) : NULL;

    return maker != NULL && maker->is_promise ? maker : NULL;
}

bool grants_leads_to(const struct grants_view *look, const struct cap *from,
                     bool (*is)(const void *context, const struct cap *cap), const void *context)
{
    struct cap cap = *from;
    const struct maker *promise;

    for (;;) {
        if (is(context, &cap))
            return true;
        promise = promise_of(look->grants, &cap);
        if (promise == NULL || !promise->resolved)
            return false;
        cap = promise->target;
    }
}

static void promises_note(struct grants *grants, const struct object *promise,
                          const struct message *m)
{
    struct note *note = grants_note_of(m, promise->id);

    (void)!table_put(&grants->messages, m->id, note); /* a new number */
    (void)!table_put(&grants->waiting, m->id, note);
}

/* New entries are at the end of the queue; what stands for another queue is none. */
static void promises_see_queue(struct grants_view *look, const struct object *promise)
{
    const struct inbox *queue = promise->u.promise.queue;

    for (const struct inbox_message *at = queue == NULL ? NULL : queue->last;
         at != NULL && at->m.id >= look->first_message; at = at->previous) {
        if (at->m.kind == (enum serai_event_kind)WAITING_QUEUE)
            continue;
        grants_check_waiting(look, promise, &at->m);
        promises_note(look->grants, promise, &at->m);
    }
}

/* ---- pipes ---- */

static bool pipe_is_to(const struct grants *grants, uint64_t pipe, uint64_t owner, uint64_t badge)
{
    const struct maker *maker = pipe == 0 ? NULL : table_get(&grants->makers, pipe);

    return maker != NULL && maker->owner == owner && maker->badge == badge;
}

bool grants_pipe_leads_to(const struct grants *grants, const struct cap *cap, uint64_t owner,
                          uint64_t badge)
{
    const struct maker *promise = promise_of(grants, cap);

    return promise != NULL && (pipe_is_to(grants, promise->pipe, owner, badge) ||
                               pipe_is_to(grants, promise->pipe_before, owner, badge));
}

/* Whether a pipe may be laid to this object: a facet of the agent that has its turn. */
static bool pipe_is_own_facet(const struct grants_view *look, uint64_t pipe)
{
    const struct maker *facet = table_get(&look->grants->makers, pipe);

    return facet != NULL && facet->owner == look->by && facet->is_facet && !facet->is_promise &&
           !facet->one_shot;
}

/*
 * A pipe is laid by the agent of its facet, which has the reply, in a turn that stands; and taken
 * away, 0, by any that has the reply.
 */
static void promises_check_pipe(const struct grants_view *look, const struct object *promise)
{
    uint64_t pipe = promise->u.promise.pipe;
    const struct cap reply = {.kind = SERAI_KIND_FACET, .object = promise->u.promise.reply};

    if (look->by == 0 || look->undone || (pipe != 0 && !pipe_is_own_facet(look, pipe)) ||
        look->agents->turn_memory->orders[SERAI_ORDER_reply_pipe] == 0 ||
        !grants_could_have(look, &reply))
        sim_fail(look->site->sim,
                 "site %s: promise %llu is piped to object %llu after a turn of %llu",
                 look->site->name, U(promise->id), U(promise->u.promise.pipe), U(look->by));
}

static void promises_see_pipe(struct grants_view *look, const struct object *promise,
                              struct maker *maker)
{
    maker->pipe_before = maker->pipe;
    if (promise->u.promise.state != PROMISE_OPEN || promise->u.promise.pipe == maker->pipe)
        return;
    promises_check_pipe(look, promise);
    maker->pipe = promise->u.promise.pipe;
}

/* ---- looking ---- */

struct promises_seeing {
    struct grants_view *look;
    struct bytes ended; /* of u64: that are not open any more */
};

static void promises_see_one(void *context, uint64_t id, void *value)
{
    struct promises_seeing *seeing = context;
    struct maker *maker = value;
    const struct object *promise = table_get(&seeing->look->agents->objects.by_id, id);

    if (promise != NULL) {
        promises_see_queue(seeing->look, promise);
        promises_see_pipe(seeing->look, promise, maker);
    }
    if (promise != NULL && promise->u.promise.state == PROMISE_OPEN)
        return;
    maker->vanished = promise == NULL;
    maker->resolved = promise != NULL && promise->u.promise.state == PROMISE_RESOLVED;
    if (maker->resolved)
        maker->target = promise->u.promise.target;
    bytes_append(&seeing->ended, &id, sizeof id);
}

void grants_see_promises(struct grants_view *look)
{
    struct promises_seeing seeing = {look, {0}};

    table_each(&look->grants->open, promises_see_one, &seeing);
    INVARIANT(!seeing.ended.failed);
    for (size_t at = 0; at < seeing.ended.size; at += sizeof(uint64_t)) {
        uint64_t id;

        memcpy(&id, seeing.ended.data + at, sizeof id);
        (void)table_remove(&look->grants->open, id);
    }
    bytes_fini(&seeing.ended);
}

void grants_keep_promise(struct grants *grants, const struct object *promise)
{
    const struct inbox *queue = promise->u.promise.queue;
    struct maker *maker = table_get(&grants->makers, promise->id);

    maker->resolved = promise->u.promise.state == PROMISE_RESOLVED;
    maker->target = promise->u.promise.target;
    maker->pipe = promise->u.promise.pipe;
    maker->pipe_before = maker->pipe;
    if (promise->u.promise.state != PROMISE_OPEN)
        (void)table_remove(&grants->open, promise->id);
    for (const struct inbox_message *at = queue == NULL ? NULL : queue->first; at != NULL;
         at = at->next) {
        if (at->m.kind != (enum serai_event_kind)WAITING_QUEUE)
            promises_note(grants, promise, &at->m);
    }
}

/* ---- what waited and went on ---- */

struct went_on {
    const struct grants_view *look;
    const struct agent *to;
    const struct message *message;
    uint64_t found; /* the message; 0: none */
};

static bool cap_is_facet_of(const void *context, const struct cap *cap)
{
    const struct went_on *went = context;
    const struct maker *maker =
        cap->kind == SERAI_KIND_FACET ? table_get(&went->look->grants->makers, cap->object) : NULL;

    if (grants_pipe_leads_to(went->look->grants, cap, went->to->id, went->message->badge))
        return true;
    return maker != NULL && maker->is_facet && !maker->is_promise && maker->owner == went->to->id &&
           maker->badge == went->message->badge;
}

/* The way ends where nobody sees: the promise ended and was let go of in one turn. */
static bool cap_is_vanished(const void *context, const struct cap *cap)
{
    const struct went_on *went = context;
    const struct maker *promise = promise_of(went->look->grants, cap);

    return promise != NULL && promise->vanished;
}

static bool cap_is_told(const void *context, const struct cap *cap)
{
    const struct went_on *went = context;

    return cap_equal(cap, &went->message->caps[0]);
}

/* Whether the note is of a message that is the same, but in its inbox now. */
static bool note_went_on(const struct went_on *went, const struct note *note)
{
    const struct message *m = went->message;
    struct cap promise = {.kind = SERAI_KIND_FACET, .object = note->promise};
    bool vanished;

    if (note->promise == 0 || note->sender != m->sender)
        return false;
    vanished = grants_leads_to(went->look, &promise, cap_is_vanished, went);
    if (note->listens)
        return m->sender == went->to->id && m->cap_count == 1 && cap_is_empty(&m->reply) &&
               (vanished || grants_leads_to(went->look, &promise, cap_is_told, went));
    return note->count == m->cap_count &&
           memcmp(note->caps, m->caps, m->cap_count * sizeof *m->caps) == 0 &&
           cap_equal(&note->reply, &m->reply) &&
           (vanished || grants_leads_to(went->look, &promise, cap_is_facet_of, went));
}

static void promises_look_for_note(void *context, uint64_t id, void *value)
{
    struct went_on *went = context;

    if (went->found == 0 && note_went_on(went, value))
        went->found = id;
}

bool grants_had_waited(const struct grants_view *look, const struct agent *to,
                       const struct message *m)
{
    struct went_on went = {look, to, m, 0};

    table_each(&look->grants->waiting, promises_look_for_note, &went);
    if (went.found == 0)
        return false;
    ((struct note *)table_remove(&look->grants->waiting, went.found))->promise = 0;
    return true;
}
