/*
 * Facets, and the reply facets by which questions are answered.  A reply is linear: it is made by
 * the message that asks, moves with the messages that hand it on, and ends once, by the answer, by
 * FAILED, or because the agent that asked no longer waits.
 */
#include "agents/facets.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/facet_index.h"
#include "agents/holders.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/set.h"
#include "agents/turn.h"

void facet_count_in(struct agents *agents, struct agent *owner)
{
    rent_accrue(agents, owner);
    undo_save(agents->undo, &owner->owns.facets, sizeof owner->owns.facets);
    owner->owns.facets++;
    quota_take(agents, owner->use, CUSTOMER_FACETS, 1);
    agent_dirty(&agents->changes, owner);
}

void facet_count_out(struct agents *agents, struct agent *owner)
{
    rent_accrue(agents, owner);
    undo_save(agents->undo, &owner->owns.facets, sizeof owner->owns.facets);
    owner->owns.facets--;
    quota_give(agents, owner->use, CUSTOMER_FACETS, 1);
    agent_dirty(&agents->changes, owner);
}

/* A facet of the agent, counted for its rent and for its customer. */
static struct object *facet_make(struct agents *agents, struct agent *owner, struct facet facet)
{
    struct object *object;

    facet_count_in(agents, owner);
    object = object_new(agents, owner, OBJECT_FACET);
    object->u.facet = facet;
    return object;
}

struct object *facet_new(struct agents *agents, struct agent *owner, uint64_t badge,
                         struct money postage)
{
    return facet_make(agents, owner, (struct facet){.badge = badge, .postage = postage});
}

/* ---- facets by their badge ---- */

static void facet_undo_insert(void *context, void *argument)
{
    facet_index_remove(context, argument);
}

static void facet_undo_remove(void *context, void *argument)
{
    facet_index_insert(context, argument);
}

struct object *facet_new_named(struct agents *agents, struct agent *owner, uint64_t badge,
                               struct money postage)
{
    struct object *facet = facet_new(agents, owner, badge, postage);

    facet->named = FACET_NAMED;
    facet_index_insert(agents, facet);
    undo_on_rollback(agents->undo, facet_undo_insert, agents, facet);
    return facet;
}

void facet_unname(struct agents *agents, struct object *facet)
{
    if (facet->named == FACET_UNNAMED)
        return;
    facet_index_remove(agents, facet);
    undo_on_rollback(agents->undo, facet_undo_remove, agents, facet);
}

void facet_set_postage(struct agents *agents, struct object *facet, struct money postage)
{
    undo_save(agents->undo, &facet->u.facet.postage, sizeof facet->u.facet.postage);
    facet->u.facet.postage = postage;
    object_dirty(&agents->changes, facet);
}

void facet_watch(struct agents *agents, struct object *facet, struct money reserve)
{
    struct agent *owner = agents_find(agents, facet->owner);

    quota_take(agents, owner->use, CUSTOMER_EVENTS, 1);
    agents_work_message(agents, 0); /* UNHELD */
    undo_save(agents->undo, &facet->named, sizeof facet->named);
    undo_save(agents->undo, &facet->u.facet.reserve, sizeof facet->u.facet.reserve);
    facet->named = FACET_WATCHED;
    facet->u.facet.reserve = reserve;
    object_dirty(&agents->changes, facet);
}

/*
 * The facet stays until UNHELD is handled: its agent may export it again before that, and then
 * hears nothing (next_run()).
 */
void facet_tell_unheld(struct agents *agents, struct object *facet)
{
    struct agent *owner = agents_find(agents, facet->owner);
    struct message unheld = {.kind = SERAI_EVENT_UNHELD,
                             .badge = facet->u.facet.badge,
                             .end = facet->id,
                             .reserve = facet->u.facet.reserve};

    INVARIANT(agents->turn == NULL && owner != NULL && owner->state != AGENT_DEAD);
    quota_give(agents, owner->use, CUSTOMER_EVENTS, 1); /* the event counts itself */
    facet->named = FACET_TOLD;
    facet->u.facet.reserve = money_zero();
    object_dirty(&agents->changes, facet);
    agents_deliver(agents, owner, &unheld);
}

void facet_watch_again(struct agents *agents, struct object *facet, struct money reserve)
{
    struct agent *owner = agents_find(agents, facet->owner);

    INVARIANT(agents->turn == NULL && facet->named == FACET_TOLD);
    quota_take(agents, owner->use, CUSTOMER_EVENTS, 1);
    facet->named = FACET_WATCHED;
    facet->u.facet.reserve = reserve;
    object_dirty(&agents->changes, facet);
}

bool facet_has_event(const struct object *facet)
{
    return facet->named == FACET_WATCHED || (facet->one_shot && facet->u.facet.asked != 0);
}

/* ---- postage ---- */

struct money facet_event_price(const struct agents *agents, const struct object *facet)
{
    struct money floor = agents_reserve(agents);

    return money_compare(facet->u.facet.postage, floor) > 0 ? facet->u.facet.postage : floor;
}

struct money facet_postage_floor(const struct agents *agents, const struct object *facet)
{
    return facet->one_shot ? money_zero() : facet_event_price(agents, facet);
}

/* ---- replies ---- */

/* Replies that were made of one facet are a list from it, so that revoking it ends them all. */
void reply_link(struct object *asked, struct object *reply)
{
    struct object *second = asked->u.facet.next;

    reply->u.facet.next = second;
    reply->u.facet.previous = asked;
    asked->u.facet.next = reply;
    if (second != NULL)
        second->u.facet.previous = reply;
}

/* Save both links of a facet before those next to it in the list change; NULL is allowed. */
static void facet_save_links(struct agents *agents, struct object *facet)
{
    if (facet == NULL)
        return;
    undo_save(agents->undo, &facet->u.facet.next, sizeof facet->u.facet.next);
    undo_save(agents->undo, &facet->u.facet.previous, sizeof facet->u.facet.previous);
}

static void reply_unlink(struct agents *agents, struct object *reply)
{
    const struct cap asked = {.kind = SERAI_KIND_FACET, .object = reply->u.facet.asked};
    struct object *before = reply->u.facet.previous;
    struct object *after = reply->u.facet.next;

    facet_save_links(agents, before);
    facet_save_links(agents, after);
    before->u.facet.next = after;
    if (after != NULL)
        after->u.facet.previous = before;
    holders_lose(agents, &asked, HOLDER_NO_AGENT);
}

struct object *reply_new(struct agents *agents, struct agent *owner, struct object *asked,
                         struct object *promise, struct money reserve)
{
    struct object *reply = facet_make(agents, owner, (struct facet){.reserve = reserve});

    reply->one_shot = true;
    if (promise != NULL) {
        reply->u.facet.promise = promise->id;
        promise->u.promise.reply = reply->id;
    }
    if (asked == NULL)
        return reply;
    reply->u.facet.badge = asked->u.facet.badge;
    reply->u.facet.asked = asked->id;
    /* The answer, or FAILED, has its place in the inbox from now on. */
    quota_take(agents, owner->use, CUSTOMER_EVENTS, 1);
    facet_save_links(agents, asked);
    facet_save_links(agents, asked->u.facet.next);
    reply_link(asked, reply);
    /* The question waits on that facet, as if whoever answers held it. */
    holders_gain(agents, &(struct cap){.kind = SERAI_KIND_FACET, .object = asked->id},
                 HOLDER_NO_AGENT);
    return reply;
}

void facet_remove(struct agents *agents, struct object *facet)
{
    struct agent *owner = agents_find(agents, facet->owner);

    INVARIANT(owner != NULL); /* an agent's facets die with it */
    facet_count_out(agents, owner);
    if (facet_has_event(facet))
        quota_give(agents, owner->use, CUSTOMER_EVENTS, 1); /* the event counts itself */
    if (facet->one_shot && facet->u.facet.asked != 0)
        reply_unlink(agents, facet);
    facet_unname(agents, facet);
    object_remove(agents, facet);
}

struct object *cap_reply(const struct agents *agents, const struct cap *cap)
{
    struct object *object;

    if (cap->kind != SERAI_KIND_FACET)
        return NULL;
    object = object_find(&agents->objects, cap->object, OBJECT_FACET);
    return object != NULL && object->one_shot ? object : NULL;
}
