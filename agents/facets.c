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
#include "agents/objects.h"
#include "agents/set.h"

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
    struct object *before = reply->u.facet.previous;
    struct object *after = reply->u.facet.next;

    facet_save_links(agents, before);
    facet_save_links(agents, after);
    before->u.facet.next = after;
    if (after != NULL)
        after->u.facet.previous = before;
}

struct object *reply_new(struct agents *agents, struct agent *owner, struct object *asked,
                         struct money reserve)
{
    struct object *reply = facet_make(
        agents, owner,
        (struct facet){.badge = asked->u.facet.badge, .reserve = reserve, .asked = asked->id});

    /* The answer, or FAILED, has its place in the inbox from now on. */
    quota_take(agents, owner->use, CUSTOMER_EVENTS, 1);
    reply->one_shot = true;
    facet_save_links(agents, asked);
    facet_save_links(agents, asked->u.facet.next);
    reply_link(asked, reply);
    return reply;
}

void facet_remove(struct agents *agents, struct object *facet)
{
    struct agent *owner = agents_find(agents, facet->owner);

    INVARIANT(owner != NULL); /* an agent's facets die with it */
    facet_count_out(agents, owner);
    if (facet->one_shot) {
        quota_give(agents, owner->use, CUSTOMER_EVENTS, 1); /* its answer counts itself */
        reply_unlink(agents, facet);
    }
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
