/* The hash map, by hand and against a plain array. */
#include "base/table.h"

#include "tests/check_main.h"

#include <signal.h>
#include <stdlib.h>

enum { KEYS = 3000 };

static char values[KEYS];

START_TEST(an_empty_table_has_nothing)
{
    struct table table;
    uint64_t *keys;
    size_t count;

    table_init(&table);
    ck_assert_ptr_null(table_get(&table, 0));
    ck_assert_ptr_null(table_remove(&table, 0));
    ck_assert_uint_eq(table_count(&table), 0);
    table_keys_sorted(&table, &keys, &count);
    ck_assert_ptr_null(keys);
    ck_assert_uint_eq(count, 0);
    table_fini(&table);
}
END_TEST

START_TEST(put_returns_what_it_replaced_and_remove_what_was_there)
{
    struct table table;

    table_init(&table);
    ck_assert_ptr_null(table_put(&table, 0, &values[1]));
    ck_assert_ptr_null(table_put(&table, UINT64_MAX, &values[2]));
    ck_assert_ptr_eq(table_get(&table, 0), &values[1]);
    ck_assert_ptr_eq(table_get(&table, UINT64_MAX), &values[2]);
    ck_assert_ptr_eq(table_put(&table, 0, &values[3]), &values[1]);
    ck_assert_uint_eq(table_count(&table), 2);
    ck_assert_ptr_eq(table_remove(&table, 0), &values[3]);
    ck_assert_ptr_null(table_remove(&table, 0));
    ck_assert_uint_eq(table_count(&table), 1);
    table_fini(&table);
    ck_assert_uint_eq(table_count(&table), 0);
    ck_assert_ptr_null(table_get(&table, UINT64_MAX));
}
END_TEST

START_TEST(putting_null_is_a_bug)
{
    struct table table;

    table_init(&table);
    table_put(&table, 1, NULL);
}
END_TEST

static void add_key(void *context, uint64_t key, void *value)
{
    ck_assert_ptr_eq(value, &values[key]);
    *(uint64_t *)context += key;
}

START_TEST(each_and_sorted_keys_meet_every_entry_once)
{
    struct table table;
    uint64_t *keys;
    uint64_t sum = 0;
    size_t count;

    table_init(&table);
    for (uint64_t key = KEYS; key-- > 0;)
        table_put(&table, key, &values[key]);
    table_each(&table, add_key, &sum);
    ck_assert_uint_eq(sum, (uint64_t)KEYS * (KEYS - 1) / 2);
    table_keys_sorted(&table, &keys, &count);
    ck_assert_uint_eq(count, KEYS);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(keys[i], i);
    free(keys);
    table_fini(&table);
}
END_TEST

/* Keys that lie far apart, as well as ones that count up. */
static uint64_t key_of(size_t index, bool spread)
{
    return spread ? (uint64_t)index << 40 | index % 7 : index;
}

START_TEST(random_changes_leave_what_a_plain_array_holds)
{
    void *model[KEYS] = {NULL};
    struct rng rng = rng_for_test();
    bool spread = _i == 1;
    size_t count = 0;
    struct table table;

    table_init(&table);
    for (int round = 0; round < 60000; round++) {
        /* Now among few keys, now among all, so that it fills up and empties again. */
        size_t index = (size_t)rng_below(&rng, round / 10000 % 2 == 0 ? KEYS : 20);
        uint64_t key = key_of(index, spread);

        ck_assert_ptr_eq(table_get(&table, key), model[index]);
        if (rng_coin(&rng)) {
            void *value = &values[rng_below(&rng, KEYS)];

            ck_assert_ptr_eq(table_put(&table, key, value), model[index]);
            count += model[index] == NULL;
            model[index] = value;
        } else {
            ck_assert_ptr_eq(table_remove(&table, key), model[index]);
            count -= model[index] != NULL;
            model[index] = NULL;
        }
        ck_assert_uint_eq(table_count(&table), count);
    }
    for (size_t i = 0; i < KEYS; i++)
        ck_assert_ptr_eq(table_get(&table, key_of(i, spread)), model[i]);
    table_fini(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, an_empty_table_has_nothing);
    tcase_add_test(tcase, put_returns_what_it_replaced_and_remove_what_was_there);
    tcase_add_test_raise_signal(aborts, putting_null_is_a_bug, SIGABRT);
    tcase_add_test(tcase, each_and_sorted_keys_meet_every_entry_once);
    tcase_add_loop_test(tcase, random_changes_leave_what_a_plain_array_holds, 0, 2);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
