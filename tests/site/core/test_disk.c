/* The brake before the end of the disk: who is held, who goes on, what is refused. */
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "tests/site/core/fixture.h"

enum { EVE = 1, BOB = 2, MIB = 1 << 20 };

static struct site site;
static uint64_t busy;
static uint64_t quiet;

static void tell(uint64_t free_bytes)
{
    const struct core_disk disk = {
        .free_bytes = free_bytes, .low_bytes = 30 * MIB, .full_bytes = 15 * MIB};

    core_set_disk(site.core, &disk);
}

static bool is_held(uint64_t agent)
{
    return agents_is_held(site_agent(&site, agent));
}

static enum control_status deploy(int person)
{
    const struct deploy wish = {.module = "spin", .nanos = 100000000};

    return site_try_deploy(&site, person, &wish);
}

static void begin(void)
{
    const struct deploy wish = {.module = "spin", .nanos = 100000000};

    site_open(&site, 3, 10000000000);
    site_customer(&site, EVE, "eve", 1000000000);
    site_customer(&site, BOB, "bob", 1000000000);
    busy = site_deploy(&site, EVE, &wish);
    quiet = site_deploy(&site, BOB, &wish);
    site_settle(&site);
    tell(100 * MIB);
}

static void end(void)
{
    site_verify(&site);
    site_close(&site);
}

/* As if its turns had written so much. */
static void wrote(uint64_t agent, uint64_t bytes)
{
    core_disk_wrote(site.core, agent, agent_customer(site_agent(&site, agent)), bytes);
}

START_TEST(a_turn_counts_what_it_writes_for_its_agent)
{
    const struct disk_writer *place = &site.core->disk.writers[busy % DISK_WRITERS];
    uint64_t before = place->bytes;

    ck_assert_uint_eq(place->writer, busy);
    ck_assert_uint_gt(before, 0); /* its first turn */
    ck_assert_int_eq(site_send(&site, EVE, busy, "x", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_gt(place->bytes, before + 60); /* an event, and its lines besides */
    ck_assert_uint_eq(place->customer, site.people[EVE].account);
}
END_TEST

START_TEST(what_a_turn_stores_counts_while_the_disk_is_low)
{
    const struct deploy wish = {
        .module = "hog", .args = "do=big mib=4 turns=1", .nanos = 400000000, .gifts = "t"};
    const struct disk_writer *place;
    uint64_t hog = site_deploy(&site, EVE, &wish);

    site_settle(&site);
    place = &site.core->disk.writers[hog % DISK_WRITERS];
    ck_assert_uint_lt(place->bytes, MIB); /* there is room: it pays rent for it, and that is all */
    tell(20 * MIB);
    hog = site_deploy(&site, BOB, &wish);
    site_settle(&site);
    place = &site.core->disk.writers[hog % DISK_WRITERS];
    ck_assert_uint_eq(place->writer, hog);
    ck_assert_uint_gt(place->bytes, 4 * MIB);
}
END_TEST

START_TEST(who_writes_most_is_frozen_when_it_is_full_and_at_each_step_down)
{
    wrote(busy, MIB);
    wrote(quiet, MIB / 2);
    tell(20 * MIB);
    ck_assert(!is_held(busy));
    tell(15 * MIB - 1);
    ck_assert(is_held(busy)); /* though at that pace it would take minutes */
    ck_assert(!is_held(quiet));
    tell(14 * MIB); /* a step is an eighth of the 10 MiB that `full` keeps for agents */
    ck_assert(!is_held(quiet));
    tell(13 * MIB);
    ck_assert(is_held(quiet));
}
END_TEST

START_TEST(with_more_room_the_next_step_is_further_down)
{
    tell(14 * MIB);
    tell(10 * MIB);
    wrote(quiet, MIB);
    tell(14 * MIB);
    tell(13 * MIB);
    ck_assert(!is_held(quiet));
    tell(12 * MIB);
    ck_assert(is_held(quiet));
}
END_TEST

START_TEST(who_writes_next_to_nothing_is_not_frozen_for_it)
{
    wrote(busy, DISK_WRITER_BYTES_MIN / 2);
    tell(14 * MIB);
    tell(10 * MIB);
    ck_assert(!is_held(busy));
}
END_TEST

START_TEST(a_level_is_left_when_there_is_more_room_than_it_takes)
{
    tell(29 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "low");
    tell(31 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "low");
    tell(33 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "roomy");
    tell(14 * MIB);
    tell(15 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "full");
    tell(100 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "roomy");
}
END_TEST

START_TEST(who_would_fill_the_rest_is_frozen_and_nobody_else)
{
    wrote(busy, 40 * MIB);
    wrote(quiet, MIB);
    tell(20 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "low");
    ck_assert(!is_held(busy));
    tell(14 * MIB);
    ck_assert(is_held(busy));
    ck_assert(!is_held(quiet));
    ck_assert_ptr_nonnull(strstr(site_agent(&site, busy)->reason, "the disk is nearly full"));
    ck_assert_int_eq(site_send(&site, BOB, quiet, "x", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, quiet)->usage.turns, 2);
}
END_TEST

START_TEST(the_freeze_stands_after_a_restart)
{
    wrote(busy, 40 * MIB);
    tell(14 * MIB);
    site_reload_same(&site);
    ck_assert(is_held(busy));
    wrote(quiet, MIB);
    tell(14 * MIB); /* it was full before: nobody else is held for the start */
    ck_assert(!is_held(quiet));
    tell(12 * MIB);
    ck_assert(is_held(quiet));
}
END_TEST

START_TEST(one_customers_agents_count_together)
{
    uint64_t third;
    const struct deploy wish = {.module = "spin", .nanos = 100000000};

    third = site_deploy(&site, EVE, &wish);
    site_settle(&site);
    wrote(busy, 6 * MIB);
    wrote(third, 5 * MIB);
    wrote(quiet, 7 * MIB);
    /* 9 MiB are left for agents: eve wrote 11, bob 7. */
    tell(14 * MIB);
    ck_assert(is_held(busy));
    ck_assert(!is_held(third)); /* alone it does not fill it */
    ck_assert(!is_held(quiet));
}
END_TEST

START_TEST(what_was_written_long_ago_is_forgotten)
{
    wrote(busy, 40 * MIB);
    site_pass(&site, 300 * (uint64_t)1000000);
    tell(14 * MIB);
    ck_assert(!is_held(busy));
}
END_TEST

START_TEST(a_full_site_takes_no_more_agents_and_gives_money_back)
{
    ck_assert_int_eq(deploy(EVE), CONTROL_DONE);
    tell(14 * MIB);
    ck_assert_int_eq(deploy(EVE), CONTROL_TRY_AGAIN);
    ck_assert_int_eq(site_fund(&site, EVE, busy, 1000), CONTROL_DONE);
    tell(4 * MIB);
    ck_assert_str_eq(core_disk_word(site.core), "full, the site rests");
    ck_assert_int_eq(site_send(&site, EVE, busy, "x", 0), CONTROL_TRY_AGAIN);
    ck_assert_int_eq(site_fund(&site, EVE, busy, 1000), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, EVE, "agent.freeze", busy), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", quiet), CONTROL_DONE);
}
END_TEST

START_TEST(a_site_that_rests_runs_nobody_and_its_time_stands_still)
{
    uint64_t time = site.core->site_time_us;
    uint64_t turns = site_agent(&site, busy)->usage.turns;

    ck_assert_int_eq(site_send(&site, EVE, busy, "x", 0), CONTROL_DONE);
    tell(4 * MIB);
    site_pass(&site, 90 * (uint64_t)1000000);
    site_settle(&site);
    ck_assert_uint_eq(site.core->site_time_us, time);
    ck_assert_uint_eq(site_agent(&site, busy)->usage.turns, turns);
    tell(100 * MIB);
    site_pass(&site, 1000000);
    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, busy)->usage.turns, turns + 1);
    ck_assert_uint_eq(site.core->site_time_us, time + 1000000);
}
END_TEST

START_TEST(a_frame_takes_a_part_of_what_is_left)
{
    const struct core_disk small = {.free_bytes = 3 * MIB, .low_bytes = 2 * MIB, .full_bytes = MIB};

    ck_assert_int_eq(site_send(&site, EVE, busy, "x", 0), CONTROL_DONE);
    core_set_disk(site.core, &small);
    ck_assert(!core_frame_is_full(site.core));
    for (int i = 0; i < 2000 && !core_frame_is_full(site.core); i++) {
        site.many_in_frame = true;
        (void)site_fund(&site, EVE, busy, 1);
    }
    ck_assert(core_frame_is_full(site.core));
    site.many_in_frame = false;
    site_frame(&site);
    ck_assert(!core_frame_is_full(site.core));
}
END_TEST

static uint64_t part_of(uint64_t full_bytes)
{
    const struct core_disk disk = {
        .free_bytes = 8 * full_bytes, .low_bytes = 4 * full_bytes, .full_bytes = full_bytes};

    core_set_disk(site.core, &disk);
    return core_frame_bytes_max(site.core);
}

START_TEST(five_frames_fit_into_what_is_kept_of_any_disk_but_the_least)
{
    ck_assert_uint_eq(part_of(16 * MIB), MIB);
    ck_assert_uint_lt(5 * part_of(16 * MIB), 16 * MIB / 3);
    ck_assert_uint_eq(part_of(1000 * (uint64_t)MIB), DISK_FRAME_BYTES_MAX);
    ck_assert_uint_eq(part_of(0), DISK_FRAME_BYTES_MAX);
    ck_assert_uint_eq(part_of(100), DISK_FRAME_BYTES_MIN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk");
    TCase *tcase = tcase_create("disk");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_turn_counts_what_it_writes_for_its_agent);
    tcase_add_test(tcase, what_a_turn_stores_counts_while_the_disk_is_low);
    tcase_add_test(tcase, who_writes_most_is_frozen_when_it_is_full_and_at_each_step_down);
    tcase_add_test(tcase, with_more_room_the_next_step_is_further_down);
    tcase_add_test(tcase, who_writes_next_to_nothing_is_not_frozen_for_it);
    tcase_add_test(tcase, a_level_is_left_when_there_is_more_room_than_it_takes);
    tcase_add_test(tcase, who_would_fill_the_rest_is_frozen_and_nobody_else);
    tcase_add_test(tcase, the_freeze_stands_after_a_restart);
    tcase_add_test(tcase, one_customers_agents_count_together);
    tcase_add_test(tcase, what_was_written_long_ago_is_forgotten);
    tcase_add_test(tcase, a_full_site_takes_no_more_agents_and_gives_money_back);
    tcase_add_test(tcase, a_site_that_rests_runs_nobody_and_its_time_stands_still);
    tcase_add_test(tcase, a_frame_takes_a_part_of_what_is_left);
    tcase_add_test(tcase, five_frames_fit_into_what_is_kept_of_any_disk_but_the_least);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
