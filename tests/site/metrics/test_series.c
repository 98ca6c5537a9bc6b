/* All families at once, out of figures that are known. */
#include "site/metrics/series.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"

static struct snapshot *snapshot;
static struct metrics_now now;
static struct bytes out;

static void setup(void)
{
    static const uint64_t bounds[] = {1000};

    snapshot = calloc(1, sizeof *snapshot);
    ck_assert_ptr_nonnull(snapshot);
    histogram_init(&snapshot->turn_us, bounds, 1);
    histogram_init(&snapshot->frame_turns, bounds, 1);
    histogram_init(&snapshot->frame_us, bounds, 1);
    snapshot->taken_us = 5000000;
    now = (struct metrics_now){.snapshot = snapshot,
                               .phase = BOARD_SERVING,
                               .now_us = 7500000,
                               .beat_us = 7000000,
                               .start_wall_us = 1796065851188471,
                               .version = "1.2.3",
                               .site = "00ff"};
    out = (struct bytes){0};
}

static void teardown(void)
{
    bytes_fini(&out);
    free(snapshot);
}

static void render(void)
{
    bytes_clear(&out);
    metrics_render(&out, &now);
    bytes_append(&out, "", 1);
    ck_assert(!out.failed);
}

/* Whether this line is there, from end to end. */
static bool has(const char *line)
{
    const char *text = (const char *)out.data;
    size_t size = strlen(line);

    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line))
        if ((at == text || at[-1] == '\n') && at[size] == '\n')
            return true;
    return false;
}

START_TEST(a_site_that_starts_tells_of_its_process_alone)
{
    now.snapshot = NULL;
    now.phase = BOARD_STARTING;
    now.beat_us = 0;
    render();
    ck_assert(has("serai_build_info{version=\"1.2.3\"} 1"));
    ck_assert(has("serai_site_info{site=\"00ff\"} 1"));
    ck_assert(has("serai_start_timestamp_seconds 1796065851.188471"));
    ck_assert(has("serai_phase{phase=\"starting\"} 1"));
    ck_assert(has("serai_core_beat_age_seconds 0"));
    ck_assert_ptr_null(strstr((const char *)out.data, "serai_frames_total"));
}
END_TEST

START_TEST(ages_are_of_now)
{
    now.commit_since_us = 6000000;
    render();
    ck_assert(has("serai_phase{phase=\"starting\"} 0"));
    ck_assert(has("serai_phase{phase=\"serving\"} 1"));
    ck_assert(has("serai_core_beat_age_seconds 0.5"));
    ck_assert(has("serai_commit_age_seconds 1.5"));
    ck_assert(has("serai_snapshot_age_seconds 2.5"));
    now.now_us = 6999999; /* the core went on after the clock was read */
    render();
    ck_assert(has("serai_core_beat_age_seconds 0"));
}
END_TEST

START_TEST(money_is_whole_above_what_a_float_holds)
{
    u128 much = (UINT64_C(1) << 53) + 1;

    snapshot->figures.accounts[0] = (struct core_account_figures){
        .id = ACCOUNT_TREASURY, .kind = KIND_TREASURY, .debits = ~(u128)0};
    snapshot->figures.accounts[1] = (struct core_account_figures){
        .id = ACCOUNT_REVENUE_COMPUTE, .kind = KIND_REVENUE, .debits = 1, .credits = much};
    snapshot->figures.accounts[2] = (struct core_account_figures){
        .id = ACCOUNT_HELD_MESSAGE, .kind = KIND_HELD, .debits = 3, .credits = 10};
    snapshot->figures.accounts[3] = (struct core_account_figures){
        .id = ACCOUNT_DEPOSIT_HEAP, .kind = KIND_DEPOSIT, .debits = 4, .credits = 4};
    snapshot->figures.account_count = 4;
    snapshot->figures.liabilities = much;
    strcpy(snapshot->figures.currency, "XAU");
    render();
    ck_assert(has("serai_currency_info{currency=\"XAU\"} 1"));
    ck_assert(has("serai_revenue_nanos_total{resource=\"compute\"} 9007199254740993"));
    ck_assert(has("serai_account_debits_nanos_total{account=\"treasury\"} "
                  "340282366920938463463374607431768211455"));
    ck_assert(has("serai_account_credits_nanos_total{account=\"treasury\"} 0"));
    ck_assert(has("serai_account_debits_nanos_total{account=\"revenue:compute\"} 1"));
    ck_assert(
        has("serai_account_credits_nanos_total{account=\"revenue:compute\"} 9007199254740993"));
    ck_assert(has("serai_held_nanos{kind=\"message\"} 7"));
    ck_assert(has("serai_deposit_nanos{kind=\"heap\"} 0"));
    ck_assert(has("serai_liabilities_nanos 9007199254740993"));
}
END_TEST

START_TEST(agents_are_told_by_state)
{
    snapshot->figures.agents =
        (struct agents_counters){.turns = 100,
                                 .traps = 3,
                                 .births = 12,
                                 .messages = 200,
                                 .fuel = UINT64_MAX,
                                 .agents = 11,
                                 .frozen = 6,
                                 .frozen_by = {[FROZEN_DRY] = 3, [FROZEN_BY_LEASH] = 3},
                                 .desks = 2};
    snapshot->figures.ready = 2;
    snapshot->survey.last =
        (struct core_tally){.agents = 11, .inbox_messages = 9, .dry_in_hour = 1, .dry_in_day = 2};
    snapshot->survey.rounds = 4;
    render();
    ck_assert(has("serai_agents{state=\"running\"} 3"));
    ck_assert(has("serai_agents{state=\"dry\"} 3"));
    ck_assert(has("serai_agents{state=\"frozen_by_site\"} 0"));
    ck_assert(has("serai_agents{state=\"frozen_by_leash\"} 3"));
    ck_assert(has("serai_agents{state=\"desk\"} 2"));
    ck_assert(has("serai_agents_ready 2"));
    ck_assert(has("serai_agents_dry_soon{within=\"1h\"} 1"));
    ck_assert(has("serai_agents_dry_soon{within=\"1d\"} 2"));
    ck_assert(has("serai_inbox_messages 9"));
    ck_assert(has("serai_turns_total 100"));
    ck_assert(has("serai_turns_undone_total 3"));
    ck_assert(has("serai_fuel_total 18446744073709551615"));
}
END_TEST

START_TEST(a_link_is_named_and_its_debt_has_the_labels_of_its_limit)
{
    struct core_link_figures *link = &snapshot->figures.links[0];

    *link = (struct core_link_figures){.state = LINK_FROZEN,
                                       .unchanged_us = 1500000,
                                       .we_owe = 90,
                                       .peer_limit = 100,
                                       .limit = 50,
                                       .sent_total = 1000,
                                       .acked_total = 400,
                                       .received_total = 910,
                                       .lost = 1,
                                       .sent_messages = 8,
                                       .received_messages = 9,
                                       .outstanding_messages = 3,
                                       .outstanding_bytes = 77};
    strcpy(link->name, "no\"rth\n");
    snapshot->figures.link_count = 1;
    render();
    ck_assert(has("serai_link_state{link=\"no\\\"rth\\n\",state=\"frozen\"} 1"));
    ck_assert(has("serai_link_state{link=\"no\\\"rth\\n\",state=\"up\"} 0"));
    ck_assert(has("serai_link_unchanged_seconds{link=\"no\\\"rth\\n\"} 1.5"));
    ck_assert(has("serai_link_owed_nanos{link=\"no\\\"rth\\n\",by=\"self\"} 90"));
    ck_assert(has("serai_link_limit_nanos{link=\"no\\\"rth\\n\",by=\"self\"} 100"));
    ck_assert(has("serai_link_owed_nanos{link=\"no\\\"rth\\n\",by=\"peer\"} 0"));
    ck_assert(has("serai_link_limit_nanos{link=\"no\\\"rth\\n\",by=\"peer\"} 50"));
    ck_assert(has("serai_link_in_flight_nanos{link=\"no\\\"rth\\n\"} 600"));
    ck_assert(has("serai_link_sent_nanos_total{link=\"no\\\"rth\\n\"} 1000"));
    ck_assert(has("serai_link_received_nanos_total{link=\"no\\\"rth\\n\"} 910"));
    ck_assert(has("serai_link_lost_nanos_total{link=\"no\\\"rth\\n\"} 1"));
    ck_assert(has("serai_link_in_flight_messages{link=\"no\\\"rth\\n\"} 3"));
    ck_assert(has("serai_link_in_flight_bytes{link=\"no\\\"rth\\n\"} 77"));
}
END_TEST

START_TEST(no_memory_is_told)
{
    char little[100];

    out = bytes_within(little, sizeof little);
    metrics_render(&out, &now);
    ck_assert(out.failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("series");
    TCase *tcase = tcase_create("series");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_site_that_starts_tells_of_its_process_alone);
    tcase_add_test(tcase, ages_are_of_now);
    tcase_add_test(tcase, money_is_whole_above_what_a_float_holds);
    tcase_add_test(tcase, agents_are_told_by_state);
    tcase_add_test(tcase, a_link_is_named_and_its_debt_has_the_labels_of_its_limit);
    tcase_add_test(tcase, no_memory_is_told);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
