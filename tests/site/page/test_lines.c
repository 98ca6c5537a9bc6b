/* Lines of the journal, the latest first: nothing is left out, and nothing comes twice. */
#include "site/page/lines.h"

#include <inttypes.h>

#include "site/page/limits.h"
#include "tests/site/page/answers.h"

enum { ADDRESS_BYTES = 64, LINES_MAX = 4096 };

static struct books books;
static struct test_clock clock_of_test;

static void setup(void)
{
    books_open(&books);
    clock_of_test = (struct test_clock){.now_us = 1};
}

static void teardown(void)
{
    books_close(&books);
}

static json_t *ask_lines(const struct lines_wanted *wanted)
{
    struct clock_source clock = test_clock_source(&clock_of_test);
    struct fault fault = {0};
    struct bytes out = {0};
    struct json json = {.out = &out};

    ck_assert_int_eq(lines_answer(&json, &books.store, &clock, wanted, &fault), ST_OK);
    return answer_parse(&out);
}

static struct lines_wanted all_lines(size_t limit)
{
    return (struct lines_wanted){.before = {UINT64_MAX - 1, UINT32_MAX, UINT32_MAX},
                                 .limit = limit};
}

/* ---- addresses of lines ---- */

struct addresses {
    size_t count;
    char list[LINES_MAX][ADDRESS_BYTES];
};

static void address_add(struct addresses *addresses, const char *frame, const char *event,
                        const char *line)
{
    ck_assert_uint_lt(addresses->count, LINES_MAX);
    (void)snprintf(addresses->list[addresses->count++], ADDRESS_BYTES, "%s:%s:%s", frame, event,
                   line);
}

static enum status see_line(void *context, const struct journal_line *line, struct fault *fault)
{
    char frame[24];
    char event[24];
    char index[24];

    (void)fault;
    (void)snprintf(frame, sizeof frame, "%" PRIu64, line->frame);
    (void)snprintf(event, sizeof event, "%" PRIu32, line->event);
    (void)snprintf(index, sizeof index, "%" PRIu32, line->index);
    address_add(context, frame, event, index);
    return ST_OK;
}

/* All lines of the books, in their order. */
static void read_all(struct addresses *addresses)
{
    const struct journal_reader reader = {.line = see_line, .context = addresses};
    struct fault fault = {0};

    addresses->count = 0;
    ck_assert_int_eq(journal_read(&books.store, NULL, &reader, &fault), ST_OK);
}

/* Page by page until there is no next one.  Returns the number of answers. */
static int ask_pages(struct addresses *addresses, struct lines_wanted wanted)
{
    int answers = 0;

    addresses->count = 0;
    for (;;) {
        json_t *answer = ask_lines(&wanted);
        const json_t *lines = json_object_get(answer, "lines");
        const char *next = json_string_value(json_object_get(answer, "next"));

        answers++;
        ck_assert_uint_le(json_array_size(lines), wanted.limit);
        for (size_t i = 0; i < json_array_size(lines); i++) {
            const json_t *line = json_array_get(lines, i);

            address_add(addresses, answer_text(line, "frame"), answer_text(line, "event"),
                        answer_text(line, "line"));
        }
        if (next != NULL)
            ck_assert(line_place_read(&wanted.before, next));
        json_decref(answer);
        if (next == NULL)
            return answers;
        ck_assert_int_lt(answers, LINES_MAX);
    }
}

static void ck_assert_reversed(const struct addresses *found, const struct addresses *all)
{
    ck_assert_uint_eq(found->count, all->count);
    for (size_t i = 0; i < all->count; i++)
        ck_assert_str_eq(found->list[i], all->list[all->count - 1 - i]);
}

START_TEST(pages_of_any_size_are_all_lines_once)
{
    static struct addresses all;
    static struct addresses found;
    struct rng rng = rng_for_test();

    books_live_random(&books, &rng, 60, 20);
    read_all(&all);
    ck_assert_uint_gt(all.count, 100);
    for (size_t limit = 1; limit <= SEARCH_LINES_MAX; limit += 1 + limit / 2) {
        (void)ask_pages(&found, all_lines(limit));
        ck_assert_reversed(&found, &all);
    }
}
END_TEST

START_TEST(an_answer_ends_in_time_and_says_where_to_go_on)
{
    static struct addresses all;
    static struct addresses found;
    struct rng rng = rng_for_test();

    books_live_random(&books, &rng, 9, 5);
    read_all(&all);
    clock_of_test.step_us = SEARCH_US; /* one frame, and the time is over */
    ck_assert_int_ge(ask_pages(&found, all_lines(SEARCH_LINES_MAX)), 9);
    ck_assert_reversed(&found, &all);
}
END_TEST

START_TEST(lines_of_an_account_add_up_to_its_totals)
{
    struct small_life life = books_live(&books);
    struct lines_wanted wanted = all_lines(100);
    uint64_t credits = 0;
    uint64_t debits = 0;
    json_t *answer;
    const json_t *line;
    size_t i;

    wanted.accounts = (struct account_filter){.by = FILTER_ONE, .account = life.agent};
    answer = ask_lines(&wanted);
    json_array_foreach(json_object_get(answer, "lines"), i, line)
    {
        bool out = strcmp(answer_text(line, "debit"), "agent:4097") == 0;

        ck_assert(out || strcmp(answer_text(line, "credit"), "agent:4097") == 0);
        *(out ? &debits : &credits) += answer_nanos(line, "amount");
    }
    ck_assert_uint_eq(credits, 50000000);
    ck_assert_uint_eq(debits, 500 + 2000000 + 31);
    ck_assert_uint_eq(answer_nanos(json_object_get(answer, "account"), "credits"), credits);
    ck_assert_uint_eq(answer_nanos(json_object_get(answer, "account"), "debits"), debits);
    json_decref(answer);
}
END_TEST

static size_t count_lines(const struct lines_wanted *wanted)
{
    json_t *answer = ask_lines(wanted);
    size_t count = json_array_size(json_object_get(answer, "lines"));

    json_decref(answer);
    return count;
}

START_TEST(reasons_kinds_and_frames_choose)
{
    struct small_life life = books_live(&books);
    struct lines_wanted wanted = all_lines(100);

    ck_assert_uint_eq(count_lines(&wanted), 11);
    wanted.code = TRANSFER_COMPUTE;
    ck_assert_uint_eq(count_lines(&wanted), 5);
    wanted.accounts = (struct account_filter){.by = FILTER_KIND, .kind = KIND_DEPOSIT};
    ck_assert_uint_eq(count_lines(&wanted), 0);
    wanted.code = 0;
    ck_assert_uint_eq(count_lines(&wanted), 1);
    wanted = all_lines(100);
    wanted.from = 2;
    wanted.before.frame = 2;
    ck_assert_uint_eq(count_lines(&wanted), 2);
    wanted.from = 9;
    ck_assert_uint_eq(count_lines(&wanted), 0);
    wanted = all_lines(100);
    wanted.accounts = (struct account_filter){.by = FILTER_ONE, .account = 99999};
    ck_assert_uint_eq(count_lines(&wanted), 0); /* and no totals */
    (void)life;
}
END_TEST

START_TEST(books_that_are_empty_have_no_lines)
{
    struct lines_wanted wanted = all_lines(1);

    ck_assert_uint_eq(count_lines(&wanted), 0);
}
END_TEST

START_TEST(places_are_read_as_they_are_written)
{
    static const char *const wrong[] = {"",
                                        ":",
                                        "1:2",
                                        "1:2:3:4",
                                        "1:2:",
                                        "x",
                                        "1:4294967296:0",
                                        "-1",
                                        "1:2:3 ",
                                        "18446744073709551616"};
    struct line_place place = {0};

    ck_assert(line_place_read(&place, "7:8:9"));
    ck_assert(place.frame == 7 && place.event == 8 && place.line == 9);
    ck_assert(line_place_read(&place, "7"));
    ck_assert(place.frame == 7 && place.event == UINT32_MAX && place.line == UINT32_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!line_place_read(&place, wrong[i]), "%s is taken", wrong[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page/lines");
    TCase *tcase = tcase_create("lines");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, pages_of_any_size_are_all_lines_once);
    tcase_add_test(tcase, an_answer_ends_in_time_and_says_where_to_go_on);
    tcase_add_test(tcase, lines_of_an_account_add_up_to_its_totals);
    tcase_add_test(tcase, reasons_kinds_and_frames_choose);
    tcase_add_test(tcase, books_that_are_empty_have_no_lines);
    tcase_add_test(tcase, places_are_read_as_they_are_written);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
