/*
 * Counts of holders and of what waits on promises, made again by a look at every slot, message,
 * heap entry and object, and compared.  Nothing is changed.
 */
#include "agents/check_holders.h"

#include <inttypes.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap_heap.h"
#include "agents/holders.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/table.h"

struct holders_check {
    const struct agents *agents;
    struct table places; /* object -> places that were seen; none is no entry */
    uint64_t waiting;    /* messages in queues of promises */
    uint64_t sent;       /* the same in the lists of their senders */
    size_t named;        /* facets that have to be found by their badge */
    struct fault *fault;
    enum status status;
};

static void holders_wrong(struct holders_check *check, const char *what, uint64_t id, uint64_t said,
                          uint64_t found)
{
    if (check->status == ST_OK)
        check->status = fault_set(check->fault, ST_CORRUPT,
                                  "%s %" PRIu64 ": %" PRIu64 " are counted, but there are %" PRIu64,
                                  what, id, said, found);
}

static void holders_see(struct holders_check *check, const struct cap *cap, uint64_t agent)
{
    const struct object *object = cap_object(check->agents, cap);
    uintptr_t seen;

    if (object == NULL || !holders_count_place(object, agent))
        return;
    seen = (uintptr_t)table_get(&check->places, object->id);
    (void)table_put(&check->places, object->id, (void *)(seen + 1));
}

static void holders_see_message(struct holders_check *check, const struct message *m)
{
    holders_see(check, &m->reply, HOLDER_NO_AGENT);
    for (uint8_t i = 0; i < m->cap_count; i++)
        holders_see(check, &m->caps[i], HOLDER_NO_AGENT);
}

static void holders_see_sent(struct holders_check *check, const struct agent *agent)
{
    uint64_t messages = 0;
    uint64_t bytes = 0;

    for (const struct inbox_message *at = agent->sent.newest; at != NULL; at = at->older_sent) {
        messages += at->m.sender == agent->id && at->promise != NULL;
        bytes += message_weight(&at->m);
    }
    if (messages != agent->sent.messages || bytes != agent->sent.bytes)
        holders_wrong(check, "messages on promises, of agent", agent->id, agent->sent.messages,
                      messages);
    check->sent += messages;
}

static bool holders_see_agent(void *context, const struct agent *agent)
{
    struct holders_check *check = context;

    for (uint32_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap != NULL)
            holders_see(check, cap, agent->id);
    }
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next)
        holders_see_message(check, &at->m);
    holders_see_sent(check, agent);
    return true;
}

/*
 * An open promise waits for its reply; one that has ended has nothing that waits on it, and where
 * there is a pipe no message waits.
 */
static void holders_see_promise(struct holders_check *check, const struct object *promise)
{
    const struct promise *p = &promise->u.promise;
    const struct object *reply = object_find(&check->agents->objects, p->reply, OBJECT_FACET);
    bool open = p->state == PROMISE_OPEN;

    holders_see(check, &p->target, HOLDER_NO_AGENT);
    if (open != (reply != NULL && reply->u.facet.promise == promise->id))
        holders_wrong(check, "replies of the promise", promise->id, p->reply, 0);
    if (promise_has_queue(promise) && !open && p->entry == NULL)
        holders_wrong(check, "queues of the promise", promise->id, 1, 0);
    if ((p->entry != NULL) != (p->waits_in != 0) ||
        (p->entry != NULL && (p->entry->m.id != p->waits_at || p->entry->m.end != promise->id ||
                              p->entry->promise->id != p->waits_in)))
        holders_wrong(check, "entries of the promise", promise->id, p->waits_at, 0);
    if ((p->pipe != 0 && (!open || !p->quiet)) || p->pipe_next != 0 ||
        (p->entry != NULL && p->entry->promise->u.promise.quiet && !p->quiet))
        holders_wrong(check, "pipes of the promise", promise->id, p->pipe, 0);
    if (promise->holders == 0 && !promise_has_queue(promise))
        holders_wrong(check, "reasons to keep the promise", promise->id, 1, 0);
    for (const struct inbox_message *at = p->queue == NULL ? NULL : p->queue->first; at != NULL;
         at = at->next) {
        holders_see_message(check, &at->m);
        check->waiting += at->m.kind != (enum serai_event_kind)WAITING_QUEUE;
        if (p->quiet && at->m.kind == SERAI_EVENT_MESSAGE)
            holders_wrong(check, "messages beside the pipe of promise", promise->id, 0, at->m.id);
        if (at->promise != promise || (at->next != NULL && at->next->m.id <= at->m.id))
            holders_wrong(check, "order of the queue of promise", promise->id, at->m.id, 0);
    }
}

static void holders_see_object(void *context, uint64_t id, void *value)
{
    struct holders_check *check = context;
    const struct object *object = value;
    struct cap asked = {.kind = SERAI_KIND_FACET};

    (void)id;
    if (object->kind == OBJECT_PROMISE)
        holders_see_promise(check, object);
    if (object->kind != OBJECT_FACET)
        return;
    asked.object = object->u.facet.asked;
    if (object->one_shot)
        holders_see(check, &asked, HOLDER_NO_AGENT);
    check->named += object->named != FACET_UNNAMED;
    if (object->named != FACET_UNNAMED &&
        facet_index_find(check->agents, object->owner, object->u.facet.badge) != object)
        holders_wrong(check, "places in the index by badge, of facet", object->id, 0, 1);
}

static void holders_see_heap(struct holders_check *check)
{
    const struct cap_heap *heap = &check->agents->heap;

    for (size_t i = 0; i < heap->bucket_count; i++) {
        for (const struct heap_entry *entry = heap->buckets[i]; entry != NULL; entry = entry->next)
            holders_see(check, &entry->cap, HOLDER_NO_AGENT);
    }
}

static void holders_compare(void *context, uint64_t id, void *value)
{
    struct holders_check *check = context;
    const struct object *object = value;
    uintptr_t found = (uintptr_t)table_get(&check->places, id);

    if (object->holders != found)
        holders_wrong(check, "holders of object", id, object->holders, found);
}

static void holders_see_only_promise(void *context, uint64_t id, void *value)
{
    const struct object *object = value;

    (void)id;
    if (object->kind == OBJECT_PROMISE)
        holders_see_promise(context, object);
}

enum status agents_check_promises(const struct agents *agents, struct fault *fault)
{
    struct holders_check check = {.agents = agents, .fault = fault, .status = ST_OK};

    table_each(&agents->objects.by_id, holders_see_only_promise, &check);
    table_fini(&check.places);
    return check.status;
}

enum status agents_check_holders(const struct agents *agents, struct fault *fault)
{
    struct holders_check check = {.agents = agents, .fault = fault, .status = ST_OK};

    agents_each(agents, 0, holders_see_agent, &check);
    holders_see_heap(&check);
    table_each(&agents->objects.by_id, holders_see_object, &check);
    table_each(&agents->objects.by_id, holders_compare, &check);
    if (check.waiting != check.sent || check.waiting != agents->waiting)
        holders_wrong(&check, "messages on promises, of site", 0, agents->waiting, check.waiting);
    if (check.named != agents->facets.count)
        holders_wrong(&check, "facets by their badge, of site", 0, agents->facets.count,
                      check.named);
    table_fini(&check.places);
    return check.status;
}
