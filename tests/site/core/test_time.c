/* Site time, timers, and that the same events make the same books. */
#include <stdlib.h>
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customer(&site, 1, "one", 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

START_TEST(site_time_takes_at_most_one_step_a_frame_and_never_falls)
{
    uint64_t before = site.core->site_time_us;

    core_advance(site.core, site.now_us); /* the clock starts here */
    core_advance(site.core, site.now_us += 5);
    ck_assert_uint_eq(site.core->site_time_us, before + 5);
    core_advance(site.core, site.now_us += 3600000000);
    ck_assert_uint_eq(site.core->site_time_us, before + 5 + TIME_STEP_US_MAX);
    core_advance(site.core, site.now_us - 100); /* a clock that falls is not heard */
    ck_assert_uint_eq(site.core->site_time_us, before + 5 + TIME_STEP_US_MAX);
}
END_TEST

START_TEST(site_time_stands_still_in_an_open_frame_and_makes_up_for_it)
{
    uint64_t before = site.core->site_time_us;
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);

    site.many_in_frame = true;
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
    site.many_in_frame = false;
    core_advance(site.core, site.now_us += 400);
    ck_assert_uint_eq(site.core->site_time_us, before);
    core_advance(site.core, site.now_us += 400);
    site_frame(&site);
    core_advance(site.core, site.now_us);
    ck_assert_uint_eq(site.core->site_time_us, before + 800);
}
END_TEST

struct waking {
    int64_t at_us[3];
    int64_t answers[3];
    struct heard heard;
};

static enum engine_outcome sets_timers(void *context, struct part *part)
{
    struct waking *waking = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(&waking->heard, part);
    for (int i = 0; i < 3; i++)
        waking->answers[i] = part_order(part, timer_wake, 7, waking->at_us[i], i);
    return ENGINE_DONE;
}

START_TEST(timers_fire_in_order_when_they_are_due_and_over_a_restart)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");
    struct waking waking = {.at_us = {5000000, 2000000, -1}};

    probe_play(agent, sets_timers, &waking);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(waking.answers[0], 0);
    ck_assert_int_eq(waking.answers[1], 0);
    ck_assert_int_eq(waking.answers[2], SERAI_E_INVALID);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 2 * site_reserve(&site));
    site_reload_same(&site);
    site_pass(&site, 1999999);
    site_settle(&site);
    ck_assert_uint_eq(waking.heard.count, 0);
    site_pass(&site, 1);
    site_settle(&site);
    ck_assert_uint_eq(waking.heard.count, 1);
    ck_assert_uint_eq(waking.heard.events[0].badge, 1);
    site_pass(&site, 4000000);
    site_settle(&site);
    ck_assert_uint_eq(waking.heard.count, 2);
    ck_assert_uint_eq(waking.heard.events[1].badge, 0);
    ck_assert_uint_eq(site_agent(&site, agent)->owns.timers, 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

static enum engine_outcome sets_too_many(void *context, struct part *part)
{
    int64_t *set = context;

    while (part_order(part, timer_wake, 7, 1000000000, 0) == 0)
        (*set)++;
    ck_assert_int_eq(part_order(part, timer_wake, 7, 1000000000, 0), SERAI_E_FULL);
    return ENGINE_DONE;
}

START_TEST(an_agent_has_so_many_timers)
{
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");
    int64_t set = 0;

    puppet_play(&site, agent, sets_too_many, &set);
    ck_assert_int_eq(set, AGENT_TIMERS_MAX);
}
END_TEST

START_TEST(the_next_due_time_is_told_in_the_drivers_time)
{
    struct waking waking = {.at_us = {700000, 800000, 900000}};
    uint64_t agent = puppet_new(&site, 1, MONEY, "t");

    site.now_us += 1000;
    core_advance(site.core, site.now_us);
    puppet_play(&site, agent, sets_timers, &waking);
    ck_assert_uint_le(core_next_due_us(site.core), 700000);
    ck_assert_uint_ge(core_next_due_us(site.core), site.now_us);
}
END_TEST

/* ---- determinism ---- */

static void same_life(struct site *other, uint64_t seed, uint64_t wall_jump_us)
{
    uint64_t dice = 12345;
    uint64_t agents[4];
    struct deploy chaos = {.module = "chaos",
                           .args = (const char *)&dice,
                           .args_size = sizeof dice,
                           .nanos = 60000000,
                           .gifts = "stcr"};

    site_open(other, seed, 10000000000);
    other->wall_jump_us = wall_jump_us;
    site_customer(other, 1, "one", 2000000000);
    for (int i = 0; i < 4; i++, dice++)
        agents[i] = site_deploy(other, 1, &chaos);
    for (int i = 0; i < 100; i++) {
        (void)site_send(other, 1, agents[i % 4], "go", 10); /* it may be dead */
        other->now_us += 150000;
        core_advance(other->core, other->now_us);
        (void)core_run(other->core, 20);
        site_frame(other);
    }
}

START_TEST(the_same_events_make_the_same_head_and_state)
{
    struct site first;
    struct site second;
    char *one;
    char *two;

    same_life(&first, 99, 0);
    same_life(&second, 99, 0);
    ck_assert_uint_gt(agents_count(first.core->agents).turns, 100);
    one = site_portrait(&first);
    two = site_portrait(&second);
    portraits_equal(one, two);
    free(one);
    free(two);
    site_close(&first);
    site_close(&second);
}
END_TEST

START_TEST(other_chance_makes_another_head)
{
    struct site first;
    struct site second;
    struct hash one;
    struct hash two;

    same_life(&first, 99, 0);
    same_life(&second, 100, 0);
    one = ledger_head(first.core->ledger);
    two = ledger_head(second.core->ledger);
    ck_assert(!hash_equal(&one, &two));
    site_close(&first);
    site_close(&second);
}
END_TEST

/* Dates are in the journal and so in its head; beside them nothing may differ. */
static char *portrait_without_head(const struct site *other)
{
    char *portrait = site_portrait(other);
    char *head = strstr(portrait, "head ");

    ck_assert_ptr_nonnull(head);
    memset(head, '-', strcspn(head, "\n"));
    return portrait;
}

START_TEST(a_wall_clock_that_steps_changes_the_dates_and_nothing_else)
{
    const uint64_t year_us = UINT64_C(31536000000000);
    struct site steady;
    struct site stepping;
    const struct frame_header *one;
    const struct frame_header *two;
    char *before;
    char *after;

    same_life(&steady, 99, 0);
    same_life(&stepping, 99, year_us);
    before = portrait_without_head(&steady);
    after = portrait_without_head(&stepping);
    portraits_equal(before, after);
    one = ledger_last_frame(steady.core->ledger);
    two = ledger_last_frame(stepping.core->ledger);
    ck_assert_uint_eq(one->frame, two->frame);
    ck_assert_uint_eq(one->site_time_us, two->site_time_us);
    ck_assert_uint_eq(one->lines, two->lines);
    ck_assert(!hash_equal(&one->head, &two->head));
    ck_assert_uint_eq(core_next_due_us(steady.core), core_next_due_us(stepping.core));
    site_reload_same(&stepping);
    site_verify(&stepping);
    free(before);
    free(after);
    site_close(&steady);
    site_close(&stepping);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core time");
    TCase *tcase = tcase_create("time");
    TCase *same = tcase_create("determinism");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, site_time_takes_at_most_one_step_a_frame_and_never_falls);
    tcase_add_test(tcase, site_time_stands_still_in_an_open_frame_and_makes_up_for_it);
    tcase_add_test(tcase, timers_fire_in_order_when_they_are_due_and_over_a_restart);
    tcase_add_test(tcase, an_agent_has_so_many_timers);
    tcase_add_test(tcase, the_next_due_time_is_told_in_the_drivers_time);
    suite_add_tcase(suite, tcase);
    tcase_set_timeout(same, 60);
    tcase_add_test(same, the_same_events_make_the_same_head_and_state);
    tcase_add_test(same, a_wall_clock_that_steps_changes_the_dates_and_nothing_else);
    tcase_add_test(same, other_chance_makes_another_head);
    suite_add_tcase(suite, same);
    return check_main(suite);
}
