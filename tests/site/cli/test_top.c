/* The model of `serai top` and its screens: paces, order, keys, and lines that fit. */
#include "site/cli/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "site/cli/top_print.h"
#include "site/cli/top_view.h"
#include "tests/check_main.h"

#define SECOND TOP_SECOND_US

static struct top top;

static void setup(void)
{
    top_init(&top);
}

static void teardown(void)
{
    top_fini(&top);
}

/* ---- paces ---- */

START_TEST(a_pace_is_a_difference_of_totals_over_the_time_between_them)
{
    struct top_series series = {0};
    u128 pace;

    ck_assert(!top_pace(&series, TOP_LATEST, SECOND, &pace));
    top_series_add(&series, 10 * SECOND, 1000);
    ck_assert(!top_pace(&series, TOP_LATEST, SECOND, &pace)); /* one read has no pace */
    ck_assert(!top_pace(&series, TOP_MINUTE, SECOND, &pace));
    top_series_add(&series, 14 * SECOND, 1010);
    ck_assert(top_pace(&series, TOP_LATEST, SECOND, &pace));
    ck_assert(pace == 2); /* 2.5, rounded down */
    ck_assert(top_pace(&series, TOP_MINUTE, 3600 * SECOND, &pace));
    ck_assert(pace == 9000);
    top_series_add(&series, 16 * SECOND, 1010);
    ck_assert(top_pace(&series, TOP_LATEST, SECOND, &pace));
    ck_assert(pace == 0);
    ck_assert(top_pace(&series, TOP_MINUTE, 6 * SECOND, &pace));
    ck_assert(pace == 10);
}
END_TEST

/* What comes once a minute is never left out, and what was long ago is. */
START_TEST(the_long_window_is_one_to_two_minutes)
{
    struct top_series series = {0};
    u128 pace;

    top_series_add(&series, SECOND, 0);
    top_series_add(&series, 2 * SECOND, 600000); /* a jump long ago */
    for (uint64_t s = 3; s <= 400; s++) {
        top_series_add(&series, s * SECOND, 600000 + s / 60 * 60); /* 60 a minute, at once */
        if (s < 180)
            continue;
        ck_assert(top_pace(&series, TOP_MINUTE, 60 * SECOND, &pace));
        ck_assert_msg(pace >= 30 && pace <= 120, "%llu at %llu", (unsigned long long)pace,
                      (unsigned long long)s);
    }
}
END_TEST

START_TEST(a_total_that_falls_begins_anew)
{
    struct top_series series = {0};
    u128 pace;

    top_series_add(&series, SECOND, 500);
    top_series_add(&series, 2 * SECOND, 700);
    top_series_add(&series, 3 * SECOND, 10);
    ck_assert(!top_pace(&series, TOP_LATEST, SECOND, &pace));
    top_series_add(&series, 4 * SECOND, 15);
    ck_assert(top_pace(&series, TOP_MINUTE, SECOND, &pace));
    ck_assert(pace == 5);
}
END_TEST

START_TEST(the_largest_totals_have_a_pace)
{
    struct top_series series = {0};
    u128 pace;

    top_series_add(&series, SECOND, 0);
    top_series_add(&series, 1000 * SECOND, (u128)-1);
    ck_assert(top_pace(&series, TOP_MINUTE, top_per_us(TOP_PER_SECOND), &pace));
    ck_assert(pace > (u128)-1 / 1000);
    ck_assert(pace < (u128)-1 / 990);
}
END_TEST

/* ---- rows ---- */

static struct top_agent *make_agent(uint64_t id, const char *name, uint64_t balance, uint64_t out)
{
    struct top_agent *agent = top_row(&top, id);

    ck_assert_ptr_nonnull(agent);
    (void)snprintf(agent->name, sizeof agent->name, "%s", name);
    (void)snprintf(agent->state, sizeof agent->state, "running");
    agent->customer = 4096;
    agent->sweep = top.sweep;
    agent->balance = balance;
    agent->memory_bytes = balance;
    agent->inbox = id;
    top_series_add(&agent->out, SECOND, 0);
    top_series_add(&agent->in, SECOND, 0);
    top_series_add(&agent->out, 2 * SECOND, out);
    top_series_add(&agent->in, 2 * SECOND, 0);
    return agent;
}

static void three_agents(void)
{
    make_agent(4101, "beta", 300, 7);
    make_agent(4102, "alpha", 100, 50);
    make_agent(4103, "gamma", 200, 0);
    top.read_us = SECOND;
    top.agents = 3;
    top_sweep_end(&top);
    top_order(&top);
}

static void order_is(uint64_t first, uint64_t second, uint64_t third)
{
    top_order(&top);
    ck_assert_uint_eq(top.rows[0]->id, first);
    ck_assert_uint_eq(top.rows[1]->id, second);
    ck_assert_uint_eq(top.rows[2]->id, third);
}

START_TEST(rows_stand_in_the_order_that_was_chosen)
{
    three_agents();
    order_is(4102, 4101, 4103); /* burn */
    ck_assert_int_eq(top_press(&top, 'b', 10), TOP_CHANGED);
    order_is(4101, 4103, 4102);
    ck_assert_int_eq(top_press(&top, 'r', 10), TOP_CHANGED);
    order_is(4102, 4103, 4101);
    ck_assert_int_eq(top_press(&top, 'r', 10), TOP_CHANGED);
    ck_assert_int_eq(top_press(&top, 'n', 10), TOP_CHANGED);
    order_is(4102, 4101, 4103);
    ck_assert_int_eq(top_press(&top, 'a', 10), TOP_CHANGED);
    order_is(4101, 4102, 4103);
    ck_assert_int_eq(top_press(&top, 'x', 10), TOP_CHANGED);
    order_is(4103, 4102, 4101);
    /* 100 at 50 a second, 300 at 7; what does not fall lasts longest. */
    ck_assert_int_eq(top_press(&top, 'l', 10), TOP_CHANGED);
    order_is(4102, 4101, 4103);
    for (int i = 0; i < TOP_KEYS; i++) {
        enum top_key key;

        ck_assert(top_key_find(top_key_name((enum top_key)i), &key));
        ck_assert_int_eq((int)key, i);
        ck_assert_int_eq(top_press(&top, 's', 10), TOP_CHANGED);
        top_order(&top);
    }
    ck_assert_int_eq(top.choice.by, TOP_BY_LASTS); /* once around */
}
END_TEST

START_TEST(burn_is_what_the_balance_falls_by)
{
    struct top_agent *agent = make_agent(4101, "a", 3600, 5);
    uint64_t lasts_s;
    bool rises;
    u128 burn;

    ck_assert(top_burn(agent, TOP_LATEST, SECOND, &burn, &rises));
    ck_assert(burn == 5 && !rises);
    ck_assert(top_lasts(agent, TOP_LATEST, &lasts_s));
    ck_assert_uint_eq(lasts_s, 720);
    top_series_add(&agent->out, 3 * SECOND, 105);
    top_series_add(&agent->in, 3 * SECOND, 98); /* held money that came back */
    ck_assert(top_burn(agent, TOP_LATEST, SECOND, &burn, &rises));
    ck_assert(burn == 2 && !rises);
    top_series_add(&agent->out, 4 * SECOND, 105);
    top_series_add(&agent->in, 4 * SECOND, 198);
    ck_assert(top_burn(agent, TOP_LATEST, SECOND, &burn, &rises));
    ck_assert(burn == 100 && rises);
    ck_assert(!top_lasts(agent, TOP_LATEST, &lasts_s));
}
END_TEST

START_TEST(who_is_gone_leaves_after_a_sweep)
{
    three_agents();
    top_row(&top, 4101)->sweep = top.sweep;
    top_row(&top, 4103)->sweep = top.sweep;
    top_sweep_end(&top);
    ck_assert_uint_eq(top.row_count, 2);
    ck_assert_uint_eq(top.memory_bytes, 500);
    ck_assert_ptr_null(table_get(&top.by_id, 4102));
    top_order(&top);
    ck_assert_uint_eq(top.shown, 2);
}
END_TEST

static void type(const char *text)
{
    for (; *text != '\0'; text++)
        ck_assert_int_eq(top_press(&top, *text, 10), TOP_CHANGED);
    top_order(&top);
}

START_TEST(a_filter_is_typed_and_ended)
{
    three_agents();
    type("/");
    type("alp");
    ck_assert_uint_eq(top.shown, 1);
    ck_assert_uint_eq(top.rows[0]->id, 4102);
    ck_assert_int_eq(top_press(&top, TOP_KEY_BACKSPACE, 10), TOP_CHANGED);
    ck_assert_str_eq(top.choice.filter, "al");
    ck_assert_int_eq(top_press(&top, TOP_KEY_ENTER, 10), TOP_CHANGED);
    type("b"); /* a key again */
    ck_assert_str_eq(top.choice.filter, "al");
    ck_assert_int_eq(top.choice.by, TOP_BY_BALANCE);
    ck_assert_int_eq(top_press(&top, TOP_KEY_ESCAPE, 10), TOP_CHANGED);
    top_order(&top);
    ck_assert_uint_eq(top.shown, 3);
    type("/agent:4103");
    ck_assert_uint_eq(top.shown, 1);
    for (int i = 0; i < 2 * TOP_FILTER_BYTES; i++)
        (void)top_press(&top, 'z', 10);
    ck_assert_uint_eq(strlen(top.choice.filter), TOP_FILTER_BYTES - 1);
    ck_assert_int_eq(top_press(&top, 7, 10), TOP_NOTHING); /* no control character */
    ck_assert_int_eq(top_press(&top, TOP_KEY_ESCAPE, 10), TOP_CHANGED);
    ck_assert_str_eq(top.choice.filter, "");
}
END_TEST

START_TEST(the_selected_agent_stays_so_when_the_order_changes)
{
    three_agents();
    ck_assert_int_eq(top_press(&top, TOP_KEY_DOWN, 10), TOP_CHANGED);
    ck_assert_uint_eq(top.choice.selected, 4101);
    (void)top_press(&top, 'b', 10);
    top_order(&top);
    ck_assert_uint_eq(top_selected(&top), 0);
    (void)top_press(&top, TOP_KEY_UP, 10); /* at the end already */
    ck_assert_uint_eq(top.choice.selected, 4101);
    (void)top_press(&top, 'G', 10);
    ck_assert_uint_eq(top_selected(&top), 2);
    (void)top_press(&top, TOP_KEY_PAGE_UP, 10);
    ck_assert_uint_eq(top_selected(&top), 0);
    ck_assert_int_eq(top_press(&top, TOP_KEY_ENTER, 10), TOP_READ);
    ck_assert_uint_eq(top.choice.followed, 4101);
    ck_assert_int_eq(top_press(&top, TOP_KEY_ESCAPE, 10), TOP_CHANGED);
    ck_assert_uint_eq(top.choice.followed, 0);
    ck_assert_int_eq(top_press(&top, 'q', 10), TOP_QUIT);
}
END_TEST

/* ---- screens ---- */

struct seen {
    char text[200][TOP_LINE_BYTES];
    size_t count;
    size_t columns; /* the most of one */
};

static struct seen seen;

static void see_line(void *context, const char *text)
{
    char plain[TOP_LINE_BYTES];
    size_t used = 0;

    (void)context;
    ck_assert_uint_lt(seen.count, 200);
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= TOP_MARKS)
            plain[used++] = *text;
    plain[used] = '\0';
    for (size_t i = 0; i < used; i++)
        ck_assert_msg((unsigned char)plain[i] >= 0x20 && plain[i] != 0x7f, "a control character");
    memcpy(seen.text[seen.count++], plain, used + 1);
    if (text_columns(plain) > seen.columns)
        seen.columns = text_columns(plain);
}

static void see(size_t rows, size_t columns, bool ascii)
{
    const struct top_page page = {.rows = rows,
                                  .columns = columns,
                                  .ascii = ascii,
                                  .keys = true,
                                  .now_us = top.read_us,
                                  .line = see_line};

    seen.count = 0;
    seen.columns = 0;
    top_view(&top, &page);
}

static bool sees(const char *text)
{
    for (size_t i = 0; i < seen.count; i++)
        if (strstr(seen.text[i], text) != NULL)
            return true;
    return false;
}

static void some_site(void)
{
    struct top_link *link = top_link_row(&top, "north");
    struct top_resource *resource = top_resource_row(&top, "compute");
    struct top_line line = {.frame = 7, .other = "revenue:compute", .why = "compute", .amount = 5};

    three_agents();
    (void)snprintf(link->state, sizeof link->state, "down");
    link->limit = 10 * (u128)MONEY_NANOS_PER_UNIT;
    link->it_owes = 9 * (u128)MONEY_NANOS_PER_UNIT;
    resource->total = 1;
    top_series_add(&resource->earned, SECOND, 0);
    top_series_add(&resource->earned, 2 * SECOND, 1);
    (void)snprintf(top.disk, sizeof top.disk, "roomy");
    (void)snprintf(top.state, sizeof top.state, "running");
    (void)snprintf(top.currency, sizeof top.currency, "SRI");
    for (int i = 0; i < TOP_LINES_MAX + 10; i++)
        top_line_add(&top, &line);
}

START_TEST(no_line_is_wider_and_no_page_longer_than_the_terminal)
{
    some_site();
    for (size_t columns = 1; columns <= 200; columns += 9)
        for (size_t rows = 1; rows <= 60; rows += 7)
            for (int what = 0; what < 4; what++) {
                top.choice.followed = what == 1 ? 4101 : what == 2 ? 9999 : 0;
                top.choice.helps = what == 3;
                see(rows, columns, false);
                ck_assert_uint_le(seen.count, rows);
                ck_assert_uint_le(seen.columns, columns);
                ck_assert_uint_gt(seen.count, 0);
                ck_assert_uint_ge(top_view_agents(&top, rows, columns), 1);
                ck_assert_uint_le(top_view_agents(&top, rows, columns), rows);
            }
}
END_TEST

START_TEST(eighty_columns_show_money_first_and_all_that_matters)
{
    some_site();
    see(24, 80, false);
    ck_assert_uint_eq(seen.count, 24);
    ck_assert(strstr(seen.text[1], "revenue") != NULL);
    ck_assert(sees("compute"));
    ck_assert(sees("it owes 9.000000 of 10.00000 (90%)"));
    ck_assert(sees("BURN/h*"));
    ck_assert(sees("LASTS"));
    ck_assert(sees("INBOX"));
    ck_assert(sees("alpha"));
    ck_assert(!sees("PAID")); /* the books cannot be read */
    top.has_books = true;
    see(24, 80, false);
    ck_assert(sees("PAID"));
    /* What the rows are ordered by is shown where little has room. */
    top.choice.by = TOP_BY_INBOX;
    see(24, 48, false);
    ck_assert(sees("INBOX*"));
}
END_TEST

START_TEST(a_site_that_does_not_answer_is_told)
{
    some_site();
    top.lost_us = 2 * SECOND;
    top.read_us = 14 * SECOND;
    (void)snprintf(top.fault, sizeof top.fault, "no site answers");
    see(24, 80, false);
    ck_assert(sees("no answer for 12s, trying again"));
    ck_assert(sees("no site answers"));
    ck_assert(sees("alpha")); /* what was known stays */
}
END_TEST

START_TEST(what_cannot_be_shown_is_a_question_mark)
{
    some_site();
    (void)snprintf(top.rows[0]->name, sizeof top.rows[0]->name, "na\xc3\xafve");
    see(24, 80, true);
    ck_assert(sees("na?ve"));
    see(24, 80, false);
    ck_assert(sees("na\xc3\xafve"));
}
END_TEST

START_TEST(the_lines_of_the_agent_that_is_followed_are_the_newest)
{
    struct top_line last = {.frame = 99,
                            .other = "agent:4103",
                            .is_out = true,
                            .amount = 1500000000,
                            .why = "message money",
                            .quantity = 3};

    some_site();
    top.choice.followed = 4101;
    top_line_add(&top, &last);
    see(24, 80, false);
    ck_assert(strstr(seen.text[22], "-1.500000000 to   agent:4103") != NULL);
    top_follow(&top, 4102);
    see(24, 80, false);
    ck_assert(sees("no line of it"));
}
END_TEST

START_TEST(figures_fit_their_columns)
{
    char text[64];

    ck_assert_str_eq(top_print_money(text, 0, 10), "0");
    ck_assert_str_eq(top_print_money(text, 1, 11), "0.000000001");
    ck_assert_str_eq(top_print_money(text, 1, 10), "0.00000000");
    ck_assert_str_eq(top_print_money(text, 1234567891234567891, 11), "1234567891");
    ck_assert_str_eq(top_print_money(text, 1234567891234567891, 12), "1234567891.2");
    ck_assert_str_eq(top_print_bytes(text, 0), "0B");
    ck_assert_str_eq(top_print_bytes(text, 1023), "1023B");
    ck_assert_str_eq(top_print_bytes(text, 1536), "1.5K");
    ck_assert_str_eq(top_print_bytes(text, UINT64_MAX), "15.9E");
    ck_assert_str_eq(top_print_seconds(text, 0), "0s");
    ck_assert_str_eq(top_print_seconds(text, 119), "119s");
    ck_assert_str_eq(top_print_seconds(text, 121), "2m");
    ck_assert_str_eq(top_print_seconds(text, 48 * 3600), "2d");
    ck_assert_str_eq(top_print_seconds(text, UINT64_MAX), ">999y");
}
END_TEST

START_TEST(a_snapshot_is_one_object_a_line)
{
    char *text = NULL;
    size_t size = 0;
    size_t lines = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    some_site();
    top_print_json(out, &top);
    ck_assert_int_eq(fclose(out), 0);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    ck_assert_uint_eq(lines, 1 + 1 + 1 + 3);
    ck_assert_ptr_nonnull(strstr(text, "\"it_owes\":\"9.000000000\""));
    ck_assert_ptr_nonnull(strstr(text, "\"burn_per_hour\":\"0.000180000\""));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/top");
    TCase *model = tcase_create("model");
    TCase *view = tcase_create("view");

    tcase_add_checked_fixture(model, setup, teardown);
    tcase_add_test(model, a_pace_is_a_difference_of_totals_over_the_time_between_them);
    tcase_add_test(model, the_long_window_is_one_to_two_minutes);
    tcase_add_test(model, a_total_that_falls_begins_anew);
    tcase_add_test(model, the_largest_totals_have_a_pace);
    tcase_add_test(model, rows_stand_in_the_order_that_was_chosen);
    tcase_add_test(model, burn_is_what_the_balance_falls_by);
    tcase_add_test(model, who_is_gone_leaves_after_a_sweep);
    tcase_add_test(model, a_filter_is_typed_and_ended);
    tcase_add_test(model, the_selected_agent_stays_so_when_the_order_changes);
    suite_add_tcase(suite, model);

    tcase_add_checked_fixture(view, setup, teardown);
    tcase_add_test(view, no_line_is_wider_and_no_page_longer_than_the_terminal);
    tcase_add_test(view, eighty_columns_show_money_first_and_all_that_matters);
    tcase_add_test(view, a_site_that_does_not_answer_is_told);
    tcase_add_test(view, what_cannot_be_shown_is_a_question_mark);
    tcase_add_test(view, the_lines_of_the_agent_that_is_followed_are_the_newest);
    tcase_add_test(view, figures_fit_their_columns);
    tcase_add_test(view, a_snapshot_is_one_object_a_line);
    suite_add_tcase(suite, view);
    return check_main(suite);
}
