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
#include "base/heapq.h"

int64_t order_timer(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    struct agents *agents = turn->agents;
    struct money reserve = agents_reserve(agents);
    struct object *timer;

    INVARIANT(order == SERAI_ORDER_timer_wake);
    if (args[1] > (uint64_t)INT64_MAX)
        return SERAI_E_INVALID;
    if (turn->agent->owns.timers >= AGENT_TIMERS_MAX)
        return SERAI_E_FULL;
    if (!quota_allows(agents, turn->agent->use, CUSTOMER_TIMERS, 1) ||
        !quota_allows(agents, turn->agent->use, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, agents->objects.next))
        return SERAI_E_SHORT;
    rent_accrue(agents, turn->agent);
    undo_save(agents->undo, &turn->agent->owns.timers, sizeof turn->agent->owns.timers);
    turn->agent->owns.timers++;
    quota_take(agents, turn->agent->use, CUSTOMER_TIMERS, 1);
    quota_take(agents, turn->agent->use, CUSTOMER_EVENTS, 1);
    agent_dirty(&agents->changes, turn->agent);
    agents_work_message(agents, 0);
    timer = object_new(agents, turn->agent, OBJECT_TIMER);
    timer->u.timer = (struct timer){.at_us = args[1], .badge = args[2], .reserve = reserve};
    heapq_push(&agents->objects.timers, args[1], timer->id);
    return 0;
}
