/* Amounts: ranges, exact products, carries, and decimal text. */
#include "base/money.h"

#include "tests/check_main.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 20000 };

static struct money nanos(uint64_t count)
{
    return (struct money){.nanos = count};
}

static struct money edgy_money(struct rng *rng)
{
    return nanos(rng_edgy(rng) & MONEY_NANOS_MAX);
}

/* An edgy number that may divide. */
static uint64_t edgy_unit(struct rng *rng)
{
    uint64_t unit = rng_edgy(rng);

    return unit == 0 ? 1 : unit;
}

START_TEST(an_amount_is_at_most_the_largest_i64)
{
    struct money amount = nanos(7);

    ck_assert_int_eq(money_from_nanos(&amount, MONEY_NANOS_MAX + 1), ST_INVALID);
    ck_assert_uint_eq(amount.nanos, 7);
    ck_assert_int_eq(money_from_nanos(&amount, MONEY_NANOS_MAX), ST_OK);
    ck_assert_uint_eq(money_nanos(amount), MONEY_NANOS_MAX);
    ck_assert(money_is_zero(money_zero()));
    ck_assert(!money_is_zero(nanos(1)));
}
END_TEST

START_TEST(amounts_compare_as_their_numbers)
{
    ck_assert_int_eq(money_compare(nanos(1), nanos(2)), -1);
    ck_assert_int_eq(money_compare(nanos(2), nanos(2)), 0);
    ck_assert_int_eq(money_compare(nanos(3), nanos(2)), 1);
    ck_assert_uint_eq(money_min(nanos(3), nanos(2)).nanos, 2);
    ck_assert_uint_eq(money_min(nanos(2), nanos(3)).nanos, 2);
}
END_TEST

START_TEST(an_amount_grows_and_shrinks_in_place)
{
    struct money amount = nanos(7);

    money_accumulate(&amount, nanos(5));
    ck_assert_uint_eq(amount.nanos, 12);
    money_deduct(&amount, nanos(12));
    ck_assert(money_is_zero(amount));
}
END_TEST

START_TEST(a_sum_that_does_not_fit_in_place_is_a_bug)
{
    struct money amount = nanos(MONEY_NANOS_MAX);

    money_accumulate(&amount, nanos(1));
}
END_TEST

START_TEST(taking_more_than_there_is_in_place_is_a_bug)
{
    struct money amount = nanos(1);

    money_deduct(&amount, nanos(2));
}
END_TEST

START_TEST(a_sum_out_of_range_is_refused_and_changes_nothing)
{
    struct money result = nanos(7);

    ck_assert(!money_add(&result, nanos(MONEY_NANOS_MAX), nanos(1)));
    ck_assert(!money_sub(&result, nanos(1), nanos(2)));
    ck_assert(!money_scale(&result, nanos(MONEY_NANOS_MAX), 2));
    ck_assert(!money_scale(&result, nanos(MONEY_NANOS_MAX), UINT64_MAX));
    ck_assert(!money_from_total(&result, (u128)MONEY_NANOS_MAX + 1));
    ck_assert(!money_from_total(&result, ~(u128)0));
    ck_assert_uint_eq(result.nanos, 7);
}
END_TEST

START_TEST(a_sum_in_range_is_exact)
{
    struct money result;

    ck_assert(money_add(&result, nanos(MONEY_NANOS_MAX - 1), nanos(1)));
    ck_assert_uint_eq(result.nanos, MONEY_NANOS_MAX);
    ck_assert(money_sub(&result, nanos(5), nanos(5)));
    ck_assert_uint_eq(result.nanos, 0);
    ck_assert(money_scale(&result, nanos(3), 4));
    ck_assert_uint_eq(result.nanos, 12);
    ck_assert(money_scale(&result, nanos(0), UINT64_MAX));
    ck_assert_uint_eq(result.nanos, 0);
    ck_assert(money_from_total(&result, MONEY_NANOS_MAX));
    ck_assert_uint_eq(result.nanos, MONEY_NANOS_MAX);
    ck_assert_uint_eq(money_sub_clamped(nanos(5), nanos(3)).nanos, 2);
    ck_assert_uint_eq(money_sub_clamped(nanos(3), nanos(5)).nanos, 0);
}
END_TEST

START_TEST(the_result_may_be_one_of_the_operands)
{
    struct money amount = nanos(5);

    ck_assert(money_add(&amount, amount, amount));
    ck_assert(money_sub(&amount, amount, nanos(1)));
    ck_assert_uint_eq(amount.nanos, 9);
}
END_TEST

START_TEST(adding_an_amount_that_cannot_be_is_a_bug)
{
    struct money result;

    (void)!money_add(&result, nanos(UINT64_MAX), nanos(0));
}
END_TEST

START_TEST(a_share_is_rounded_down_and_passes_through_128_bits)
{
    ck_assert_uint_eq(money_share_floor(nanos(10), 1, 3).nanos, 3);
    ck_assert_uint_eq(money_share_floor(nanos(10), 0, 3).nanos, 0);
    ck_assert_uint_eq(money_share_floor(nanos(10), 3, 3).nanos, 10);
    ck_assert_uint_eq(money_share_floor(nanos(MONEY_NANOS_MAX), UINT64_MAX, UINT64_MAX).nanos,
                      MONEY_NANOS_MAX);
    ck_assert_uint_eq(money_share_floor(nanos(MONEY_NANOS_MAX), UINT64_MAX - 1, UINT64_MAX).nanos,
                      MONEY_NANOS_MAX - 1);
}
END_TEST

START_TEST(a_share_above_the_whole_is_a_bug)
{
    (void)money_share_floor(nanos(1), 2, 1);
}
END_TEST

START_TEST(a_carry_keeps_what_a_cost_leaves_over)
{
    struct money cost;
    uint64_t carry = 0;

    /* 3 nanos per 10: the fourth single one completes a nano. */
    ck_assert(money_cost_carry(&cost, &carry, nanos(3), 3, 10));
    ck_assert_uint_eq(cost.nanos, 0);
    ck_assert_uint_eq(carry, 9);
    ck_assert(money_cost_carry(&cost, &carry, nanos(3), 1, 10));
    ck_assert_uint_eq(cost.nanos, 1);
    ck_assert_uint_eq(carry, 2);
}
END_TEST

START_TEST(a_cost_that_does_not_fit_changes_nothing)
{
    struct money cost = nanos(7);
    uint64_t carry = 1;

    ck_assert(!money_cost_carry(&cost, &carry, nanos(MONEY_NANOS_MAX), 4, 2));
    ck_assert(!money_cost_ceil(&cost, nanos(MONEY_NANOS_MAX), 3, 2));
    ck_assert_uint_eq(cost.nanos, 7);
    ck_assert_uint_eq(carry, 1);
}
END_TEST

START_TEST(a_carry_of_a_whole_unit_is_a_bug)
{
    struct money cost;
    uint64_t carry = 10;

    (void)!money_cost_carry(&cost, &carry, nanos(3), 3, 10);
}
END_TEST

START_TEST(the_ceiling_gives_the_seller_the_rest)
{
    struct money cost;

    ck_assert(money_cost_ceil(&cost, nanos(3), 3, 10));
    ck_assert_uint_eq(cost.nanos, 1);
    ck_assert(money_cost_ceil(&cost, nanos(3), 10, 10));
    ck_assert_uint_eq(cost.nanos, 3);
    ck_assert(money_cost_ceil(&cost, nanos(3), 0, 10));
    ck_assert_uint_eq(cost.nanos, 0);
}
END_TEST

START_TEST(no_sequence_of_costs_loses_a_fraction)
{
    struct rng rng = rng_for_test();

    for (int run = 0; run < 200; run++) {
        struct money price = nanos(rng_below(&rng, 1000000));
        uint64_t unit = 1 + rng_below(&rng, 1000000);
        u128 costs = 0;
        u128 quantities = 0;
        uint64_t carry = 0;

        for (int i = 0; i < 100; i++) {
            uint64_t quantity = rng_below(&rng, 1000000);
            struct money cost;

            ck_assert(money_cost_carry(&cost, &carry, price, quantity, unit));
            ck_assert(carry < unit);
            costs += cost.nanos;
            quantities += quantity;
            ck_assert(costs * unit + carry == quantities * price.nanos);
        }
    }
}
END_TEST

START_TEST(what_a_budget_buys_never_costs_more_and_one_more_would)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < ROUNDS; round++) {
        struct money budget = edgy_money(&rng);
        struct money price = edgy_money(&rng);
        uint64_t unit = edgy_unit(&rng);
        uint64_t carry = rng_below(&rng, unit);
        uint64_t quantity = money_buys(budget, price, unit, carry);
        uint64_t carry_after = carry;
        struct money cost;

        if (price.nanos == 0) {
            ck_assert(quantity == UINT64_MAX);
            continue;
        }
        ck_assert(money_cost_carry(&cost, &carry_after, price, quantity, unit));
        ck_assert(money_compare(cost, budget) <= 0);
        if (quantity == UINT64_MAX)
            continue;
        carry_after = carry;
        if (money_cost_carry(&cost, &carry_after, price, quantity + 1, unit))
            ck_assert(money_compare(cost, budget) > 0);
    }
}
END_TEST

START_TEST(the_ceiling_is_the_floor_or_one_more)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < ROUNDS; round++) {
        struct money price = edgy_money(&rng);
        uint64_t quantity = rng_edgy(&rng);
        uint64_t unit = edgy_unit(&rng);
        uint64_t carry = 0;
        struct money floor;
        struct money ceil;

        if (!money_cost_ceil(&ceil, price, quantity, unit))
            continue;
        ck_assert(money_cost_carry(&floor, &carry, price, quantity, unit));
        ck_assert_uint_eq(ceil.nanos, floor.nanos + (carry != 0));
    }
}
END_TEST

START_TEST(amounts_print_with_nine_places)
{
    char text[MONEY_TEXT_BYTES];

    ck_assert_str_eq(money_print(text, nanos(0)), "0.000000000");
    ck_assert_str_eq(money_print(text, nanos(100)), "0.000000100");
    ck_assert_str_eq(money_print(text, nanos(1500000000)), "1.500000000");
    ck_assert_str_eq(money_print(text, nanos(MONEY_NANOS_MAX)), "9223372036.854775807");
}
END_TEST

static const struct {
    const char *text;
    uint64_t nanos;
} good[] = {
    {"0", 0},
    {"1", 1000000000},
    {"$1.00", 1000000000},
    {"$.002", 2000000},
    {".5", 500000000},
    {"0.000000001", 1},
    {"000.5", 500000000},
    {"12.345678901", 12345678901},
    {"9223372036.854775807", MONEY_NANOS_MAX},
};

START_TEST(a_decimal_amount_is_read_exactly)
{
    struct fault fault;
    struct money amount;

    ck_assert_int_eq(money_parse(&amount, good[_i].text, &fault), ST_OK);
    ck_assert_uint_eq(amount.nanos, good[_i].nanos);
}
END_TEST

static const struct {
    const char *text;
    const char *why;
} bad[] = {
    {"", "digits wanted"},
    {"$", "digits wanted"},
    {".", "a digit must follow"},
    {"1.", "a digit must follow"},
    {"$$1", "digits wanted"},
    {"-1", "digits wanted"},
    {"+1", "digits wanted"},
    {" 1", "digits wanted"},
    {"1 ", "only digits"},
    {"1e3", "only digits"},
    {"1,5", "only digits"},
    {"1.5.5", "only digits"},
    {"0x10", "only digits"},
    {"1.0000000000", "more than nine"},
    {"9223372036.854775808", "too large"},
    {"9223372037", "too large"},
    {"99999999999999999999999999999999999999999999999999", "too large"},
};

START_TEST(anything_else_is_refused_with_the_reason)
{
    struct fault fault;
    struct money amount = nanos(7);

    ck_assert_int_eq(money_parse(&amount, bad[_i].text, &fault), ST_INVALID);
    ck_assert_int_eq(fault.status, ST_INVALID);
    ck_assert_msg(strstr(fault.text, bad[_i].why) != NULL, "%s", fault.text);
    ck_assert_uint_eq(amount.nanos, 7);
    ck_assert_int_eq(money_parse(&amount, bad[_i].text, NULL), ST_INVALID);
}
END_TEST

START_TEST(every_amount_reads_back_as_itself)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < ROUNDS; round++) {
        struct money amount = edgy_money(&rng);
        struct money back;
        char text[MONEY_TEXT_BYTES];

        ck_assert_int_eq(money_parse(&back, money_print(text, amount), NULL), ST_OK);
        ck_assert_uint_eq(back.nanos, amount.nanos);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("money");
    TCase *tcase = tcase_create("money");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, an_amount_is_at_most_the_largest_i64);
    tcase_add_test(tcase, amounts_compare_as_their_numbers);
    tcase_add_test(tcase, an_amount_grows_and_shrinks_in_place);
    tcase_add_test_raise_signal(aborts, a_sum_that_does_not_fit_in_place_is_a_bug, SIGABRT);
    tcase_add_test_raise_signal(aborts, taking_more_than_there_is_in_place_is_a_bug, SIGABRT);
    tcase_add_test(tcase, a_sum_out_of_range_is_refused_and_changes_nothing);
    tcase_add_test(tcase, a_sum_in_range_is_exact);
    tcase_add_test(tcase, the_result_may_be_one_of_the_operands);
    tcase_add_test_raise_signal(aborts, adding_an_amount_that_cannot_be_is_a_bug, SIGABRT);
    tcase_add_test(tcase, a_share_is_rounded_down_and_passes_through_128_bits);
    tcase_add_test_raise_signal(aborts, a_share_above_the_whole_is_a_bug, SIGABRT);
    tcase_add_test(tcase, a_carry_keeps_what_a_cost_leaves_over);
    tcase_add_test(tcase, a_cost_that_does_not_fit_changes_nothing);
    tcase_add_test_raise_signal(aborts, a_carry_of_a_whole_unit_is_a_bug, SIGABRT);
    tcase_add_test(tcase, the_ceiling_gives_the_seller_the_rest);
    tcase_add_test(tcase, no_sequence_of_costs_loses_a_fraction);
    tcase_add_test(tcase, what_a_budget_buys_never_costs_more_and_one_more_would);
    tcase_add_test(tcase, the_ceiling_is_the_floor_or_one_more);
    tcase_add_test(tcase, amounts_print_with_nine_places);
    tcase_add_loop_test(tcase, a_decimal_amount_is_read_exactly, 0,
                        (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(tcase, anything_else_is_refused_with_the_reason, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tcase, every_amount_reads_back_as_itself);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
