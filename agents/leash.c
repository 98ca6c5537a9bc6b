/* Leashes: which agent holds which child, the news that it is told, and what it does to it. */
#include "agents/leash.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/death.h"
#include "agents/facets.h"
#include "agents/freeze.h"
#include "agents/life.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"

struct object *leash_find(const struct agents *agents, const struct cap *cap)
{
    return object_find(&agents->objects, cap->object, OBJECT_LEASH);
}

struct object *leash_of(const struct agents *agents, const struct agent *child)
{
    return child->leash == 0 ? NULL : object_find(&agents->objects, child->leash, OBJECT_LEASH);
}

/* Let an agent be held by a leash of this number, or by none. */
static void leash_bind(struct agents *agents, struct agent *child, uint64_t leash)
{
    undo_save(agents->undo, &child->leash, sizeof child->leash);
    child->leash = leash;
    agent_dirty(&agents->changes, child);
}

struct object *leash_new(struct agents *agents, struct agent *holder, struct agent *child,
                         bool estate)
{
    struct object *leash;

    facet_count_in(agents, holder);
    leash = object_new(agents, holder, OBJECT_LEASH);
    leash->u.leash = (struct leash){.child = child->id, .estate = estate};
    leash_bind(agents, child, leash->id);
    return leash;
}

void leash_let_go(struct agents *agents, const struct object *leash)
{
    struct agent *child = agents_find(agents, leash->u.leash.child);

    INVARIANT(child != NULL); /* the leash of an agent that dies ends with it */
    leash_bind(agents, child, 0);
}

/* The reply by which a leash is watched, or NULL: none, or its asker waits no more. */
static struct object *leash_watch_of(const struct agents *agents, const struct object *leash)
{
    const struct cap cap = {.kind = SERAI_KIND_FACET, .object = leash->u.leash.watch};

    return leash->u.leash.watch == 0 ? NULL : cap_reply(agents, &cap);
}

bool leash_is_watched(const struct agents *agents, const struct object *leash)
{
    return leash_watch_of(agents, leash) != NULL;
}

/* Remember the number of the reply that watches, or 0. */
static void leash_put_watch(struct agents *agents, struct object *leash, uint64_t watch)
{
    undo_save(agents->undo, &leash->u.leash.watch, sizeof leash->u.leash.watch);
    leash->u.leash.watch = watch;
    object_dirty(&agents->changes, leash);
}

void leash_set_watch(struct agents *agents, struct object *leash, const struct object *watch)
{
    leash_put_watch(agents, leash, watch->id);
}

/* Take the leash from its holder: it counts no more, and who watched it waits no more. */
static void leash_unmake(struct agents *agents, struct object *leash)
{
    struct object *watch = leash_watch_of(agents, leash);
    struct agent *holder = agents_find(agents, leash->owner);

    INVARIANT(holder != NULL); /* an agent's leashes end with it */
    if (watch != NULL) {
        agents_move(agents, ACCOUNT_HELD_RESERVE, holder->id, watch->u.facet.reserve,
                    TRANSFER_RESERVE, watch->id);
        facet_remove(agents, watch);
    }
    facet_count_out(agents, holder);
    object_remove(agents, leash);
}

void leash_remove(struct agents *agents, struct object *leash)
{
    leash_let_go(agents, leash);
    leash_unmake(agents, leash);
}

void leash_tell(struct agents *agents, const struct agent *child, enum serai_leash_news news,
                struct money money, struct failure why)
{
    struct object *leash = leash_of(agents, child);
    struct object *watch = leash == NULL ? NULL : leash_watch_of(agents, leash);
    struct message message = {.kind = SERAI_EVENT_LEASH, .status = (int32_t)news, .money = money};
    uint8_t data[4 + SERAI_REASON_BYTES_MAX];
    struct agent *holder;

    if (watch == NULL)
        return;
    holder = agents_find(agents, leash->owner);
    INVARIANT(holder != NULL && why.reason_size <= SERAI_REASON_BYTES_MAX);
    le32_put(data, (uint32_t)why.status);
    if (why.reason_size > 0)
        memcpy(data + 4, why.reason, why.reason_size);
    if (quota_allows(agents, holder->use, CUSTOMER_EVENT_BYTES, 4 + why.reason_size)) {
        message.data = data;
        message.size = 4 + why.reason_size;
    }
    message.badge = watch->u.facet.badge;
    message.reserve = watch->u.facet.reserve;
    leash_put_watch(agents, leash, 0); /* it is told once, until it watches again */
    facet_remove(agents, watch);
    agents_deliver(agents, holder, &message);
}

void leash_died(struct agents *agents, const struct agent *child, struct object *leash,
                struct money money)
{
    struct agent *holder = agents_find(agents, leash->owner);

    leash_tell(agents, child, SERAI_LEASH_DIED, money, failure_of(0));
    leash_unmake(agents, leash);
    if (!money_is_zero(money))
        agents_topped_up(agents, holder);
}

static void leash_end_child(struct agents *agents, struct agent *child)
{
    struct object *leash = leash_of(agents, child);

    /* It may have been dropped after it gave the order: then the estate goes the usual way. */
    if (leash != NULL)
        leash->u.leash.estate = true;
    agent_die(agents, child);
}

void leash_carry_out(struct agents *agents, const struct leash_action *action)
{
    struct agent *child = agents_find(agents, action->child);

    if (child == NULL)
        return;
    switch (action->what) {
    case LEASH_STOP: /* it may have been dropped since */
        if (!agents_is_held(child) && leash_of(agents, child) != NULL)
            agent_freeze_leashed(agents, child, action->holder);
        break;
    case LEASH_GO:
        if (child->state == AGENT_FROZEN_BY_LEASH)
            agent_let_go(agents, child);
        break;
    case LEASH_END:
        leash_end_child(agents, child);
        break;
    }
}
