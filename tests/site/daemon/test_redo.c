/* The redo log: what a killed process leaves is committed, once, in order, or it proves nothing. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/store.h"
#include "site/daemon/redo.h"
#include "tests/check_main.h"
#include "tests/reading.h"
#include "tests/temp_dir.h"

static char dir[TEMP_DIR_BYTES];
static char path[256];
static struct store_memory *memory;
static struct store store;
static struct redo *redo;
static struct redo_finding finding;
static struct fault fault;

static void open_log(void)
{
    if (redo_open(&redo, path, &store, &finding, &fault) != ST_OK)
        ck_abort_msg("%s", fault.text);
}

/* A frame with one row, named by a letter. */
static void keep(char row)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_put(&batch, STORE_OBJECT, &row, 1, &row, 1);
    ck_assert(redo_append(redo, &batch));
    store_batch_fini(&batch);
}

static bool has(char row)
{
    struct store_row found;
    struct store_read read;
    enum status status;

    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    status = store_get(&read, STORE_OBJECT, &row, 1, &found, &fault);
    store_read_end(&read);
    return status == ST_OK;
}

static void setup(void)
{
    temp_dir_init(dir);
    (void)snprintf(path, sizeof path, "%s/redo", dir);
    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    open_log();
}

static void teardown(void)
{
    redo_close(redo, false);
    store_memory_free(memory);
    temp_dir_fini(dir);
}

/* The process is gone; its pages are there. */
static void killed(void)
{
    redo_close(redo, false);
    open_log();
}

/* Change a byte of the file. */
static void rot(off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    ck_assert_int_eq(close(fd), 0);
}

START_TEST(a_new_log_proves_nothing_and_a_closed_one_does)
{
    ck_assert(!finding.sure);
    redo_close(redo, true);
    open_log();
    ck_assert(finding.sure);
    ck_assert_uint_eq(finding.frames, 0);
}
END_TEST

/* What was lost is in the first frame only, so a start that ends before it forgets nothing. */
START_TEST(a_loss_is_remembered_until_the_first_frame)
{
    struct store_batch none;

    killed();
    ck_assert(!finding.sure);
    killed();
    ck_assert(!finding.sure);
    store_batch_init(&none);
    redo_commit_begins(redo, &none);
    ck_assert_int_eq(store_commit(&store, &none, &fault), ST_OK);
    store_batch_fini(&none);
    killed();
    ck_assert(!finding.sure); /* nobody was told that it is durable */
    store_batch_init(&none);
    redo_commit_begins(redo, &none);
    ck_assert_int_eq(store_commit(&store, &none, &fault), ST_OK);
    redo_commit_ended(redo);
    store_batch_fini(&none);
    killed();
    ck_assert(finding.sure);
}
END_TEST

START_TEST(a_loss_is_remembered_until_a_frame_is_kept)
{
    killed();
    ck_assert(!finding.sure);
    keep('a');
    killed();
    ck_assert(finding.sure);
    ck_assert(has('a'));
}
END_TEST

START_TEST(a_killed_process_loses_nothing)
{
    keep('a');
    keep('b');
    killed();
    ck_assert_uint_eq(finding.frames, 2);
    ck_assert(finding.sure);
    ck_assert(has('a') && has('b'));
    killed();
    ck_assert_uint_eq(finding.frames, 0);
    ck_assert(finding.sure);
}
END_TEST

/* Killed between the commit of one half and the news of it, with the other half filling. */
START_TEST(what_was_committed_is_not_committed_again)
{
    struct store_batch batch;

    keep('a');
    store_batch_init(&batch);
    redo_commit_begins(redo, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    store_batch_fini(&batch);
    keep('b');
    killed();
    ck_assert_uint_eq(finding.frames, 1);
    ck_assert(!has('a') && has('b')); /* the batch of this test had only the note */
}
END_TEST

START_TEST(both_halves_are_taken_in_order)
{
    struct store_batch lost;

    keep('a');
    store_batch_init(&lost);
    redo_commit_begins(redo, &lost); /* and the process ends before it is durable */
    store_batch_fini(&lost);
    keep('b');
    keep('c');
    killed();
    ck_assert_uint_eq(finding.frames, 3);
    ck_assert(finding.sure);
    ck_assert(has('a') && has('b') && has('c'));
}
END_TEST

START_TEST(a_rotten_record_ends_what_is_believed)
{
    keep('a');
    keep('b');
    redo_close(redo, false);
    redo = NULL;
    rot(4096 + 72 + 56 + 9); /* the value in the second record */
    open_log();
    ck_assert_uint_eq(finding.frames, 1);
    ck_assert(!finding.sure);
    ck_assert(!has('b'));
}
END_TEST

START_TEST(after_another_start_of_the_system_it_proves_nothing)
{
    keep('a');
    redo_close(redo, false);
    redo = NULL;
    rot(8); /* the name of the start */
    open_log();
    ck_assert_uint_eq(finding.frames, 0);
    ck_assert(!finding.sure);
    ck_assert(!has('a'));
}
END_TEST

START_TEST(a_log_that_is_cut_or_gone_proves_nothing)
{
    keep('a');
    redo_close(redo, false);
    redo = NULL;
    ck_assert_int_eq(truncate(path, 4096), 0);
    open_log();
    ck_assert_uint_eq(finding.frames, 0);
    ck_assert(!finding.sure);
    redo_close(redo, true);
    redo = NULL;
    ck_assert_int_eq(unlink(path), 0);
    open_log();
    ck_assert(!finding.sure);
}
END_TEST

/* An older copy of the store beside a newer log, and the other way round. */
START_TEST(a_log_of_another_store_proves_nothing)
{
    struct store_memory *old;
    struct store_batch batch;

    ck_assert_int_eq(store_memory_copy(&old, memory), ST_OK);
    keep('a');
    store_batch_init(&batch);
    redo_commit_begins(redo, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    store_batch_fini(&batch);
    redo_commit_ended(redo);
    keep('b');
    redo_close(redo, false);
    store_memory_free(memory);
    memory = old;
    store = store_from_memory(memory);
    open_log();
    ck_assert_uint_eq(finding.frames, 0);
    ck_assert(!finding.sure);
    ck_assert(!has('b'));
}
END_TEST

START_TEST(a_full_half_takes_no_more_until_it_is_committed)
{
    static uint8_t large[1024 * 1024];
    struct store_batch batch;
    int taken = 0;

    store_batch_init(&batch);
    store_batch_put(&batch, STORE_OBJECT, "x", 1, large, sizeof large);
    while (redo_append(redo, &batch))
        taken++;
    ck_assert_int_eq(taken, REDO_HALF_BYTES / (int)sizeof large - 1); /* each has a head */
    redo_commit_begins(redo, &batch);
    ck_assert(redo_append(redo, &batch));
    redo_commit_ended(redo);
    store_batch_fini(&batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("redo log");
    TCase *tests = tcase_create("redo");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_new_log_proves_nothing_and_a_closed_one_does);
    tcase_add_test(tests, a_loss_is_remembered_until_the_first_frame);
    tcase_add_test(tests, a_loss_is_remembered_until_a_frame_is_kept);
    tcase_add_test(tests, a_killed_process_loses_nothing);
    tcase_add_test(tests, what_was_committed_is_not_committed_again);
    tcase_add_test(tests, both_halves_are_taken_in_order);
    tcase_add_test(tests, a_rotten_record_ends_what_is_believed);
    tcase_add_test(tests, after_another_start_of_the_system_it_proves_nothing);
    tcase_add_test(tests, a_log_that_is_cut_or_gone_proves_nothing);
    tcase_add_test(tests, a_log_of_another_store_proves_nothing);
    tcase_add_test(tests, a_full_half_takes_no_more_until_it_is_committed);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
