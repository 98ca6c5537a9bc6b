#include "base/ring.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/check_main.h"

static struct wake wake;
static struct ring ring;
static int items[RING_SLOTS + 1];

static void setup(void)
{
    struct fault fault = {0};

    ck_assert_int_eq(wake_init(&wake, &fault), ST_OK);
    ring_init(&ring, &wake);
}

static void teardown(void)
{
    wake_fini(&wake);
}

START_TEST(an_empty_ring_gives_nothing)
{
    ck_assert_ptr_null(ring_pop(&ring));
}
END_TEST

START_TEST(items_come_out_in_the_order_they_went_in)
{
    /* More rounds than places, so the indexes wrap. */
    for (int round = 0; round < 3 * RING_SLOTS; round++) {
        ck_assert(ring_push(&ring, &items[0]));
        ck_assert(ring_push(&ring, &items[1]));
        ck_assert_ptr_eq(ring_pop(&ring), &items[0]);
        ck_assert_ptr_eq(ring_pop(&ring), &items[1]);
        ck_assert_ptr_null(ring_pop(&ring));
    }
}
END_TEST

START_TEST(a_full_ring_refuses_and_loses_nothing)
{
    for (int i = 0; i < RING_SLOTS; i++)
        ck_assert(ring_push(&ring, &items[i]));
    ck_assert(!ring_push(&ring, &items[RING_SLOTS]));
    for (int i = 0; i < RING_SLOTS; i++)
        ck_assert_ptr_eq(ring_pop(&ring), &items[i]);
    ck_assert_ptr_null(ring_pop(&ring));
}
END_TEST

START_TEST(a_push_wakes_the_reader_that_waits)
{
    ck_assert(ring_push(&ring, &items[0]));
    wake_wait(&wake, -1); /* would never return otherwise */
    ck_assert_ptr_eq(ring_pop(&ring), &items[0]);
    wake_wait(&wake, 0);
}
END_TEST

/* Whether the eventfd was written to: what a reader costs that does not wait. */
static bool is_signalled(void)
{
    struct pollfd fd = {.fd = wake.fd, .events = POLLIN};

    return poll(&fd, 1, 0) == 1;
}

START_TEST(a_reader_that_does_not_wait_costs_no_call_of_the_system)
{
    ck_assert(ring_push(&ring, &items[0]));
    ck_assert(ring_push(&ring, &items[1]));
    ck_assert(!is_signalled());
    /* It may not wait then. */
    ck_assert(!wake_begins(&wake));
    wake_take(&wake, false);
    ck_assert(wake_begins(&wake));
    ck_assert(ring_push(&ring, &items[2]));
    ck_assert(is_signalled());
    wake_take(&wake, true);
    ck_assert(!is_signalled());
    ck_assert(wake_begins(&wake));
    wake_take(&wake, false);
}
END_TEST

START_TEST(one_signal_is_enough_until_it_is_taken)
{
    uint64_t count = 0;

    ck_assert(wake_begins(&wake));
    for (int i = 0; i < 3; i++)
        ck_assert(ring_push(&ring, &items[i]));
    ck_assert_int_eq(read(wake.fd, &count, sizeof count), sizeof count);
    ck_assert_uint_eq(count, 1);
    wake_take(&wake, false);
}
END_TEST

START_TEST(what_is_put_wakes_nobody_who_has_not_asked)
{
    ck_assert(wake_begins(&wake));
    ck_assert(ring_put(&ring, &items[0]));
    ck_assert(!is_signalled());
    ck_assert_ptr_eq(ring_want(&ring), &items[0]);
    ck_assert(ring_put(&ring, &items[1]));
    ck_assert(!is_signalled()); /* it was not empty when it was asked for */
    ck_assert_ptr_eq(ring_pop(&ring), &items[1]);
    ck_assert_ptr_null(ring_want(&ring));
    ck_assert(ring_put(&ring, &items[2]));
    ck_assert(is_signalled());
    wake_take(&wake, true);
    /* Once. */
    ck_assert(wake_begins(&wake));
    ck_assert(ring_put(&ring, &items[3]));
    ck_assert(!is_signalled());
    wake_take(&wake, false);
    for (int i = 0; i < RING_SLOTS - 2; i++)
        ck_assert(ring_put(&ring, &items[i]));
    ck_assert(!ring_put(&ring, &items[0]));
}
END_TEST

enum { PASSED = 20000 };
static size_t numbers[PASSED];

typedef bool (*give_fn)(struct ring *ring, void *item);
typedef void *(*take_fn)(struct ring *ring);

static void *produce(void *context)
{
    const give_fn *give = context;

    for (size_t i = 0; i < PASSED; i++) {
        numbers[i] = i; /* not atomic: the ring must order it */
        while (!(*give)(&ring, &numbers[i])) {
            const struct timespec pause = {.tv_nsec = 1000};

            nanosleep(&pause, NULL);
        }
    }
    return NULL;
}

/* Without a time-out: a wake-up that is lost is a test that does not end. */
static void passes(give_fn give, take_fn take)
{
    pthread_t producer;

    ck_assert_int_eq(pthread_create(&producer, NULL, produce, &give), 0);
    for (size_t expected = 0; expected < PASSED;) {
        size_t *number = take(&ring);

        if (number == NULL) {
            wake_wait(&wake, -1);
            continue;
        }
        ck_assert_uint_eq(*number, expected);
        expected++;
    }
    ck_assert_int_eq(pthread_join(producer, NULL), 0);
}

START_TEST(two_threads_pass_items_whole_and_in_order)
{
    passes(ring_push, ring_pop);
}
END_TEST

START_TEST(a_reader_that_asks_sleeps_through_nothing)
{
    passes(ring_put, ring_want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *tcase = tcase_create("ring");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_empty_ring_gives_nothing);
    tcase_add_test(tcase, items_come_out_in_the_order_they_went_in);
    tcase_add_test(tcase, a_full_ring_refuses_and_loses_nothing);
    tcase_add_test(tcase, a_push_wakes_the_reader_that_waits);
    tcase_add_test(tcase, two_threads_pass_items_whole_and_in_order);
    tcase_add_test(tcase, a_reader_that_does_not_wait_costs_no_call_of_the_system);
    tcase_add_test(tcase, one_signal_is_enough_until_it_is_taken);
    tcase_add_test(tcase, what_is_put_wakes_nobody_who_has_not_asked);
    tcase_add_test(tcase, a_reader_that_asks_sleeps_through_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
