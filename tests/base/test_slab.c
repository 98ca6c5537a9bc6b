/* Blocks do not overlap, keep what is in them, and go back. */
#define _DEFAULT_SOURCE /* mincore */
#include "base/slab.h"

#include "tests/check_main.h"

#include <string.h>
#include <sys/mman.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISONS
#endif
#endif

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
            beside += blocks[i] - blocks[i - 1] == 104 + SLAB_REDZONE;
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

/* The pages that are kept, by what the kernel says of the addresses. */
static size_t pages_mapped(uint8_t *const *blocks, size_t count)
{
    size_t mapped = 0;

    for (size_t i = 0; i < count; i++) {
        uintptr_t page = (uintptr_t)blocks[i] & ~(uintptr_t)(SLAB_PAGE - 1);
        unsigned char resident;

        if (i > 0 && ((uintptr_t)blocks[i - 1] & ~(uintptr_t)(SLAB_PAGE - 1)) == page)
            continue;
        mapped += mincore((void *)page, 1, &resident) == 0;
    }
    return mapped;
}

START_TEST(a_bounded_number_of_empty_pages_is_kept)
{
    static uint8_t *blocks[BLOCKS];
    struct slab slab = {0};

    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = slab_take(&slab, 1000);
    ck_assert_uint_gt(pages_mapped(blocks, BLOCKS), SLAB_SPARE + 1);
    for (size_t i = 0; i < BLOCKS; i++)
        slab_give(&slab, blocks[i], 1000);
    ck_assert_uint_eq(slab.spare_count, SLAB_SPARE);
    /* and the last page of the size */
    ck_assert_uint_le(pages_mapped(blocks, BLOCKS), SLAB_SPARE + 1);
    slab_fini(&slab);
    ck_assert_uint_eq(pages_mapped(blocks, BLOCKS), 0);
}
END_TEST

/* What waits and goes again with each frame takes nothing of the system after the first time. */
START_TEST(what_comes_and_goes_uses_the_same_pages_again)
{
    static uint8_t *blocks[BLOCKS];
    struct slab slab = {0};
    const struct slab_page *all = NULL;

    for (int round = 0; round < 5; round++) {
        size_t size = round % 2 == 0 ? 384 : 512; /* a page may change its size */

        for (size_t i = 0; i < 1500; i++)
            blocks[i] = slab_take(&slab, size);
        for (size_t i = 0; i < 1500; i++)
            slab_give(&slab, blocks[i], size);
        /* A page that is mapped goes to the front of the list of all. */
        if (round > 1)
            ck_assert_ptr_eq(slab.all, all);
        all = slab.all;
    }
    slab_fini(&slab);
}
END_TEST

START_TEST(coarse_sizes_are_few_and_large_ones_exact)
{
    size_t sizes = 0;

    for (size_t size = 1; size <= SLAB_BLOCK_MAX; size++) {
        ck_assert_uint_ge(slab_coarse(size), size);
        ck_assert_uint_lt(slab_coarse(size) - size, SLAB_COARSE);
        sizes += slab_coarse(size) != slab_coarse(size - 1);
    }
    ck_assert_uint_eq(sizes, SLAB_BLOCK_MAX / SLAB_COARSE);
    ck_assert_uint_eq(slab_coarse(SLAB_BLOCK_MAX + 1), SLAB_BLOCK_MAX + 1);
}
END_TEST

#ifdef POISONS
START_TEST(the_address_sanitizer_sees_steps_past_a_block_and_uses_of_a_free_one)
{
    struct slab slab = {0};
    uint8_t *block = slab_take(&slab, 30);

    (void)slab_take(&slab, 30); /* the neighbour, which is out */
    ck_assert(!__asan_address_is_poisoned(block + 29));
    ck_assert(__asan_address_is_poisoned(block + 30));
    slab_give(&slab, block, 30);
    ck_assert(__asan_address_is_poisoned(block));
    ck_assert_ptr_eq(slab_take(&slab, 30), block);
    ck_assert(!__asan_address_is_poisoned(block));
    slab_fini(&slab);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("slab");
    TCase *tcase = tcase_create("slab");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, random_blocks_keep_what_is_written_to_them);
    tcase_add_test(tcase, neighbours_lie_side_by_side_without_headers);
    tcase_add_test(tcase, pages_go_back_when_their_blocks_do);
    tcase_add_test(tcase, a_bounded_number_of_empty_pages_is_kept);
    tcase_add_test(tcase, what_comes_and_goes_uses_the_same_pages_again);
    tcase_add_test(tcase, coarse_sizes_are_few_and_large_ones_exact);
#ifdef POISONS
    tcase_add_test(tcase, the_address_sanitizer_sees_steps_past_a_block_and_uses_of_a_free_one);
#endif
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
