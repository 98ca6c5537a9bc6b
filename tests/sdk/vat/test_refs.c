/* References to rows that were given back lead nowhere. */
#include <string.h>

#include "sdk/vat/refs.h"
#include "tests/check_main.h"

enum { ROWS = 16, ROUNDS = 20000 };

static struct refs_row rows[ROWS];
static struct refs refs;

static void setup(void)
{
    memset(rows, 0, sizeof rows);
    refs = (struct refs){.rows = rows, .row_count = ROWS};
}

START_TEST(nothing_is_held_by_no_reference)
{
    struct vat_ref ref;

    ck_assert(!refs_holds(&refs, (struct vat_ref){0}));
    ck_assert(refs_take(&refs, &ref));
    ck_assert(!refs_holds(&refs, (struct vat_ref){0}));
    ck_assert(!refs_holds(&refs, (struct vat_ref){.index = ROWS, .generation = 1}));
    ck_assert(!refs_holds(&refs, (struct vat_ref){.index = 1, .generation = 1}));
    ck_assert_uint_eq(refs_at(&refs, 1).generation, 0);
    ck_assert_uint_eq(refs_at(&refs, 0).generation, ref.generation);
}
END_TEST

/* A guess of the next generation does not hold before the row is taken again. */
START_TEST(a_row_given_back_is_another_one)
{
    struct vat_ref first;
    struct vat_ref second;

    ck_assert(refs_take(&refs, &first));
    refs_give(&refs, first);
    ck_assert(!refs_holds(&refs, first));
    ck_assert(!refs_holds(&refs, (struct vat_ref){.index = first.index, .generation = 2}));
    ck_assert(refs_take(&refs, &second));
    ck_assert_uint_eq(first.index, second.index);
    ck_assert(refs_holds(&refs, second) && !refs_holds(&refs, first));
}
END_TEST

START_TEST(a_full_table_takes_no_more)
{
    struct vat_ref ref = {0};
    struct vat_ref more = {.index = 99};

    for (int i = 0; i < ROWS; i++)
        ck_assert(refs_take(&refs, &ref));
    ck_assert(!refs_take(&refs, &more));
    ck_assert_uint_eq(more.index, 99);
    refs_give(&refs, ref);
    ck_assert(refs_take(&refs, &more));
    ck_assert_uint_eq(more.index, ref.index);
}
END_TEST

START_TEST(a_row_whose_numbers_are_used_up_rests)
{
    struct vat_ref ref;

    refs.base = UINT32_MAX - 1;
    ck_assert(refs_take_at(&refs, (struct vat_ref){.index = 0, .generation = UINT32_MAX - 2}));
    refs.base = 0;
    refs_give(&refs, refs_at(&refs, 0));
    ck_assert(refs_take(&refs, &ref));
    ck_assert_uint_eq(ref.index, 1);
}
END_TEST

START_TEST(a_table_is_filled_again_as_it_was)
{
    struct vat_ref ref;

    refs.base = 8;
    ck_assert(refs_take_at(&refs, (struct vat_ref){.index = 2, .generation = 7}));
    ck_assert(!refs_take_at(&refs, (struct vat_ref){.index = 7, .generation = 9}));
    ck_assert(refs_take_at(&refs, (struct vat_ref){.index = 5, .generation = 3}));
    ck_assert(!refs_take_at(&refs, (struct vat_ref){.index = 5, .generation = 3}));
    ck_assert(!refs_take_at(&refs, (struct vat_ref){.index = 4, .generation = 3}));
    ck_assert(!refs_take_at(&refs, (struct vat_ref){.index = 6, .generation = 4}));
    ck_assert(!refs_take_at(&refs, (struct vat_ref){.index = ROWS, .generation = 1}));
    ck_assert(refs_holds(&refs, (struct vat_ref){.index = 2, .generation = 7}));
    ck_assert_uint_eq(refs.used, 2);
    for (int i = 0; i < ROWS - 2; i++) {
        ck_assert(refs_take(&refs, &ref));
        ck_assert_uint_eq(ref.generation, 9); /* one that no row ever had */
    }
    ck_assert(!refs_take(&refs, &ref));
}
END_TEST

/* Against a list of what is held. */
START_TEST(exactly_what_was_taken_and_not_given_back_is_held)
{
    struct rng rng = rng_for_test();
    struct vat_ref held[ROWS];
    struct vat_ref dead[ROWS] = {{0}};
    uint32_t count = 0;

    for (int round = 0; round < ROUNDS; round++) {
        if (rng_coin(&rng)) {
            struct vat_ref ref;

            ck_assert_int_eq(refs_take(&refs, &ref), count < ROWS);
            if (count < ROWS)
                held[count++] = ref;
        } else if (count > 0) {
            uint32_t which = (uint32_t)rng_below(&rng, count);

            dead[held[which].index] = held[which];
            refs_give(&refs, held[which]);
            held[which] = held[--count];
        }
        ck_assert_uint_eq(refs.used, count);
        for (uint32_t i = 0; i < count; i++)
            ck_assert(refs_holds(&refs, held[i]));
        for (uint32_t i = 0; i < ROWS; i++)
            ck_assert(!refs_holds(&refs, dead[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("refs");
    TCase *tcase = tcase_create("refs");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, nothing_is_held_by_no_reference);
    tcase_add_test(tcase, a_row_given_back_is_another_one);
    tcase_add_test(tcase, a_full_table_takes_no_more);
    tcase_add_test(tcase, a_row_whose_numbers_are_used_up_rests);
    tcase_add_test(tcase, a_table_is_filled_again_as_it_was);
    tcase_add_test(tcase, exactly_what_was_taken_and_not_given_back_is_held);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
