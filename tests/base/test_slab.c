/* Blocks do not overlap, keep what is in them, and go back. */
#include "base/slab.h"

#include "tests/check_main.h"

#include <string.h>

enum { BLOCKS = 4000 };

struct held {
    uint8_t *block;
    size_t size;
    uint8_t fill;
};

static void check_and_give(struct slab *slab, struct held *held)
{
    static uint8_t expected[3000];

    memset(expected, held->fill, held->size);
    ck_assert_mem_eq(held->block, expected, held->size);
    slab_give(slab, held->block, held->size);
    held->block = NULL;
}

START_TEST(random_blocks_keep_what_is_written_to_them)
{
    static struct held held[BLOCKS];
    struct rng rng = rng_for_test();
    struct slab slab = {0};
    size_t out = 0;

    for (int round = 0; round < 100000; round++) {
        struct held *one = &held[rng_below(&rng, round / 20000 % 2 == 0 ? BLOCKS : 50)];

        if (one->block != NULL) {
            check_and_give(&slab, one);
            out--;
        } else {
            one->size = 1 + rng_below(&rng, rng_below(&rng, 50) == 0 ? 3000 : 300);
            one->fill = (uint8_t)rng_u64(&rng);
            one->block = slab_take(&slab, one->size);
            ck_assert_uint_eq((uintptr_t)one->block % SLAB_GRAIN, 0);
            memset(one->block, one->fill, one->size);
            out++;
        }
        ck_assert_uint_eq(slab.used, out);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (held[i].block != NULL)
            check_and_give(&slab, &held[i]);
    }
    slab_fini(&slab);
}
END_TEST

START_TEST(neighbours_lie_side_by_side_without_headers)
{
    static uint8_t *blocks[BLOCKS];
    struct slab slab = {0};
    size_t beside = 0;

    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = slab_take(&slab, 100);
        if (i > 0)
            beside += blocks[i] - blocks[i - 1] == 104;
    }
    ck_assert_uint_gt(beside, BLOCKS - BLOCKS / 100);
    for (size_t i = 0; i < BLOCKS; i++)
        slab_give(&slab, blocks[i], 100);
    slab_fini(&slab);
}
END_TEST

START_TEST(pages_go_back_when_their_blocks_do)
{
    static uint8_t *blocks[BLOCKS];
    struct slab slab = {0};

    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = slab_take(&slab, 1000);
    for (size_t i = 1; i < BLOCKS; i++)
        slab_give(&slab, blocks[i], 1000);
    ck_assert_uint_eq(slab.used, 1);
    /* The first is still there, and what is taken next lies on its page. */
    ck_assert_uint_eq((uintptr_t)slab_take(&slab, 1000) / SLAB_PAGE,
                      (uintptr_t)blocks[0] / SLAB_PAGE);
    slab_fini(&slab); /* with two blocks out */
    ck_assert_uint_eq(slab.used, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slab");
    TCase *tcase = tcase_create("slab");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, random_blocks_keep_what_is_written_to_them);
    tcase_add_test(tcase, neighbours_lie_side_by_side_without_headers);
    tcase_add_test(tcase, pages_go_back_when_their_blocks_do);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
