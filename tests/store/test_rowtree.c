/* Rows in key order: the tree against a plain list of the keys that there may be. */
#include "store/rowtree.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"

enum { KEYS = 30000, KEY_BYTES_MAX = 20 };

/* All keys that there may be, in their tree. */
struct keys {
    struct rowtree_row *rows[KEYS]; /* the row of each, in the order of the keys */
    bool there[KEYS];
    size_t count; /* that are there */
};

static struct keys keys;
static struct rowtree tree;

static int compare_rows(const void *left, const void *right)
{
    const struct rowtree_row *a = *(struct rowtree_row *const *)left;
    const struct rowtree_row *b = *(struct rowtree_row *const *)right;

    if (a->table != b->table)
        return a->table - b->table;
    return store_key_compare(a->bytes, a->key_size, b->bytes, b->key_size);
}

/* Numbers of 8 bytes, and keys that share their first 15 bytes or are the beginning of another. */
static struct rowtree_row *make_row(size_t number)
{
    struct rowtree_row *row = calloc(1, sizeof *row + KEY_BYTES_MAX);

    ck_assert_ptr_nonnull(row);
    row->table = (uint8_t)(number % 3);
    row->key_size = number % 3 == 0 ? 8 : (uint8_t)(17 + number % 2);
    be64_put(row->bytes + row->key_size - 8, number / 2);
    if (number % 97 == 0)
        row->key_size = (uint8_t)(row->key_size + 2); /* two zero bytes behind */
    return row;
}

static void setup(void)
{
    memset(&keys, 0, sizeof keys);
    for (size_t i = 0; i < KEYS; i++)
        keys.rows[i] = make_row(i);
    qsort(keys.rows, KEYS, sizeof keys.rows[0], compare_rows);
}

static void teardown(void)
{
    rowtree_fini(&tree);
    for (size_t i = 0; i < KEYS; i++)
        free(keys.rows[i]);
}

static void add(size_t at)
{
    if (keys.there[at])
        return;
    ck_assert(rowtree_insert(&tree, keys.rows[at]));
    keys.there[at] = true;
    keys.count++;
}

static void take(size_t at)
{
    struct rowtree_key key = rowtree_key_of_row(keys.rows[at]);

    if (!keys.there[at])
        return;
    rowtree_remove(&tree, &key);
    keys.there[at] = false;
    keys.count--;
}

/* The first row from `at` on that is there. */
static struct rowtree_row *next_there(size_t at)
{
    while (at < KEYS && !keys.there[at])
        at++;
    return at < KEYS ? keys.rows[at] : NULL;
}

static void check_at(size_t at)
{
    struct rowtree_key key = rowtree_key_of_row(keys.rows[at]);
    struct rowtree_row **found = rowtree_find(&tree, &key);
    struct rowtree_place place;

    ck_assert_ptr_eq(found == NULL ? NULL : *found, keys.there[at] ? keys.rows[at] : NULL);
    ck_assert_ptr_eq(rowtree_seek(&tree, &key, &place), next_there(at));
}

static void check_all(void)
{
    struct rowtree_key start = rowtree_key_of(0, NULL, 0);
    struct rowtree_place place;
    struct rowtree_row *row = rowtree_seek(&tree, &start, &place);
    struct rowtree_row *last[3] = {NULL};

    for (size_t i = 0; i < KEYS; i++) {
        if (!keys.there[i])
            continue;
        ck_assert_ptr_eq(row, keys.rows[i]);
        ck_assert_ptr_eq(rowtree_at(&place), row);
        last[row->table] = row;
        row = rowtree_next(&tree, &place);
    }
    ck_assert_ptr_null(row);
    ck_assert_uint_eq(tree.count, keys.count);
    for (uint8_t table = 0; table < 3; table++)
        ck_assert_ptr_eq(rowtree_last_of(&tree, table), last[table]);
}

START_TEST(rows_that_come_and_go_at_random_are_in_order)
{
    struct rng rng = rng_for_test();

    for (int phase = 0; phase < 12; phase++) {
        uint64_t adds = rng_below(&rng, 101); /* of a hundred changes */

        for (int i = 0; i < KEYS; i++) {
            size_t at = rng_below(&rng, KEYS);

            if (rng_below(&rng, 100) < adds)
                add(at);
            else
                take(at);
            if (i % 16 == 0)
                check_at(rng_below(&rng, KEYS));
        }
        check_all();
    }
}
END_TEST

/* As a batch adds them, in order, and as the sweep takes them. */
START_TEST(rows_that_come_and_go_in_runs_are_in_order)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 300; round++) {
        size_t from = rng_below(&rng, KEYS);
        size_t run = rng_below(&rng, round % 10 == 0 ? KEYS : 500);
        size_t step = 1 + rng_below(&rng, 40);
        bool adds = rng_coin(&rng);

        for (size_t at = from; at < KEYS && run > 0; at += step, run--) {
            if (adds)
                add(at);
            else
                take(at);
        }
        check_at(rng_below(&rng, KEYS));
        if (round % 20 == 0)
            check_all();
    }
    for (size_t at = 0; at < KEYS; at++)
        take(at);
    check_all();
    ck_assert_ptr_null(tree.root);
}
END_TEST

START_TEST(a_key_of_no_bytes_stands_before_its_table)
{
    struct rowtree_key start = rowtree_key_of(1, NULL, 0);
    struct rowtree_place place;

    for (size_t at = 0; at < KEYS; at += 7)
        add(at);
    ck_assert_uint_eq(rowtree_seek(&tree, &start, &place)->table, 1);
    ck_assert_ptr_null(rowtree_last_of(&tree, 3));
    start = rowtree_key_of(3, NULL, 0);
    ck_assert_ptr_null(rowtree_seek(&tree, &start, &place));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store rowtree");
    TCase *tcase = tcase_create("rowtree");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, rows_that_come_and_go_at_random_are_in_order);
    tcase_add_test(tcase, rows_that_come_and_go_in_runs_are_in_order);
    tcase_add_test(tcase, a_key_of_no_bytes_stands_before_its_table);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
