/* The map grows while a store is written: nothing is lost, and whoever reads goes on. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/private.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

#ifndef SANITIZED /* sanitizers want terabytes of addresses for themselves */
#define SANITIZED 0
#endif

enum { MIB = 1 << 20, ROW_BYTES = 50000 };

static char directory[TEMP_DIR_BYTES];
static struct store_lmdb *lmdb;
static struct store_batch batch;
static struct fault fault;
static uint8_t value[ROW_BYTES];

static void reopen(enum store_mode mode)
{
    store_lmdb_close(lmdb);
    lmdb = NULL;
    ck_assert_msg(store_lmdb_open(&lmdb, directory, mode, MIB, &fault) == ST_OK, "%s", fault.text);
}

static void setup(void)
{
    temp_dir_init(directory);
    lmdb = NULL;
    reopen(STORE_CREATE);
    store_batch_init(&batch);
}

static void teardown(void)
{
    store_batch_fini(&batch);
    store_lmdb_close(lmdb);
    temp_dir_fini(directory);
}

static void put(int number)
{
    char key[8];

    (void)snprintf(key, sizeof key, "%06d", number);
    memset(value, number & 0xff, sizeof value);
    store_batch_put(&batch, STORE_CODE, key, 6, value, sizeof value);
}

static enum status commit(void)
{
    struct store store = store_from_lmdb(lmdb);
    enum status status = store_commit(&store, &batch, &fault);

    store_batch_clear(&batch);
    return status;
}

static enum status put_one(int number)
{
    put(number);
    return commit();
}

static uint64_t map_bytes(void)
{
    uint64_t used;
    uint64_t bytes;

    store_lmdb_usage(lmdb, &used, &bytes);
    return bytes;
}

/* The rows are those from 0 on, each as it was put. */
static int count(const struct store_read *read)
{
    struct store_cursor cursor;
    struct store_row row;
    int rows = 0;

    store_cursor_open(&cursor, read, STORE_CODE, NULL, 0, &fault);
    while (store_cursor_next(&cursor, &row)) {
        ck_assert_uint_eq(row.value_size, ROW_BYTES);
        ck_assert_int_eq(row.value[0], rows & 0xff);
        ck_assert_int_eq(row.value[ROW_BYTES - 1], rows & 0xff);
        rows++;
    }
    ck_assert_msg(store_cursor_close(&cursor, ST_OK) == ST_OK, "%s", fault.text);
    return rows;
}

static int count_now(void)
{
    struct store store = store_from_lmdb(lmdb);
    struct store_read read;
    int rows;

    ck_assert_msg(store_read_begin(&read, &store, &fault) == ST_OK, "%s", fault.text);
    rows = count(&read);
    store_read_end(&read);
    return rows;
}

/* ---- the process that writes ---- */

START_TEST(a_map_that_is_used_up_grows_and_nothing_is_lost)
{
    store_lmdb_let_grow(lmdb, 64 * MIB);
    for (int i = 0; i < 120; i++)
        ck_assert_msg(put_one(i) == ST_OK, "row %d: %s", i, fault.text);
    ck_assert_uint_ge(map_bytes(), 8 * MIB);
    ck_assert_int_eq(count_now(), 120);
    reopen(STORE_WRITE); /* with a map of 1 MiB, which has to be larger */
    ck_assert_int_eq(count_now(), 120);
    store_lmdb_let_grow(lmdb, 64 * MIB);
    ck_assert_int_eq(put_one(120), ST_OK);
    reopen(STORE_WRITE);
    ck_assert_int_eq(count_now(), 121);
}
END_TEST

START_TEST(a_commit_larger_than_the_map_is_made_in_a_larger_one)
{
    store_lmdb_let_grow(lmdb, 64 * MIB);
    ck_assert_int_eq(put_one(0), ST_OK);
    for (int i = 1; i < 200; i++)
        put(i);
    ck_assert_msg(commit() == ST_OK, "%s", fault.text);
    ck_assert_int_eq(put_one(200), ST_OK);
    reopen(STORE_WRITE); /* the log goes on where it was, or it would be refused */
    ck_assert_int_eq(count_now(), 201);
}
END_TEST

START_TEST(it_grows_to_its_bound_and_then_is_full)
{
    int rows = 0;

    store_lmdb_let_grow(lmdb, 3 * MIB);
    while (put_one(rows) == ST_OK)
        rows++;
    ck_assert_int_eq(fault.status, ST_FULL);
    ck_assert_uint_eq(map_bytes(), 3 * MIB);
    ck_assert_int_gt(rows, 15);
    reopen(STORE_WRITE);
    ck_assert_int_eq(count_now(), rows);
}
END_TEST

START_TEST(a_store_that_may_not_grow_keeps_its_map)
{
    int rows = 0;

    while (put_one(rows) == ST_OK)
        rows++;
    ck_assert_int_eq(fault.status, ST_FULL);
    ck_assert_uint_eq(map_bytes(), MIB);
}
END_TEST

START_TEST(its_room_is_what_it_may_grow_to)
{
    struct store_room room;

    store_lmdb_room(lmdb, &room);
    ck_assert_uint_le(room.total_bytes, MIB);
    store_lmdb_let_grow(lmdb, 64 * MIB);
    store_lmdb_room(lmdb, &room);
    ck_assert_uint_eq(room.total_bytes, 64 * MIB);
    ck_assert_uint_gt(room.free_bytes, 63 * MIB);
    ck_assert(!room.map_held);
}
END_TEST

START_TEST(the_log_may_have_a_part_of_the_map_as_it_is)
{
    store_lmdb_bound_log(lmdb, 128 * 1024);
    ck_assert_uint_eq(lmdb->log.bytes_max, MIB / COMMITS_MAP_PART);
    store_lmdb_let_grow(lmdb, 64 * MIB);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(put_one(i), ST_OK);
    ck_assert_uint_gt(map_bytes(), 2 * MIB);
    ck_assert_uint_eq(lmdb->log.bytes_max, 128 * 1024);
}
END_TEST

START_TEST(a_read_that_goes_on_puts_growing_off)
{
    struct store store = store_from_lmdb(lmdb);
    struct store_read read;
    uint64_t used;
    uint64_t bytes;
    int rows = 0;

    ck_assert_int_eq(put_one(rows++), ST_OK);
    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    store_lmdb_let_grow(lmdb, 64 * MIB);
    do {
        ck_assert_int_eq(put_one(rows++), ST_OK);
        store_lmdb_usage(lmdb, &used, &bytes);
    } while (used < MIB / 2);
    ck_assert_int_eq(put_one(rows++), ST_OK);
    ck_assert_uint_eq(map_bytes(), MIB);
    ck_assert_int_eq(count(&read), 1);
    store_read_end(&read);
    ck_assert_int_eq(put_one(rows++), ST_OK);
    ck_assert_uint_eq(map_bytes(), 2 * MIB);
    ck_assert_int_eq(count_now(), rows);
}
END_TEST

static void *read_for_a_while(void *context)
{
    struct store store = store_from_lmdb(lmdb);
    struct timespec nap = {.tv_nsec = 200000000};
    struct store_read read;
    struct fault own = {0};

    INVARIANT(store_read_begin(&read, &store, &own) == ST_OK);
    INVARIANT(pthread_barrier_wait(context) >= -1);
    INVARIANT(nanosleep(&nap, NULL) == 0);
    INVARIANT(map_bytes() == MIB); /* what is read is still there */
    store_read_end(&read);
    return NULL;
}

START_TEST(a_commit_that_finds_it_full_waits_for_a_read_of_another_thread)
{
    pthread_barrier_t begun;
    pthread_t thread;

    store_lmdb_let_grow(lmdb, 64 * MIB);
    ck_assert_int_eq(put_one(0), ST_OK);
    ck_assert_int_eq(pthread_barrier_init(&begun, NULL, 2), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_for_a_while, &begun), 0);
    (void)pthread_barrier_wait(&begun);
    for (int i = 1; i < 60; i++)
        put(i);
    ck_assert_msg(commit() == ST_OK, "%s", fault.text);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(count_now(), 60);
    (void)pthread_barrier_destroy(&begun);
}
END_TEST

#if !SANITIZED
/* So many bytes of addresses more than this process has. */
static void limit_addresses(uint64_t more)
{
    FILE *file = fopen("/proc/self/statm", "r");
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    unsigned long pages;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
    (void)fclose(file);
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

START_TEST(without_addresses_for_more_its_map_is_its_bound)
{
    struct store_room room;
    int rows = 0;

    store_lmdb_let_grow(lmdb, 1024 * (uint64_t)MIB);
    limit_addresses(24 * MIB);
    do {
        ck_assert_msg(put_one(rows++) == ST_OK, "row %d: %s", rows, fault.text);
        store_lmdb_room(lmdb, &room);
    } while (!room.map_held && rows < 1000);
    ck_assert(room.map_held);
    ck_assert_uint_gt(map_bytes(), 8 * MIB);
    ck_assert_uint_eq(room.total_bytes, map_bytes());
    ck_assert_uint_gt(room.free_bytes, MIB); /* early enough to hold back */
    ck_assert_int_eq(put_one(rows++), ST_OK);
    ck_assert_int_eq(count_now(), rows);
}
END_TEST
#endif

/* ---- processes that only read ---- */

struct pipes {
    int to_child[2];
    int to_parent[2];
};

static void tell(const int pipe[2])
{
    char byte = 0;

    ck_assert_int_eq((int)write(pipe[1], &byte, 1), 1);
}

static void hear(const int pipe[2])
{
    char byte;

    ck_assert_int_eq((int)read(pipe[0], &byte, 1), 1);
}

/*
 * Reads while its parent writes.  Its map is cut to what the file needs, as on a system that gives
 * no more; then each growth is beyond it.
 */
static void read_beside(const struct pipes *pipes)
{
    struct store store;
    struct store_read outer;
    struct store_read inner;
    uint64_t used;
    uint64_t bytes;

    hear(pipes->to_child);
    reopen(STORE_READ_ONLY);
    store = store_from_lmdb(lmdb);
    store_lmdb_usage(lmdb, &used, &bytes);
    ck_assert_int_eq(mdb_env_set_mapsize(lmdb->env, (size_t)used), 0);
    ck_assert_msg(store_read_begin(&outer, &store, &fault) == ST_OK, "%s", fault.text);
    ck_assert_int_eq(count(&outer), 1);
    tell(pipes->to_parent);
    hear(pipes->to_child);
    /* It has outgrown the map: what is being read stays, another read has to wait for its end. */
    ck_assert_int_eq(count(&outer), 1);
    ck_assert_int_eq(store_read_begin(&inner, &store, &fault), ST_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, "MDB_MAP_RESIZED"));
    store_read_end(&outer);
    ck_assert_int_eq(count_now(), 40);
    tell(pipes->to_parent);
    hear(pipes->to_child);
    ck_assert_int_eq(count_now(), 80);
    exit(0);
}

START_TEST(whoever_reads_in_another_process_goes_on)
{
    struct pipes pipes;
    int status;
    pid_t child;

    store_lmdb_close(lmdb); /* LMDB is not to be taken over a fork */
    lmdb = NULL;
    ck_assert_int_eq(pipe(pipes.to_child), 0);
    ck_assert_int_eq(pipe(pipes.to_parent), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        read_beside(&pipes);
    reopen(STORE_WRITE);
    store_lmdb_let_grow(lmdb, 64 * MIB);
    ck_assert_int_eq(put_one(0), ST_OK);
    tell(pipes.to_child);
    hear(pipes.to_parent);
    for (int i = 1; i < 80; i++) {
        ck_assert_int_eq(put_one(i), ST_OK);
        if (i != 39)
            continue;
        tell(pipes.to_child);
        hear(pipes.to_parent);
    }
    tell(pipes.to_child);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the reader ended with %d",
                  status);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");

    tcase_set_timeout(tcase, 60); /* each commit is a flush, on a disk that others use */
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_map_that_is_used_up_grows_and_nothing_is_lost);
    tcase_add_test(tcase, a_commit_larger_than_the_map_is_made_in_a_larger_one);
    tcase_add_test(tcase, it_grows_to_its_bound_and_then_is_full);
    tcase_add_test(tcase, a_store_that_may_not_grow_keeps_its_map);
    tcase_add_test(tcase, its_room_is_what_it_may_grow_to);
    tcase_add_test(tcase, the_log_may_have_a_part_of_the_map_as_it_is);
    tcase_add_test(tcase, a_read_that_goes_on_puts_growing_off);
    tcase_add_test(tcase, a_commit_that_finds_it_full_waits_for_a_read_of_another_thread);
#if !SANITIZED
    tcase_add_test(tcase, without_addresses_for_more_its_map_is_its_bound);
#endif
    tcase_add_test(tcase, whoever_reads_in_another_process_goes_on);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
