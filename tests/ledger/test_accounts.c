/* The array of accounts by id. */
#include "ledger/accounts.h"

#include "tests/check_main.h"

static struct accounts accounts;

static void setup(void)
{
    ck_assert_int_eq(accounts_init(&accounts), ST_OK);
}

static void teardown(void)
{
    accounts_fini(&accounts);
}

static enum status add(uint64_t id, enum account_kind kind)
{
    struct account account = {
        .id = id, .kind = (uint8_t)kind, .class = (uint8_t)account_class_of(kind)};

    return accounts_add(&accounts, &account);
}

START_TEST(adding_refuses_gaps_doubles_and_foreign_numbers)
{
    ck_assert_int_eq(add(ACCOUNT_TREASURY, KIND_TREASURY), ST_OK);
    ck_assert_int_eq(add(ACCOUNT_TREASURY, KIND_TREASURY), ST_EXISTS);
    ck_assert_int_eq(add(ACCOUNT_SUSPENSE, KIND_TREASURY), ST_INVALID);
    ck_assert_int_eq(add(5, KIND_REVENUE), ST_INVALID);
    ck_assert_int_eq(add(256, KIND_LINK_OUT), ST_OK);
    ck_assert_int_eq(add(4097, KIND_AGENT), ST_INVALID);
    ck_assert_int_eq(add(4096, KIND_AGENT), ST_OK);
    ck_assert_int_eq(add(4096, KIND_AGENT), ST_EXISTS);
    ck_assert_int_eq(add(UINT64_MAX, KIND_AGENT), ST_FULL);
    ck_assert_uint_eq(accounts.count, 3);
    ck_assert_uint_eq(accounts.size, 4097);
}
END_TEST

START_TEST(what_was_added_is_found_after_growth)
{
    for (uint64_t id = 4096; id < 20000; id++)
        ck_assert_int_eq(add(id, KIND_AGENT), ST_OK);
    for (uint64_t id = 4096; id < 20000; id++)
        ck_assert_uint_eq(accounts_find(&accounts, id)->id, id);
    ck_assert_ptr_null(accounts_find(&accounts, 20000));
    ck_assert_ptr_null(accounts_find(&accounts, 0));
}
END_TEST

START_TEST(the_last_frame_that_moved_an_account_is_known)
{
    ck_assert_int_eq(add(ACCOUNT_TREASURY, KIND_TREASURY), ST_OK);
    ck_assert_uint_eq(accounts_last_frame(&accounts, ACCOUNT_TREASURY), 0);
    accounts_set_last_frame(&accounts, ACCOUNT_TREASURY, 1);
    accounts_set_last_frame(&accounts, ACCOUNT_TREASURY, 2);
    ck_assert_uint_eq(accounts_last_frame(&accounts, ACCOUNT_TREASURY), 2);
    ck_assert_uint_eq(accounts_last_frame(&accounts, ACCOUNT_SUSPENSE), 0);
}
END_TEST

START_TEST(walking_passes_over_the_numbers_that_stand_for_nothing)
{
    ck_assert_ptr_null(accounts_from(&accounts, 0));
    ck_assert_int_eq(add(ACCOUNT_SUSPENSE, KIND_SUSPENSE), ST_OK);
    ck_assert_int_eq(add(4096, KIND_AGENT), ST_OK);
    ck_assert_uint_eq(accounts_from(&accounts, 0)->id, ACCOUNT_SUSPENSE);
    ck_assert_uint_eq(accounts_from(&accounts, ACCOUNT_SUSPENSE + 1)->id, 4096);
    ck_assert_ptr_null(accounts_from(&accounts, 4097));
}
END_TEST

START_TEST(a_sum_that_does_not_fit_is_told)
{
    u128 debits = 0;
    u128 credits = 0;

    ck_assert_int_eq(add(ACCOUNT_TREASURY, KIND_TREASURY), ST_OK);
    ck_assert_int_eq(add(ACCOUNT_SUSPENSE, KIND_SUSPENSE), ST_OK);
    accounts_find(&accounts, ACCOUNT_TREASURY)->debits = ~(u128)0;
    accounts_find(&accounts, ACCOUNT_SUSPENSE)->credits = 7;
    ck_assert(accounts_sum(&accounts, &debits, &credits));
    ck_assert(debits == ~(u128)0 && credits == 7);
    accounts_find(&accounts, ACCOUNT_SUSPENSE)->debits = 1;
    ck_assert(!accounts_sum(&accounts, &debits, &credits));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/accounts");
    TCase *table = tcase_create("table");

    tcase_add_checked_fixture(table, setup, teardown);
    tcase_add_test(table, adding_refuses_gaps_doubles_and_foreign_numbers);
    tcase_add_test(table, what_was_added_is_found_after_growth);
    tcase_add_test(table, the_last_frame_that_moved_an_account_is_known);
    tcase_add_test(table, walking_passes_over_the_numbers_that_stand_for_nothing);
    tcase_add_test(table, a_sum_that_does_not_fit_is_told);
    suite_add_tcase(suite, table);
    return check_main(suite);
}
