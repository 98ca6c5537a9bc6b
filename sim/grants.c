/*
 * The tables that the simulator keeps of capabilities, and their comparison with the core's.  A
 * look goes over what is new since the last one, and is done after each turn; the check of
 * everything is grants_check.c's.  The core is only read.  By which path a new capability came is
 * asked in grants_paths.c.
 */
#include "sim/grants.h"

#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/facets.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/sleep.h"
#include "sim/calls.h"
#include "sim/grants_state.h"

/* ---- life ---- */

struct grants *grants_new(void)
{
    return calloc(1, sizeof(struct grants));
}

void grants_free_plain(void *context, uint64_t key, void *value)
{
    (void)context;
    (void)key;
    free(value);
}

void grants_free_table(void *context, uint64_t key, void *value)
{
    struct grants_table *holding = value;

    (void)context;
    (void)key;
    free(holding->caps);
    free(holding);
}

/* Forget all: of a site that starts, nothing from before is believed. */
static void grants_empty(struct grants *grants)
{
    table_each(&grants->holdings, grants_free_table, NULL);
    table_each(&grants->messages, grants_free_plain, NULL);
    table_each(&grants->heap, grants_free_plain, NULL);
    table_each(&grants->makers, grants_free_plain, NULL);
    table_fini(&grants->holdings);
    table_fini(&grants->messages);
    table_fini(&grants->waiting);
    table_fini(&grants->heap);
    table_fini(&grants->makers);
    table_fini(&grants->open);
    memset(grants, 0, sizeof *grants);
}

void grants_free(struct grants *grants)
{
    if (grants == NULL)
        return;
    grants_empty(grants);
    free(grants);
}

/* ---- tables of agents ---- */

/*
 * Take over an agent's slots as they are now.  grants->next_end stays past all ends that were seen.
 */
static void grants_keep_table(struct grants *grants, const struct agent *agent)
{
    struct grants_table *holding = table_get(&grants->holdings, agent->id);

    if (holding == NULL) {
        holding = calloc(1, sizeof *holding);
        INVARIANT(holding != NULL);
        (void)!table_put(&grants->holdings, agent->id, holding); /* there was none */
    }
    if (holding->slots < agent->caps.highest) {
        holding->caps = realloc(holding->caps, agent->caps.highest * sizeof *holding->caps);
        INVARIANT(holding->caps != NULL);
        holding->slots = agent->caps.highest;
    }
    for (uint32_t slot = 0; slot < holding->slots; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);
        const struct cap none = {0};

        holding->caps[slot] = cap == NULL ? none : *cap;
        if (!cap_is_empty(cap) && cap->kind == SERAI_KIND_CHANNEL &&
            cap->object >= grants->next_end)
            grants->next_end = cap->object + 1;
    }
}

const struct cap *grants_kept(const struct grants_table *holding, uint64_t slot)
{
    static const struct cap none = {0};

    return holding == NULL || slot >= holding->slots ? &none : &holding->caps[slot];
}

/* Whether the agent whose turn it was had nothing in one of the slots 2 to 6: then it gives none.
 */
static bool grants_parent_lacks(const struct grants_view *look, uint64_t slot)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, look->by);

    return look->by != 0 && slot >= SERAI_SLOT_BUFFERS && slot < SERAI_SLOT_FIRST_FREE &&
           cap_is_empty(grants_kept(holding, slot));
}

/*
 * An agent's first table, before its first turn: only what all are born with.  In a turn its parent
 * is the agent whose turn it was.
 */
static void grants_see_newborn(struct grants_view *look, const struct agent *agent)
{
    for (uint64_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (!cap_is_empty(cap) &&
            (!grants_is_inborn(look, agent, slot, cap) || grants_parent_lacks(look, slot)))
            grants_forged(look, "newborn agent", agent->id, cap);
    }
    if (look->by != 0 && agent->parent != look->by)
        sim_fail(look->site->sim, "site %s: agent %llu was born in a turn of %llu, not its parent",
                 look->site->name, U(agent->id), U(look->by));
    grants_keep_table(look->grants, agent);
}

/*
 * The table of the agent whose turn it was.  What is new in it was made in the turn, or lent by its
 * event and kept: of what was lent there is no more than it gave orders to keep.
 */
static void grants_see_table(struct grants_view *look, const struct agent *agent)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, agent->id);
    uint32_t orders = look->agents->turn_memory->orders[SERAI_ORDER_cap_keep];
    uint32_t loans = 0;

    for (uint64_t slot = 0; slot < agent->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&agent->caps, slot);

        if (cap_is_empty(cap) || cap_equal(cap, grants_kept(holding, slot)) ||
            grants_replaces(look, cap, grants_kept(holding, slot)))
            continue;
        /* An undone turn leaves the table as it was. */
        if (look->undone)
            grants_forged(look, "agent", agent->id, cap);
        if (grants_is_its_own(look, cap))
            continue;
        if (!grants_was_lent(look, cap))
            grants_forged(look, "agent", agent->id, cap);
        loans++;
    }
    if (loans > orders)
        sim_fail(look->site->sim,
                 "site %s: agent %llu has %u caps that its event lent, and kept %u",
                 look->site->name, U(agent->id), loans, orders);
    grants_keep_table(look->grants, agent);
}

/* The table of a client's desk, after a request: what is new in it came with an answer. */
static void grants_see_desk(struct grants_view *look, const struct agent *desk)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, desk->id);

    for (uint64_t slot = 0; slot < desk->caps.highest; slot++) {
        const struct cap *cap = cap_table_at(&desk->caps, slot);

        if (!cap_is_empty(cap) && !cap_equal(cap, grants_kept(holding, slot)) &&
            !grants_came_to_desk(look, cap))
            grants_forged(look, "desk", desk->id, cap);
    }
    grants_keep_table(look->grants, desk);
}

/* ---- messages ---- */

/* A copy of the capabilities that a message carries. */
static struct note *grants_note_in(const struct agent *to, const struct message *m)
{
    struct note *note = grants_note_of(m, 0);

    note->to = to->id;
    return note;
}

struct note *grants_note_of(const struct message *m, uint64_t promise)
{
    struct note *note = calloc(1, sizeof *note);

    INVARIANT(note != NULL);
    note->promise = promise;
    note->sender = m->sender;
    note->listens = m->kind == (enum serai_event_kind)WAITING_LISTENER;
    note->count = m->cap_count;
    memcpy(note->caps, m->caps, sizeof note->caps);
    note->reply = m->reply;
    note->for_good = m->kind == SERAI_EVENT_BORN;
    return note;
}

/* A message that is new: checked, and kept if it carries any capability. */
static void grants_see_message(struct grants_view *look, const struct agent *to,
                               const struct message *m)
{
    grants_check_message(look, to, m);
    if (m->cap_count > 0 || !cap_is_empty(&m->reply))
        (void)!table_put(&look->grants->messages, m->id, grants_note_in(to, m)); /* a new number */
}

/*
 * What FAILED says has come back: it is credited already, to the account that this agent's money
 * goes to.
 */
static void grants_see_returned(const struct grants_view *look, const struct agent *agent,
                                u128 told)
{
    struct grants_table *holding = table_get(&look->grants->holdings, agent->id);
    uint64_t account = agent->state == AGENT_DESK ? agent->customer : agent->id;
    u128 credits = ledger_account(look->agents->ledger, account)->credits;

    if (holding == NULL)
        return;
    /* What one returns to oneself (reply_return) does not move. */
    if (look->by == agent->id && look->agents->turn_memory->orders[SERAI_ORDER_reply_return] > 0)
        told = 0;
    if (told > credits - holding->credits)
        sim_fail(look->site->sim,
                 "site %s: agent %llu is told that %llu nanos came back, and was credited %llu",
                 look->site->name, U(agent->id), U(told), U(credits - holding->credits));
    holding->credits = credits;
}

/*
 * New messages are among those at the front, or at the end behind all older ones: the walk from the
 * end stops at the first old one.
 */
static void grants_see_inbox(struct grants_view *look, const struct agent *agent)
{
    const struct inbox_message *at = agent->inbox.first;
    u128 told = 0;

    for (; at != NULL && at->front; at = at->next) {
        if (at->m.id >= look->first_message)
            grants_see_message(look, agent, &at->m);
    }
    for (at = agent->inbox.last; at != NULL && !at->front; at = at->previous) {
        if (at->m.id < look->first_message)
            break;
        grants_see_message(look, agent, &at->m);
        if (at->m.kind == SERAI_EVENT_FAILED)
            told += money_nanos(at->m.money);
    }
    grants_see_returned(look, agent, told);
}

/* ---- things ---- */

static void grants_keep_maker(struct grants *grants, const struct object *object)
{
    struct maker *maker = calloc(1, sizeof *maker);

    INVARIANT(maker != NULL);
    maker->is_facet = object->kind == OBJECT_FACET || object->kind == OBJECT_PROMISE;
    maker->is_leash = object->kind == OBJECT_LEASH;
    maker->is_promise = object->kind == OBJECT_PROMISE;
    maker->owner = object->owner;
    maker->badge = object->kind == OBJECT_FACET ? object->u.facet.badge : 0;
    maker->one_shot = object->kind == OBJECT_FACET && object->one_shot;
    (void)!table_put(&grants->makers, object->id, maker); /* a new number */
    if (maker->is_promise)
        (void)!table_put(&grants->open, object->id, maker); /* the same */
}

static void grants_keep_entry(struct grants *grants, const struct heap_entry *entry)
{
    struct note *note = calloc(1, sizeof *note);

    INVARIANT(note != NULL);
    note->count = 1;
    note->caps[0] = entry->cap;
    (void)!table_put(&grants->heap, entry->serial, note); /* a new number */
}

/* New objects were made in this turn, by its agent or for an agent born in it. */
static void grants_see_objects(struct grants_view *look)
{
    struct grants *grants = look->grants;

    for (uint64_t id = look->first_object; id < look->agents->objects.next; id++) {
        const struct object *object = table_get(&look->agents->objects.by_id, id);
        const struct maker *maker;

        if (object == NULL || object->kind == OBJECT_TIMER)
            continue;
        grants_keep_maker(grants, object);
        maker = table_get(&grants->makers, id);
        if (look->by != 0 && !look->undone &&
            (maker->owner == look->by || maker->owner >= look->first_agent))
            continue;
        /* A client asks with a facet and a reply of its desk, which the first call makes. */
        if (look->desk != 0 && maker->owner == look->desk && maker->is_facet)
            continue;
        sim_fail(look->site->sim, "site %s: object %llu of agent %llu is made by %llu",
                 look->site->name, U(id), U(maker->owner), U(look->by));
    }
}

/*
 * New entries of the heap are the running agent's, of a kind that may be named, and hold what it
 * could have had.
 */
static void grants_see_heap(struct grants_view *look)
{
    struct grants *grants = look->grants;
    const struct agents *agents = look->agents;
    /*
     * Serial numbers rise, and entries go only by being taken out: the same number and count are
     * the same heap.
     */
    bool before = look->first_serial == agents->heap.next_serial;

    if (before && agents->heap.count == grants->heap_count)
        return;
    for (size_t bucket = 0; bucket < agents->heap.bucket_count && !before; bucket++) {
        for (const struct heap_entry *at = agents->heap.buckets[bucket]; at != NULL;
             at = at->next) {
            if (at->serial < look->first_serial)
                continue;
            if (look->by == 0 || look->undone || !grants_may_be_named(&at->cap) ||
                at->payer != look->by || !grants_could_have(look, &at->cap))
                grants_forged(look, "heap entry", at->serial, &at->cap);
            grants_keep_entry(grants, at);
        }
    }
    grants->heap_count = agents->heap.count; /* what was taken out goes with the next check */
}

/* ---- looking ---- */

static void grants_see_agent(struct grants_view *look, const struct agent *agent)
{
    if (agent->id >= look->first_agent)
        grants_see_newborn(look, agent);
    if (agent->id >= look->first_agent && agent->id >= look->grants->next_agent)
        look->grants->next_agent = agent->id + 1;
    grants_see_inbox(look, agent);
}

/*
 * All agents that are in RAM as a struct.  Those that are packed had no event since the last look;
 * the check after each frame sees them too.
 */
static void grants_see_awake(struct grants_view *look)
{
    for (size_t at = 0; at < look->agents->awake.list.size; at += sizeof(struct agent *)) {
        const struct agent *agent;

        memcpy(&agent, look->agents->awake.list.data + at, sizeof agent);
        grants_see_agent(look, agent);
    }
}

struct grants_view grants_view_of(struct sim_site *site)
{
    struct grants *grants = site->grants;

    return (struct grants_view){
        .site = site,
        .grants = grants,
        .agents = site->core->agents,
        .first_object = grants->next_object,
        .first_message = grants->next_message,
        .first_serial = grants->next_serial,
        .first_agent = grants->next_agent,
        .first_end = grants->next_end,
    };
}

/*
 * Objects first, since tables and messages refer to them; tables last, as they may hold what came
 * in a message.
 */
static void grants_see_all(struct grants_view *look)
{
    struct grants *grants = look->grants;
    const struct agents *agents = look->agents;
    bool messages = agents->next_message != look->first_message;
    const struct agent *agent;

    if (agents->objects.next != look->first_object)
        grants_see_objects(look);
    grants_see_promises(look);
    if (messages) /* each newborn has one: BORN */
        grants_see_awake(look);
    grants_see_heap(look);
    agent = look->by == 0 ? NULL : agents_find(agents, look->by);
    if (agent != NULL)
        grants_see_table(look, agent);
    agent = look->desk == 0 ? NULL : agents_find(agents, look->desk);
    if (agent != NULL)
        grants_see_desk(look, agent);
    grants->next_object = agents->objects.next;
    grants->next_message = agents->next_message;
    grants->next_serial = agents->heap.next_serial;
}

void grants_look(struct sim_site *site)
{
    struct grants_view look = grants_view_of(site);

    grants_see_all(&look);
}

void grants_look_request(struct sim_site *site, const struct sim_client *client)
{
    struct grants_view look = grants_view_of(site);

    look.desk = calls_desk_of(site, client);
    look.account = client->account;
    grants_see_all(&look);
}

/*
 * At its end the turn's effects are all there, and the message that it handled is gone unless it
 * waits on.
 */
void grants_mark(void *context, uint64_t id, uint64_t message)
{
    struct sim_site *site = context;
    struct grants *grants = site->grants;
    const struct agent *agent;
    struct grants_view look;
    bool waits;

    if (id != 0) {
        grants_look(site); /* a tick may have been before the turn */
        grants->agent = id;
        grants->message = message;
        grants->traps = agents_find(site->core->agents, id)->usage.traps;
        return;
    }
    look = grants_view_of(site);
    look.by = grants->agent;
    look.event = table_get(&grants->messages, grants->message);
    agent = agents_find(look.agents, look.by);
    /*
     * The money ran out: the event stays in the inbox as before, and is handled when there is more.
     */
    waits =
        agent != NULL && agent->inbox.first != NULL && agent->inbox.first->m.id == grants->message;
    look.undone = waits || (agent != NULL && agent->usage.traps != grants->traps);
    grants_see_all(&look);
    if (!waits)
        free(table_remove(&grants->messages, grants->message));
    grants->agent = 0;
}

/* ---- after a start ---- */

static bool grants_keep_agent(void *context, const struct agent *agent)
{
    struct grants *grants = context;

    grants_keep_table(grants, agent);
    if (agent->id >= grants->next_agent)
        grants->next_agent = agent->id + 1;
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        if (at->m.cap_count > 0 || !cap_is_empty(&at->m.reply))
            (void)!table_put(&grants->messages, at->m.id,
                             grants_note_in(agent, &at->m)); /* a new number */
    }
    return true;
}

static void grants_keep_object(void *context, uint64_t id, void *value)
{
    const struct object *object = value;

    (void)id;
    if (object->kind != OBJECT_TIMER)
        grants_keep_maker(context, object);
    if (object->kind == OBJECT_PROMISE)
        grants_keep_promise(context, object);
}

void grants_begin(struct sim_site *site)
{
    struct grants *grants = site->grants;
    const struct agents *agents = site->core->agents;

    grants_empty(grants);
    agents_each(agents, 0, grants_keep_agent, grants);
    table_each(&agents->objects.by_id, grants_keep_object, grants);
    for (size_t bucket = 0; bucket < agents->heap.bucket_count; bucket++) {
        for (const struct heap_entry *at = agents->heap.buckets[bucket]; at != NULL; at = at->next)
            grants_keep_entry(grants, at);
    }
    grants->next_object = agents->objects.next;
    grants->next_message = agents->next_message;
    grants->next_serial = agents->heap.next_serial;
    grants->heap_count = agents->heap.count;
}
