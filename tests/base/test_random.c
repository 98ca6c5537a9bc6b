/* The seeded generator repeats, does not favour, and reaches the edges. */
#include "base/random.h"

#include "base/bytes.h"
#include "tests/check_main.h"

#include <signal.h>
#include <string.h>

START_TEST(seed_zero_gives_the_published_chacha20_keystream)
{
    /* RFC 8439 appendix A.1, test vector 1: key, nonce and counter all zero. */
    static const char want[] = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                               "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586";
    struct rng rng;
    uint8_t block[64];
    char text[129];

    rng_init(&rng, 0);
    rng_fill(&rng, block, sizeof block);
    ck_assert_str_eq(hex_print(text, block, sizeof block), want);
}
END_TEST

START_TEST(the_same_seed_repeats_and_another_does_not)
{
    struct rng a;
    struct rng b;
    struct rng c;

    rng_init(&a, 1);
    rng_init(&b, 1);
    rng_init(&c, 2);
    for (int i = 0; i < 100; i++) {
        uint64_t value = rng_u64(&a);

        ck_assert_uint_eq(value, rng_u64(&b));
        ck_assert_uint_ne(value, rng_u64(&c));
    }
}
END_TEST

START_TEST(pieces_are_the_stream)
{
    struct rng rng = rng_for_test();
    struct rng whole;
    struct rng pieces;
    uint8_t a[1000];
    uint8_t b[1000];

    rng_init(&whole, 9);
    rng_init(&pieces, 9);
    rng_fill(&whole, a, sizeof a);
    for (size_t at = 0; at < sizeof b;) {
        size_t piece = (size_t)rng_below(&rng, sizeof b - at + 1);

        rng_fill(&pieces, b + at, piece);
        at += piece;
    }
    ck_assert_mem_eq(a, b, sizeof a);
}
END_TEST

START_TEST(below_stays_below_and_reaches_every_value)
{
    struct rng rng = rng_for_test();
    unsigned seen[7] = {0};

    for (int i = 0; i < 7000; i++)
        seen[rng_below(&rng, 7)]++;
    for (size_t i = 0; i < 7; i++)
        ck_assert_msg(seen[i] > 700 && seen[i] < 1300, "%zu came %u times", i, seen[i]);
    for (int i = 0; i < 1000; i++) {
        uint64_t bound = (UINT64_C(1) << 63) + 1; /* nearly half of all draws are thrown away */

        ck_assert(rng_below(&rng, bound) < bound);
        ck_assert_uint_eq(rng_below(&rng, 1), 0);
    }
}
END_TEST

START_TEST(below_nothing_is_a_bug)
{
    struct rng rng;

    rng_init(&rng, 1);
    (void)rng_below(&rng, 0);
}
END_TEST

START_TEST(a_coin_has_two_sides)
{
    struct rng rng = rng_for_test();
    int heads = 0;

    for (int i = 0; i < 10000; i++)
        heads += rng_coin(&rng);
    ck_assert_int_gt(heads, 4500);
    ck_assert_int_lt(heads, 5500);
}
END_TEST

START_TEST(edgy_numbers_hit_the_edges)
{
    struct rng rng = rng_for_test();
    bool zero = false;
    bool one = false;
    bool largest = false;
    bool largest_signed = false;

    for (int i = 0; i < 5000; i++) {
        uint64_t value = rng_edgy(&rng);

        zero = zero || value == 0;
        one = one || value == 1;
        largest = largest || value == UINT64_MAX;
        largest_signed = largest_signed || value == (uint64_t)INT64_MAX;
    }
    ck_assert(zero && one && largest && largest_signed);
}
END_TEST

START_TEST(sources_hand_on_to_their_generators)
{
    struct rng rng;
    struct rng same;
    struct random_source seeded;
    struct random_source ours = random_system();
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    rng_init(&rng, 3);
    rng_init(&same, 3);
    seeded = random_from_rng(&rng);
    seeded.fill(seeded.context, a, sizeof a);
    rng_fill(&same, b, sizeof b);
    ck_assert_mem_eq(a, b, sizeof a);
    ours.fill(ours.context, a, sizeof a);
    ours.fill(ours.context, b, sizeof b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("random");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, seed_zero_gives_the_published_chacha20_keystream);
    tcase_add_test(tcase, the_same_seed_repeats_and_another_does_not);
    tcase_add_test(tcase, pieces_are_the_stream);
    tcase_add_test(tcase, below_stays_below_and_reaches_every_value);
    tcase_add_test_raise_signal(aborts, below_nothing_is_a_bug, SIGABRT);
    tcase_add_test(tcase, a_coin_has_two_sides);
    tcase_add_test(tcase, edgy_numbers_hit_the_edges);
    tcase_add_test(tcase, sources_hand_on_to_their_generators);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
