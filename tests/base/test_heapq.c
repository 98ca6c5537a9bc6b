/* The earliest comes out first, and equal times by id. */
#include "base/heapq.h"

#include "tests/check_main.h"

#include <stdlib.h>

START_TEST(an_empty_heap_gives_nothing)
{
    struct heapq_item item = {.due = 7, .id = 8};
    struct heapq heap;

    heapq_init(&heap);
    ck_assert(!heapq_peek(&heap, &item));
    ck_assert(!heapq_pop(&heap, &item));
    ck_assert(item.due == 7 && item.id == 8);
    ck_assert_uint_eq(heap.count, 0);
    heapq_fini(&heap);
}
END_TEST

START_TEST(equal_times_come_by_rising_id)
{
    struct heapq_item item;
    struct heapq heap;

    heapq_init(&heap);
    heapq_push(&heap, 5, 3);
    heapq_push(&heap, 5, 1);
    heapq_push(&heap, 4, 9);
    heapq_push(&heap, 5, 2);
    ck_assert(heapq_peek(&heap, &item));
    ck_assert(item.due == 4 && item.id == 9);
    ck_assert_uint_eq(heap.count, 4);
    ck_assert(heapq_pop(&heap, NULL));
    for (uint64_t id = 1; id <= 3; id++) {
        ck_assert(heapq_pop(&heap, &item));
        ck_assert(item.due == 5 && item.id == id);
    }
    ck_assert_uint_eq(heap.count, 0);
    heapq_fini(&heap);
}
END_TEST

static int compare_items(const void *left, const void *right)
{
    const struct heapq_item *a = left;
    const struct heapq_item *b = right;

    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

START_TEST(whatever_goes_in_comes_out_sorted)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 300; round++) {
        struct heapq_item want[200];
        size_t count = (size_t)rng_below(&rng, 200);
        struct heapq heap = {0};
        struct heapq_item item;

        for (size_t i = 0; i < count; i++) {
            want[i] = (struct heapq_item){.due = rng_below(&rng, 50), .id = rng_below(&rng, 50)};
            heapq_push(&heap, want[i].due, want[i].id);
        }
        qsort(want, count, sizeof want[0], compare_items);
        for (size_t i = 0; i < count; i++) {
            ck_assert(heapq_pop(&heap, &item));
            ck_assert_int_eq(compare_items(&item, &want[i]), 0);
        }
        ck_assert(!heapq_pop(&heap, &item));
        heapq_fini(&heap);
    }
}
END_TEST

START_TEST(pushing_between_pops_keeps_the_order)
{
    struct rng rng = rng_for_test();
    struct heapq heap = {0};
    struct heapq_item item;
    uint64_t now = 0;

    for (int round = 0; round < 20000; round++) {
        if (rng_below(&rng, 3) != 0)
            heapq_push(&heap, now + rng_below(&rng, 100), rng_u64(&rng));
        else if (heapq_pop(&heap, &item)) {
            ck_assert(item.due >= now);
            now = item.due;
        }
    }
    heapq_fini(&heap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heapq");
    TCase *tcase = tcase_create("heapq");

    tcase_add_test(tcase, an_empty_heap_gives_nothing);
    tcase_add_test(tcase, equal_times_come_by_rising_id);
    tcase_add_test(tcase, whatever_goes_in_comes_out_sorted);
    tcase_add_test(tcase, pushing_between_pops_keeps_the_order);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
