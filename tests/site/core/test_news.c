/* Lines of the log about agents: each once, none of what was undone, and never more than a few. */
#include "site/core/news.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;
static uint64_t agent;
static FILE *captured;
static char text[256 * 1024];

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customer(&site, 1, "one", 2000000000);
    agent = puppet_new(&site, 1, MONEY, NULL);
    site_settle(&site);
    captured = tmpfile();
    ck_assert_ptr_nonnull(captured);
    ck_assert_int_ge(dup2(fileno(captured), STDERR_FILENO), 0);
}

static void teardown(void)
{
    site_end(&site);
    (void)fclose(captured);
}

/* How often a text stands in what was logged so far. */
static unsigned logged(const char *what)
{
    unsigned count = 0;

    rewind(captured);
    text[fread(text, 1, sizeof text - 1, captured)] = '\0';
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        count++;
    return count;
}

static unsigned logged_of(const char *event, uint64_t of)
{
    char what[80];

    (void)snprintf(what, sizeof what, " %s agent=%llu ", event, (unsigned long long)of);
    return logged(what);
}

START_TEST(a_freeze_and_a_thaw_are_told_with_their_frame)
{
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agent), CONTROL_DONE);
    site_frame(&site);
    ck_assert_uint_eq(logged_of("agent.frozen", agent), 1);
    ck_assert_uint_eq(logged("reason=\"frozen by the operator\""), 1);
    site_reload_same(&site); /* it was frozen before this start */
    site_frame(&site);
    ck_assert_uint_eq(logged_of("agent.frozen", agent), 1);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    site_frame(&site);
    ck_assert_uint_eq(logged_of("agent.thawed", agent), 1);
    site_frame(&site);
    ck_assert_uint_eq(logged_of("agent.thawed", agent), 1);
}
END_TEST

START_TEST(a_death_is_told_once)
{
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    site_frame(&site);
    ck_assert_uint_eq(logged_of("agent.died", agent), 1);
    ck_assert_uint_eq(logged("agent.frozen"), 0);
}
END_TEST

START_TEST(undone_turns_of_one_agent_are_counted_and_not_all_told)
{
    for (int i = 0; i < 20; i++)
        puppet_play(&site, agent, puppet_traps, NULL);
    ck_assert_uint_eq(logged_of("agent.undone", agent), 1);
    ck_assert_uint_eq(logged("reason=\"turn undone: "), 1);
    ck_assert_uint_eq(logged("left_out"), 0);
    /* When its ten seconds are over, what was left out is told; and the next one again. */
    core_news_catch_up(&site.core->news, site.core->monotonic_us + 2 * NEWS_PERIOD_US);
    ck_assert_uint_eq(logged("left_out=19\n"), 1);
    core_news_catch_up(&site.core->news, site.core->monotonic_us + 4 * NEWS_PERIOD_US);
    ck_assert_uint_eq(logged("left_out"), 1);
}
END_TEST

/* A place that another agent takes reports first what it had left out. */
START_TEST(what_was_left_out_is_told_before_its_place_is_taken)
{
    struct news news = {0};
    const char zero[] = "a\0b";
    struct agents_told told = {
        .what = NEWS_UNDONE, .agent = 5000, .name = "x\ny", .text = zero, .size = sizeof zero - 1};

    core_news(&news, 100, &told);
    ck_assert_uint_eq(logged(" agent.undone agent=5000 name=x\\ny reason=\"a?b\"\n"), 1);
    core_news(&news, 200, &told);
    core_news(&news, 300, &told);
    ck_assert_uint_eq(news.waiting, 1);
    told.agent += NEWS_PLACES;
    core_news(&news, 400, &told);
    ck_assert_uint_eq(logged(" agent.undone agent=5000 left_out=2\n"), 1);
    ck_assert_uint_eq(news.waiting, 0);
    told.what = NEWS_DIED; /* another kind has a place of its own */
    told.size = 0;
    core_news(&news, 500, &told);
    ck_assert_uint_eq(logged(" agent.died agent=6024 name="), 1);
    /* The period is over: the next is told. */
    told.what = NEWS_UNDONE;
    core_news(&news, 400 + NEWS_PERIOD_US, &told);
    ck_assert_uint_eq(logged(" agent.undone agent=6024 name="), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("news");
    TCase *tcase = tcase_create("news");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_freeze_and_a_thaw_are_told_with_their_frame);
    tcase_add_test(tcase, a_death_is_told_once);
    tcase_add_test(tcase, undone_turns_of_one_agent_are_counted_and_not_all_told);
    tcase_add_test(tcase, what_was_left_out_is_told_before_its_place_is_taken);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
