/*
 * By which paths an agent can have come by a capability in its turn, as far as the simulator can
 * see from outside.  Of the turn itself it asks two things: which orders it gave (they are paid
 * for, and so in the books) and whether it was undone.
 */
#include "sim/grants_state.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/message.h"
#include "site/core/state.h"

/* ---- whether it may be so ---- */

/*
 * Whether `cap` is what `held` is, with no more rights.  The right of a buffer's owner is not
 * copied.
 */
static bool cap_is_part_of(const struct cap *cap, const struct cap *held)
{
    if (cap->kind != held->kind || cap->object != held->object)
        return false;
    return cap->rights == held->rights ||
           (cap->kind == SERAI_KIND_BUFFER && (cap->rights & ~held->rights) == 0 &&
            (cap->rights & SERAI_RIGHT_OWNER) == 0);
}

static bool cap_is_part(const void *held, const struct cap *cap)
{
    return cap_is_part_of(held, cap);
}

/* The same through promises: who held one has what it is resolved to. */
static bool paths_had(const struct grants_view *look, const struct cap *cap, const struct cap *held)
{
    return grants_leads_to(look, held, cap_is_part, cap);
}

bool grants_replaces(const struct grants_view *look, const struct cap *cap, const struct cap *was)
{
    return paths_had(look, cap, was) && !cap_is_part_of(cap, was);
}

/* Whether a message or heap entry gave the capability, or more rights to the same object. */
static bool note_has(const struct grants_view *look, const struct note *note, const struct cap *cap)
{
    if (note == NULL)
        return false;
    for (uint8_t i = 0; i < note->count; i++) {
        if (paths_had(look, cap, &note->caps[i]))
            return true;
    }
    return cap_is_part_of(cap, &note->reply);
}

/* Whether the turn gave this order at least once. */
static bool paths_ordered(const struct grants_view *look, enum serai_order order)
{
    return look->agents->turn_memory->orders[order] > 0;
}

struct in_heap {
    const struct grants_view *look;
    const struct cap *cap;
    bool found;
};

static void paths_look_in_heap(void *context, uint64_t serial, void *value)
{
    struct in_heap *in_heap = context;

    (void)serial;
    in_heap->found = in_heap->found || note_has(in_heap->look, value, in_heap->cap);
}

/* An entry comes out of the heap by these two orders only. */
static bool paths_used_heap(const struct grants_view *look)
{
    return paths_ordered(look, SERAI_ORDER_heap_get) || paths_ordered(look, SERAI_ORDER_heap_take);
}

/* Any entry will do: its number, which the agent must have known, is not checked here. */
static bool paths_from_heap(const struct grants_view *look, const struct cap *cap)
{
    struct in_heap in_heap = {look, cap, false};

    if (!paths_used_heap(look))
        return false;
    table_each(&look->grants->heap, paths_look_in_heap, &in_heap);
    return in_heap.found;
}

/*
 * Made by an order of this turn: a facet of its own or of a child's, a buffer, an end that it
 * bought.
 */
static bool paths_made(const struct grants_view *look, const struct cap *cap)
{
    const struct maker *maker;

    if (cap->kind == SERAI_KIND_CHANNEL) {
        const struct channel_end *end = channels_find(look->site->core->channels, cap->object);

        /* None: within the site it was refused at once, and the answer takes the slot back. */
        return (end == NULL || end->owner == look->by) && cap->object >= look->first_end &&
               paths_ordered(look, SERAI_ORDER_channel_buy);
    }
    maker = table_get(&look->grants->makers, cap->object);
    if (maker == NULL)
        return false;
    /* The facet of a badge is found again, though it may be in no slot. */
    if (cap->kind == SERAI_KIND_FACET && maker->owner == look->by && maker->is_facet &&
        !maker->is_promise && !maker->one_shot && paths_ordered(look, SERAI_ORDER_self_facet_of))
        return true;
    if (cap->object < look->first_object)
        return false;
    if (cap->kind == SERAI_KIND_LEASH)
        return maker->is_leash && maker->owner == look->by &&
               paths_ordered(look, SERAI_ORDER_spawn);
    if (maker->is_promise)
        return cap->kind == SERAI_KIND_FACET && maker->owner == look->by &&
               paths_ordered(look, SERAI_ORDER_facet_ask);
    if (cap->kind == SERAI_KIND_BUFFER)
        return !maker->is_facet && !maker->is_leash && maker->owner == look->by &&
               paths_ordered(look, SERAI_ORDER_buffer_buy);
    if (cap->kind != SERAI_KIND_FACET || !maker->is_facet || maker->one_shot)
        return false;
    return maker->owner == look->by ? paths_ordered(look, SERAI_ORDER_self_facet)
                                    : paths_ordered(look, SERAI_ORDER_spawn);
}

static bool paths_new_and_gone(const struct grants_view *look, const struct cap *cap)
{
    /* Made and revoked, sold or used up within the turn: nothing is behind it any more. */
    return cap->object >= look->first_object && cap->object < look->agents->objects.next &&
           (cap->kind == SERAI_KIND_FACET || cap->kind == SERAI_KIND_BUFFER ||
            cap->kind == SERAI_KIND_LEASH) &&
           table_get(&look->agents->objects.by_id, cap->object) == NULL;
}

/* In the table of this agent before the turn or request began. */
static bool paths_in_table(const struct grants_view *look, uint64_t agent, const struct cap *cap)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, agent);

    for (uint32_t i = 0; holding != NULL && i < holding->slots; i++) {
        if (paths_had(look, cap, &holding->caps[i]))
            return true;
    }
    return false;
}

static bool paths_held(const struct grants_view *look, const struct cap *cap)
{
    return paths_in_table(look, look->by, cap);
}

struct on_desk {
    const struct grants_view *look;
    const struct cap *cap;
    bool found;
};

/* Whether a message that was in the desk's inbox, and is there no more, brought it. */
static void paths_look_on_desk(void *context, uint64_t message, void *value)
{
    struct on_desk *on_desk = context;
    const struct note *note = value;
    const struct agent *desk = agents_find(on_desk->look->agents, note->to);
    const struct inbox_message *at;

    if (on_desk->found || note->to != on_desk->look->desk ||
        !note_has(on_desk->look, note, on_desk->cap))
        return;
    for (at = desk->inbox.first; at != NULL && at->m.id != message;)
        at = at->next;
    on_desk->found = at == NULL;
}

bool grants_came_to_desk(const struct grants_view *look, const struct cap *cap)
{
    struct on_desk on_desk = {look, cap, false};

    table_each(&look->grants->messages, paths_look_on_desk, &on_desk);
    return on_desk.found;
}

bool grants_could_have(const struct grants_view *look, const struct cap *cap)
{
    return paths_held(look, cap) || note_has(look, look->event, cap) || paths_made(look, cap) ||
           paths_from_heap(look, cap) || paths_new_and_gone(look, cap);
}

/*
 * What it had before comes into another slot as a share, or by an entry that it put into the heap
 * and took out.
 */
static bool paths_copied(const struct grants_view *look, const struct cap *cap)
{
    bool shared = cap->kind == SERAI_KIND_BUFFER && paths_ordered(look, SERAI_ORDER_buffer_share);
    bool put =
        paths_ordered(look, SERAI_ORDER_heap_add) || paths_ordered(look, SERAI_ORDER_heap_add_at);

    return (shared || (put && paths_used_heap(look) && grants_may_be_named(cap))) &&
           grants_could_have(look, cap);
}

/* What came with BORN is no loan: it stays without an order to keep it. */
static bool paths_born_with(const struct grants_view *look, const struct cap *cap)
{
    return look->event != NULL && look->event->for_good && note_has(look, look->event, cap);
}

bool grants_is_its_own(const struct grants_view *look, const struct cap *cap)
{
    return paths_made(look, cap) || paths_from_heap(look, cap) || paths_new_and_gone(look, cap) ||
           paths_copied(look, cap) || paths_born_with(look, cap);
}

bool grants_was_lent(const struct grants_view *look, const struct cap *cap)
{
    return note_has(look, look->event, cap);
}

_Noreturn void grants_forged(const struct grants_view *look, const char *where, uint64_t id,
                             const struct cap *cap)
{
    sim_fail(look->site->sim,
             "site %s: %s %llu has a cap of kind %d, rights %d, to object %llu that nobody "
             "granted, after %s %llu",
             look->site->name, where, U(id), cap->kind, cap->rights, U(cap->object),
             look->by == 0  ? "what was no turn"
             : look->undone ? "an undone turn of"
                            : "a turn of",
             U(look->by));
}

/* ---- what is born with an agent ---- */

/* What any agent is born with, each in its slot; a channel end is its own and brand-new. */
bool grants_is_inborn(const struct grants_view *look, const struct agent *agent, uint64_t slot,
                      const struct cap *cap)
{
    static const uint8_t inborn[] = {
        SERAI_KIND_SELF, SERAI_KIND_CHANNEL, SERAI_KIND_BUFFER_POOL, SERAI_KIND_CHANNEL_POOL,
        SERAI_KIND_HEAP, SERAI_KIND_CODE,    SERAI_KIND_LOG};
    const struct channel_end *end;

    if (slot >= sizeof inborn || cap->kind != inborn[slot] || cap->rights != 0)
        return false;
    if (cap->kind != SERAI_KIND_CHANNEL)
        return cap->object == 0;
    end = channels_find(look->site->core->channels, cap->object);
    return end != NULL && end->owner == agent->id && end->side == CHANNEL_BORN &&
           cap->object >= look->first_end;
}

/* ---- messages ---- */

/* Singletons that a client's request asked for (deploy_some()). */
static bool cap_is_gift(const struct cap *cap)
{
    return cap->rights == 0 && cap->object == 0 &&
           (cap->kind == SERAI_KIND_SPAWNER || cap->kind == SERAI_KIND_TIMER ||
            cap->kind == SERAI_KIND_CLOCK || cap->kind == SERAI_KIND_RANDOM);
}

/* Ends, a buffer's owner-right and what an agent is born with stay where they are. */
static bool cap_may_travel(const struct cap *cap)
{
    return cap->kind == SERAI_KIND_FACET || cap_is_gift(cap) ||
           (cap->kind == SERAI_KIND_BUFFER && (cap->rights & SERAI_RIGHT_OWNER) == 0);
}

bool grants_may_be_named(const struct cap *cap)
{
    return cap_may_travel(cap) && !cap_is_gift(cap);
}

struct addressed {
    const struct grants_view *look;
    const struct agent *to;
    const struct message *message;
    bool found;
};

/*
 * Whether a capability is a facet of the receiver, with the badge that came, or a promise that is
 * piped to it.
 */
static bool cap_leads_there(const void *context, const struct cap *cap)
{
    const struct addressed *addressed = context;
    const struct maker *maker = cap->kind != SERAI_KIND_FACET
                                    ? NULL
                                    : table_get(&addressed->look->grants->makers, cap->object);

    if (grants_pipe_leads_to(addressed->look->grants, cap, addressed->to->id,
                             addressed->message->badge))
        return true;
    return maker != NULL && maker->is_facet && maker->owner == addressed->to->id &&
           maker->badge == addressed->message->badge;
}

static bool paths_lead_there(const struct addressed *addressed, const struct cap *cap)
{
    return grants_leads_to(addressed->look, cap, cap_leads_there, addressed);
}

static bool paths_note_leads_there(const struct addressed *addressed, const struct note *note)
{
    for (uint8_t i = 0; note != NULL && i < note->count; i++) {
        if (paths_lead_there(addressed, &note->caps[i]))
            return true;
    }
    return note != NULL && paths_lead_there(addressed, &note->reply);
}

static void paths_heap_leads_there(void *context, uint64_t serial, void *value)
{
    struct addressed *addressed = context;

    (void)serial;
    addressed->found = addressed->found || paths_note_leads_there(addressed, value);
}

/* Only who holds a facet of an agent, or came by one in this turn, can send it a message. */
static bool paths_could_send(const struct grants_view *look, const struct agent *to,
                             const struct message *m)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, look->by);
    struct addressed addressed = {look, to, m, false};

    for (uint32_t i = 0; holding != NULL && i < holding->slots; i++) {
        if (paths_lead_there(&addressed, &holding->caps[i]))
            return true;
    }
    if (paths_note_leads_there(&addressed, look->event))
        return true;
    if (to->id == look->by || to->id >= look->first_agent)
        return look->agents->objects.next > look->first_object || /* by a facet that is new */
               paths_ordered(look, SERAI_ORDER_self_facet_of);
    if (paths_used_heap(look))
        table_each(&look->grants->heap, paths_heap_leads_there, &addressed);
    return addressed.found;
}

/* A reply is made by this message, or one that its sender had and hands on. */
static bool paths_reply_is_good(const struct grants_view *look, const struct message *m)
{
    const struct maker *maker = table_get(&look->grants->makers, m->reply.object);

    if (cap_is_empty(&m->reply))
        return true;
    if (m->reply.kind != SERAI_KIND_FACET)
        return false;
    if (m->reply.object < look->first_object)
        return (maker == NULL || maker->one_shot) && grants_could_have(look, &m->reply);
    /* Gone already: its maker has died since. */
    return maker == NULL ? table_get(&look->agents->objects.by_id, m->reply.object) == NULL
                         : maker->one_shot && maker->owner == look->by;
}

/* Whether a client rules the agent: its own, or one that came over a link from the same key. */
static bool paths_is_clients(const struct grants_view *look, const struct agent *to)
{
    const struct core *core = look->site->core;
    const struct customer *client = core_customer_by_account(core, look->account);
    const struct customer *row = core_customer_by_account(core, to->customer);

    return to->customer == look->account || (client != NULL && row != NULL && row->interface != 0 &&
                                             memcmp(client->key, row->key, sizeof row->key) == 0);
}

/*
 * A client's message: to an agent of its own, or by a facet on its desk, with a reply of the desk
 * and what was there.
 */
static void paths_check_call(const struct grants_view *look, const struct agent *to,
                             const struct message *m)
{
    const struct grants_table *holding = table_get(&look->grants->holdings, look->desk);
    const struct maker *maker = table_get(&look->grants->makers, m->reply.object);
    struct addressed addressed = {look, to, m,
                                  paths_is_clients(look, to) &&
                                      (m->badge == 0 || m->kind == SERAI_EVENT_UPGRADE)};

    for (uint32_t i = 0; holding != NULL && i < holding->slots; i++)
        addressed.found = addressed.found || paths_lead_there(&addressed, &holding->caps[i]);
    if (!addressed.found)
        sim_fail(look->site->sim,
                 "site %s: client %llu called agent %llu, of whom it holds no facet",
                 look->site->name, U(look->account), U(to->id));
    if (!cap_is_empty(&m->reply) &&
        (maker == NULL || !maker->one_shot || maker->owner != look->desk ||
         m->reply.object < look->first_object))
        grants_forged(look, "message", m->id, &m->reply);
    for (uint8_t i = 0; i < m->cap_count; i++) {
        if (!cap_may_travel(&m->caps[i]) || !paths_in_table(look, look->desk, &m->caps[i]))
            grants_forged(look, "message", m->id, &m->caps[i]);
    }
}

/* What a message of this turn may carry. */
static void paths_check_carried(const struct grants_view *look, const struct message *m,
                                bool by_request)
{
    if (look->by == 0 ? !cap_is_empty(&m->reply) : !paths_reply_is_good(look, m))
        grants_forged(look, "message", m->id, &m->reply);
    for (uint8_t i = 0; i < m->cap_count; i++) {
        if (by_request ? !cap_is_gift(&m->caps[i])
                       : look->by == 0 || look->undone || !cap_may_travel(&m->caps[i]) ||
                             !grants_could_have(look, &m->caps[i]))
            grants_forged(look, "message", m->id, &m->caps[i]);
    }
}

void grants_check_message(const struct grants_view *look, const struct agent *to,
                          const struct message *m)
{
    /* A BORN of an agent without a parent: a client's request asked for its gifts. */
    bool by_request = look->by == 0 && m->kind == SERAI_EVENT_BORN &&
                      cap_is_empty(cap_table_at(&to->caps, SERAI_SLOT_ORIGIN));

    if (look->desk != 0 && (m->kind == SERAI_EVENT_MESSAGE || m->kind == SERAI_EVENT_UPGRADE) &&
        m->sender == look->account) { /* agent.call, or agent.send, which carries nothing */
        paths_check_call(look, to, m);
        return;
    }
    if (m->kind == SERAI_EVENT_MESSAGE && (look->by != 0 || look->desk != 0) && !look->undone &&
        grants_had_waited(look, to, m))
        return; /* it was checked when it began to wait */
    paths_check_carried(look, m, by_request);
    if (look->by != 0 && m->kind == SERAI_EVENT_MESSAGE &&
        (look->undone || m->sender != look->by || !paths_could_send(look, to, m)))
        sim_fail(look->site->sim,
                 "site %s: agent %llu sent a message to %llu, of whom it holds "
                 "no facet",
                 look->site->name, U(look->by), U(to->id));
}

void grants_check_waiting(const struct grants_view *look, const struct object *promise,
                          const struct message *m)
{
    struct cap cap = {.kind = SERAI_KIND_FACET, .object = promise->id};

    if (look->by == 0 || look->undone || m->sender != look->by || !grants_could_have(look, &cap))
        sim_fail(look->site->sim,
                 "site %s: agent %llu has a message on promise %llu, which it does not hold",
                 look->site->name, U(m->sender), U(promise->id));
    paths_check_carried(look, m, false);
}
