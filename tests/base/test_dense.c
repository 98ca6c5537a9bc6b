/* The map of counted numbers, by hand and against a plain array. */
#include "base/dense.h"

#include "tests/check_main.h"
#include "tests/dense_keys.h"

#include <signal.h>
#include <stdlib.h>

enum { IDS = 3000 };

static char values[IDS];

START_TEST(an_empty_map_has_nothing)
{
    struct dense dense = {0};
    uint64_t *keys;
    size_t count;

    ck_assert_ptr_null(dense_get(&dense, 0));
    ck_assert_ptr_null(dense_remove(&dense, 77));
    dense_keys_sorted(&dense, &keys, &count);
    ck_assert_ptr_null(keys);
    ck_assert_uint_eq(count, 0);
    dense_fini(&dense);
}
END_TEST

START_TEST(a_group_without_entries_is_gone_and_its_note_with_it)
{
    struct dense dense = {0};

    (void)!dense_put(&dense, 130, &values[1]);
    (void)!dense_put(&dense, 131, &values[2]);
    *dense_note(&dense, 130) = 9;
    ck_assert_uint_eq(*dense_note(&dense, 191), 9);
    ck_assert_ptr_eq(dense_remove(&dense, 130), &values[1]);
    ck_assert_uint_eq(*dense_note(&dense, 128), 9);
    ck_assert_ptr_eq(dense_remove(&dense, 131), &values[2]);
    ck_assert_uint_eq(table_count(&dense.groups), 0);
    (void)!dense_put(&dense, 130, &values[1]);
    ck_assert_uint_eq(*dense_note(&dense, 130), 0);
    dense_fini(&dense);
}
END_TEST

START_TEST(a_note_of_no_group_is_a_bug)
{
    struct dense dense = {0};

    (void)dense_note(&dense, 5);
}
END_TEST

struct seeing {
    uint64_t next;
    uint64_t until;
};

static bool see(void *context, uint64_t id, void *value)
{
    struct seeing *seeing = context;

    ck_assert_uint_eq(id, seeing->next);
    ck_assert_ptr_eq(value, &values[id % IDS]);
    seeing->next += 3;
    return seeing->next < seeing->until;
}

START_TEST(all_are_visited_in_order_from_any_number_until_it_is_enough)
{
    struct dense dense = {0};
    uint64_t far = UINT64_C(1) << 40;
    struct seeing seeing;

    for (uint64_t id = far + 2997; id > far; id -= 3)
        (void)!dense_put(&dense, id, &values[id % IDS]);
    for (uint64_t first = far; first < far + 600; first += 7) {
        uint64_t start = far + 3 * ((first - far + 2) / 3);

        if (start == far)
            start += 3;
        seeing = (struct seeing){.next = start, .until = far + 1000};
        dense_each(&dense, first, see, &seeing);
        ck_assert_uint_ge(seeing.next, far + 1000);
        ck_assert_uint_lt(seeing.next, far + 1003);
    }
    dense_fini(&dense);
}
END_TEST

START_TEST(random_changes_leave_what_a_plain_array_holds)
{
    static void *model[IDS];
    struct rng rng = rng_for_test();
    struct dense dense = {0};
    size_t count = 0;
    uint64_t *keys;
    size_t found;

    for (int round = 0; round < 60000; round++) {
        uint64_t id = rng_below(&rng, round / 10000 % 2 == 0 ? IDS : 20);

        ck_assert_ptr_eq(dense_get(&dense, id), model[id]);
        if (rng_coin(&rng)) {
            void *value = &values[rng_below(&rng, IDS)];

            ck_assert_ptr_eq(dense_put(&dense, id, value), model[id]);
            count += model[id] == NULL;
            model[id] = value;
        } else {
            ck_assert_ptr_eq(dense_remove(&dense, id), model[id]);
            count -= model[id] != NULL;
            model[id] = NULL;
        }
        ck_assert_uint_eq(dense_count(&dense), count);
    }
    dense_keys_sorted(&dense, &keys, &found);
    ck_assert_uint_eq(found, count);
    for (size_t i = 0; i < found; i++) {
        ck_assert_ptr_nonnull(model[keys[i]]);
        ck_assert(i == 0 || keys[i - 1] < keys[i]);
    }
    free(keys);
    dense_fini(&dense);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dense");
    TCase *tcase = tcase_create("dense");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, an_empty_map_has_nothing);
    tcase_add_test(tcase, a_group_without_entries_is_gone_and_its_note_with_it);
    tcase_add_test_raise_signal(aborts, a_note_of_no_group_is_a_bug, SIGABRT);
    tcase_add_test(tcase, all_are_visited_in_order_from_any_number_until_it_is_enough);
    tcase_add_test(tcase, random_changes_leave_what_a_plain_array_holds);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
