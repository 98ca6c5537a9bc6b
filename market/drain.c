/*
 * The price of money that drains a link (docs/prices.md, "Money over a link near its limit").  In
 * steps, and not as a curve, so that the step can stand in the line of the charge: an audit then
 * computes the same amount from the line and the book alone.
 */
#include "market/market.h"

uint32_t market_drain_step(u128 owed, struct money soft, struct money hard)
{
    u128 span;
    u128 past;
    u128 step;

    if (owed <= money_nanos(soft))
        return 0;
    /* The peer may have a limit below our soft one: whatever passes that is at the top. */
    if (money_compare(hard, soft) <= 0 || owed >= money_nanos(hard))
        return MARKET_DRAIN_STEPS;
    span = money_nanos(hard) - money_nanos(soft);
    past = owed - money_nanos(soft); /* from 1 to span - 1: the product is below 2^67 */
    step = (past * MARKET_DRAIN_STEPS + span - 1) / span;
    INVARIANT(step >= 1 && step <= MARKET_DRAIN_STEPS);
    return (uint32_t)step;
}

struct money market_drain_price(struct money top, uint32_t step)
{
    struct money price;

    INVARIANT(step <= MARKET_DRAIN_STEPS);
    INVARIANT(money_scale(&price, top, step)); /* a price of the book is below 2^50 */
    return price;
}
