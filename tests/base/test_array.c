#include "base/array.h"

#include <stdlib.h>

#include "tests/check_main.h"

START_TEST(an_array_keeps_its_items_and_grows_by_doubling)
{
    size_t capacity = 0;
    uint32_t *items = NULL;
    unsigned moves = 0;

    for (uint32_t count = 0; count < 1000; count++) {
        size_t before = capacity;
        uint32_t *grown = array_grow(items, &capacity, count + 1, sizeof *items);

        ck_assert_ptr_nonnull(grown);
        ck_assert_uint_gt(capacity, count);
        if (capacity != before)
            moves++;
        items = grown;
        items[count] = count * 3;
    }
    for (uint32_t count = 0; count < 1000; count++)
        ck_assert_uint_eq(items[count], count * 3);
    ck_assert_uint_lt(moves, 10);
    free(items);
}
END_TEST

START_TEST(room_for_many_is_made_at_once_and_room_that_is_there_is_kept)
{
    size_t capacity = 0;
    uint8_t *items = array_grow(NULL, &capacity, 100, 1);
    uint8_t *same;

    ck_assert_ptr_nonnull(items);
    ck_assert_uint_ge(capacity, 100);
    same = array_grow(items, &capacity, capacity, 1);
    ck_assert_ptr_eq(same, items);
    free(same);
}
END_TEST

START_TEST(what_no_memory_can_hold_changes_nothing)
{
    size_t capacity = 0;
    uint64_t *items = array_grow(NULL, &capacity, 1, sizeof *items);
    size_t before = capacity;

    ck_assert_ptr_nonnull(items);
    items[0] = 7;
    ck_assert_ptr_null(array_grow(items, &capacity, SIZE_MAX, sizeof *items));
    ck_assert_uint_eq(capacity, before);
    ck_assert_uint_eq(items[0], 7);
    free(items);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("array");
    TCase *tcase = tcase_create("array");

    tcase_add_test(tcase, an_array_keeps_its_items_and_grows_by_doubling);
    tcase_add_test(tcase, room_for_many_is_made_at_once_and_room_that_is_there_is_kept);
    tcase_add_test(tcase, what_no_memory_can_hold_changes_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
