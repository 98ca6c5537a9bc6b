/* The durable store: whole commits, one writer, and every kind of damage told. */
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/private.h"
#include "tests/check_main.h"
#include "tests/reading.h"

enum { MAP_BYTES = 64 * 1024 * 1024 };

static char directory[64];
static struct store_batch batch;
static struct fault fault;

static void setup(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/serai-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    store_batch_init(&batch);
    memset(&fault, 0, sizeof fault);
}

static void teardown(void)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    char path[128];

    store_batch_fini(&batch);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

static const char *data_path(void)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
    return path;
}

static struct store_lmdb *open_store(enum store_mode mode)
{
    struct store_lmdb *lmdb = NULL;

    ck_assert_msg(store_lmdb_open(&lmdb, directory, mode, MAP_BYTES, &fault) == ST_OK, "%s",
                  fault.text);
    return lmdb;
}

static void ck_assert_open_refused(enum store_mode mode, enum status status, const char *what)
{
    struct store_lmdb *lmdb = NULL;

    ck_assert_int_eq(store_lmdb_open(&lmdb, directory, mode, MAP_BYTES, &fault), status);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
    ck_assert_ptr_null(lmdb);
}

static enum status commit(struct store_lmdb *lmdb)
{
    struct store store = store_from_lmdb(lmdb);
    enum status status = store_commit(&store, &batch, &fault);

    store_batch_clear(&batch);
    return status;
}

static void put(const char *key, const char *value)
{
    store_batch_put(&batch, STORE_ACCOUNT, key, strlen(key), value, strlen(value));
}

/* Rows written down as "key=value;". */
struct written {
    char text[1024];
    size_t used;
    size_t rows;
};

static void write_row(struct written *written, const struct store_row *row)
{
    written->rows++;
    if (written->used < sizeof written->text)
        written->used +=
            (size_t)snprintf(written->text + written->used, sizeof written->text - written->used,
                             "%.*s=%.*s;", (int)row->key_size, (const char *)row->key,
                             (int)row->value_size, (const char *)row->value);
}

static enum status write_rows(const struct store_read *read, enum store_table table,
                              const char *prefix, struct written *written)
{
    struct store_cursor cursor;
    struct store_row row;

    *written = (struct written){0};
    store_cursor_open(&cursor, read, table, prefix, strlen(prefix), &fault);
    while (store_cursor_next(&cursor, &row))
        write_row(written, &row);
    return store_cursor_close(&cursor, ST_OK);
}

static enum status list(struct store_lmdb *lmdb, enum store_table table, const char *prefix,
                        struct written *written)
{
    struct store store = store_from_lmdb(lmdb);

    return WITH_READ(&store, write_rows(&read, table, prefix, written));
}

static void ck_assert_holds(struct store_lmdb *lmdb, const char *prefix, const char *want)
{
    struct written written;

    ck_assert_msg(list(lmdb, STORE_ACCOUNT, prefix, &written) == ST_OK, "%s", fault.text);
    ck_assert_str_eq(written.text, want);
}

/* ---- rows ---- */

START_TEST(what_was_committed_is_there_after_reopening)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);

    put("b", "2");
    put("a", "1");
    put("ab", "");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_WRITE);
    ck_assert_holds(lmdb, "", "a=1;ab=;b=2;");
    ck_assert_holds(lmdb, "a", "a=1;ab=;");
    ck_assert_holds(lmdb, "c", "");
    put("a", "one");
    store_batch_delete(&batch, STORE_ACCOUNT, "b", 1);
    store_batch_delete(&batch, STORE_ACCOUNT, "never", 5);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_holds(lmdb, "", "a=one;ab=;");
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_READ_ONLY);
    ck_assert_holds(lmdb, "", "a=one;ab=;");
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(tables_are_apart)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    struct written written;

    for (int table = 0; table < STORE_TABLES; table++)
        store_batch_put(&batch, (enum store_table)table, "k", 1,
                        store_table_name((enum store_table)table),
                        strlen(store_table_name((enum store_table)table)));
    ck_assert_int_eq(commit(lmdb), ST_OK);
    for (int table = 0; table < STORE_TABLES; table++) {
        char want[64];

        (void)snprintf(want, sizeof want, "k=%s;", store_table_name((enum store_table)table));
        ck_assert_int_eq(list(lmdb, (enum store_table)table, "", &written), ST_OK);
        ck_assert_str_eq(written.text, want);
    }
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(large_values_come_back_whole)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    char *value = calloc(1, STORE_VALUE_BYTES_MAX + 1);
    struct written written;

    ck_assert_ptr_nonnull(value);
    memset(value, 'x', STORE_VALUE_BYTES_MAX);
    store_batch_put(&batch, STORE_CODE, "big", 3, value, STORE_VALUE_BYTES_MAX);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq(list(lmdb, STORE_CODE, "", &written), ST_OK);
    ck_assert_uint_eq(written.rows, 1);
    ck_assert_uint_eq(written.used, STORE_VALUE_BYTES_MAX + 5);
    free(value);
    store_lmdb_close(lmdb);
}
END_TEST

static enum status stop_at_once(void *context, struct fault *why)
{
    return ++*(size_t *)context > 1 ? fault_set(why, ST_BUSY, "stopped") : ST_OK;
}

START_TEST(a_poll_can_end_a_cursor_between_two_rows)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    struct store store = store_from_lmdb(lmdb);
    struct written written;
    struct store_read read;
    size_t polls = 0;

    put("a", "1");
    put("b", "2");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    read.poll = stop_at_once;
    read.poll_context = &polls;
    ck_assert_int_eq(write_rows(&read, STORE_ACCOUNT, "", &written), ST_BUSY);
    ck_assert_str_eq(fault.text, "stopped");
    ck_assert_str_eq(written.text, "a=1;");
    store_read_end(&read);
    store_lmdb_close(lmdb);
}
END_TEST

/* ---- commits that fail ---- */

static void ck_assert_latched(struct store_lmdb *lmdb)
{
    put("z", "9");
    ck_assert_int_eq(commit(lmdb), ST_IO);
    ck_assert_msg(strstr(fault.text, "an earlier commit failed: ") != NULL, "%s", fault.text);
    ck_assert_holds(lmdb, "", "a=1;"); /* reading goes on, and sees the last good commit */
}

static struct store_lmdb *store_with_a(void)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);

    put("a", "1");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    return lmdb;
}

START_TEST(an_append_out_of_order_fails_for_good)
{
    struct store_lmdb *lmdb = store_with_a();

    store_batch_append(&batch, STORE_JOURNAL, "2", 1, "x", 1);
    store_batch_append(&batch, STORE_JOURNAL, "1", 1, "x", 1);
    ck_assert_int_eq(commit(lmdb), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "table journal, row 31: it is not after the last"));
    ck_assert_latched(lmdb);
    store_lmdb_close(lmdb);
}
END_TEST

static void put_journal(const char *key)
{
    store_batch_put(&batch, STORE_JOURNAL, key, 1, "old", 3);
}

static void delete_journal(const char *key)
{
    store_batch_delete(&batch, STORE_JOURNAL, key, 1);
}

/* How many rows the journal's own table has, whatever the log says. */
static size_t journal_entries(void)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;
    MDB_stat stat;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, 2), 0);
    ck_assert_int_eq(mdb_env_open(env, directory, MDB_RDONLY, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, "journal", 0, &table), 0);
    ck_assert_int_eq(mdb_stat(txn, table, &stat), 0);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return stat.ms_entries;
}

START_TEST(rows_of_the_journal_leave_at_once_but_under_the_log)
{
    struct store_lmdb *lmdb = store_with_a();
    struct written written;

    for (const char *key = "1\0002\0003\0004\0"; *key != '\0'; key += 2)
        store_batch_append(&batch, STORE_JOURNAL, key, 1, "x", 1);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    delete_journal("1");
    delete_journal("0"); /* which there is not */
    delete_journal("2");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    ck_assert_uint_eq(journal_entries(), 2);

    /* A row that the log has is deleted by the log, or a start would bring it back. */
    lmdb = open_store(STORE_WRITE);
    put_journal("3");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    delete_journal("3");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    ck_assert_uint_eq(journal_entries(), 2);
    lmdb = open_store(STORE_WRITE);
    ck_assert_int_eq(list(lmdb, STORE_JOURNAL, "", &written), ST_OK);
    ck_assert_str_eq(written.text, "4=x;");
    put_journal("3"); /* and in one batch */
    delete_journal("3");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_WRITE);
    ck_assert_int_eq(list(lmdb, STORE_JOURNAL, "", &written), ST_OK);
    ck_assert_str_eq(written.text, "4=x;");
    store_lmdb_close(lmdb);
}
END_TEST

/* Row 5 is there, and whatever was behind it is gone: an append of 5 is refused all the same. */
static void ck_assert_five_is_kept(struct store_lmdb *lmdb)
{
    struct written written;

    store_batch_append(&batch, STORE_JOURNAL, "5", 1, "new", 3);
    ck_assert_int_eq(commit(lmdb), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "table journal, row 35: it is not after the last"));
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_WRITE);
    ck_assert_int_eq(list(lmdb, STORE_JOURNAL, "5", &written), ST_OK);
    ck_assert_str_eq(written.text, "5=old;");
    store_lmdb_close(lmdb);
}

/* A store with rows 5 and 9, which wait or are in their table. */
static struct store_lmdb *store_with_journal(bool settled)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);

    put_journal("5");
    put_journal("9");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    if (settled)
        ck_assert_int_eq(store_lmdb_settle(lmdb, &fault), ST_OK);
    return lmdb;
}

START_TEST(an_append_replaces_no_row_before_one_that_its_batch_deletes)
{
    struct store_lmdb *lmdb = store_with_journal(_i == 1);

    delete_journal("9");
    ck_assert_five_is_kept(lmdb);
}
END_TEST

START_TEST(an_append_replaces_no_row_before_one_whose_deletion_waits)
{
    struct store_lmdb *lmdb = store_with_journal(_i == 1);

    delete_journal("9");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_five_is_kept(lmdb);
}
END_TEST

START_TEST(an_append_replaces_no_row_of_its_own_batch)
{
    struct store_lmdb *lmdb = store_with_a();

    put_journal("5");
    delete_journal("9");
    store_batch_append(&batch, STORE_JOURNAL, "5", 1, "new", 3);
    ck_assert_int_eq(commit(lmdb), ST_INVALID);
    ck_assert_latched(lmdb);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(an_append_takes_the_place_of_a_row_that_its_batch_deletes)
{
    struct store_lmdb *lmdb = store_with_journal(_i == 1);
    struct written written;

    delete_journal("5");
    delete_journal("9");
    store_batch_append(&batch, STORE_JOURNAL, "5", 1, "new", 3);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq(list(lmdb, STORE_JOURNAL, "", &written), ST_OK);
    ck_assert_str_eq(written.text, "5=new;");
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_batch_without_memory_fails_for_good)
{
    struct store_lmdb *lmdb = store_with_a();

    batch.ops.failed = true;
    ck_assert_int_eq(commit(lmdb), ST_NOMEM);
    ck_assert_latched(lmdb);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_full_map_fails_for_good_and_loses_nothing)
{
    struct store_lmdb *lmdb = NULL;
    char value[100000] = {0};
    enum status status = ST_OK;
    char key[8];

    ck_assert_int_eq(store_lmdb_open(&lmdb, directory, STORE_CREATE, 1024 * 1024, &fault), ST_OK);
    put("a", "1");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    for (int i = 0; i < 20 && status == ST_OK; i++) {
        (void)snprintf(key, sizeof key, "%03d", i);
        store_batch_put(&batch, STORE_CODE, key, 3, value, sizeof value);
        status = commit(lmdb);
    }
    ck_assert_int_eq(status, ST_FULL);
    ck_assert_latched(lmdb);
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_WRITE);
    ck_assert_holds(lmdb, "", "a=1;");
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_full_disk_fails_for_good_and_loses_nothing)
{
    struct store_lmdb *lmdb = store_with_a();
    struct rlimit limit = {.rlim_cur = 256 * 1024, .rlim_max = RLIM_INFINITY};
    char value[100000] = {0};
    enum status status = ST_OK;
    char key[8];

    /* A file that may not grow answers EFBIG where a full disk answers ENOSPC. */
    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 20 && status == ST_OK; i++) {
        (void)snprintf(key, sizeof key, "%03d", i);
        store_batch_put(&batch, STORE_CODE, key, 3, value, sizeof value);
        status = commit(lmdb);
    }
    ck_assert_msg(status == ST_FULL || status == ST_IO, "%s", fault.text);
    ck_assert_latched(lmdb);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_latched(lmdb); /* room again does not make it good */
    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_WRITE);
    ck_assert_holds(lmdb, "", "a=1;");
    put("b", "2");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_store_for_reading_does_not_commit)
{
    struct store_lmdb *lmdb = store_with_a();

    store_lmdb_close(lmdb);
    lmdb = open_store(STORE_READ_ONLY);
    put("b", "2");
    ck_assert_int_eq(commit(lmdb), ST_DENIED);
    store_lmdb_close(lmdb);
}
END_TEST

/* ---- opening ---- */

START_TEST(opening_what_is_not_there_is_told)
{
    ck_assert_open_refused(STORE_WRITE, ST_MISSING, "there is no store (no data.mdb)");
    ck_assert_open_refused(STORE_READ_ONLY, ST_MISSING, "there is no store (no data.mdb)");
}
END_TEST

START_TEST(a_directory_in_nowhere_is_told)
{
    struct store_lmdb *lmdb = NULL;

    ck_assert_int_eq(
        store_lmdb_open(&lmdb, "/tmp/serai-nowhere/at/all", STORE_CREATE, MAP_BYTES, &fault),
        ST_MISSING);
    ck_assert_int_eq(store_lmdb_open(&lmdb, "/tmp/serai-nowhere", STORE_WRITE, MAP_BYTES, &fault),
                     ST_MISSING);
}
END_TEST

START_TEST(a_map_out_of_range_is_told)
{
    struct store_lmdb *lmdb = NULL;

    ck_assert_int_eq(store_lmdb_open(&lmdb, directory, STORE_CREATE, 1000, &fault), ST_INVALID);
    ck_assert_int_eq(store_lmdb_open(&lmdb, directory, STORE_CREATE, UINT64_MAX, &fault),
                     ST_INVALID);
}
END_TEST

START_TEST(making_a_store_twice_is_refused)
{
    store_lmdb_close(open_store(STORE_CREATE));
    ck_assert_open_refused(STORE_CREATE, ST_EXISTS, "there is a store already");
    store_lmdb_close(open_store(STORE_WRITE));
}
END_TEST

START_TEST(a_second_writer_is_refused_by_the_number_of_the_first)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    int status;
    char want[64];
    pid_t child;

    (void)snprintf(want, sizeof want, "held by process %ld", (long)getpid());
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct store_lmdb *second = NULL;
        enum status answer = store_lmdb_open(&second, directory, STORE_WRITE, MAP_BYTES, &fault);

        _exit(answer == ST_BUSY && strstr(fault.text, want) != NULL ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    put("a", "1");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    store_lmdb_close(open_store(STORE_WRITE)); /* and the lock is free again */
}
END_TEST

/* The number of the process is written into the lock, so it must be a lock. */
START_TEST(a_lock_that_is_another_file_is_not_written_to)
{
    static const char words[] = "somebody's";
    char lock[128];
    char victim[128];
    char found[sizeof words] = "";
    FILE *file;

    store_lmdb_close(open_store(STORE_CREATE));
    (void)snprintf(lock, sizeof lock, "%s/lock", directory);
    (void)snprintf(victim, sizeof victim, "%s-victim", directory);
    file = fopen(victim, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(words, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    for (int hard = 0; hard < 2; hard++) {
        ck_assert_int_eq(unlink(lock), 0);
        ck_assert_int_eq(hard == 0 ? symlink(victim, lock) : link(victim, lock), 0);
        ck_assert_open_refused(STORE_WRITE, ST_INVALID, "is no lock file");
    }
    file = fopen(victim, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(found, sizeof found, file));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(found, words);
    ck_assert_int_eq(unlink(victim), 0);
}
END_TEST

START_TEST(a_reader_in_another_process_works_beside_the_writer)
{
    struct store_lmdb *lmdb;
    int status;
    int to_child[2];
    int to_parent[2];
    char byte = 0;
    pid_t child;

    store_lmdb_close(store_with_a());
    ck_assert_int_eq(pipe(to_child), 0);
    ck_assert_int_eq(pipe(to_parent), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct written written;
        struct store_lmdb *reader;

        if (read(to_child[0], &byte, 1) != 1)
            _exit(2);
        if (store_lmdb_open(&reader, directory, STORE_READ_ONLY, MAP_BYTES, &fault) != ST_OK)
            _exit(3);
        if (list(reader, STORE_ACCOUNT, "", &written) != ST_OK ||
            strcmp(written.text, "a=1;b=2;") != 0)
            _exit(4);
        if (write(to_parent[1], &byte, 1) != 1 || read(to_child[0], &byte, 1) != 1)
            _exit(5);
        if (list(reader, STORE_ACCOUNT, "", &written) != ST_OK ||
            strcmp(written.text, "a=1;b=2;c=3;") != 0)
            _exit(6);
        store_lmdb_close(reader);
        _exit(0);
    }
    lmdb = open_store(STORE_WRITE);
    put("b", "2");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq((int)write(to_child[1], &byte, 1), 1);
    ck_assert_int_eq((int)read(to_parent[0], &byte, 1), 1);
    put("c", "3");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq((int)write(to_child[1], &byte, 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child says %d",
                  WEXITSTATUS(status));
    store_lmdb_close(lmdb);
}
END_TEST

/* ---- snapshots ---- */

START_TEST(a_read_shows_what_was_committed_when_it_began)
{
    struct store_lmdb *lmdb = store_with_a();
    struct store store = store_from_lmdb(lmdb);
    struct written written;
    struct store_row row;
    struct store_read read;
    struct store_read later;

    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    store_batch_put(&batch, STORE_CUSTOMER, "new", 3, "x", 1);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq(write_rows(&read, STORE_CUSTOMER, "", &written), ST_OK);
    ck_assert_uint_eq(written.rows, 0);
    ck_assert_int_eq(store_get(&read, STORE_CUSTOMER, "new", 3, &row, &fault), ST_MISSING);
    ck_assert_int_eq(store_read_begin(&later, &store, &fault), ST_OK); /* by the same thread */
    ck_assert_int_eq(store_get(&later, STORE_CUSTOMER, "new", 3, &row, &fault), ST_OK);
    ck_assert_mem_eq(row.value, "x", row.value_size);
    store_read_end(&read);
    store_read_end(&later);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_row_is_got_by_its_whole_key)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    struct store store = store_from_lmdb(lmdb);
    struct store_row row;
    struct store_read read;

    put("ab", "1");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_int_eq(store_read_begin(&read, &store, &fault), ST_OK);
    ck_assert_int_eq(store_get(&read, STORE_ACCOUNT, "a", 1, &row, &fault), ST_MISSING);
    ck_assert_int_eq(store_get(&read, STORE_ACCOUNT, "abc", 3, &row, &fault), ST_MISSING);
    ck_assert_int_eq(store_get(&read, STORE_ACCOUNT, "ab", 2, &row, &fault), ST_OK);
    ck_assert_int_eq(row.table, STORE_ACCOUNT);
    ck_assert_uint_eq(row.key_size, 2);
    ck_assert_uint_eq(row.value_size, 1);
    store_read_end(&read);
    store_lmdb_close(lmdb);
}
END_TEST

/* ---- damage ---- */

static enum status get_ab(struct store_lmdb *lmdb, enum store_table table)
{
    struct store store = store_from_lmdb(lmdb);
    struct store_row row;

    return WITH_READ(&store, store_get(&read, table, "\x12\xab", 2, &row, &fault));
}

START_TEST(every_damaged_bit_in_every_table_is_found_and_named)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    struct written written;

    for (int i = 0; i < STORE_TABLES; i++)
        store_batch_put(&batch, (enum store_table)i, "\x12\xab", 2, "a row", 5);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    for (int i = 0; i < STORE_TABLES; i++) {
        enum store_table table = (enum store_table)i;
        char want[64];
        size_t bit;

        (void)snprintf(want, sizeof want, "table %s, row 12ab: its bytes do not fit their hash",
                       store_table_name(table));
        /* Each byte in each table, and over all tables each bit. */
        for (bit = (size_t)i % 8;
             store_lmdb_damage(lmdb, table, "\x12\xab", 2, bit, &fault) == ST_OK; bit += 8) {
            ck_assert_int_eq(list(lmdb, table, "", &written), ST_CORRUPT);
            ck_assert_str_eq(fault.text, want);
            ck_assert_int_eq(get_ab(lmdb, table), ST_CORRUPT);
            ck_assert_str_eq(fault.text, want);
            ck_assert_int_eq(store_lmdb_damage(lmdb, table, "\x12\xab", 2, bit, &fault), ST_OK);
        }
        ck_assert_uint_eq(bit / 8, 5 + STORE_HASH_BYTES);
        ck_assert_int_eq(list(lmdb, table, "", &written), ST_OK);
        ck_assert_uint_eq(written.rows, 1);
    }
    ck_assert_int_eq(store_lmdb_damage(lmdb, STORE_AGENT, "none", 4, 0, &fault), ST_MISSING);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_value_fits_only_its_own_table_and_key)
{
    uint8_t seal[4][STORE_HASH_BYTES];

    seal_value(seal[0], 1, "k1", 2, "value", 5);
    seal_value(seal[1], 2, "k1", 2, "value", 5);
    seal_value(seal[2], 1, "k2", 2, "value", 5);
    seal_value(seal[3], 1, "k", 1, "1value", 6);
    for (size_t i = 1; i < 4; i++)
        ck_assert_mem_ne(seal[0], seal[i], STORE_HASH_BYTES);
}
END_TEST

START_TEST(a_row_shorter_than_its_hash_is_found)
{
    MDB_val key = {.mv_size = 1, .mv_data = "k"};
    MDB_val stored = {.mv_size = STORE_HASH_BYTES - 1, .mv_data = "1234567"};
    size_t size;

    ck_assert_int_eq(seal_check(0, "meta", &key, &stored, &size, &fault), ST_CORRUPT);
    key.mv_size = STORE_KEY_BYTES_MAX + 1;
    ck_assert_int_eq(seal_check(0, "meta", &key, &stored, &size, &fault), ST_CORRUPT);
}
END_TEST

static off_t data_size(void)
{
    struct stat file;

    ck_assert_int_eq(stat(data_path(), &file), 0);
    return file.st_size;
}

START_TEST(a_file_that_is_cut_short_is_told_at_any_length)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);
    char value[3000] = {1};
    char key[8];
    off_t size;

    for (int i = 0; i < 60; i++) {
        (void)snprintf(key, sizeof key, "%03d", i);
        store_batch_put(&batch, STORE_PAGE, key, 3, value, sizeof value);
    }
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_close(lmdb);
    size = data_size();
    ck_assert_int_gt((int)size, 45 * 4096);
    for (off_t length = size - 1; length > 0; length -= 4096 * 7 - 1) {
        ck_assert_int_eq(truncate(data_path(), length), 0);
        ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "data.mdb");
        ck_assert_open_refused(STORE_READ_ONLY, ST_CORRUPT, "data.mdb");
        ck_assert_int_eq((int)data_size(), (int)length); /* nothing mended it behind our back */
        if (length > 3 * 4096)
            ck_assert_ptr_nonnull(strstr(fault.text, "is cut short: it has "));
    }
    ck_assert_int_eq(truncate(data_path(), 0), 0);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "cut short: it has 0 bytes");
}
END_TEST

/*
 * LMDB leaves pages unwritten that a commit both took and gave back.  Such a file is shorter than
 * its header says, and whole.
 */
static void take_and_give_back_pages(struct store_lmdb *lmdb)
{
    static char value[200000] = {1};
    MDB_val key = {.mv_size = 3, .mv_data = "big"};
    MDB_val stored = {.mv_size = sizeof value, .mv_data = value};
    MDB_txn *txn;
    uint64_t number;

    ck_assert_int_eq(mdb_txn_begin(lmdb->env, NULL, 0, &txn), 0);
    number = mdb_txn_id(txn);
    ck_assert_int_eq(mdb_put(txn, lmdb->tables[STORE_CODE], &key, &stored, 0), 0);
    ck_assert_int_eq(mdb_del(txn, lmdb->tables[STORE_CODE], &key, NULL), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    lmdb->views.commit = number; /* else a read would wait for its rows */
}

START_TEST(a_file_that_lacks_only_free_pages_is_whole)
{
    struct store_lmdb *lmdb = store_with_a();
    uint64_t used;
    uint64_t most;

    for (int i = 0; i < 4; i++) { /* until there is a list of free pages to give back to */
        put("a", "1");
        ck_assert_int_eq(commit(lmdb), ST_OK);
    }
    take_and_give_back_pages(lmdb);
    store_lmdb_usage(lmdb, &used, &most);
    store_lmdb_close(lmdb);
    ck_assert_msg((uint64_t)data_size() < used, "LMDB wrote the pages: the test shows nothing");
    lmdb = open_store(STORE_WRITE);
    ck_assert_holds(lmdb, "", "a=1;");
    put("b", "2");
    ck_assert_int_eq(commit(lmdb), ST_OK);
    ck_assert_holds(lmdb, "", "a=1;b=2;");
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_file_that_lacks_free_pages_and_others_is_cut_short)
{
    struct store_lmdb *lmdb = store_with_a();
    char value[3000] = {1};
    char key[8];

    for (int i = 0; i < 4; i++) { /* the list of free pages comes to lie before the rows */
        put("a", "1");
        ck_assert_int_eq(commit(lmdb), ST_OK);
    }
    for (int i = 0; i < 60; i++) {
        (void)snprintf(key, sizeof key, "%03d", i);
        store_batch_put(&batch, STORE_PAGE, key, 3, value, sizeof value);
    }
    ck_assert_int_eq(commit(lmdb), ST_OK);
    take_and_give_back_pages(lmdb);
    store_lmdb_close(lmdb);
    ck_assert_int_eq(truncate(data_path(), data_size() - 4096 * 20), 0);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "is cut short: it has ");
}
END_TEST

static void overwrite(const char *path, const char *bytes, size_t size, long at)
{
    FILE *file = fopen(path, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, at, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* ---- the two pages that name all others ---- */

enum { HEAD_TXN_OFFSET = 144, HEAD_TXN_BITS = 64 };

static void flip(size_t byte, unsigned bit)
{
    FILE *file = fopen(data_path(), "r+b");
    int value;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)byte, SEEK_SET), 0);
    value = fgetc(file);
    ck_assert_int_eq(fseek(file, (long)byte, SEEK_SET), 0);
    ck_assert_int_ne(fputc(value ^ (1 << bit), file), EOF);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(heads_that_do_not_follow_each_other_are_told)
{
    struct store_lmdb *lmdb = open_store(STORE_CREATE);

    /* Making it was transaction 1, so the last ones are 4 and 5. */
    for (int i = 0; i < 4; i++) {
        put("a", "1");
        ck_assert_int_eq(commit(lmdb), ST_OK);
    }
    store_lmdb_close(lmdb);
    for (unsigned bit = 0; bit < 2 * HEAD_TXN_BITS; bit++) {
        size_t byte = bit / HEAD_TXN_BITS * 4096 + HEAD_TXN_OFFSET + bit % HEAD_TXN_BITS / 8;

        if (bit == 1) /* 4 becomes 6, which follows 5: the older page passes for the newer one */
            continue;
        flip(byte, bit % 8);
        ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "do not follow each other");
        ck_assert_open_refused(STORE_READ_ONLY, ST_CORRUPT, "do not follow each other");
        flip(byte, bit % 8);
    }
    store_lmdb_close(open_store(STORE_WRITE));
}
END_TEST

START_TEST(a_copy_that_lmdb_makes_is_whole)
{
    static const unsigned int ways[] = {0, MDB_CP_COMPACT};
    struct store_lmdb *lmdb = store_with_a();
    char copy[128];
    char name[160];

    (void)snprintf(copy, sizeof copy, "%s/copy", directory);
    (void)snprintf(name, sizeof name, "%s/data.mdb", copy);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        ck_assert_int_eq(mkdir(copy, 0700), 0);
        ck_assert_int_eq(mdb_env_copy2(lmdb->env, copy, ways[i]), 0);
        store_lmdb_close(lmdb);
        ck_assert_int_eq(rename(name, data_path()), 0);
        ck_assert_int_eq(rmdir(copy), 0);
        lmdb = open_store(STORE_WRITE);
        ck_assert_holds(lmdb, "", "a=1;");
        put("a", "1");
        ck_assert_int_eq(commit(lmdb), ST_OK);
        store_lmdb_close(lmdb);
        lmdb = open_store(STORE_WRITE);
    }
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(a_file_that_is_not_of_lmdb_is_told)
{
    char zeros[16384] = {0};

    store_lmdb_close(open_store(STORE_CREATE));
    overwrite(data_path(), zeros, sizeof zeros, 0);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "data.mdb: open: ");
}
END_TEST

START_TEST(an_lmdb_file_of_another_program_is_told)
{
    MDB_env *env;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_open(env, directory, 0, 0600), 0);
    mdb_env_close(env);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "is not a store of Serai");
}
END_TEST

/* Write another version into the format's row, or drop a table, by LMDB itself. */
static void change_by_hand(bool drop_table, uint8_t version, bool seal)
{
    uint8_t stored[4 + STORE_HASH_BYTES] = {version};
    uint8_t format_key = 0;
    MDB_val key = {.mv_size = 1, .mv_data = &format_key};
    MDB_val value = {.mv_size = sizeof stored, .mv_data = stored};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;

    if (seal)
        seal_value(stored + 4, STORE_FORMAT_TABLE, &format_key, 1, stored, 4);
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, 2), 0);
    ck_assert_int_eq(mdb_env_open(env, directory, 0, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, drop_table ? "heap" : "format", 0, &table), 0);
    if (drop_table)
        ck_assert_int_eq(mdb_drop(txn, table, 1), 0);
    else if (version == 0)
        ck_assert_int_eq(mdb_del(txn, table, &key, NULL), 0);
    else
        ck_assert_int_eq(mdb_put(txn, table, &key, &value, 0), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

START_TEST(another_version_of_the_format_is_told)
{
    store_lmdb_close(open_store(STORE_CREATE));
    change_by_hand(false, 1, true);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "its format's version is not 12");
    change_by_hand(false, STORE_FORMAT_VERSION, false);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "do not fit their hash");
    change_by_hand(false, 0, false);
    ck_assert_open_refused(STORE_READ_ONLY, ST_CORRUPT, "its format's version is missing");
    change_by_hand(false, STORE_FORMAT_VERSION, true);
    store_lmdb_close(open_store(STORE_WRITE));
}
END_TEST

START_TEST(a_missing_table_is_named)
{
    store_lmdb_close(open_store(STORE_CREATE));
    change_by_hand(true, 0, false);
    ck_assert_open_refused(STORE_WRITE, ST_CORRUPT, "table heap is missing");
    ck_assert_open_refused(STORE_READ_ONLY, ST_CORRUPT, "table heap is missing");
}
END_TEST

START_TEST(usage_grows_with_what_is_stored)
{
    struct store_lmdb *lmdb = store_with_a();
    char value[100000] = {0};
    uint64_t before;
    uint64_t after;
    uint64_t most;

    store_lmdb_usage(lmdb, &before, &most);
    ck_assert_uint_eq(most, MAP_BYTES);
    store_batch_put(&batch, STORE_CODE, "big", 3, value, sizeof value);
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_usage(lmdb, &after, &most);
    ck_assert_uint_ge(after, before + sizeof value);
    store_lmdb_close(lmdb);
}
END_TEST

START_TEST(rows_that_wait_are_taken_off_the_room)
{
    struct store_lmdb *lmdb = store_with_a();
    const size_t bytes = 500 * 1000;
    char value[1000] = {0};
    struct store_room before;
    struct store_room room;
    char key[8];

    store_lmdb_room(lmdb, &before);
    for (size_t i = 0; i < bytes / sizeof value; i++) {
        (void)snprintf(key, sizeof key, "%03zu", i);
        store_batch_put(&batch, STORE_HEAP, key, 3, value, sizeof value);
    }
    ck_assert_int_eq(commit(lmdb), ST_OK);
    store_lmdb_room(lmdb, &room);
    /* They are in the log, and will be in their table. */
    ck_assert_uint_ge(before.free_bytes, room.free_bytes + 2 * bytes);
    ck_assert_uint_eq(before.total_bytes, room.total_bytes);
    store_lmdb_close(lmdb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *rows = tcase_create("rows");
    TCase *failures = tcase_create("failures");
    TCase *opening = tcase_create("opening");
    TCase *damage = tcase_create("damage");

    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_test(rows, what_was_committed_is_there_after_reopening);
    tcase_add_test(rows, tables_are_apart);
    tcase_add_test(rows, large_values_come_back_whole);
    tcase_add_test(rows, a_poll_can_end_a_cursor_between_two_rows);
    tcase_add_test(rows, a_read_shows_what_was_committed_when_it_began);
    tcase_add_test(rows, a_row_is_got_by_its_whole_key);
    tcase_add_test(rows, usage_grows_with_what_is_stored);
    tcase_add_test(rows, rows_of_the_journal_leave_at_once_but_under_the_log);
    tcase_add_test(rows, rows_that_wait_are_taken_off_the_room);
    suite_add_tcase(suite, rows);

    tcase_add_checked_fixture(failures, setup, teardown);
    tcase_add_test(failures, an_append_out_of_order_fails_for_good);
    tcase_add_loop_test(failures, an_append_replaces_no_row_before_one_that_its_batch_deletes, 0,
                        2);
    tcase_add_loop_test(failures, an_append_replaces_no_row_before_one_whose_deletion_waits, 0, 2);
    tcase_add_test(failures, an_append_replaces_no_row_of_its_own_batch);
    tcase_add_loop_test(failures, an_append_takes_the_place_of_a_row_that_its_batch_deletes, 0, 2);
    tcase_add_test(failures, a_batch_without_memory_fails_for_good);
    tcase_add_test(failures, a_full_map_fails_for_good_and_loses_nothing);
    tcase_add_test(failures, a_full_disk_fails_for_good_and_loses_nothing);
    tcase_add_test(failures, a_store_for_reading_does_not_commit);
    suite_add_tcase(suite, failures);

    tcase_add_checked_fixture(opening, setup, teardown);
    tcase_add_test(opening, opening_what_is_not_there_is_told);
    tcase_add_test(opening, a_directory_in_nowhere_is_told);
    tcase_add_test(opening, a_map_out_of_range_is_told);
    tcase_add_test(opening, making_a_store_twice_is_refused);
    tcase_add_test(opening, a_second_writer_is_refused_by_the_number_of_the_first);
    tcase_add_test(opening, a_lock_that_is_another_file_is_not_written_to);
    tcase_add_test(opening, a_reader_in_another_process_works_beside_the_writer);
    suite_add_tcase(suite, opening);

    tcase_add_checked_fixture(damage, setup, teardown);
    tcase_set_timeout(damage, 60);
    tcase_add_test(damage, every_damaged_bit_in_every_table_is_found_and_named);
    tcase_add_test(damage, a_value_fits_only_its_own_table_and_key);
    tcase_add_test(damage, a_row_shorter_than_its_hash_is_found);
    tcase_add_test(damage, a_file_that_is_cut_short_is_told_at_any_length);
    tcase_add_test(damage, a_file_that_lacks_only_free_pages_is_whole);
    tcase_add_test(damage, a_file_that_lacks_free_pages_and_others_is_cut_short);
    tcase_add_test(damage, heads_that_do_not_follow_each_other_are_told);
    tcase_add_test(damage, a_copy_that_lmdb_makes_is_whole);
    tcase_add_test(damage, a_file_that_is_not_of_lmdb_is_told);
    tcase_add_test(damage, an_lmdb_file_of_another_program_is_told);
    tcase_add_test(damage, another_version_of_the_format_is_told);
    tcase_add_test(damage, a_missing_table_is_named);
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
