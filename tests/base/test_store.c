/* Batches: what goes in comes out, in order; and the names of the tables. */
#include "base/store.h"

#include "tests/check_main.h"

#include <signal.h>
#include <string.h>

START_TEST(every_table_has_a_name_of_its_own)
{
    for (enum store_table a = STORE_META; a < STORE_TABLES; a++) {
        ck_assert_str_ne(store_table_name(a), "?");
        for (enum store_table b = STORE_META; b < a; b++)
            ck_assert_str_ne(store_table_name(a), store_table_name(b));
    }
    ck_assert_str_eq(store_table_name(STORE_JOURNAL), "journal");
    ck_assert_str_eq(store_table_name(STORE_TABLES), "?");
}
END_TEST

START_TEST(a_batch_gives_its_operations_back_in_order)
{
    struct store_batch batch;
    struct store_op op;
    size_t offset = 0;
    char key[] = "key";

    store_batch_init(&batch);
    store_batch_put(&batch, STORE_ACCOUNT, key, 3, "value", 5);
    memset(key, 'x', 3); /* the batch has its own copy */
    store_batch_append(&batch, STORE_JOURNAL, "k", 1, NULL, 0);
    store_batch_delete(&batch, STORE_LINK, "gone", 4);
    ck_assert_uint_eq(batch.count, 3);
    ck_assert(!store_batch_failed(&batch));

    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert(op.kind == STORE_OP_PUT && op.table == STORE_ACCOUNT);
    ck_assert(op.key_size == 3 && memcmp(op.key, "key", 3) == 0);
    ck_assert(op.value_size == 5 && memcmp(op.value, "value", 5) == 0);
    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert(op.kind == STORE_OP_APPEND && op.table == STORE_JOURNAL);
    ck_assert(op.key_size == 1 && op.key[0] == 'k' && op.value_size == 0);
    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert(op.kind == STORE_OP_DELETE && op.table == STORE_LINK);
    ck_assert(op.key_size == 4 && memcmp(op.key, "gone", 4) == 0 && op.value_size == 0);
    ck_assert(!store_batch_next(&batch, &offset, &op));
    store_batch_fini(&batch);
    ck_assert_uint_eq(batch.count, 0);
}
END_TEST

START_TEST(a_cleared_batch_is_empty_and_usable)
{
    struct store_batch batch;
    struct store_op op;
    size_t offset = 0;

    store_batch_init(&batch);
    ck_assert(!store_batch_next(&batch, &offset, &op));
    store_batch_delete(&batch, STORE_META, "a", 1);
    store_batch_clear(&batch);
    ck_assert_uint_eq(batch.count, 0);
    ck_assert(!store_batch_next(&batch, &offset, &op));
    store_batch_put(&batch, STORE_META, "b", 1, "c", 1);
    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert_uint_eq(op.key[0], 'b');
    store_batch_fini(&batch);
}
END_TEST

START_TEST(a_reserved_batch_does_not_move_when_it_is_filled)
{
    static const uint8_t value[100];
    struct store_batch batch;
    const uint8_t *data;

    store_batch_init(&batch);
    store_batch_reserve(&batch, 50, 50 * (sizeof value + 3));
    ck_assert_uint_eq(batch.count, 0);
    data = batch.ops.data;
    for (int i = 0; i < 50; i++)
        store_batch_put(&batch, STORE_META, "key", 3, value, sizeof value);
    ck_assert_ptr_eq(batch.ops.data, data);
    ck_assert(!store_batch_failed(&batch));
    store_batch_fini(&batch);
}
END_TEST

START_TEST(the_largest_key_and_value_fit)
{
    static uint8_t value[STORE_VALUE_BYTES_MAX];
    uint8_t key[STORE_KEY_BYTES_MAX];
    struct store_batch batch;
    struct store_op op;
    size_t offset = 0;

    memset(value, 1, sizeof value);
    memset(key, 2, sizeof key);
    store_batch_init(&batch);
    store_batch_put(&batch, STORE_CODE, key, sizeof key, value, sizeof value);
    ck_assert(store_batch_next(&batch, &offset, &op));
    ck_assert(op.key_size == sizeof key && memcmp(op.key, key, sizeof key) == 0);
    ck_assert(op.value_size == sizeof value && memcmp(op.value, value, sizeof value) == 0);
    store_batch_fini(&batch);
}
END_TEST

START_TEST(a_batch_remembers_that_memory_was_short)
{
    struct store_batch batch;

    store_batch_init(&batch);
    ck_assert_ptr_null(bytes_extend(&batch.ops, SIZE_MAX)); /* as when memory ran out */
    ck_assert(store_batch_failed(&batch));
    store_batch_put(&batch, STORE_META, "b", 1, "c", 1);
    ck_assert_uint_eq(batch.count, 0);
    store_batch_clear(&batch);
    ck_assert(!store_batch_failed(&batch));
    store_batch_fini(&batch);
}
END_TEST

START_TEST(a_key_that_is_too_long_is_a_bug)
{
    uint8_t key[STORE_KEY_BYTES_MAX + 1] = {0};
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_delete(&batch, STORE_META, key, sizeof key);
}
END_TEST

START_TEST(an_empty_key_is_a_bug)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_delete(&batch, STORE_META, "", 0);
}
END_TEST

START_TEST(a_table_that_is_none_is_a_bug)
{
    struct store_batch batch;

    store_batch_init(&batch);
    store_batch_delete(&batch, STORE_TABLES, "a", 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("batch");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, every_table_has_a_name_of_its_own);
    tcase_add_test(tcase, a_batch_gives_its_operations_back_in_order);
    tcase_add_test(tcase, a_cleared_batch_is_empty_and_usable);
    tcase_add_test(tcase, a_reserved_batch_does_not_move_when_it_is_filled);
    tcase_add_test(tcase, the_largest_key_and_value_fit);
    tcase_add_test(tcase, a_batch_remembers_that_memory_was_short);
    tcase_add_test_raise_signal(aborts, a_key_that_is_too_long_is_a_bug, SIGABRT);
    tcase_add_test_raise_signal(aborts, an_empty_key_is_a_bug, SIGABRT);
    tcase_add_test_raise_signal(aborts, a_table_that_is_none_is_a_bug, SIGABRT);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
