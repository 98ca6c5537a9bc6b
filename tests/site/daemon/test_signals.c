/* Signals off their descriptor, and a store whose walks end when one asks for the end. */
#include "site/daemon/signals.h"

#include <poll.h>
#include <signal.h>

#include "site/daemon/start_poll.h"
#include "tests/check_main.h"
#include "tests/reading.h"

enum { ROWS = 1000 };

static struct signals signals;
static struct store_memory *memory;
static struct store store;

static void setup(void)
{
    struct store_batch batch;

    signals_hold();
    ck_assert_int_eq(signals_open(&signals, NULL), ST_OK);
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    store_batch_init(&batch);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint8_t key[4];

        be32_put(key, i);
        store_batch_put(&batch, STORE_PAGE, key, sizeof key, key, sizeof key);
        store_batch_put(&batch, STORE_ACCOUNT, key, sizeof key, key, sizeof key);
    }
    ck_assert_int_eq(store_commit(&store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
}

static void teardown(void)
{
    store_memory_free(memory);
    signals_close(&signals);
}

START_TEST(what_came_before_the_descriptor_was_open_is_heard)
{
    struct pollfd item = {.events = POLLIN};

    ck_assert_int_eq(raise(SIGTERM), 0);
    signals_close(&signals);
    ck_assert_int_eq(signals_open(&signals, NULL), ST_OK);
    item.fd = signals.fd;
    ck_assert_int_eq(poll(&item, 1, 0), 1);
    signals_take(&signals);
    ck_assert_int_eq(signals.stop, SIGTERM);
    ck_assert(!signals.hang_up);
    ck_assert_int_eq(poll(&item, 1, 0), 0);
}
END_TEST

START_TEST(the_first_signal_that_stops_is_the_one_that_is_told)
{
    ck_assert_int_eq(raise(SIGINT), 0);
    signals_take(&signals);
    ck_assert_int_eq(raise(SIGTERM), 0);
    ck_assert_int_eq(raise(SIGHUP), 0);
    signals_take(&signals);
    ck_assert_int_eq(signals.stop, SIGINT);
    ck_assert(signals.hang_up);
}
END_TEST

START_TEST(signals_without_a_meaning_are_not_even_seen)
{
    static const int harmless[] = {SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGTTIN, SIGTTOU};

    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        ck_assert_int_eq(raise(harmless[i]), 0);
    signals_take(&signals);
    ck_assert_int_eq(signals.stop, 0);
    ck_assert(!signals.hang_up);
}
END_TEST

/* Counts rows, and raises a signal at row `at`. */
struct seen {
    uint32_t rows;
    uint32_t at;
    int signal;
};

static struct start_poll poll_state;

/* Step through a table as a start does, with `signals` taken between rows. */
static enum status see_rows(struct store_read *read, enum store_table table, struct seen *seen,
                            struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;

    read->poll = start_poll;
    read->poll_context = &poll_state;
    store_cursor_open(&cursor, read, table, NULL, 0, fault);
    while (store_cursor_next(&cursor, &stored)) {
        if (++seen->rows == seen->at)
            ck_assert_int_eq(raise(seen->signal), 0);
    }
    return store_cursor_close(&cursor, ST_OK);
}

static enum status see_table(enum store_table table, struct seen *seen)
{
    struct fault fault = {0};

    poll_state.signals = &signals;
    return WITH_READ(&store, see_rows(&read, table, seen, &fault));
}

START_TEST(a_read_ends_soon_after_a_signal_and_so_does_the_next)
{
    struct seen seen = {.at = 100, .signal = SIGTERM};

    ck_assert_int_eq(see_table(STORE_ACCOUNT, &seen), ST_BUSY);
    ck_assert_uint_ge(seen.rows, 100);
    ck_assert_uint_le(seen.rows, 200);
    seen = (struct seen){0};
    ck_assert_int_eq(see_table(STORE_PAGE, &seen), ST_BUSY);
    ck_assert_uint_eq(seen.rows, 0);
}
END_TEST

START_TEST(a_read_goes_on_after_sighup_and_the_edge_is_still_given_it)
{
    struct seen seen = {.at = 100, .signal = SIGHUP};

    ck_assert_int_eq(see_table(STORE_ACCOUNT, &seen), ST_OK);
    ck_assert_uint_eq(seen.rows, ROWS);
    ck_assert(signals.hang_up);
}
END_TEST

static enum status get_page(const struct store_read *read)
{
    static const uint8_t key[4] = {0};
    struct store_row stored;

    return store_get(read, STORE_PAGE, key, sizeof key, &stored, NULL);
}

START_TEST(a_page_that_is_wanted_comes_though_a_signal_came)
{
    signals.stop = SIGTERM;
    ck_assert_int_eq(WITH_READ(&store, get_page(&read)), ST_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tcase = tcase_create("signals");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_came_before_the_descriptor_was_open_is_heard);
    tcase_add_test(tcase, the_first_signal_that_stops_is_the_one_that_is_told);
    tcase_add_test(tcase, signals_without_a_meaning_are_not_even_seen);
    tcase_add_test(tcase, a_read_ends_soon_after_a_signal_and_so_does_the_next);
    tcase_add_test(tcase, a_read_goes_on_after_sighup_and_the_edge_is_still_given_it);
    tcase_add_test(tcase, a_page_that_is_wanted_comes_though_a_signal_came);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
