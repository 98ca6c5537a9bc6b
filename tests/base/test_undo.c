/* Rollback restores everything in reverse, commit forgets, and actions keep their place. */
#include "base/undo.h"

#include "tests/check_main.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct undo *make(void)
{
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    ck_assert(undo_is_empty(undo));
    return undo;
}

/* Appends the argument's letter to the context's text. */
static void write_letter(void *context, void *argument)
{
    strcat(context, argument);
}

START_TEST(rollback_restores_and_empties)
{
    struct undo *undo = make();
    int a = 1;
    char text[] = "before";

    undo_save(undo, &a, sizeof a);
    undo_save(undo, text, sizeof text);
    ck_assert(!undo_is_empty(undo));
    a = 2;
    strcpy(text, "after!");
    undo_rollback(undo);
    ck_assert_int_eq(a, 1);
    ck_assert_str_eq(text, "before");
    ck_assert(undo_is_empty(undo));
    a = 3;
    undo_rollback(undo); /* of nothing */
    ck_assert_int_eq(a, 3);
    undo_free(undo);
    undo_free(NULL);
}
END_TEST

START_TEST(the_first_save_wins_because_the_last_is_restored_first)
{
    struct undo *undo = make();
    uint8_t bytes[4] = {1, 2, 3, 4};

    undo_save(undo, bytes, 2);
    bytes[0] = 10;
    undo_save(undo, bytes, 4); /* overlaps, and holds the 10 */
    bytes[0] = 20;
    bytes[3] = 40;
    undo_rollback(undo);
    ck_assert_mem_eq(bytes, "\1\2\3\4", 4);
    undo_free(undo);
}
END_TEST

START_TEST(commit_keeps_the_changes_and_empties)
{
    struct undo *undo = make();
    int a = 1;

    undo_save(undo, &a, sizeof a);
    a = 2;
    undo_commit(undo);
    ck_assert_int_eq(a, 2);
    ck_assert(undo_is_empty(undo));
    undo_rollback(undo);
    ck_assert_int_eq(a, 2);
    undo_free(undo);
}
END_TEST

START_TEST(commit_actions_run_in_order_and_only_on_commit)
{
    struct undo *undo = make();
    char text[8] = "";

    undo_on_commit(undo, write_letter, text, "a");
    undo_on_rollback(undo, write_letter, text, "x");
    undo_on_commit(undo, write_letter, text, "b");
    undo_commit(undo);
    ck_assert_str_eq(text, "ab");
    undo_commit(undo);
    ck_assert_str_eq(text, "ab");
    undo_free(undo);
}
END_TEST

START_TEST(rollback_actions_run_in_reverse_and_only_on_rollback)
{
    struct undo *undo = make();
    char text[8] = "";

    undo_on_rollback(undo, write_letter, text, "a");
    undo_on_commit(undo, write_letter, text, "x");
    undo_on_rollback(undo, write_letter, text, "b");
    undo_rollback(undo);
    ck_assert_str_eq(text, "ba");
    undo_rollback(undo);
    ck_assert_str_eq(text, "ba");
    undo_free(undo);
}
END_TEST

static void note_value(void *context, void *argument)
{
    *(int *)context = *(int *)argument;
}

START_TEST(a_rollback_action_sees_the_state_of_its_place)
{
    struct undo *undo = make();
    int value = 1;
    int seen_early = 0;
    int seen_late = 0;

    undo_on_rollback(undo, note_value, &seen_early, &value);
    undo_save(undo, &value, sizeof value);
    value = 2;
    undo_on_rollback(undo, note_value, &seen_late, &value);
    undo_rollback(undo);
    ck_assert_int_eq(seen_late, 2);
    ck_assert_int_eq(seen_early, 1);
    undo_free(undo);
}
END_TEST

static void free_dropped(void *context, void *argument)
{
    (void)context;
    free(argument);
}

START_TEST(what_a_turn_drops_is_freed_once_and_not_when_it_is_undone)
{
    struct undo *undo = make();
    void *dropped = malloc(10);
    void *kept = malloc(10);

    /* Leaks and double frees are for the sanitizer to find. */
    undo_on_commit(undo, free_dropped, NULL, dropped);
    undo_commit(undo);
    undo_on_commit(undo, free_dropped, NULL, kept);
    undo_rollback(undo);
    memset(kept, 0, 10);
    free(kept);
    ck_assert(undo_is_empty(undo));
    undo_free(undo);
}
END_TEST

START_TEST(saving_nothing_is_nothing)
{
    struct undo *undo = make();

    undo_save(undo, NULL, 0);
    ck_assert(undo_is_empty(undo));
    undo_free(undo);
}
END_TEST

static void save_more(void *context, void *argument)
{
    undo_save(context, argument, 1);
}

START_TEST(an_action_that_adds_to_the_ending_turn_is_a_bug)
{
    struct undo *undo = make();
    char byte = 0;

    undo_on_commit(undo, save_more, undo, &byte);
    undo_commit(undo);
}
END_TEST

START_TEST(random_turns_roll_back_to_where_they_began)
{
    enum { SIZE = 2000 };
    static uint8_t state[SIZE];
    static uint8_t before[SIZE];
    struct rng rng = rng_for_test();
    struct undo *undo = make();

    for (int turn = 0; turn < 500; turn++) {
        bool good = rng_coin(&rng);

        memcpy(before, state, SIZE);
        for (uint64_t i = rng_below(&rng, 300); i > 0; i--) {
            size_t at = (size_t)rng_below(&rng, SIZE);
            size_t size = (size_t)rng_below(&rng, SIZE - at + 1);

            undo_save(undo, state + at, size);
            rng_fill(&rng, state + at, size);
        }
        if (good) {
            memcpy(before, state, SIZE);
            undo_commit(undo);
        } else {
            undo_rollback(undo);
        }
        ck_assert_mem_eq(state, before, SIZE);
        ck_assert(undo_is_empty(undo));
    }
    undo_free(undo);
}
END_TEST

START_TEST(a_very_large_turn_works_and_a_small_one_after_it)
{
    enum { SIZE = 3 * 1024 * 1024 };
    struct undo *undo = make();
    uint8_t *big = calloc(SIZE, 1);
    size_t changed = 0;

    ck_assert_ptr_nonnull(big);
    undo_save(undo, big, SIZE);
    for (size_t i = 0; i < 100000; i++)
        undo_save(undo, big + i, 1);
    memset(big, 1, SIZE);
    undo_rollback(undo);
    for (size_t i = 0; i < SIZE; i++)
        changed += big[i] != 0;
    ck_assert_uint_eq(changed, 0);
    undo_save(undo, big, 1);
    big[0] = 1;
    undo_rollback(undo);
    ck_assert(big[0] == 0);
    free(big);
    undo_free(undo);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("undo");
    TCase *tcase = tcase_create("undo");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_test(tcase, rollback_restores_and_empties);
    tcase_add_test(tcase, the_first_save_wins_because_the_last_is_restored_first);
    tcase_add_test(tcase, commit_keeps_the_changes_and_empties);
    tcase_add_test(tcase, commit_actions_run_in_order_and_only_on_commit);
    tcase_add_test(tcase, rollback_actions_run_in_reverse_and_only_on_rollback);
    tcase_add_test(tcase, a_rollback_action_sees_the_state_of_its_place);
    tcase_add_test(tcase, what_a_turn_drops_is_freed_once_and_not_when_it_is_undone);
    tcase_add_test(tcase, saving_nothing_is_nothing);
    tcase_add_test_raise_signal(aborts, an_action_that_adds_to_the_ending_turn_is_a_bug, SIGABRT);
    tcase_add_test(tcase, random_turns_roll_back_to_where_they_began);
    tcase_add_test(tcase, a_very_large_turn_works_and_a_small_one_after_it);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
