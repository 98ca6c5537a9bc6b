/* Orders on the clock. */
#include "agents/orders/orders.h"

#include "agents/set.h"
#include "agents/turns/turn.h"

int64_t order_clock(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    (void)args;
    INVARIANT(order == SERAI_ORDER_clock_now);
    return (int64_t)(turn->agents->now_us & INT64_MAX);
}
