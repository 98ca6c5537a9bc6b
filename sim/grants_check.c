/*
 * The check of all capabilities after each frame: whatever the core holds is what the tables have,
 * and what is gone from the core goes from them.  What changed was looked at before, turn by turn
 * (grants.c).
 */
#include "sim/grants_state.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/facets.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/set.h"

/*
 * A number for a capability in its place.  Those of a site are added up, so the order of walks is
 * no matter.
 */
static uint64_t grants_mix(uint64_t holder, uint64_t place, const struct cap *cap)
{
    uint64_t x = holder * UINT64_C(0x9e3779b97f4a7c15) + place;

    x = (x ^ x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) + cap->object;
    x = (x ^ x >> 29) * UINT64_C(0x94d049bb133111eb) + cap->kind * 256U + cap->rights;
    return x ^ x >> 32;
}

enum {
    IN_MESSAGE = 2048,
    IN_HEAP = 4096,
    IN_WAITING = 8192,
    REPLY = 16
}; /* places that are no slots */

enum { NO_AGENT = 0 };

/*
 * Count the places of a facet or a leash: a reply is held by one, as whoever else had it could
 * answer it too, and a leash by the agent that spawned with it.  A facet's own agent is no holder
 * of it.
 */
static void grants_count_place(struct grants_view *look, const struct cap *cap, uint64_t agent)
{
    struct maker *maker = cap->kind == SERAI_KIND_FACET || cap->kind == SERAI_KIND_LEASH
                              ? table_get(&look->grants->makers, cap->object)
                              : NULL;

    if (maker == NULL)
        return;
    maker->places++;
    maker->holders += maker->is_promise || maker->owner != agent;
}

/* What a message or heap entry holds is what it held when it was new. */
static void grants_check_note(struct grants_view *look, const char *what, struct table *table,
                              uint64_t id, const struct cap *caps, uint8_t count,
                              const struct cap *reply, uint64_t in)
{
    struct note *note = table_get(table, id);

    for (uint8_t i = 0; i < count; i++) {
        if (note == NULL || i >= note->count || !cap_equal(&caps[i], &note->caps[i]))
            grants_forged(look, what, id, &caps[i]);
        look->digest += grants_mix(id, in + i, &caps[i]);
        grants_count_place(look, &caps[i], NO_AGENT);
    }
    if (!cap_is_empty(reply) && (note == NULL || !cap_equal(reply, &note->reply)))
        grants_forged(look, what, id, reply);
    if (!cap_is_empty(reply)) {
        look->digest += grants_mix(id, in + REPLY, reply);
        grants_count_place(look, reply, NO_AGENT);
    }
    if (note != NULL)
        note->live = true;
}

/* Each slot and message of an agent is as it was kept: nobody else's turn changed it. */
static bool grants_check_agent(void *context, const struct agent *agent)
{
    struct grants_view *look = context;
    uint64_t id = agent->id;
    const struct grants_table *holding = table_get(&look->grants->holdings, id);

    for (uint64_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap == NULL) { /* nor is there any in its chunk */
            slot |= AGENT_CAPS_CHUNK - 1;
            continue;
        }
        if (cap_is_empty(cap))
            continue;
        if (!cap_equal(cap, grants_kept(holding, slot)))
            grants_forged(look, "agent", id, cap);
        look->digest += grants_mix(id, slot, cap);
        grants_count_place(look, cap, id);
    }
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        if (at->m.cap_count > 0 || !cap_is_empty(&at->m.reply))
            grants_check_note(look, "message", &look->grants->messages, at->m.id, at->m.caps,
                              at->m.cap_count, &at->m.reply, IN_MESSAGE);
    }
    return true;
}

/* Each entry is as it was kept; a reply is never named in the heap, since it is held once. */
static void grants_check_heap(struct grants_view *look)
{
    for (size_t bucket = 0; bucket < look->agents->heap.bucket_count; bucket++) {
        for (const struct heap_entry *at = look->agents->heap.buckets[bucket]; at != NULL;
             at = at->next) {
            grants_check_note(look, "heap entry", &look->grants->heap, at->serial, &at->cap, 1,
                              NULL, IN_HEAP);
            if (cap_reply(look->agents, &at->cap) != NULL)
                grants_forged(look, "heap entry", at->serial, &at->cap);
        }
    }
}

/* The reply that watches a leash is held by it, and a leash by one agent, its maker. */
static void grants_count_leash(struct grants_view *look, const struct leash *leash)
{
    struct maker *watch = table_get(&look->grants->makers, leash->watch);

    if (watch != NULL)
        watch->places++; /* but no capability to it is there, so it is no holder */
}

/*
 * What waits on promises, what they are resolved to, facets that questions were asked with, and
 * what leashes hold.
 */
static void grants_check_held(void *context, uint64_t id, void *value)
{
    struct grants_view *look = context;
    const struct object *object = value;
    struct cap asked = {.kind = SERAI_KIND_FACET};
    const struct inbox *queue;

    (void)id;
    if (object->kind == OBJECT_FACET && object->one_shot) {
        asked.object = object->u.facet.asked;
        grants_count_place(look, &asked, NO_AGENT);
    }
    if (object->kind == OBJECT_LEASH)
        grants_count_leash(look, &object->u.leash);
    if (object->kind != OBJECT_PROMISE)
        return;
    grants_count_place(look, &object->u.promise.target, NO_AGENT);
    queue = object->u.promise.queue;
    for (const struct inbox_message *at = queue == NULL ? NULL : queue->first; at != NULL;
         at = at->next) {
        if (at->m.kind != (enum serai_event_kind)WAITING_QUEUE)
            grants_check_note(look, "waiting message", &look->grants->messages, at->m.id,
                              at->m.caps, at->m.cap_count, &at->m.reply, IN_WAITING);
    }
}

/*
 * Who made an object, and its badge, never change; a reply, and a leash, is in one place; and the
 * holders of a facet are those that were seen.
 */
static void grants_check_object(void *context, uint64_t id, void *value)
{
    struct grants_view *look = context;
    const struct object *object = value;
    struct maker *maker = table_get(&look->grants->makers, id);

    if (object->kind == OBJECT_TIMER)
        return;
    if (maker == NULL || maker->is_leash != (object->kind == OBJECT_LEASH) ||
        maker->is_promise != (object->kind == OBJECT_PROMISE) ||
        maker->is_facet != (object->kind == OBJECT_FACET || maker->is_promise) ||
        maker->owner != object->owner ||
        (object->kind == OBJECT_FACET && maker->badge != object->u.facet.badge))
        sim_fail(look->site->sim, "site %s: object %llu is not what it was when it was made",
                 look->site->name, U(id));
    INVARIANT(maker != NULL); /* cppcheck does not see that sim_fail() never returns */
    if ((maker->one_shot || maker->is_leash) && maker->places != 1)
        sim_fail(look->site->sim, "site %s: %s %llu is held in %llu places", look->site->name,
                 maker->is_leash ? "leash" : "reply", U(id), U(maker->places));
    if (maker->is_facet && maker->holders != object->holders)
        sim_fail(look->site->sim, "site %s: object %llu counts %u holders, and %llu were seen",
                 look->site->name, U(id), object->holders, U(maker->holders));
    maker->places = 0;
    maker->holders = 0;
}

/* What is there no more: notes that were not seen, agents that ended, objects that are gone. */
struct sweep {
    const struct agents *agents;
    bool (*is_gone)(const struct agents *agents, uint64_t id, void *value);
    struct bytes gone; /* of u64 */
};

/* Seen or not is of this check: it is cleared for the next one. */
static bool note_is_gone(const struct agents *agents, uint64_t id, void *value)
{
    struct note *note = value;
    bool gone = !note->live;

    (void)agents;
    (void)id;
    note->live = false;
    return gone;
}

static bool agent_is_dead(const struct agents *agents, uint64_t id, void *value)
{
    (void)value;
    return !agents_has(agents, id);
}

static bool object_is_gone(const struct agents *agents, uint64_t id, void *value)
{
    (void)value;
    return table_get(&agents->objects.by_id, id) == NULL;
}

static void grants_find_gone(void *context, uint64_t id, void *value)
{
    struct sweep *sweep = context;

    if (sweep->is_gone(sweep->agents, id, value))
        bytes_append(&sweep->gone, &id, sizeof id);
}

/* Drop what is gone from a table.  In two steps, as a table does not change while it is walked. */
static void grants_sweep(struct grants *grants, struct table *table, struct sweep sweep,
                         void (*drop)(void *grants, uint64_t key, void *value))
{
    table_each(table, grants_find_gone, &sweep);
    INVARIANT(!sweep.gone.failed);
    for (size_t at = 0; at < sweep.gone.size; at += sizeof(uint64_t)) {
        uint64_t id;

        memcpy(&id, sweep.gone.data + at, sizeof id);
        drop(grants, id, table_remove(table, id));
    }
    bytes_fini(&sweep.gone);
}

static void grants_free_message(void *grants, uint64_t id, void *note)
{
    (void)table_remove(&((struct grants *)grants)->waiting, id);
    free(note);
}

uint64_t grants_check(struct sim_site *site)
{
    struct grants_view look;

    grants_look(site);
    look = grants_view_of(site);
    agents_each(look.agents, 0, grants_check_agent, &look);
    grants_check_heap(&look);
    table_each(&look.agents->objects.by_id, grants_check_held, &look);
    table_each(&look.agents->objects.by_id, grants_check_object, &look);
    grants_sweep(look.grants, &look.grants->messages,
                 (struct sweep){look.agents, note_is_gone, {0}}, grants_free_message);
    grants_sweep(look.grants, &look.grants->heap, (struct sweep){look.agents, note_is_gone, {0}},
                 grants_free_plain);
    grants_sweep(look.grants, &look.grants->holdings,
                 (struct sweep){look.agents, agent_is_dead, {0}}, grants_free_table);
    grants_sweep(look.grants, &look.grants->makers,
                 (struct sweep){look.agents, object_is_gone, {0}}, grants_free_plain);
    return look.digest;
}
