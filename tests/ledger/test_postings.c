/* The sums of a frame, against a plain list. */
#include "ledger/postings.h"

#include "tests/check_main.h"

START_TEST(lines_of_one_kind_become_one_posting)
{
    struct postings postings = {.count = 0};

    ck_assert_int_eq(postings_add(&postings, 1, 2, 5, 10), ST_OK);
    ck_assert_int_eq(postings_add(&postings, 1, 2, 6, 1), ST_OK);
    ck_assert_int_eq(postings_add(&postings, 2, 1, 5, 1), ST_OK);
    ck_assert_int_eq(postings_add(&postings, 1, 2, 5, 32), ST_OK);
    ck_assert_uint_eq(postings.count, 3);
    ck_assert(postings.list[0].amount == 42 && postings.list[0].lines == 2);
    ck_assert(postings.list[1].code == 6 && postings.list[2].debit == 2);
    postings_fini(&postings);
}
END_TEST

START_TEST(a_sum_that_does_not_fit_changes_nothing)
{
    struct postings postings = {.count = 0};

    ck_assert_int_eq(postings_add(&postings, 1, 2, 5, ~(u128)0), ST_OK);
    ck_assert_int_eq(postings_add(&postings, 1, 2, 5, 1), ST_FULL);
    ck_assert(postings.list[0].amount == ~(u128)0 && postings.list[0].lines == 1);
    postings_fini(&postings);
}
END_TEST

START_TEST(clearing_empties_it_for_the_next_frame)
{
    struct postings postings = {.count = 0};

    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 1000; i++)
            ck_assert_int_eq(postings_add(&postings, i, round, 5, 1), ST_OK);
        ck_assert_uint_eq(postings.count, 1000);
        for (size_t i = 0; i < postings.count; i++)
            ck_assert(postings.list[i].amount == 1 && postings.list[i].credit == round);
        postings_clear(&postings);
        ck_assert_uint_eq(postings.count, 0);
    }
    postings_fini(&postings);
}
END_TEST

START_TEST(sums_equal_those_of_a_plain_list)
{
    enum { KEYS = 300, LINES = 20000 };
    struct rng rng = rng_for_test();
    struct postings postings = {.count = 0};
    u128 sums[KEYS] = {0};
    uint64_t first[KEYS] = {0}; /* line of first appearance + 1 */
    uint64_t before = 0;

    for (uint64_t line = 1; line <= LINES; line++) {
        uint64_t key = rng_below(&rng, KEYS);
        uint64_t amount = rng_edgy(&rng);

        sums[key] += amount;
        if (first[key] == 0)
            first[key] = line;
        ck_assert_int_eq(
            postings_add(&postings, key / 30, 100 + key % 10, (uint16_t)(1 + key / 10 % 3), amount),
            ST_OK);
    }
    for (size_t i = 0; i < postings.count; i++) {
        const struct posting *posting = &postings.list[i];
        uint64_t key = posting->debit * 30 + (posting->code - 1u) * 10 + (posting->credit - 100);

        ck_assert(posting->amount == sums[key]);
        ck_assert_uint_gt(first[key], before); /* in order of first appearance */
        before = first[key];
        sums[key] = 0;
    }
    for (size_t key = 0; key < KEYS; key++)
        ck_assert(sums[key] == 0);
    postings_fini(&postings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/postings");
    TCase *sums = tcase_create("sums");

    tcase_add_test(sums, lines_of_one_kind_become_one_posting);
    tcase_add_test(sums, a_sum_that_does_not_fit_changes_nothing);
    tcase_add_test(sums, clearing_empties_it_for_the_next_frame);
    tcase_add_test(sums, sums_equal_those_of_a_plain_list);
    suite_add_tcase(suite, sums);
    return check_main(suite);
}
