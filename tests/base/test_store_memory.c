/* The store in memory: whole commits, ordered walks, copies, failures and damage on demand. */
#include "base/store.h"

#include "tests/check_main.h"
#include "tests/reading.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Rows written down as "key=value;". */
struct written {
    char text[4096];
    size_t used;
    size_t stop_after; /* rows; 0: never */
};

static enum status write_row(struct written *written, const struct store_row *row,
                             struct fault *fault)
{
    written->used += (size_t)snprintf(
        written->text + written->used, sizeof written->text - written->used, "%.*s=%.*s;",
        (int)row->key_size, (const char *)row->key, (int)row->value_size,
        row->value_size == 0 ? "" : (const char *)row->value);
    if (written->stop_after != 0 && --written->stop_after == 0)
        return fault_set(fault, ST_FULL, "enough");
    return ST_OK;
}

static enum status write_rows(const struct store_read *read, enum store_table table,
                              const char *prefix, struct written *written, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row row;

    store_cursor_open(&cursor, read, table, prefix, strlen(prefix), fault);
    while (status == ST_OK && store_cursor_next(&cursor, &row))
        status = write_row(written, &row, fault);
    return store_cursor_close(&cursor, status);
}

static void ck_assert_holds(struct store *store, enum store_table table, const char *prefix,
                            const char *want)
{
    struct written written = {.text = ""};
    struct fault fault;

    ck_assert_int_eq(WITH_READ(store, write_rows(&read, table, prefix, &written, &fault)), ST_OK);
    ck_assert_str_eq(written.text, want);
}

static void put(struct store_batch *batch, const char *key, const char *value)
{
    store_batch_put(batch, STORE_ACCOUNT, key, strlen(key), value, strlen(value));
}

static enum status commit(struct store *store, struct store_batch *batch, struct fault *fault)
{
    enum status status = store_commit(store, batch, fault);

    store_batch_clear(batch);
    return status;
}

/* A store whose account table holds a=1, b=2, c=3. */
static struct store_memory *make_abc(void)
{
    struct store_memory *memory;
    struct store_batch batch;
    struct store store;

    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    store_batch_init(&batch);
    put(&batch, "b", "2");
    put(&batch, "a", "1");
    put(&batch, "c", "3");
    ck_assert_int_eq(commit(&store, &batch, NULL), ST_OK);
    store_batch_fini(&batch);
    return memory;
}

START_TEST(a_new_store_is_empty_in_every_table)
{
    struct store_memory *memory;
    struct store store;

    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    for (enum store_table table = STORE_META; table < STORE_TABLES; table++)
        ck_assert_holds(&store, table, "", "");
    store_memory_free(memory);
    store_memory_free(NULL);
}
END_TEST

START_TEST(rows_come_in_key_order_and_stay_in_their_table)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);

    ck_assert_holds(&store, STORE_ACCOUNT, "", "a=1;b=2;c=3;");
    ck_assert_holds(&store, STORE_CUSTOMER, "", "");
    store_memory_free(memory);
}
END_TEST

START_TEST(a_batch_applies_in_its_order)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct store_batch batch;

    store_batch_init(&batch);
    put(&batch, "a", "one, and longer");
    store_batch_delete(&batch, STORE_ACCOUNT, "b", 1);
    store_batch_delete(&batch, STORE_ACCOUNT, "never", 5);
    put(&batch, "d", "x");
    store_batch_delete(&batch, STORE_ACCOUNT, "d", 1);
    store_batch_delete(&batch, STORE_ACCOUNT, "c", 1);
    put(&batch, "c", "");
    store_batch_append(&batch, STORE_ACCOUNT, "e", 1, "5", 1);
    store_batch_append(&batch, STORE_ACCOUNT, "ee", 2, "6", 1);
    ck_assert_int_eq(commit(&store, &batch, NULL), ST_OK);
    ck_assert_holds(&store, STORE_ACCOUNT, "", "a=one, and longer;c=;e=5;ee=6;");
    store_batch_fini(&batch);
    store_memory_free(memory);
}
END_TEST

START_TEST(an_append_that_is_not_the_last_key_is_a_bug)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_append(&batch, STORE_ACCOUNT, "c", 1, "5", 1);
    (void)store_commit(&store, &batch, NULL);
}
END_TEST

START_TEST(a_prefix_picks_its_rows_only)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct store_batch batch;

    store_batch_init(&batch);
    put(&batch, "ba", "4");
    put(&batch, "bb", "5");
    ck_assert_int_eq(commit(&store, &batch, NULL), ST_OK);
    ck_assert_holds(&store, STORE_ACCOUNT, "b", "b=2;ba=4;bb=5;");
    ck_assert_holds(&store, STORE_ACCOUNT, "bb", "bb=5;");
    ck_assert_holds(&store, STORE_ACCOUNT, "bbb", "");
    ck_assert_holds(&store, STORE_ACCOUNT, "z", "");
    store_batch_fini(&batch);
    store_memory_free(memory);
}
END_TEST

START_TEST(a_caller_can_stop_at_a_row)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct written written = {.stop_after = 2};
    struct fault fault;

    ck_assert_int_eq(WITH_READ(&store, write_rows(&read, STORE_ACCOUNT, "", &written, &fault)),
                     ST_FULL);
    ck_assert_str_eq(fault.text, "enough");
    ck_assert_str_eq(written.text, "a=1;b=2;");
    store_memory_free(memory);
}
END_TEST

START_TEST(a_failing_commit_changes_nothing_and_so_do_all_after_it)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct store_batch batch;
    struct fault fault;

    store_batch_init(&batch);
    store_memory_fail_after(memory, 1);
    put(&batch, "d", "4");
    ck_assert_int_eq(commit(&store, &batch, &fault), ST_OK);
    for (int i = 0; i < 3; i++) {
        put(&batch, "a", "lost");
        ck_assert_int_eq(commit(&store, &batch, &fault), ST_IO);
        ck_assert_int_eq(fault.status, ST_IO);
    }
    ck_assert_holds(&store, STORE_ACCOUNT, "", "a=1;b=2;c=3;d=4;");
    store_batch_fini(&batch);
    store_memory_free(memory);
}
END_TEST

START_TEST(a_copy_is_equal_and_independent)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct store_memory *copy;
    struct store_batch batch;
    struct store other;

    store_memory_fail_after(memory, 0);
    ck_assert_int_eq(store_memory_copy(&copy, memory), ST_OK);
    other = store_from_memory(copy);
    ck_assert_holds(&other, STORE_ACCOUNT, "", "a=1;b=2;c=3;");
    store_batch_init(&batch);
    put(&batch, "bb", "4");
    ck_assert_int_eq(commit(&other, &batch, NULL), ST_OK); /* what a crash leaves can be opened */
    ck_assert_holds(&other, STORE_ACCOUNT, "", "a=1;b=2;bb=4;c=3;");
    ck_assert_holds(&store, STORE_ACCOUNT, "", "a=1;b=2;c=3;");
    store_memory_free(memory);
    ck_assert_holds(&other, STORE_ACCOUNT, "", "a=1;b=2;bb=4;c=3;");
    store_batch_fini(&batch);
    store_memory_free(copy);
}
END_TEST

START_TEST(a_damaged_value_is_reported_by_table_and_key)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);
    struct written written = {.text = ""};
    struct store_memory *copy;
    struct fault fault;

    for (size_t bit = 0; bit < 8; bit++) {
        ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "b", 1, bit), ST_OK);
        written.used = 0;
        ck_assert_int_eq(WITH_READ(&store, write_rows(&read, STORE_ACCOUNT, "", &written, &fault)),
                         ST_CORRUPT);
        ck_assert_int_eq(fault.status, ST_CORRUPT);
        ck_assert_ptr_nonnull(strstr(fault.text, "table account, key 62"));
        ck_assert_str_eq(written.text, "a=1;");
        ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "b", 1, bit), ST_OK);
        ck_assert_holds(&store, STORE_ACCOUNT, "", "a=1;b=2;c=3;");
    }
    ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "b", 1, 0), ST_OK);
    ck_assert_int_eq(store_memory_copy(&copy, memory), ST_OK);
    store_memory_free(memory);
    store = store_from_memory(copy);
    written.used = 0;
    ck_assert_int_eq(WITH_READ(&store, write_rows(&read, STORE_ACCOUNT, "", &written, &fault)),
                     ST_CORRUPT);
    store_memory_free(copy);
}
END_TEST

START_TEST(damage_can_drop_a_row_and_needs_one)
{
    struct store_memory *memory = make_abc();
    struct store store = store_from_memory(memory);

    ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "b", 1, STORE_MEMORY_DROP), ST_OK);
    ck_assert_holds(&store, STORE_ACCOUNT, "", "a=1;c=3;");
    ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "b", 1, 0), ST_MISSING);
    ck_assert_int_eq(store_memory_damage(memory, STORE_HEAP, "a", 1, 0), ST_MISSING);
    ck_assert_int_eq(store_memory_damage(memory, STORE_ACCOUNT, "a", 1, 8), ST_MISSING);
    store_memory_free(memory);
}
END_TEST

/* ---- against a plain array that is indexed by the key ---- */

enum { KEYS = 5000 };

struct model {
    uint64_t values[KEYS]; /* 0: no row */
    uint64_t next;         /* the key from which on no row was seen */
};

static void compare_row(struct model *model, const struct store_row *row)
{
    uint64_t number = be64_get(row->key);

    ck_assert(row->key_size == 8 && row->value_size == 8);
    for (; model->next < number; model->next++)
        ck_assert_uint_eq(model->values[model->next], 0);
    ck_assert_uint_eq(le64_get(row->value), model->values[number]);
    model->next++;
}

/* How many keys alone are not got as the model has them; a check each would take too long. */
static size_t count_differences(const struct model *model, const struct store_read *read)
{
    size_t differences = 0;

    for (uint64_t number = 0; number < KEYS; number++) {
        bool there = model->values[number] != 0;
        struct store_row row;
        uint8_t key[8];
        enum status status;

        be64_put(key, number);
        status = store_get(read, STORE_PAGE, key, sizeof key, &row, NULL);
        if (status != (there ? ST_OK : ST_MISSING) ||
            (there && le64_get(row.value) != model->values[number]))
            differences++;
    }
    return differences;
}

/* Every row by a cursor, then every key alone. */
static enum status compare_rows(struct model *model, const struct store_read *read)
{
    struct store_cursor cursor;
    struct store_row row;

    model->next = 0;
    store_cursor_open(&cursor, read, STORE_PAGE, NULL, 0, NULL);
    while (store_cursor_next(&cursor, &row))
        compare_row(model, &row);
    for (; model->next < KEYS; model->next++)
        ck_assert_uint_eq(model->values[model->next], 0);
    ck_assert_uint_eq(count_differences(model, read), 0);
    return store_cursor_close(&cursor, ST_OK);
}

START_TEST(random_batches_leave_what_a_plain_array_holds)
{
    static struct model model;
    struct rng rng = rng_for_test();
    struct store_memory *memory;
    struct store_batch batch;
    struct store store;

    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    store_batch_init(&batch);
    for (int round = 0; round < 60; round++) {
        for (uint64_t i = rng_below(&rng, 200); i > 0; i--) {
            uint64_t number = rng_below(&rng, KEYS);
            uint64_t value = rng_below(&rng, 3) == 0 ? 0 : 1 + rng_below(&rng, 1000);
            uint8_t key[8];
            uint8_t bytes[8];

            be64_put(key, number);
            le64_put(bytes, value);
            if (value == 0)
                store_batch_delete(&batch, STORE_PAGE, key, sizeof key);
            else
                store_batch_put(&batch, STORE_PAGE, key, sizeof key, bytes, sizeof bytes);
            model.values[number] = value;
        }
        ck_assert_int_eq(commit(&store, &batch, NULL), ST_OK);
        ck_assert_int_eq(WITH_READ(&store, compare_rows(&model, &read)), ST_OK);
    }
    store_batch_fini(&batch);
    store_memory_free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_memory");
    TCase *tcase = tcase_create("store_memory");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, a_new_store_is_empty_in_every_table);
    tcase_add_test(tcase, rows_come_in_key_order_and_stay_in_their_table);
    tcase_add_test(tcase, a_batch_applies_in_its_order);
    tcase_add_test_raise_signal(aborts, an_append_that_is_not_the_last_key_is_a_bug, SIGABRT);
    tcase_add_test(tcase, a_prefix_picks_its_rows_only);
    tcase_add_test(tcase, a_caller_can_stop_at_a_row);
    tcase_add_test(tcase, a_failing_commit_changes_nothing_and_so_do_all_after_it);
    tcase_add_test(tcase, a_copy_is_equal_and_independent);
    tcase_add_test(tcase, a_damaged_value_is_reported_by_table_and_key);
    tcase_add_test(tcase, damage_can_drop_a_row_and_needs_one);
    tcase_add_test(tcase, random_batches_leave_what_a_plain_array_holds);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
