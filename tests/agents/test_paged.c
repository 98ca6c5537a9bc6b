/* Paged objects: absent pages, copy on write, and what must be written. */
#include <string.h>

#include "agents/limits.h"
#include "agents/pages/paged.h"
#include "tests/check_main.h"

enum { PAGES = 4, OBJECT = 77 };

static struct paged paged;
static struct paged_dirty dirty;
static struct undo *undo;

static void setup(void)
{
    memset(&dirty, 0, sizeof dirty);
    ck_assert(undo_new(&undo) == ST_OK);
    paged_init(&paged, OBJECT, PAGES);
}

static void teardown(void)
{
    paged_fini(&paged);
    bytes_fini(&dirty.items);
    undo_free(undo);
}

static size_t noted(uint32_t page)
{
    size_t count = 0;

    for (size_t at = 0; at < dirty.items.size; at += sizeof(struct paged_item)) {
        struct paged_item item;

        memcpy(&item, dirty.items.data + at, sizeof item);
        ck_assert_uint_eq(item.object, OBJECT);
        count += item.page == page;
    }
    return count;
}

static void expect(uint64_t offset, uint64_t size, uint8_t byte)
{
    uint8_t read[PAGES * PAGED_BYTES];

    memset(read, 0xee, sizeof read);
    paged_read(&paged, offset, read, size);
    for (uint64_t i = 0; i < size; i++)
        ck_assert_msg(read[i] == byte, "byte %llu is %d", (unsigned long long)(offset + i),
                      read[i]);
}

static void fill(uint64_t turn, uint64_t offset, uint64_t size, uint8_t byte)
{
    uint8_t bytes[PAGES * PAGED_BYTES];

    memset(bytes, byte, sizeof bytes);
    paged_write(&paged, &dirty, undo, turn, offset, bytes, size);
}

START_TEST(absent_pages_read_as_zeroes_and_stay_absent)
{
    expect(0, PAGES * PAGED_BYTES, 0);
    for (uint32_t page = 0; page < PAGES + 2; page++)
        ck_assert_ptr_null(paged_page(&paged, page));
    ck_assert_uint_eq(dirty.items.size, 0);
}
END_TEST

START_TEST(a_write_over_a_border_touches_just_its_pages)
{
    fill(1, PAGED_BYTES - 10, 20, 5);
    undo_commit(undo);
    expect(0, PAGED_BYTES - 10, 0);
    expect(PAGED_BYTES - 10, 20, 5);
    expect(PAGED_BYTES + 10, PAGED_BYTES, 0);
    ck_assert_ptr_nonnull(paged_page(&paged, 0));
    ck_assert_ptr_nonnull(paged_page(&paged, 1));
    ck_assert_ptr_null(paged_page(&paged, 2));
    ck_assert_uint_eq(noted(0), 1);
    ck_assert_uint_eq(noted(1), 1);
    ck_assert_uint_eq(noted(2), 0);
}
END_TEST

START_TEST(a_page_is_noted_once_until_it_is_saved)
{
    for (uint64_t turn = 1; turn < 5; turn++) {
        fill(turn, 0, 10, (uint8_t)turn);
        undo_commit(undo);
    }
    ck_assert_uint_eq(noted(0), 1);
    paged_find(&paged, 0)->noted = false;
    fill(9, 0, 10, 9);
    ck_assert_uint_eq(noted(0), 2);
    undo_commit(undo);
}
END_TEST

START_TEST(an_undone_turn_leaves_each_page_as_it_was)
{
    fill(1, 0, PAGED_BYTES, 1);
    undo_commit(undo);
    fill(2, 100, PAGED_BYTES, 2); /* page 0 was there, page 1 was not */
    fill(2, 200, 10, 3);          /* twice in one turn */
    fill(2, 3 * PAGED_BYTES, 1, 4);
    expect(200, 10, 3);
    undo_rollback(undo);
    expect(0, PAGED_BYTES, 1);
    expect(PAGED_BYTES, 3 * PAGED_BYTES, 0);
    ck_assert_ptr_null(paged_page(&paged, 1));
    ck_assert_ptr_null(paged_page(&paged, 3));
}
END_TEST

START_TEST(a_turn_copies_a_page_once)
{
    const uint8_t *copy;

    fill(1, 0, 10, 1);
    copy = paged_page(&paged, 0);
    fill(1, 10, 10, 2);
    ck_assert_ptr_eq(paged_page(&paged, 0), copy);
    undo_commit(undo);
    fill(2, 20, 10, 3);
    ck_assert_ptr_ne(paged_page(&paged, 0), copy);
    undo_rollback(undo);
    ck_assert_ptr_eq(paged_page(&paged, 0), copy);
    expect(0, 10, 1);
    expect(10, 10, 2);
    expect(20, 10, 0);
}
END_TEST

START_TEST(setting_replaces_a_page_and_says_what_changed)
{
    uint8_t page[PAGED_BYTES];

    memset(page, 8, sizeof page);
    paged_set(&paged, &dirty, 2, page, 5);
    expect(2 * PAGED_BYTES, PAGED_BYTES, 8);
    ck_assert_uint_eq(noted(2), 1);
    paged_set(&paged, &dirty, 2, page, 2);
    ck_assert_uint_eq(noted(2), 1);
    ck_assert_uint_eq(paged_find(&paged, 2)->changed, 7);
    /* Of a page that is there, only the granules that are named are taken. */
    memset(page, 9, sizeof page);
    paged_set(&paged, &dirty, 2, page, UINT64_C(1) << 63 | 2);
    expect(2 * PAGED_BYTES, PAGED_GRANULE_BYTES, 8);
    expect(2 * PAGED_BYTES + PAGED_GRANULE_BYTES, PAGED_GRANULE_BYTES, 9);
    expect(2 * PAGED_BYTES + 2 * PAGED_GRANULE_BYTES, 61 * PAGED_GRANULE_BYTES, 8);
    expect(3 * PAGED_BYTES - PAGED_GRANULE_BYTES, PAGED_GRANULE_BYTES, 9);
}
END_TEST

START_TEST(each_byte_that_differs_is_seen)
{
    uint8_t left[PAGED_BYTES];
    uint8_t right[PAGED_BYTES];

    memset(left, 7, sizeof left);
    memcpy(right, left, sizeof right);
    ck_assert_uint_eq(paged_differs(left, right), 0);
    for (size_t i = 0; i < PAGED_BYTES; i++) {
        right[i] ^= (uint8_t)(1 << i % 8);
        ck_assert_uint_eq(paged_differs(left, right), UINT64_C(1) << i / PAGED_GRANULE_BYTES);
        right[i] = left[i];
    }
}
END_TEST

START_TEST(a_write_notes_the_granules_that_it_changed)
{
    fill(1, 60, 10, 1); /* the last bytes of granule 0, the first of 1 */
    ck_assert_uint_eq(paged_find(&paged, 0)->changed, 3);
    fill(1, 2 * PAGED_GRANULE_BYTES, PAGED_GRANULE_BYTES, 0); /* as it was */
    ck_assert_uint_eq(paged_find(&paged, 0)->changed, 3);
    fill(1, PAGED_BYTES - 1, 2, 9);
    ck_assert_uint_eq(paged_find(&paged, 0)->changed, 3 | UINT64_C(1) << 63);
    ck_assert_uint_eq(paged_find(&paged, 1)->changed, 1);
    undo_rollback(undo);
    ck_assert_uint_eq(paged_find(&paged, 0)->changed, 0);
}
END_TEST

START_TEST(pages_are_kept_in_order_of_their_numbers)
{
    struct paged many;
    struct rng rng = rng_for_test();
    bool kept[100] = {false};

    paged_init(&many, 5, 100);
    for (int step = 0; step < 500; step++) {
        uint32_t page = (uint32_t)rng_below(&rng, 100);

        ck_assert(kept[page] == (paged_find(&many, page) != NULL));
        if (kept[page])
            paged_drop(&many, page);
        else
            ck_assert_uint_eq(paged_make(&many, page)->number, page);
        kept[page] = !kept[page];
        for (uint32_t i = 1; i < many.used; i++)
            ck_assert_uint_lt(many.pages[i - 1]->number, many.pages[i]->number);
    }
    paged_fini(&many);
}
END_TEST

START_TEST(pages_differ_in_the_granules_that_do)
{
    uint8_t a[PAGED_BYTES] = {0};
    uint8_t b[PAGED_BYTES] = {0};

    ck_assert_uint_eq(paged_differs(a, b), 0);
    b[0] = 1;
    b[63 * 64 + 63] = 1;
    b[5 * 64] = 1;
    ck_assert_uint_eq(paged_differs(a, b), 1 | 1u << 5 | UINT64_C(1) << 63);
}
END_TEST

START_TEST(growing_keeps_what_is_there_and_never_shrinks)
{
    fill(1, 0, 10, 6);
    undo_commit(undo);
    paged_grow(&paged, 100);
    ck_assert_uint_eq(paged.count, 100);
    paged_grow(&paged, 3);
    ck_assert_uint_eq(paged.count, 100);
    expect(0, 10, 6);
    ck_assert_ptr_null(paged_page(&paged, 99));
}
END_TEST

START_TEST(random_writes_read_back_as_from_plain_memory)
{
    static uint8_t model[PAGES * PAGED_BYTES];
    static uint8_t before[PAGES * PAGED_BYTES];
    static uint8_t read[PAGES * PAGED_BYTES];
    struct rng rng = rng_for_test();

    for (uint64_t turn = 1; turn < 400; turn++) {
        memcpy(before, model, sizeof model);
        for (uint64_t writes = rng_below(&rng, 5); writes > 0; writes--) {
            uint64_t offset = rng_below(&rng, sizeof model);
            uint64_t size = rng_below(&rng, sizeof model - offset + 1);
            uint8_t byte = (uint8_t)rng_u64(&rng);

            memset(model + offset, byte, size);
            fill(turn, offset, size, byte);
        }
        if (rng_coin(&rng)) {
            undo_rollback(undo);
            memcpy(model, before, sizeof model);
        } else {
            undo_commit(undo);
        }
        paged_read(&paged, 0, read, sizeof read);
        ck_assert(memcmp(read, model, sizeof model) == 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paged");
    TCase *tcase = tcase_create("paged");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, absent_pages_read_as_zeroes_and_stay_absent);
    tcase_add_test(tcase, a_write_over_a_border_touches_just_its_pages);
    tcase_add_test(tcase, a_page_is_noted_once_until_it_is_saved);
    tcase_add_test(tcase, an_undone_turn_leaves_each_page_as_it_was);
    tcase_add_test(tcase, a_turn_copies_a_page_once);
    tcase_add_test(tcase, setting_replaces_a_page_and_says_what_changed);
    tcase_add_test(tcase, each_byte_that_differs_is_seen);
    tcase_add_test(tcase, a_write_notes_the_granules_that_it_changed);
    tcase_add_test(tcase, pages_are_kept_in_order_of_their_numbers);
    tcase_add_test(tcase, pages_differ_in_the_granules_that_do);
    tcase_add_test(tcase, growing_keeps_what_is_there_and_never_shrinks);
    tcase_add_test(tcase, random_writes_read_back_as_from_plain_memory);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
