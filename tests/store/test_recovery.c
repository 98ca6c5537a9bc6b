/* The whole ledger on the durable store: killed at any moment, it stands at its last frame. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/record.h"
#include "store/store.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"

enum { MAP_BYTES = 64 * 1024 * 1024, KILLS = 8 };

static char directory[64];

static void setup(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/serai-books-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

/* The books' store becomes the one on disk. */
static struct store_lmdb *books_open_disk(struct books *books, enum store_mode mode)
{
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {.text = ""};

    books_open(books);
    ck_assert_msg(store_lmdb_open(&lmdb, directory, mode, MAP_BYTES, &fault) == ST_OK, "%s",
                  fault.text);
    books->store = store_from_lmdb(lmdb);
    ck_assert_msg(WITH_READ(&books->store, ledger_load(books->ledger, &read, &fault)) == ST_OK,
                  "%s", fault.text);
    books->site_time_us = ledger_last_frame(books->ledger)->site_time_us;
    return lmdb;
}

START_TEST(books_on_disk_come_back)
{
    struct books books;
    struct store_lmdb *lmdb = books_open_disk(&books, STORE_CREATE);
    struct small_life life = books_live(&books);

    ck_assert_verifies(&books);
    books_close(&books);
    store_lmdb_close(lmdb);
    lmdb = books_open_disk(&books, STORE_WRITE);
    ck_assert_uint_eq(ledger_frame(books.ledger), 5);
    ck_assert_uint_eq(money_nanos(ledger_balance(books.ledger, life.agent)),
                      50000000 - 500 - 2000000 - 31);
    books_moved(&books, life.agent, life.customer, 1, TRANSFER_FUND);
    (void)books_frame_done(&books);
    ck_assert_verifies(&books);
    books_close(&books);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(damage_on_disk_is_named)
{
    struct books books;
    struct store_lmdb *lmdb = books_open_disk(&books, STORE_CREATE);
    struct fault fault;
    uint8_t key[JOURNAL_KEY_BYTES];

    (void)books_live(&books);
    chunk_key(key, 2, 0);
    for (size_t bit = 0; bit < 8 * 120; bit += 5) {
        ck_assert_int_eq(store_lmdb_damage(lmdb, STORE_JOURNAL, key, sizeof key, bit, &fault),
                         ST_OK);
        ck_assert_verify_names(&books, "table journal, row 000000000000000200000000");
        ck_assert_int_eq(store_lmdb_damage(lmdb, STORE_JOURNAL, key, sizeof key, bit, &fault),
                         ST_OK);
    }
    ck_assert_verifies(&books);
    books_close(&books);
    store_lmdb_close(lmdb);
}
END_TEST

/* Work for ever; each frame that is durable is told through the pipe. */
static _Noreturn void work(int out)
{
    struct books books;
    struct rng rng;

    (void)books_open_disk(&books, STORE_WRITE);
    rng_init(&rng, ledger_frame(books.ledger));
    for (;;) {
        uint64_t frame;

        books_live_random(&books, &rng, 1, 40);
        frame = ledger_last_frame(books.ledger)->frame;
        if (write(out, &frame, sizeof frame) != sizeof frame)
            _exit(1);
    }
}

START_TEST(killed_at_any_moment_it_stands_at_a_whole_frame)
{
    struct rng rng = rng_for_test();
    struct books books;
    struct store_lmdb *lmdb = books_open_disk(&books, STORE_CREATE);
    uint64_t told = 0;

    (void)books_live(&books);
    books_close(&books);
    store_lmdb_close(lmdb);
    for (int kill_number = 0; kill_number < KILLS; kill_number++) {
        struct timespec pause = {.tv_nsec = (long)rng_below(&rng, 60000000) + 1000000};
        uint64_t frame;
        int status;
        int frames[2];
        pid_t child;

        ck_assert_int_eq(pipe(frames), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0)
            work(frames[1]);
        ck_assert_int_eq(close(frames[1]), 0);
        ck_assert_int_eq((int)read(frames[0], &frame, sizeof frame), (int)sizeof frame);
        told = frame;
        (void)nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        while (read(frames[0], &frame, sizeof frame) == sizeof frame)
            told = frame;
        ck_assert_int_eq(close(frames[0]), 0);

        lmdb = books_open_disk(&books, STORE_WRITE);
        /* Everything that was told is there; at most the frame in hand may be there untold. */
        ck_assert_uint_ge(ledger_last_frame(books.ledger)->frame, told);
        ck_assert_uint_le(ledger_last_frame(books.ledger)->frame, told + 1);
        ck_assert_verifies(&books);
        books_close(&books);
        store_lmdb_close(lmdb);
    }
    ck_assert_uint_gt(told, 4 + KILLS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/recovery");
    TCase *disk = tcase_create("disk");

    tcase_add_checked_fixture(disk, setup, teardown);
    tcase_set_timeout(disk, 60);
    tcase_add_test(disk, books_on_disk_come_back);
    tcase_add_test(disk, damage_on_disk_is_named);
    tcase_add_test(disk, killed_at_any_moment_it_stands_at_a_whole_frame);
    suite_add_tcase(suite, disk);
    return check_main(suite);
}
