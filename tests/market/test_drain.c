/* The steps of the price of money near a link's limit: published, so each of them is pinned. */
#include "market/market.h"
#include "tests/check_main.h"

static struct money nanos(uint64_t count)
{
    struct money money;

    ck_assert_int_eq(money_from_nanos(&money, count), ST_OK);
    return money;
}

static uint32_t step(u128 owed, uint64_t soft, uint64_t hard)
{
    return market_drain_step(owed, nanos(soft), nanos(hard));
}

START_TEST(up_to_the_soft_limit_nothing_costs_more)
{
    ck_assert_uint_eq(step(0, 0, 100), 0);
    ck_assert_uint_eq(step(0, 50, 100), 0);
    ck_assert_uint_eq(step(50, 50, 100), 0);
    ck_assert_uint_eq(step(51, 50, 100), 1);
}
END_TEST

START_TEST(from_there_to_the_hard_limit_are_sixteen_equal_steps)
{
    for (uint64_t owed = 1; owed <= 1600; owed++)
        ck_assert_uint_eq(step(1000 + owed, 1000, 2600), (owed + 99) / 100);
    ck_assert_uint_eq(step(2601, 1000, 2600), MARKET_DRAIN_STEPS);
    ck_assert_uint_eq(step((u128)1 << 100, 1000, 2600), MARKET_DRAIN_STEPS);
}
END_TEST

/* A span of fewer nanos than steps: some steps are passed over, and none is past the last. */
START_TEST(a_narrow_span_ends_at_the_top_as_well)
{
    ck_assert_uint_eq(step(11, 10, 13), 6);
    ck_assert_uint_eq(step(12, 10, 13), 11);
    ck_assert_uint_eq(step(13, 10, 13), MARKET_DRAIN_STEPS);
}
END_TEST

START_TEST(a_soft_limit_that_is_no_less_than_the_hard_one_has_the_top_alone)
{
    ck_assert_uint_eq(step(100, 100, 100), 0);
    ck_assert_uint_eq(step(101, 100, 100), MARKET_DRAIN_STEPS);
    ck_assert_uint_eq(step(60, 100, 50), 0);
    ck_assert_uint_eq(step(101, 100, 50), MARKET_DRAIN_STEPS);
}
END_TEST

START_TEST(the_widest_span_does_not_overflow)
{
    uint64_t most = MONEY_NANOS_MAX;

    ck_assert_uint_eq(step(most - 1, 0, most), MARKET_DRAIN_STEPS);
    ck_assert_uint_eq(step(most / 2, 0, most), MARKET_DRAIN_STEPS / 2);
}
END_TEST

START_TEST(the_price_is_linear_in_the_step)
{
    ck_assert_uint_eq(money_nanos(market_drain_price(nanos(7), 0)), 0);
    ck_assert_uint_eq(money_nanos(market_drain_price(nanos(7), 3)), 21);
    ck_assert_uint_eq(
        money_nanos(market_drain_price(nanos(PRICEBOOK_PRICE_NANOS_MAX), MARKET_DRAIN_STEPS)),
        16 * PRICEBOOK_PRICE_NANOS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drain");
    TCase *cases = tcase_create("steps");

    suite_add_tcase(suite, cases);
    tcase_add_test(cases, up_to_the_soft_limit_nothing_costs_more);
    tcase_add_test(cases, from_there_to_the_hard_limit_are_sixteen_equal_steps);
    tcase_add_test(cases, a_narrow_span_ends_at_the_top_as_well);
    tcase_add_test(cases, a_soft_limit_that_is_no_less_than_the_hard_one_has_the_top_alone);
    tcase_add_test(cases, the_widest_span_does_not_overflow);
    tcase_add_test(cases, the_price_is_linear_in_the_step);
    return check_main(suite);
}
