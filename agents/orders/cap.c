/* Orders on any cap. */
#include "agents/orders/orders.h"

#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/holders.h"
#include "agents/leash.h"
#include "agents/objects.h"
#include "agents/return.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/access.h"
#include "agents/turns/turn.h"

/*
 * A reply that is dropped will have no answer: FAILED with status SILENT goes to the agent that
 * asked.
 */
static int64_t perform_cap_drop(struct turn *turn, uint64_t slot, const struct cap *cap)
{
    struct object *leash = cap->kind == SERAI_KIND_LEASH ? leash_find(turn->agents, cap) : NULL;

    facet_fail(turn->agents, cap, failure_of(SERAI_E_SILENT));
    if (leash != NULL) { /* a child that it stopped goes on when the turn has committed */
        turn->leashes[turn->leash_count++] = (struct leash_action){
            .child = leash->u.leash.child, .holder = turn->agent->id, .what = LEASH_GO};
        leash_remove(turn->agents, leash);
    }
    turn_take_cap(turn, slot);
    return 0;
}

/*
 * What costs money while it is held is not dropped but sold: an owner's buffer, a channel end that
 * is of use.  Of the slots that an agent is born with its self stays; another that it drops is gone
 * for good.  With a leash the child is let go.
 */
static int64_t decode_cap_drop(struct turn *turn, uint64_t slot, const struct cap *cap)
{
    struct agents *agents = turn->agents;

    if (slot == SERAI_SLOT_SELF)
        return SERAI_E_RIGHT;
    if (cap->kind == SERAI_KIND_BUFFER && (cap->rights & SERAI_RIGHT_OWNER) != 0 &&
        object_find(&agents->objects, cap->object, OBJECT_BUFFER) != NULL)
        return SERAI_E_RIGHT;
    if (cap->kind == SERAI_KIND_CHANNEL &&
        agents->env.channels->end_is_live(agents->env.channels_context, cap->object))
        return SERAI_E_RIGHT;
    if (cap->kind == SERAI_KIND_LEASH) { /* the child may have to be activated */
        if (!turn_work(turn, WORK_LOOK + WORK_WAKE))
            return SERAI_E_SHORT;
        if (turn->leash_count == LEASH_ACTIONS_MAX && leash_find(agents, cap) != NULL)
            return SERAI_E_FULL;
    }
    return perform_cap_drop(turn, slot, cap);
}

/* Whether the cap names a promise that may still become anything. */
static bool cap_is_open(const struct agents *agents, const struct cap *cap)
{
    const struct object *object = cap_object(agents, cap);

    return object != NULL && object->kind == OBJECT_PROMISE &&
           object->u.promise.state == PROMISE_OPEN;
}

/*
 * 1 when the other slot holds a cap to the same thing with the same rights, whoever gave it; else
 * 0.  What a promise will be is not known before it ends.
 */
static int64_t decode_cap_same(struct turn *turn, const struct cap *cap, uint64_t slot)
{
    int64_t refusal = 0;
    const struct cap *other = turn_cap(turn, slot, SERAI_KIND_ANY, &refusal);

    if (other == NULL)
        return refusal;
    if (cap_equal(cap, other))
        return 1;
    return cap_is_open(turn->agents, cap) || cap_is_open(turn->agents, other) ? SERAI_E_PENDING : 0;
}

int64_t order_cap(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[0], SERAI_KIND_ANY, &refusal);

    if (cap == NULL)
        return refusal;
    if (order == SERAI_ORDER_cap_kind)
        return cap->kind;
    if (order == SERAI_ORDER_cap_keep) {
        turn_keep_slot(turn, args[0]);
        return 0;
    }
    if (order == SERAI_ORDER_cap_same)
        return decode_cap_same(turn, cap, args[1]);
    INVARIANT(order == SERAI_ORDER_cap_drop);
    return decode_cap_drop(turn, args[0], cap);
}
