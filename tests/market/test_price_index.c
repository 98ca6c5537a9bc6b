#include "market/market.h"
#include "tests/check_main.h"
#include <signal.h>

#define HOUR_US ((uint64_t)3600000000)
#define GIB ((uint64_t)1 << 30)

static struct money nanos(uint64_t number)
{
    return (struct money){.nanos = number};
}

/* What holding that many bytes costs between two readings; the rest replaces *carry. */
static struct money rent_owed(uint64_t *carry, uint64_t held_bytes, u128 last, u128 now)
{
    u128 product = (u128)held_bytes * (now - last) + *carry;
    struct money owed;

    ck_assert(money_from_total(&owed, product / MARKET_RENT_UNIT));
    *carry = (uint64_t)(product % MARKET_RENT_UNIT);
    return owed;
}

START_TEST(an_hour_of_a_gib_costs_its_price)
{
    struct price_index index;
    struct money owed;
    uint64_t carry = 0;

    price_index_init(&index, nanos(10000000), 500);
    ck_assert(price_index_at(&index, 500) == 0);
    owed = rent_owed(&carry, GIB, 0, price_index_at(&index, 500 + HOUR_US));
    ck_assert_uint_eq(owed.nanos, 10000000);
    ck_assert_uint_eq(carry, 0);
}
END_TEST

START_TEST(a_change_of_price_charges_each_part_at_its_own)
{
    struct price_index index;
    struct money owed;
    uint64_t carry = 0;

    price_index_init(&index, nanos(100), 0);
    price_index_set_price(&index, nanos(40), HOUR_US);
    price_index_set_price(&index, nanos(0), 3 * HOUR_US);
    owed = rent_owed(&carry, GIB, 0, price_index_at(&index, 10 * HOUR_US));
    ck_assert_uint_eq(owed.nanos, 100 + 2 * 40);
    ck_assert_uint_eq(carry, 0);
}
END_TEST

START_TEST(the_largest_price_for_all_of_time_fits_the_index)
{
    struct price_index index;

    price_index_init(&index, nanos(MONEY_NANOS_MAX), 0);
    ck_assert(price_index_at(&index, UINT64_MAX) == (u128)MONEY_NANOS_MAX * UINT64_MAX);
    price_index_set_price(&index, nanos(MONEY_NANOS_MAX), UINT64_MAX / 2);
    ck_assert(price_index_at(&index, UINT64_MAX) == (u128)MONEY_NANOS_MAX * UINT64_MAX);
}
END_TEST

START_TEST(an_index_asked_for_the_past_is_a_bug)
{
    struct price_index index;

    price_index_init(&index, nanos(1), 10);
    (void)!price_index_at(&index, 9);
}
END_TEST

START_TEST(settling_in_any_steps_pays_the_same)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 2000; round++) {
        struct price_index index;
        u128 first;
        u128 last;
        u128 sum = 0;
        uint64_t carry = 0;
        uint64_t carry_at_once = 0;
        uint64_t held = rng_below(&rng, 64 * GIB);
        uint64_t now_us = rng_below(&rng, HOUR_US);
        struct money owed;

        price_index_init(&index, nanos(rng_below(&rng, 1000000000)), now_us);
        first = last = price_index_at(&index, now_us);
        for (int step = 0; step < 20; step++) {
            u128 reading;

            now_us += rng_below(&rng, HOUR_US);
            if (rng_coin(&rng))
                price_index_set_price(&index, nanos(rng_below(&rng, 1000000000)), now_us);
            reading = price_index_at(&index, now_us);
            ck_assert(reading >= last);
            owed = rent_owed(&carry, held, last, reading);
            ck_assert_uint_lt(carry, MARKET_RENT_UNIT);
            sum += owed.nanos;
            last = reading;
        }
        owed = rent_owed(&carry_at_once, held, first, last);
        ck_assert(sum == owed.nanos);
        ck_assert_uint_eq(carry, carry_at_once);
    }
}
END_TEST

START_TEST(a_budget_lasts_exactly_as_long_as_it_pays)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 5000; round++) {
        struct money budget = nanos(rng_below(&rng, 1000000));
        struct money price = nanos(1 + rng_below(&rng, 100000000));
        uint64_t held = 1 + rng_below(&rng, GIB);
        uint64_t carry = rng_below(&rng, MARKET_RENT_UNIT);
        uint64_t carry_then = carry;
        struct price_index index;
        struct money owed;
        uint64_t lasts_us;
        u128 rate = 0;

        ck_assert(market_rent_rate_add(&rate, held, price));
        lasts_us = market_rent_lasts_us(budget, rate, carry);
        ck_assert_uint_lt(lasts_us, UINT64_MAX - 1);
        price_index_init(&index, price, 0);
        owed = rent_owed(&carry_then, held, 0, price_index_at(&index, lasts_us));
        ck_assert_uint_le(owed.nanos, budget.nanos);
        carry_then = carry;
        owed = rent_owed(&carry_then, held, 0, price_index_at(&index, lasts_us + 1));
        ck_assert_uint_gt(owed.nanos, budget.nanos);
    }
}
END_TEST

START_TEST(what_costs_nothing_lasts_for_ever)
{
    u128 rate = 0;

    ck_assert(market_rent_rate_add(&rate, GIB, nanos(0)));
    ck_assert_uint_eq(market_rent_lasts_us(nanos(0), rate, 7), UINT64_MAX);
    ck_assert(market_rent_rate_add(&rate, 1, nanos(1)));
    ck_assert_uint_eq(market_rent_lasts_us(nanos(MONEY_NANOS_MAX), rate, 0), UINT64_MAX);
}
END_TEST

START_TEST(a_rate_that_overflows_is_refused_and_unchanged)
{
    u128 rate = ~(u128)0 - 1;

    ck_assert(!market_rent_rate_add(&rate, 2, nanos(1)));
    ck_assert(rate == ~(u128)0 - 1);
    ck_assert(market_rent_rate_add(&rate, 1, nanos(1)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("price index");
    TCase *rent = tcase_create("rent");
    TCase *aborts = tcase_of_aborts(suite);

    suite_add_tcase(suite, rent);
    tcase_add_test(rent, an_hour_of_a_gib_costs_its_price);
    tcase_add_test(rent, a_change_of_price_charges_each_part_at_its_own);
    tcase_add_test(rent, the_largest_price_for_all_of_time_fits_the_index);
    tcase_add_test_raise_signal(aborts, an_index_asked_for_the_past_is_a_bug, SIGABRT);
    tcase_add_test(rent, settling_in_any_steps_pays_the_same);
    tcase_add_test(rent, a_budget_lasts_exactly_as_long_as_it_pays);
    tcase_add_test(rent, what_costs_nothing_lasts_for_ever);
    tcase_add_test(rent, a_rate_that_overflows_is_refused_and_unchanged);
    return check_main(suite);
}
