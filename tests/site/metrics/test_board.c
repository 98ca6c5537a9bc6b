/* Figures pass from one thread to another whole, and neither waits. */
#include "site/metrics/board.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "site/metrics/health.h"
#include "tests/check_main.h"

enum { ROUNDS = 20000 };

static struct board *board;

static void setup(void)
{
    ck_assert_int_eq(board_new(&board), ST_OK);
}

static void teardown(void)
{
    board_free(board);
}

/* What a snapshot tells at both of its ends. */
static void fill(struct snapshot *snapshot, uint64_t number)
{
    snapshot->figures.frame = number;
    snapshot->figures.link_count = (size_t)number;
    snapshot->taken_us = number;
}

static uint64_t whole(const struct snapshot *snapshot)
{
    ck_assert_uint_eq(snapshot->figures.frame, snapshot->taken_us);
    ck_assert_uint_eq(snapshot->figures.link_count, snapshot->taken_us);
    return snapshot->taken_us;
}

START_TEST(nothing_is_read_before_it_is_published)
{
    ck_assert_ptr_null(board_latest(board));
    fill(board_blank(board), 1);
    ck_assert_ptr_null(board_latest(board));
    board_publish(board);
    ck_assert_uint_eq(whole(board_latest(board)), 1);
    ck_assert_uint_eq(whole(board_latest(board)), 1);
}
END_TEST

START_TEST(the_latest_one_is_read)
{
    for (uint64_t number = 1; number <= 5; number++) {
        fill(board_blank(board), number);
        board_publish(board);
    }
    ck_assert_uint_eq(whole(board_latest(board)), 5);
    fill(board_blank(board), 6);
    ck_assert_uint_eq(whole(board_latest(board)), 5);
    board_publish(board);
    ck_assert_uint_eq(whole(board_latest(board)), 6);
}
END_TEST

static void *publish_all(void *context)
{
    (void)context;
    for (uint64_t number = 1; number <= ROUNDS; number++) {
        fill(board_blank(board), number);
        board_publish(board);
        board_beat(board, number);
    }
    return NULL;
}

START_TEST(a_reader_sees_whole_snapshots_in_order)
{
    pthread_t writer;
    uint64_t last = 0;

    ck_assert_int_eq(pthread_create(&writer, NULL, publish_all, NULL), 0);
    while (last < ROUNDS) {
        const struct snapshot *snapshot = board_latest(board);

        if (snapshot == NULL)
            continue;
        ck_assert_uint_ge(whole(snapshot), last);
        last = snapshot->taken_us;
    }
    ck_assert_int_eq(pthread_join(writer, NULL), 0);
    ck_assert_uint_eq(board_beat_us(board), ROUNDS);
}
END_TEST

/* ---- what follows from it ---- */

START_TEST(a_core_that_stands_is_not_alive)
{
    enum { NOW = 60 * 1000 * 1000 };

    ck_assert(
        health_alive(BOARD_STARTING, NOW, 0).good); /* reading books takes as long as it does */
    ck_assert(health_alive(BOARD_SERVING, NOW, 0).good);
    ck_assert(health_alive(BOARD_SERVING, NOW, NOW).good);
    ck_assert(health_alive(BOARD_SERVING, NOW, NOW + 1).good);
    ck_assert(health_alive(BOARD_SERVING, NOW, NOW - CORE_STANDS_US).good);
    ck_assert(!health_alive(BOARD_SERVING, NOW, NOW - CORE_STANDS_US - 1).good);
    ck_assert(!health_alive(BOARD_STOPPING, NOW, NOW - CORE_STANDS_US - 1).good);
}
END_TEST

START_TEST(a_site_is_ready_between_start_and_stop)
{
    ck_assert(!health_ready(BOARD_STARTING, false, false).good);
    ck_assert(!health_ready(BOARD_SERVING, false, false).good);
    ck_assert(health_ready(BOARD_SERVING, true, false).good);
    ck_assert(!health_ready(BOARD_SERVING, true, true).good);
    ck_assert(!health_ready(BOARD_STOPPING, true, false).good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("board");
    TCase *tcase = tcase_create("board");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing_is_read_before_it_is_published);
    tcase_add_test(tcase, the_latest_one_is_read);
    tcase_add_test(tcase, a_reader_sees_whole_snapshots_in_order);
    tcase_add_test(tcase, a_core_that_stands_is_not_alive);
    tcase_add_test(tcase, a_site_is_ready_between_start_and_stop);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
