/* What the core thread leaves for who watches: only what is durable, once a second. */
#include "site/daemon/pace.h"

#include <string.h>

#include "site/metrics/limits.h"
#include "tests/check_main.h"

static struct parts parts;
static struct gather gather;
static struct pace pace;
static uint64_t clock_us;
static uint64_t frame_of_core;

/* ---- in place of the core ---- */

void core_figures(struct core *core, struct core_figures *figures)
{
    (void)core;
    memset(figures, 0, sizeof *figures);
    figures->frame = frame_of_core;
}

void core_survey_step(const struct core *core, struct core_survey *survey, size_t count)
{
    (void)core;
    ck_assert_uint_eq(count, METRICS_SURVEY_STEP);
    survey->rounds++;
}

static uint64_t now_us(void *context)
{
    (void)context;
    return clock_us;
}

/* ---- */

static void setup(void)
{
    memset(&parts, 0, sizeof parts);
    memset(&gather, 0, sizeof gather);
    parts.clock.now_us = now_us;
    clock_us = 50 * 1000 * 1000;
    frame_of_core = 0;
    ck_assert_int_eq(board_new(&parts.board), ST_OK);
    pace_init(&pace, &parts);
}

static void teardown(void)
{
    board_free(parts.board);
}

static void close_frame(uint64_t turns)
{
    frame_of_core++;
    gather.closed++;
    pace_frame_closed(&pace, &gather, clock_us, true, turns);
}

/* Some time later all that was closed is durable. */
static void commit(uint64_t took_us)
{
    clock_us += took_us;
    parts.durable_us = clock_us;
    gather.durable = gather.closed;
}

static void look(bool open)
{
    pace_look(&pace, &gather, clock_us, open);
}

START_TEST(figures_of_a_frame_that_is_not_durable_are_not_told)
{
    close_frame(3);
    look(false);
    ck_assert_ptr_null(board_latest(parts.board));
    clock_us += 5 * METRICS_US; /* the disk stalls */
    look(true);
    ck_assert_ptr_null(board_latest(parts.board));
    frame_of_core = 99; /* the core goes on; what was copied stays */
    commit(0);
    look(true);
    ck_assert_uint_eq(board_latest(parts.board)->figures.frame, 1);
    ck_assert_uint_eq(board_latest(parts.board)->taken_us, 50 * 1000 * 1000);
    ck_assert_uint_eq(board_latest(parts.board)->frame_turns.sum, 3);
}
END_TEST

START_TEST(they_are_renewed_once_a_second_while_frames_close)
{
    for (int i = 0; i < 10; i++) {
        close_frame(1);
        commit(METRICS_US / 10);
        look(true);
        ck_assert_uint_eq(board_latest(parts.board)->figures.frame, 1);
    }
    close_frame(1);
    commit(1000);
    look(true);
    ck_assert_uint_eq(board_latest(parts.board)->figures.frame, 11);
    ck_assert_uint_eq(board_latest(parts.board)->survey.rounds, 2);
}
END_TEST

START_TEST(they_are_renewed_while_nothing_goes_on)
{
    look(false);
    ck_assert_uint_eq(board_latest(parts.board)->taken_us, clock_us);
    clock_us += METRICS_US - 1;
    look(false);
    ck_assert_uint_eq(board_latest(parts.board)->taken_us, clock_us - METRICS_US + 1);
    clock_us += 1;
    look(true); /* a frame is open: what it has is not durable */
    ck_assert_uint_eq(board_latest(parts.board)->taken_us, clock_us - METRICS_US);
    look(false);
    ck_assert_uint_eq(board_latest(parts.board)->taken_us, clock_us);
}
END_TEST

START_TEST(a_frame_takes_until_the_writer_has_it)
{
    close_frame(1);
    clock_us += 100;
    close_frame(2);
    commit(4900);
    clock_us += 1000000; /* the core looks much later */
    look(false);
    ck_assert_uint_eq(pace.frame_us.sum, 5000 + 4900);
    ck_assert_uint_eq(pace.frame_turns.sum, 3);
    ck_assert_uint_eq(pace.count, 0);
}
END_TEST

START_TEST(more_frames_than_are_kept_are_counted_all_the_same)
{
    uint64_t count = 0;

    for (int i = 0; i < 2 * PACE_FRAMES_MAX; i++)
        close_frame(1);
    commit(1000);
    look(false);
    for (size_t i = 0; i <= pace.frame_us.bound_count; i++)
        count += pace.frame_us.counts[i];
    ck_assert_uint_eq(count, 2 * PACE_FRAMES_MAX);
    ck_assert_uint_eq(pace.frame_us.sum, 2 * PACE_FRAMES_MAX * 1000);
    close_frame(1);
    commit(10);
    look(false);
    ck_assert_uint_eq(pace.count, 0);
}
END_TEST

START_TEST(turns_are_timed)
{
    uint64_t begun_us = pace_turn_begins(&pace);

    ck_assert(pace_watches(&pace));
    clock_us += 30;
    pace_turn_ended(&pace, begun_us);
    ck_assert_uint_eq(pace.turn_us.sum, 30);
}
END_TEST

START_TEST(the_core_tells_that_it_goes_on_and_since_when_a_commit_does)
{
    gather.committing = true;
    gather.committing_us = 7;
    look(true);
    ck_assert_uint_eq(board_beat_us(parts.board), clock_us);
    ck_assert_uint_eq(board_commit_since_us(parts.board), 7);
    gather.committing = false;
    clock_us++;
    look(true);
    ck_assert_uint_eq(board_beat_us(parts.board), clock_us);
    ck_assert_uint_eq(board_commit_since_us(parts.board), 0);
    ck_assert_int_eq(pace_wait_ms(&pace, -1), METRICS_US / 1000);
    ck_assert_int_eq(pace_wait_ms(&pace, 60000), METRICS_US / 1000);
    ck_assert_int_eq(pace_wait_ms(&pace, 3), 3);
}
END_TEST

START_TEST(without_a_board_nothing_is_measured)
{
    struct parts alone = {.clock = {.now_us = NULL}}; /* nobody may look at it */
    struct pace idle;

    pace_init(&idle, &alone);
    ck_assert(!pace_watches(&idle));
    pace_frame_closed(&idle, &gather, 1, true, 1);
    pace_look(&idle, &gather, 1, false);
    ck_assert_int_eq(pace_wait_ms(&idle, -1), -1);
    ck_assert_uint_eq(idle.turn_us.sum + idle.frame_turns.sum + idle.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pace");
    TCase *tests = tcase_create("pace");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, figures_of_a_frame_that_is_not_durable_are_not_told);
    tcase_add_test(tests, they_are_renewed_once_a_second_while_frames_close);
    tcase_add_test(tests, they_are_renewed_while_nothing_goes_on);
    tcase_add_test(tests, a_frame_takes_until_the_writer_has_it);
    tcase_add_test(tests, more_frames_than_are_kept_are_counted_all_the_same);
    tcase_add_test(tests, turns_are_timed);
    tcase_add_test(tests, the_core_tells_that_it_goes_on_and_since_when_a_commit_does);
    tcase_add_test(tests, without_a_board_nothing_is_measured);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
