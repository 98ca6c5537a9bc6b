/* Accounts by name: what the ledger view may be asked for. */
#include "site/page/accounts.h"

#include "tests/ledger/books_check.h"

static struct account_filter read_filter(const char *text)
{
    struct account_filter filter;

    ck_assert_msg(account_filter_read(&filter, text), "%s is refused", text);
    return filter;
}

START_TEST(every_own_account_is_found_by_the_name_that_lists_print)
{
    enum account_kind kind = KIND_TREASURY;
    char name[ACCOUNT_NAME_BYTES];
    int count = 0;

    for (uint64_t id = account_own_next(0, &kind); id != ACCOUNT_NONE;
         id = account_own_next(id, &kind)) {
        struct account_filter filter = read_filter(account_name(name, id, kind));

        ck_assert_int_eq(filter.by, FILTER_ONE);
        ck_assert_uint_eq(filter.account, id);
        count++;
    }
    ck_assert_int_eq(count, 22);
}
END_TEST

START_TEST(accounts_of_links_agents_and_customers_are_found_by_number)
{
    static const enum account_kind kinds[] = {KIND_LINK_OUT, KIND_LINK_IN, KIND_LINK_SETTLING};
    char name[ACCOUNT_NAME_BYTES];

    for (uint32_t interface = 0; interface <= ACCOUNT_LINK_INTERFACE_MAX; interface += 53)
        for (int i = 0; i < 3; i++) {
            uint64_t id = account_of_link(interface, kinds[i]);

            ck_assert_uint_eq(read_filter(account_name(name, id, kinds[i])).account, id);
        }
    ck_assert_uint_eq(read_filter("agent:4097").account, 4097);
    ck_assert_uint_eq(read_filter("customer:4096").account, 4096);
    ck_assert_uint_eq(read_filter("4098").account, 4098);
    ck_assert_uint_eq(read_filter("18446744073709551615").account, UINT64_MAX);
}
END_TEST

START_TEST(what_is_no_account_is_refused)
{
    static const char *const wrong[] = {"treasur",
                                        "revenue:",
                                        "agent:",
                                        "agent:1x",
                                        "agent:-1",
                                        "link:1",
                                        "link:1:up",
                                        "link::out",
                                        "link:99999:out",
                                        "link:1:out:",
                                        "18446744073709551616",
                                        " 1",
                                        "ada",
                                        "<img src=x>"};
    struct account_filter filter;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!account_filter_read(&filter, wrong[i]), "%s is taken", wrong[i]);
}
END_TEST

START_TEST(a_kind_takes_all_accounts_of_it_and_no_name_takes_all)
{
    struct account_filter revenue = read_filter("revenue");
    struct account_filter all = read_filter("");
    struct account_filter none = read_filter(NULL);

    ck_assert(account_filter_takes(&revenue, ACCOUNT_REVENUE_COMPUTE));
    ck_assert(account_filter_takes(&revenue, ACCOUNT_REVENUE_FLUSHES));
    ck_assert(!account_filter_takes(&revenue, ACCOUNT_HELD_MESSAGE));
    ck_assert(!account_filter_takes(&revenue, ACCOUNT_FIRST_FREE));
    ck_assert(account_filter_takes(&all, ACCOUNT_FIRST_FREE));
    ck_assert(account_filter_takes(&none, ACCOUNT_TREASURY));
}
END_TEST

START_TEST(names_come_from_the_store)
{
    struct books books;
    struct small_life life;
    struct store_read read;
    struct account account;
    struct fault fault = {0};
    char name[ACCOUNT_NAME_BYTES];
    char expected[ACCOUNT_NAME_BYTES];

    books_open(&books);
    life = books_live(&books);
    ck_assert_int_eq(store_read_begin(&read, &books.store, &fault), ST_OK);
    ck_assert_str_eq(account_name_in(&read, life.agent, name),
                     account_name(expected, life.agent, KIND_AGENT));
    ck_assert_str_eq(account_name_in(&read, ACCOUNT_TREASURY, name), "treasury");
    ck_assert_str_eq(account_name_in(&read, 99999, name), "account:99999");
    ck_assert_int_eq(account_get(&read, life.dead, &account, &fault), ST_OK);
    ck_assert(account.closed);
    ck_assert_int_eq(account_get(&read, 99999, &account, &fault), ST_MISSING);
    store_read_end(&read);
    books_close(&books);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page/accounts");
    TCase *tcase = tcase_create("accounts");

    tcase_add_test(tcase, every_own_account_is_found_by_the_name_that_lists_print);
    tcase_add_test(tcase, accounts_of_links_agents_and_customers_are_found_by_number);
    tcase_add_test(tcase, what_is_no_account_is_refused);
    tcase_add_test(tcase, a_kind_takes_all_accounts_of_it_and_no_name_takes_all);
    tcase_add_test(tcase, names_come_from_the_store);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
