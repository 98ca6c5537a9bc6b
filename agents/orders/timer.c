/* Orders on a timer. */
#include "agents/orders/orders.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/customers.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/*
 * Make the timer.  Its event is paid and has its place from now on, so it comes whatever the agent
 * does.
 */
static int64_t perform_timer_wake(struct turn *turn, uint64_t at_us, uint64_t badge,
                                  struct money reserve)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;
    struct object *timer;

    rent_accrue(agents, agent);
    undo_save(agents->undo, &agent->owns.timers, sizeof agent->owns.timers);
    agent->owns.timers++;
    quota_take(agents, agent->use, CUSTOMER_TIMERS, 1);
    quota_take(agents, agent->use, CUSTOMER_EVENTS, 1);
    agent_dirty(&agents->changes, agent);
    agents_work_message(agents, 0);
    timer = object_new(agents, agent, OBJECT_TIMER);
    timer->u.timer = (struct timer){.at_us = at_us, .badge = badge, .reserve = reserve};
    object_queue_timer(&agents->objects, timer);
    return 0;
}

int64_t order_new_timer(struct turn *turn, uint64_t at_us, uint64_t badge)
{
    struct agents *agents = turn->agents;
    struct money reserve = agents_reserve(agents);

    if (turn->agent->owns.timers >= AGENT_TIMERS_MAX)
        return SERAI_E_FULL;
    if (!quota_allows(agents, turn->agent->use, CUSTOMER_TIMERS, 1) ||
        !quota_allows(agents, turn->agent->use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, agents->objects.next))
        return SERAI_E_SHORT;
    return perform_timer_wake(turn, at_us, badge, reserve);
}

static int64_t decode_timer_wake(struct turn *turn, const uint64_t *args)
{
    if (args[1] > (uint64_t)INT64_MAX)
        return SERAI_E_INVALID;
    return order_new_timer(turn, args[1], args[2]);
}

int64_t order_timer(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    INVARIANT(order == SERAI_ORDER_timer_wake);
    return decode_timer_wake(turn, args);
}
