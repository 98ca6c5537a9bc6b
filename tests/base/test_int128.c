/* 128-bit sums and their decimal text. */
#include "base/int128.h"

#include "tests/check_main.h"

START_TEST(zero_and_the_largest_number_print_in_full)
{
    char text[U128_TEXT_BYTES];

    ck_assert_str_eq(u128_print(text, 0), "0");
    ck_assert_str_eq(u128_print(text, 10), "10");
    ck_assert_str_eq(u128_print(text, UINT64_MAX), "18446744073709551615");
    ck_assert_str_eq(u128_print(text, (u128)UINT64_MAX + 1), "18446744073709551616");
    ck_assert_str_eq(u128_print(text, ~(u128)0), "340282366920938463463374607431768211455");
}
END_TEST

START_TEST(a_sum_that_overflows_is_refused_and_changes_nothing)
{
    u128 sum = 5;

    ck_assert(!u128_add(&sum, ~(u128)0, 1));
    ck_assert(sum == 5);
    ck_assert(u128_add(&sum, ~(u128)0 - 1, 1));
    ck_assert(sum == ~(u128)0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("int128");
    TCase *tcase = tcase_create("int128");

    tcase_add_test(tcase, zero_and_the_largest_number_print_in_full);
    tcase_add_test(tcase, a_sum_that_overflows_is_refused_and_changes_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
