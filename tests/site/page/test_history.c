/* An account's past and the burn of many: sums that are the books' own. */
#include "site/page/history.h"

#include "site/page/limits.h"
#include "tests/site/page/answers.h"

enum { FRAMES = 3 * HISTORY_POINTS_MAX };

static struct books books;
static struct test_clock clock_of_test;
static struct clock_source source;

static void setup(void)
{
    books_open(&books);
    clock_of_test = (struct test_clock){.now_us = 1};
    source = test_clock_source(&clock_of_test);
}

static void teardown(void)
{
    books_close(&books);
}

static json_t *ask_history(uint64_t account, uint64_t before)
{
    struct fault fault = {0};
    struct bytes out = {0};
    struct json json = {.out = &out};

    ck_assert_int_eq(history_answer(&json, &books.store, &source, account, before, &fault), ST_OK);
    return answer_parse(&out);
}

/* Add what all points say, and see that they go back in time. */
static void add_points(const json_t *answer, uint64_t *in, uint64_t *out)
{
    const json_t *points = json_object_get(answer, "points");
    unsigned long long last = UINT64_MAX;
    const json_t *point;
    size_t i;

    ck_assert_uint_le(json_array_size(points), HISTORY_POINTS_MAX);
    json_array_foreach(points, i, point)
    {
        unsigned long long frame = strtoull(answer_text(point, "frame"), NULL, 10);

        ck_assert_uint_lt(frame, last);
        last = frame;
        *in += answer_nanos(point, "in");
        *out += answer_nanos(point, "out");
        ck_assert_uint_le(answer_nanos(point, "used"), answer_nanos(point, "out"));
        ck_assert_uint_le(answer_nanos(point, "earned"), answer_nanos(point, "in"));
    }
}

/* An agent that pays a little in each of many frames. */
static uint64_t live_long(void)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    uint64_t agent;

    books_moved(&books, ACCOUNT_TREASURY, customer, 1000000, TRANSFER_MONEY_IN);
    (void)books_frame_done(&books);
    agent = books_account(&books, KIND_AGENT, customer);
    books_moved(&books, customer, agent, 100000, TRANSFER_ENDOWMENT);
    for (uint64_t i = 0; i < FRAMES; i++) {
        books_moved(&books, agent, ACCOUNT_REVENUE_COMPUTE, 1 + i % 7, TRANSFER_COMPUTE);
        (void)books_frame_done(&books);
    }
    return agent;
}

START_TEST(points_are_few_and_add_up_to_the_account)
{
    uint64_t agent = live_long();
    json_t *answer = ask_history(agent, 0);
    const json_t *account = json_object_get(answer, "account");
    uint64_t in = 0;
    uint64_t out = 0;

    add_points(answer, &in, &out);
    ck_assert_uint_eq(in, 100000);
    ck_assert_uint_eq(in, answer_nanos(account, "credits"));
    ck_assert_uint_eq(out, answer_nanos(account, "debits"));
    ck_assert_ptr_null(json_object_get(answer, "next")); /* back to its first frame */
    json_decref(answer);
}
END_TEST

START_TEST(a_past_that_is_told_in_parts_is_the_same)
{
    uint64_t agent = live_long();
    uint64_t before = 0;
    uint64_t in = 0;
    uint64_t out = 0;
    uint64_t debits = 0;
    int parts = 0;

    clock_of_test.step_us = SEARCH_US / 100;
    do {
        json_t *answer = ask_history(agent, before);
        const char *next = json_string_value(json_object_get(answer, "next"));

        if (before == 0)
            debits = answer_nanos(json_object_get(answer, "account"), "debits");
        else
            ck_assert_ptr_null(json_object_get(answer, "account"));
        add_points(answer, &in, &out);
        before = next == NULL ? 0 : strtoull(next, NULL, 10);
        json_decref(answer);
        parts++;
    } while (before != 0);
    ck_assert_int_gt(parts, 5);
    ck_assert_uint_eq(in, 100000);
    ck_assert_uint_eq(out, debits);
}
END_TEST

START_TEST(an_account_that_does_not_exist_has_no_past)
{
    struct fault fault = {0};
    struct bytes out = {0};
    struct json json = {.out = &out};

    ck_assert_int_eq(history_answer(&json, &books.store, &source, 4096, 0, &fault), ST_MISSING);
    (void)books_live(&books);
    ck_assert_int_eq(history_answer(&json, &books.store, &source, 99999, 0, &fault), ST_MISSING);
    bytes_fini(&out);
}
END_TEST

/* The account of that number; NULL: it is not told. */
static const json_t *burn_of(const json_t *answer, const char *id)
{
    const json_t *account;
    size_t i;

    json_array_foreach(json_object_get(answer, "accounts"), i,
                       account) if (strcmp(answer_text(account, "id"), id) == 0) return account;
    return NULL;
}

START_TEST(burn_is_what_running_costs_and_not_what_was_moved)
{
    struct fault fault = {0};
    struct bytes out = {0};
    struct json json = {.out = &out};
    json_t *answer;

    (void)books_live(&books); /* a customer, 4096, its agent and one that died */
    ck_assert_int_eq(burn_answer(&json, &books.store, &source, 16, 4098, &fault), ST_OK);
    answer = answer_parse(&out);
    ck_assert_uint_eq(answer_nanos(burn_of(answer, "4097"), "used"), 500 + 31);
    ck_assert_uint_eq(answer_nanos(burn_of(answer, "4097"), "earned"), 0);
    ck_assert_uint_eq(answer_nanos(burn_of(answer, "16"), "earned"), 500);
    ck_assert_ptr_null(burn_of(answer, "4096")); /* it only brought and endowed */
    ck_assert_ptr_null(burn_of(answer, "4098"));
    ck_assert_ptr_null(burn_of(answer, "64")); /* a deposit comes back */
    ck_assert_str_eq(answer_text(answer, "first_frame"), "1");
    ck_assert_str_eq(answer_text(answer, "last_frame"), "4");
    json_decref(answer);
}
END_TEST

START_TEST(burn_is_measured_over_the_last_minutes_only)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    struct fault fault = {0};
    struct bytes out = {0};
    struct json json = {.out = &out};
    json_t *answer;

    books_moved(&books, ACCOUNT_TREASURY, customer, 1000, TRANSFER_MONEY_IN);
    books_moved(&books, customer, ACCOUNT_REVENUE_BIRTHS, 100, TRANSFER_BIRTH_FEE);
    (void)books_frame_done(&books);
    books.site_time_us += 2 * (uint64_t)BURN_SPAN_US;
    (void)books_frame_done(&books);
    books_moved(&books, customer, ACCOUNT_REVENUE_BIRTHS, 7, TRANSFER_BIRTH_FEE);
    (void)books_frame_done(&books);
    ck_assert_int_eq(burn_answer(&json, &books.store, &source, customer, customer, &fault), ST_OK);
    answer = answer_parse(&out);
    ck_assert_uint_eq(answer_nanos(burn_of(answer, "4096"), "used"), 107);
    ck_assert_uint_ge(strtoull(answer_text(answer, "span_us"), NULL, 10), 2 * BURN_SPAN_US);
    json_decref(answer);
    out = (struct bytes){0};
    json = (struct json){.out = &out};
    books.site_time_us += 2 * (uint64_t)BURN_SPAN_US;
    (void)books_frame_done(&books);
    books.site_time_us += 1000000;
    (void)books_frame_done(&books);
    ck_assert_int_eq(burn_answer(&json, &books.store, &source, customer, customer, &fault), ST_OK);
    answer = answer_parse(&out);
    ck_assert_str_eq(answer_text(answer, "first_frame"), "3"); /* those before are too old */
    json_decref(answer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page/history");
    TCase *tcase = tcase_create("history");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, points_are_few_and_add_up_to_the_account);
    tcase_add_test(tcase, a_past_that_is_told_in_parts_is_the_same);
    tcase_add_test(tcase, an_account_that_does_not_exist_has_no_past);
    tcase_add_test(tcase, burn_is_what_running_costs_and_not_what_was_moved);
    tcase_add_test(tcase, burn_is_measured_over_the_last_minutes_only);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
