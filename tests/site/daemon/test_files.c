/* How few descriptors are shared out. */
#include "site/daemon/files.h"

#include <string.h>

#include "site/daemon/limits.h"
#include "tests/check_main.h"

START_TEST(with_what_is_wanted_nothing_is_cut)
{
    struct files files;

    ck_assert_int_eq(files_share(&files, FILES_MAX, true, NULL), ST_OK);
    ck_assert_uint_eq(files.wanted, FILES_MAX);
    ck_assert_uint_eq(files.connections, CONNECTIONS_MAX);
    ck_assert_uint_eq(files.callers, CALLERS_MAX);
    ck_assert_int_eq(files_share(&files, FILES_QUIET, false, NULL), ST_OK);
    ck_assert_uint_eq(files.wanted, FILES_QUIET);
    ck_assert_uint_eq(files.connections, CONNECTIONS_MAX);
}
END_TEST

START_TEST(all_shares_together_leave_some_for_links)
{
    struct files files;

    for (size_t allowed = FILES_MIN; allowed <= FILES_MAX; allowed++) {
        ck_assert_int_eq(files_share(&files, allowed, true, NULL), ST_OK);
        ck_assert_uint_ge(files.connections, CONNECTIONS_MIN);
        ck_assert_uint_ge(files.callers, CALLERS_MIN);
        ck_assert_uint_le(files.callers, CALLERS_MAX);
        ck_assert_uint_le(FILES_OWN + files.connections + FILES_CALL, allowed);
    }
}
END_TEST

START_TEST(too_few_are_refused_with_the_numbers)
{
    struct files files;
    struct fault fault = {0};

    ck_assert_int_eq(files_share(&files, FILES_MIN - 1, true, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "47 are allowed"));
    ck_assert_ptr_nonnull(strstr(fault.text, "the least is 48"));
    ck_assert_ptr_nonnull(strstr(fault.text, "4096 are wanted"));
    ck_assert_int_eq(files_share(&files, 0, false, &fault), ST_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *tcase = tcase_create("files");

    tcase_add_test(tcase, with_what_is_wanted_nothing_is_cut);
    tcase_add_test(tcase, all_shares_together_leave_some_for_links);
    tcase_add_test(tcase, too_few_are_refused_with_the_numbers);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
