/* Facets, buffers, timers, leashes and promises: things with a number of our own and a row each. */
#include "agents/objects.h"

#include <stddef.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/changes.h"
#include "agents/limits.h"
#include "agents/pages/page_drop.h"
#include "agents/pages/paged.h"
#include "agents/promise_queue.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "base/table.h"

/* Only a buffer has room for a table of pages. */
static size_t object_bytes(enum object_kind kind)
{
    switch (kind) {
    case OBJECT_FACET:
        return offsetof(struct object, u) + sizeof(struct facet);
    case OBJECT_TIMER:
        return offsetof(struct object, u) + sizeof(struct timer);
    case OBJECT_LEASH:
        return offsetof(struct object, u) + sizeof(struct leash);
    case OBJECT_PROMISE:
        return offsetof(struct object, u) + sizeof(struct promise);
    case OBJECT_BUFFER:
        break;
    }
    return sizeof(struct object);
}

struct object *object_alloc(struct slab *memory, enum object_kind kind)
{
    struct object *object = slab_take(memory, object_bytes(kind));

    memset(object, 0, object_bytes(kind));
    object->kind = kind;
    return object;
}

void object_free(struct slab *memory, struct object *object)
{
    if (object->kind == OBJECT_BUFFER)
        paged_fini(&object->u.buffer.pages);
    if (object->kind == OBJECT_PROMISE)
        promise_free_parts(object);
    slab_give(memory, object, object_bytes(object->kind));
}

void object_link(struct agents *agents, struct agent *owner, struct object *object)
{
    /* The newest first: numbers fall along the list, which agents_check() relies on. */
    object->owner = owner->id;
    object->older_owned = owner->owns.newest;
    if (owner->owns.newest != NULL)
        owner->owns.newest->newer_owned = object;
    owner->owns.newest = object;
    (void)!table_put(&agents->objects.by_id, object->id,
                     object); /* a new number replaces nothing */
}

/*
 * Where the pointer to the object lies in its owner's list: in the next newer object, or in the
 * owner.
 */
static struct object **object_list_place(struct agents *agents, const struct object *object)
{
    struct agent *owner;

    if (object->newer_owned != NULL)
        return &object->newer_owned->older_owned;
    owner = agents_find(agents, object->owner);
    /* Objects end before their owner does. */
    INVARIANT(owner != NULL && owner->owns.newest == object);
    return &owner->owns.newest;
}

static void object_unlink(struct agents *agents, struct object *object)
{
    struct object **place = object_list_place(agents, object);
    struct object *older = object->older_owned;

    undo_save(agents->undo, place, sizeof(struct object *));
    *place = older;
    if (older == NULL)
        return;
    undo_save(agents->undo, &older->newer_owned, sizeof older->newer_owned);
    older->newer_owned = object->newer_owned;
}

/* On rollback of object_new().  The list was restored before, by the pointers that it saved. */
static void object_unmake(void *context, void *argument)
{
    struct agents *agents = context;
    struct object *object = argument;

    (void)!table_remove(&agents->objects.by_id, object->id); /* it is there: object_new() put it */
    object_free(&agents->small, object);
}

struct object *object_new(struct agents *agents, struct agent *owner, enum object_kind kind)
{
    struct object *object = object_alloc(&agents->small, kind);

    agents_work(agents, WORK_OBJECT);
    object->id = agents->objects.next++;
    agents->changes.counters = true;
    undo_on_rollback(agents->undo, object_unmake, agents, object);
    undo_save(agents->undo, &owner->owns.newest, sizeof(struct object *));
    if (owner->owns.newest != NULL)
        undo_save(agents->undo, &owner->owns.newest->newer_owned, sizeof(struct object *));
    object_link(agents, owner, object);
    object_dirty(&agents->changes, object);
    return object;
}

struct object *object_find(const struct object_set *objects, uint64_t id, enum object_kind kind)
{
    struct object *object = table_get(&objects->by_id, id);

    return object != NULL && object->kind == kind ? object : NULL;
}

/* On rollback of object_remove(): it has kept its memory and its pages until here. */
static void object_put_back(void *context, void *argument)
{
    struct agents *agents = context;
    struct object *object = argument;

    (void)!table_put(&agents->objects.by_id, object->id, object); /* its place is free */
}

/* On commit of object_remove(): nothing can bring it back now. */
static void object_forget(void *context, void *argument)
{
    struct agents *agents = context;
    struct object *object = argument;

    if (object->kind == OBJECT_BUFFER)
        page_log_drop(agents, &object->u.buffer.pages, false);
    object_free(&agents->small, object);
}

void object_queue_timer(struct object_set *objects, const struct object *timer)
{
    if (timer->u.timer.at_us == TIMER_AT_LEAVING)
        heapq_push(&objects->leavers, timer->id, timer->id);
    else
        heapq_push(&objects->timers, timer->u.timer.at_us, timer->id);
}

void object_remove(struct agents *agents, struct object *object)
{
    object_dirty(&agents->changes, object); /* so the save finds it missing and deletes its row */
    object_unlink(agents, object);
    (void)!table_remove(&agents->objects.by_id, object->id); /* it is there: we hold it */
    undo_on_rollback(agents->undo, object_put_back, agents, object);
    undo_on_commit(agents->undo, object_forget, agents, object);
}
