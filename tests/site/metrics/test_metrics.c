/* What is served while a site starts, goes on, stands and stops, by a clock that the test sets. */
#include "site/metrics/metrics.h"

#include <string.h>

#include "site/metrics/health.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"
#include "tests/unix_get.h"

static char dir[TEMP_DIR_BYTES];
static struct sockaddr_un address;
static struct metrics *metrics;
static struct board *board;
static char answer[UNIX_GET_BYTES];
static _Atomic uint64_t clock_us;

static uint64_t now_us(void *context)
{
    (void)context;
    return clock_us;
}

static void setup(void)
{
    static const uint8_t key[CONTROL_KEY_BYTES] = {0xab};
    struct metrics_options options = {.site_key = key,
                                      .clock = {.now_us = now_us, .wall_us = now_us}};
    struct fault fault = {0};

    clock_us = 1000000;
    temp_dir_init(dir);
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    strcpy(address.sun_path, temp_path(dir, "socket"));
    options.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(options.listen_fd, 0);
    ck_assert_int_eq(bind(options.listen_fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(options.listen_fd, 4), 0);
    ck_assert_int_eq(metrics_new(&metrics, &options, &fault), ST_OK);
    board = metrics_board(metrics);
}

static void teardown(void)
{
    metrics_free(metrics);
    temp_dir_fini(dir);
}

/* The status of a path; what was said is in `answer`. */
static int ask(const char *path)
{
    return unix_get(address.sun_path, path, answer);
}

static void publish(uint64_t frame)
{
    struct snapshot *snapshot = board_blank(board);

    memset(snapshot, 0, sizeof *snapshot);
    snapshot->figures.frame = frame;
    snapshot->taken_us = clock_us;
    board_publish(board);
}

START_TEST(a_site_that_starts_is_alive_and_not_ready)
{
    clock_us += 3600 * UINT64_C(1000000); /* it reads its books */
    ck_assert_int_eq(ask("/healthz"), 200);
    ck_assert_int_eq(ask("/readyz"), 503);
    ck_assert_ptr_nonnull(strstr(answer, "the site starts"));
    ck_assert_int_eq(ask("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "serai_phase{phase=\"starting\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(answer, "serai_start_timestamp_seconds 1\n"));
    ck_assert_ptr_nonnull(strstr(answer, "{site=\"ab00"));
    ck_assert_ptr_null(strstr(answer, "serai_frames_total"));
}
END_TEST

START_TEST(a_site_is_ready_with_its_first_frame_until_it_stops)
{
    board_set_phase(board, BOARD_SERVING);
    board_beat(board, clock_us);
    ck_assert_int_eq(ask("/readyz"), 503);
    publish(7);
    ck_assert_int_eq(ask("/readyz"), 200);
    ck_assert_int_eq(ask("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_frames_total 7\n"));
    board_set_phase(board, BOARD_STOPPING);
    ck_assert_int_eq(ask("/readyz"), 503);
    ck_assert_int_eq(ask("/healthz"), 200);
}
END_TEST

START_TEST(a_core_that_stands_is_told_and_its_last_figures_stay)
{
    board_set_phase(board, BOARD_SERVING);
    publish(7);
    board_beat(board, clock_us);
    board_commit_since(board, clock_us);
    clock_us += CORE_STANDS_US;
    ck_assert_int_eq(ask("/healthz"), 200);
    clock_us++;
    ck_assert_int_eq(ask("/healthz"), 503);
    ck_assert_ptr_nonnull(strstr(answer, "the core stands"));
    ck_assert_int_eq(ask("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_frames_total 7\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_snapshot_age_seconds 10.000001\n"));
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_commit_age_seconds 10.000001\n"));
    board_beat(board, clock_us);
    board_commit_since(board, 0);
    ck_assert_int_eq(ask("/healthz"), 200);
    ck_assert_int_eq(ask("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(answer, "\nserai_commit_age_seconds 0\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_site_that_starts_is_alive_and_not_ready);
    tcase_add_test(tcase, a_site_is_ready_with_its_first_frame_until_it_stops);
    tcase_add_test(tcase, a_core_that_stands_is_told_and_its_last_figures_stay);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
