/*
 * Promises, once all rows are read: what they are resolved to may have a higher number, and which
 * queue waits in which is known only when all messages are there.
 */
#include "agents/rows/load_promises.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agents/agents.h"
#include "agents/check_holders.h"
#include "agents/holders.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/set.h"
#include "base/array.h"
#include "base/table.h"

struct promises_loading {
    const struct agents *agents;
    struct object **promises; /* all, in order of number: nothing may depend on that of a hash */
    size_t count;
    size_t capacity;
};

static void promises_find(void *context, uint64_t id, void *value)
{
    struct promises_loading *all = context;
    struct object *object = value;

    (void)id;
    if (object->kind != OBJECT_PROMISE)
        return;
    all->promises =
        array_grow(all->promises, &all->capacity, all->count + 1, sizeof(struct object *));
    INVARIANT(all->promises != NULL);
    all->promises[all->count++] = object;
}

static int promise_by_id(const void *left, const void *right)
{
    const struct object *const *a = left;
    const struct object *const *b = right;

    return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

static enum status promise_corrupt(const struct object *promise, const char *why,
                                   struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "table object, object %" PRIu64 ": %s", promise->id, why);
}

/* The promise that the target of a resolved one names, or NULL. */
static struct object *promise_target(const struct agents *agents, const struct object *promise)
{
    struct object *object = cap_object(agents, &promise->u.promise.target);

    return object != NULL && object->kind == OBJECT_PROMISE ? object : NULL;
}

static bool pipe_is_facet(const struct object *object)
{
    return object->kind == OBJECT_FACET && !object->one_shot;
}

/* Why this promise cannot be; NULL: it can. */
static const char *promise_error(const struct agents *agents, const struct object *promise)
{
    const struct promise *p = &promise->u.promise;
    const struct object *in = object_find(&agents->objects, p->waits_in, OBJECT_PROMISE);
    const struct object *pipe = table_get(&agents->objects.by_id, p->pipe);

    if (p->unread != 0)
        return "fewer messages wait on the promise than its row counts";
    if ((p->state == PROMISE_OPEN) != (p->reply != 0))
        return "an open promise without its reply, or the other way round";
    /* The facet of a pipe may be gone; it never was anything else. */
    if (p->pipe != 0 && (p->pipe >= agents->objects.next || (pipe != NULL && !pipe_is_facet(pipe))))
        return "a promise whose pipe leads to no facet";
    if (p->target.kind == SERAI_KIND_FACET && p->target.object >= agents->objects.next)
        return "a promise that is resolved to what never was";
    if (p->waits_in != 0 && (in == NULL || p->waits_at >= agents->next_message ||
                             (in->u.promise.state != PROMISE_OPEN && in->u.promise.waits_in == 0)))
        return "a promise whose messages wait on one that has ended";
    return NULL;
}

/*
 * Whether the promises that it is resolved to, one by the other, come to an end: each walk marks
 * what it passes, and stops where an earlier one was.
 */
static bool promise_ends(const struct agents *agents, struct object *promise, uint32_t walk)
{
    struct object *at = promise;

    while (at != NULL && at->u.promise.unread == 0) {
        at->u.promise.unread = walk;
        at = promise_target(agents, at);
    }
    return at == NULL || at->u.promise.unread != walk;
}

static enum status promises_check(const struct promises_loading *all, struct fault *fault)
{
    for (size_t i = 0; i < all->count; i++) {
        const char *error = promise_error(all->agents, all->promises[i]);

        if (error != NULL)
            return promise_corrupt(all->promises[i], error, fault);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (!promise_ends(all->agents, all->promises[i], (uint32_t)i + 1))
            return promise_corrupt(all->promises[i], "a promise that is resolved to itself", fault);
    }
    return ST_OK;
}

static int promise_by_place(const void *left, const void *right)
{
    const struct object *const *a = left;
    const struct object *const *b = right;
    uint64_t first = (*a)->u.promise.waits_at;
    uint64_t second = (*b)->u.promise.waits_at;

    return first < second ? -1 : first > second;
}

/* Queues that wait in others', in the order in which they came there. */
static void promises_join_queues(struct promises_loading *all)
{
    qsort(all->promises, all->count, sizeof(struct object *), promise_by_place);
    for (size_t i = 0; i < all->count; i++) {
        struct promise *p = &all->promises[i]->u.promise;

        if (p->waits_in != 0)
            promise_queue_add_queue(object_find(&all->agents->objects, p->waits_in, OBJECT_PROMISE),
                                    all->promises[i], p->waits_at);
    }
}

/*
 * Where an open promise has a pipe, no message waits: neither on it nor on those that wait in it.
 * These come behind it in the list when that is read from its end: each waited in another before
 * that one did.
 */
static void promises_find_quiet(const struct promises_loading *all)
{
    for (size_t i = 0; i < all->count; i++)
        all->promises[i]->u.promise.quiet = all->promises[i]->u.promise.pipe != 0;
    for (size_t i = all->count; i > 0; i--) {
        struct promise *p = &all->promises[i - 1]->u.promise;

        if (p->entry != NULL && p->entry->promise->u.promise.quiet)
            p->quiet = true;
    }
}

static bool promise_has_message(const struct object *promise)
{
    const struct inbox *queue = promise->u.promise.queue;

    for (const struct inbox_message *at = queue == NULL ? NULL : queue->first; at != NULL;
         at = at->next) {
        if (at->m.kind == SERAI_EVENT_MESSAGE)
            return true;
    }
    return false;
}

/* What waits in the queue of another is no empty one. */
static enum status promises_check_queues(const struct promises_loading *all, struct fault *fault)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct object *promise = all->promises[i];

        if (promise->u.promise.waits_in != 0 && !promise_has_queue(promise))
            return promise_corrupt(promise, "nothing waits on it, but in another", fault);
        if (promise->u.promise.quiet && promise_has_message(promise))
            return promise_corrupt(promise, "a message waits where there is a pipe", fault);
    }
    return ST_OK;
}

enum status rows_load_promises(struct agents *agents, struct fault *fault)
{
    struct promises_loading all = {.agents = agents};
    enum status status;

    table_each(&agents->objects.by_id, promises_find, &all);
    if (all.count == 0)
        return ST_OK;
    qsort(all.promises, all.count, sizeof(struct object *), promise_by_id);
    status = promises_check(&all, fault);
    for (size_t i = 0; i < all.count; i++) {
        all.promises[i]->u.promise.unread = 0;
        holders_gain(agents, &all.promises[i]->u.promise.target, HOLDER_NO_AGENT);
    }
    if (status == ST_OK) {
        promises_join_queues(&all);
        promises_find_quiet(&all);
        status = promises_check_queues(&all, fault);
        if (status == ST_OK)
            status = agents_check_promises(agents, fault);
    }
    free(all.promises);
    return status;
}
