/* A thread reads while another commits: each read shows one commit, whole. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "store/private.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

enum { MAP_BYTES = 64 * 1024 * 1024, ROWS = 40, COMMITS = 400, READERS = 2 };

static struct store store;
static atomic_bool done;

/* Each row is of the commit that a read sees, and in some commits it is gone. */
static void put_rows(struct store_batch *batch, uint64_t commit)
{
    uint8_t value[100] = {0};
    uint8_t key[8];

    le64_put(value, commit);
    for (uint64_t row = 0; row < ROWS; row++) {
        be64_put(key, row);
        if (row % 4 == 3 && commit % 2 == 0)
            store_batch_delete(batch, STORE_ACCOUNT, key, sizeof key);
        else
            store_batch_put(batch, row % 2 == 0 ? STORE_META : STORE_ACCOUNT, key, sizeof key,
                            value, 60 + commit % 3);
    }
    be64_put(key, commit);
    store_batch_append(batch, STORE_JOURNAL, key, sizeof key, value, sizeof value);
}

/* The commit of all rows of a table; their count is what it says. */
static uint64_t check_table(const struct store_read *read, enum store_table table, uint64_t commit)
{
    struct store_cursor cursor;
    struct store_row row;
    struct fault fault = {0};
    uint64_t count = 0;

    store_cursor_open(&cursor, read, table, NULL, 0, &fault);
    while (store_cursor_next(&cursor, &row)) {
        INVARIANT(le64_get(row.value) == commit);
        count++;
    }
    INVARIANT(store_cursor_close(&cursor, ST_OK) == ST_OK);
    return count;
}

static uint64_t check_read(const struct store_read *read)
{
    struct store_row row;
    struct fault fault = {0};
    uint8_t key[8] = {0};
    uint64_t commit;

    if (store_get(read, STORE_META, key, sizeof key, &row, &fault) != ST_OK)
        return 0; /* before the first commit */
    commit = le64_get(row.value);
    INVARIANT(check_table(read, STORE_META, commit) == ROWS / 2);
    INVARIANT(check_table(read, STORE_ACCOUNT, commit) ==
              ROWS / 2 - (commit % 2 == 0 ? ROWS / 4 : 0));
    be64_put(key, commit);
    INVARIANT(store_get(read, STORE_JOURNAL, key, sizeof key, &row, &fault) == ST_OK);
    be64_put(key, commit + 1);
    INVARIANT(store_get(read, STORE_JOURNAL, key, sizeof key, &row, &fault) == ST_MISSING);
    return commit;
}

static void *read_on(void *context)
{
    uint64_t last = 0;

    (void)context;
    while (!atomic_load(&done)) {
        struct store_read read;
        struct fault fault = {0};
        uint64_t commit;

        INVARIANT(store_read_begin(&read, &store, &fault) == ST_OK);
        commit = check_read(&read);
        INVARIANT(commit >= last);
        last = commit;
        INVARIANT(check_read(&read) == commit);
        store_read_end(&read);
    }
    return NULL;
}

START_TEST(threads_read_whole_commits_while_one_commits)
{
    char dir[TEMP_DIR_BYTES];
    struct store_lmdb *lmdb = NULL;
    pthread_t readers[READERS];
    struct store_batch batch;
    struct fault fault = {0};

    temp_dir_init(dir);
    ck_assert_int_eq(store_lmdb_open(&lmdb, dir, STORE_CREATE, MAP_BYTES, &fault), ST_OK);
    store_lmdb_bound_log(lmdb, 64 * 1024);
    store = store_from_lmdb(lmdb);
    store_batch_init(&batch);
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_on, NULL), 0);
    for (uint64_t commit = 1; commit <= COMMITS; commit++) {
        store_batch_clear(&batch);
        put_rows(&batch, commit);
        ck_assert_msg(store_commit(&store, &batch, &fault) == ST_OK, "%s", fault.text);
    }
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_join(readers[i], NULL), 0);
    store_batch_fini(&batch);
    store_lmdb_close(lmdb);
    temp_dir_fini(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store views");
    TCase *tcase = tcase_create("views");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, threads_read_whole_commits_while_one_commits);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
