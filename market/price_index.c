/*
 * Rent by a price index (docs/prices.md): bytes held x (index now - index then) is what a holder
 * owes, so a change of price touches no holder.
 */
#include "market/market.h"

void price_index_init(struct price_index *index, struct money price, uint64_t now_us)
{
    index->index = 0;
    index->price = price;
    index->at_us = now_us;
}

u128 price_index_at(const struct price_index *index, uint64_t now_us)
{
    u128 result;

    INVARIANT(now_us >= index->at_us);
    /* A price below 2^63 over a time of 64 bits in all stays below 2^127. */
    INVARIANT(
        u128_add(&result, index->index, (u128)money_nanos(index->price) * (now_us - index->at_us)));
    return result;
}

void price_index_set_price(struct price_index *index, struct money price, uint64_t now_us)
{
    /* The sum so far stands at the former price; from now_us on it grows by the new one. */
    index->index = price_index_at(index, now_us);
    index->price = price;
    index->at_us = now_us;
}

bool market_rent_rate_add(u128 *rate, uint64_t held_bytes, struct money price)
{
    return u128_add(rate, *rate, (u128)held_bytes * money_nanos(price));
}

uint64_t market_rent_lasts_us(struct money budget, u128 rate, uint64_t carry)
{
    u128 numerator;
    u128 lasts_us;

    INVARIANT(carry < MARKET_RENT_UNIT);
    if (rate == 0)
        return UINT64_MAX;
    /* Up to the last microsecond that costs no whole nano more.  Below 2^63 * 2^62 + 2^62. */
    numerator = (u128)money_nanos(budget) * MARKET_RENT_UNIT + (MARKET_RENT_UNIT - 1 - carry);
    lasts_us = numerator / rate;
    return lasts_us > UINT64_MAX ? UINT64_MAX : (uint64_t)lasts_us;
}

uint64_t market_lasts_us(struct money budget, struct money gone, uint64_t over_us)
{
    u128 lasts_us;

    if (money_is_zero(gone))
        return UINT64_MAX;
    /* Below 2^63 * 2^64. */
    lasts_us = (u128)money_nanos(budget) * over_us / money_nanos(gone);
    return lasts_us > UINT64_MAX ? UINT64_MAX : (uint64_t)lasts_us;
}
