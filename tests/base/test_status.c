/* Names, fault texts and the stop on a bug. */
#include "base/status.h"

#include "tests/check_main.h"

#include <signal.h>
#include <string.h>

START_TEST(every_status_has_a_name_of_its_own)
{
    for (enum status a = ST_OK; a <= ST_UNKNOWN; a++) {
        ck_assert_str_ne(status_name(a), "?");
        for (enum status b = ST_OK; b < a; b++)
            ck_assert_str_ne(status_name(a), status_name(b));
    }
    ck_assert_str_eq(status_name(ST_OK), "ok");
    ck_assert_str_eq(status_name(ST_CORRUPT), "corrupt");
    ck_assert_str_eq(status_name(ST_UNKNOWN), "unknown");
}
END_TEST

START_TEST(a_number_that_is_no_status_still_has_a_text)
{
    ck_assert_str_eq(status_name((enum status)99), "?");
}
END_TEST

START_TEST(fault_set_fills_the_fault_and_returns_the_status)
{
    struct fault fault;

    ck_assert_int_eq(fault_set(&fault, ST_IO, "open %s: %d", "x", 5), ST_IO);
    ck_assert_int_eq(fault.status, ST_IO);
    ck_assert_str_eq(fault.text, "open x: 5");
}
END_TEST

START_TEST(fault_set_without_a_fault_only_returns_the_status)
{
    ck_assert_int_eq(fault_set(NULL, ST_BUSY, "nobody reads this"), ST_BUSY);
}
END_TEST

START_TEST(fault_set_may_quote_the_text_it_replaces)
{
    struct fault fault;

    fault_set(&fault, ST_IO, "inner");
    fault_set(&fault, ST_CORRUPT, "outer (%s)", fault.text);
    ck_assert_str_eq(fault.text, "outer (inner)");
}
END_TEST

START_TEST(a_long_fault_is_cut_at_its_bound)
{
    struct fault fault;
    char text[2 * FAULT_TEXT_BYTES];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fault_set(&fault, ST_IO, "%s", text);
    ck_assert_uint_eq(strlen(fault.text), FAULT_TEXT_BYTES - 1);
}
END_TEST

START_TEST(fault_prefix_says_where_and_keeps_the_status)
{
    struct fault fault;

    fault_set(&fault, ST_MISSING, "no such key");
    ck_assert_int_eq(fault_prefix(&fault, "agent %d", 7), ST_MISSING);
    ck_assert_int_eq(fault.status, ST_MISSING);
    ck_assert_str_eq(fault.text, "agent 7: no such key");
}
END_TEST

START_TEST(fault_prefix_cuts_the_old_text_and_not_itself)
{
    struct fault fault;
    char text[FAULT_TEXT_BYTES];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fault_set(&fault, ST_IO, "%s", text);
    fault_prefix(&fault, "where");
    ck_assert_uint_eq(strlen(fault.text), FAULT_TEXT_BYTES - 1);
    ck_assert_int_eq(strncmp(fault.text, "where: xxx", 10), 0);
    fault_prefix(&fault, "%s", text);
    ck_assert_str_eq(fault.text, text);
}
END_TEST

START_TEST(fault_prefix_without_a_fault_is_never_ok)
{
    ck_assert_int_ne(fault_prefix(NULL, "where"), ST_OK);
}
END_TEST

START_TEST(an_invariant_that_holds_does_nothing)
{
    int evaluated = 0;

    INVARIANT(++evaluated == 1);
    ck_assert_int_eq(evaluated, 1);
}
END_TEST

START_TEST(a_broken_invariant_aborts)
{
    INVARIANT(1 + 1 == 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tcase = tcase_create("status");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, every_status_has_a_name_of_its_own);
    tcase_add_test(tcase, a_number_that_is_no_status_still_has_a_text);
    tcase_add_test(tcase, fault_set_fills_the_fault_and_returns_the_status);
    tcase_add_test(tcase, fault_set_without_a_fault_only_returns_the_status);
    tcase_add_test(tcase, fault_set_may_quote_the_text_it_replaces);
    tcase_add_test(tcase, a_long_fault_is_cut_at_its_bound);
    tcase_add_test(tcase, fault_prefix_says_where_and_keeps_the_status);
    tcase_add_test(tcase, fault_prefix_cuts_the_old_text_and_not_itself);
    tcase_add_test(tcase, fault_prefix_without_a_fault_is_never_ok);
    tcase_add_test(tcase, an_invariant_that_holds_does_nothing);
    tcase_add_test_raise_signal(aborts, a_broken_invariant_aborts, SIGABRT);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
