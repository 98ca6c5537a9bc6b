/* Orders on leashes: what a parent may do to a child that it spawned with one. */
#include "agents/orders/orders.h"

#include <assert.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/holders.h"
#include "agents/leash.h"
#include "agents/life.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/orders/hand_over.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/* The record of sdk/abi.h, byte by byte. */
static int64_t decode_leash_info(struct turn *turn, struct agent *child, const uint64_t *args)
{
    const struct agents *agents = turn->agents;
    uint8_t *to = turn_write(turn, args[1], sizeof(struct serai_leash));

    if (to == NULL)
        return SERAI_E_MEMORY;
    le32_put(to, (uint32_t)child->state);
    le32_put(to + 4, (uint32_t)child->inbox.total);
    le64_put(to + 8, money_nanos(agent_funds(agents, child)));
    le64_put(to + 16, money_nanos(child->low.mark));
    le64_put(to + 24, money_nanos(agent_lacks(agents, child)));
    le64_put(to + 32, agent_bytes_held(child) + child->owns.buffer_bytes);
    le64_put(to + 40, child->usage.turns);
    le64_put(to + 48, child->usage.traps);
    le64_put(to + 56, child->usage.fuel);
    return 0;
}

static_assert(sizeof(struct serai_leash) == 64, "docs/guest-abi.md says so");
static_assert((int)AGENT_RUNNING == SERAI_LEASH_RUNNING &&
                  (int)AGENT_FROZEN_DRY == SERAI_LEASH_DRY &&
                  (int)AGENT_FROZEN_BY_SITE == SERAI_LEASH_BY_SITE &&
                  (int)AGENT_FROZEN_BY_CUSTOMER == SERAI_LEASH_BY_CUSTOMER &&
                  (int)AGENT_FROZEN_BY_LEASH == SERAI_LEASH_STOPPED,
              "states are told as they are stored");

/* Note what is done to the child when the turn has committed. */
static int64_t perform_leash_action(struct turn *turn, const struct agent *child,
                                    enum leash_what what)
{
    turn->leashes[turn->leash_count++] =
        (struct leash_action){.child = child->id, .holder = turn->agent->id, .what = what};
    return 0;
}

/* A holder does not undo what the site or the customer did, who are above it. */
static int64_t decode_leash_stop(struct turn *turn, const struct agent *child, const uint64_t *args)
{
    if (args[1] > 1)
        return SERAI_E_INVALID;
    if (agents_is_held(child) && child->state != AGENT_FROZEN_BY_LEASH)
        return SERAI_E_RIGHT;
    if (turn->leash_count == LEASH_ACTIONS_MAX)
        return SERAI_E_FULL;
    return perform_leash_action(turn, child, args[1] == 1 ? LEASH_STOP : LEASH_GO);
}

/* A death takes the site more time than an order, so that there is one in a turn. */
static int64_t decode_leash_end(struct turn *turn, const struct agent *child)
{
    for (uint32_t i = 0; i < turn->leash_count; i++) {
        if (turn->leashes[i].what == LEASH_END)
            return SERAI_E_FULL;
    }
    if (turn->leash_count == LEASH_ACTIONS_MAX)
        return SERAI_E_FULL;
    return perform_leash_action(turn, child, LEASH_END);
}

/* What earlier orders of this turn take from the child, who has it until the turn commits. */
static struct money leash_taken(const struct turn *turn, const struct object *leash)
{
    return leash->u.leash.turn == turn->number ? leash->u.leash.taken : money_zero();
}

static int64_t perform_leash_take(struct turn *turn, struct object *leash, struct money amount)
{
    struct leash *taking = &leash->u.leash;
    struct money taken = leash_taken(turn, leash);

    undo_save(turn->agents->undo, &taking->turn, sizeof taking->turn);
    undo_save(turn->agents->undo, &taking->taken, sizeof taking->taken);
    money_accumulate(&taken, amount);
    taking->turn = turn->number;
    taking->taken = taken;
    if (money_is_zero(amount)) /* nothing moves, but the order costs what it always does */
        agents_work(turn->agents, WORK_TRANSFER);
    agents_move(turn->agents, taking->child, turn->agent->id, amount, TRANSFER_RECALLED, leash->id);
    return 0;
}

/* Only this agent takes money from the child, so what is there now is there at the commit. */
static int64_t decode_leash_take(struct turn *turn, struct object *leash, const struct agent *child,
                                 const uint64_t *args)
{
    struct money left = agent_funds(turn->agents, child);
    struct money amount;

    if (!money_from_guest(&amount, args[1]))
        return SERAI_E_INVALID;
    left = money_sub_clamped(left, leash_taken(turn, leash));
    left = money_sub_clamped(left, agent_needs(turn->agents));
    if (money_compare(amount, left) > 0)
        return SERAI_E_SHORT;
    return perform_leash_take(turn, leash, amount);
}

/* The news come as the answer to a question would, in a place that is reserved and paid for. */
static int64_t perform_leash_watch(struct turn *turn, struct object *leash, struct object *facet,
                                   struct money reserve)
{
    struct object *watch = reply_new(turn->agents, turn->agent, facet, NULL, reserve);

    INVARIANT(turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, watch->id));
    leash_set_watch(turn->agents, leash, watch);
    return 0;
}

static int64_t decode_leash_watch(struct turn *turn, struct object *leash, const uint64_t *args)
{
    struct money reserve = agents_reserve(turn->agents);
    const struct customer_use *use = turn->agent->use;
    int64_t refusal = 0;
    struct object *facet = turn_own_facet(turn, args[1], &refusal);

    if (facet == NULL)
        return refusal;
    if (leash_is_watched(turn->agents, leash))
        return SERAI_E_EXISTS;
    if (turn->agent->owns.facets >= AGENT_FACETS_MAX)
        return SERAI_E_FULL;
    if (!quota_allows(turn->agents, use, CUSTOMER_FACETS, 1) ||
        !quota_allows(turn->agents, use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    return turn_can_pay(turn, reserve) ? perform_leash_watch(turn, leash, facet, reserve)
                                       : SERAI_E_SHORT;
}

int64_t order_leash(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *cap = turn_cap(turn, args[0], SERAI_KIND_LEASH, &refusal);
    struct object *leash;
    struct agent *child;

    if (cap == NULL)
        return refusal;
    /* The child may have to be activated. */
    if (!turn_work(turn, WORK_LOOK + WORK_WAKE))
        return SERAI_E_SHORT;
    leash = leash_find(turn->agents, cap);
    if (leash == NULL)
        return SERAI_E_CLOSED;
    child = agents_find(turn->agents, leash->u.leash.child);
    INVARIANT(child != NULL); /* its leash ends with it */
    if (order == SERAI_ORDER_leash_info)
        return decode_leash_info(turn, child, args);
    if (order == SERAI_ORDER_leash_stop)
        return decode_leash_stop(turn, child, args);
    if (order == SERAI_ORDER_leash_take)
        return decode_leash_take(turn, leash, child, args);
    if (order == SERAI_ORDER_leash_end)
        return decode_leash_end(turn, child);
    INVARIANT(order == SERAI_ORDER_leash_watch);
    return decode_leash_watch(turn, leash, args);
}
