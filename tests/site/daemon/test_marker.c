#include "site/daemon/marker.h"

#include <signal.h>
#include <sys/wait.h>

#include "site/daemon/fatal.h"
#include "tests/check_main.h"
#include "tests/temp_dir.h"

static char dir[TEMP_DIR_BYTES];

static void setup(void)
{
    temp_dir_init(dir);
}

static void teardown(void)
{
    temp_dir_fini(dir);
}

static struct marker_finding judge(void)
{
    struct marker *marker;
    struct marker_finding verdict;
    struct fault fault = {0};

    ck_assert_msg(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault) == ST_OK, "%s",
                  fault.text);
    marker_close(marker);
    return verdict;
}

enum death { DEATH_BY_KILL, DEATH_BY_FAULT, DEATH_BY_BUS, DEATH_BETWEEN_TURNS };

static int order = MARKER_NO_ORDER; /* in which it dies */

/* A daemon that opens the marker, begins a turn and dies in it.  Returns how it ended. */
static int die(uint64_t agent, uint64_t message, enum death death)
{
    pid_t child = fork();
    int how = 0;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct marker *marker;
        struct marker_finding verdict;
        struct fault fault = {0};

        if (marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault) != ST_OK ||
            fatal_install(marker, &fault) != ST_OK)
            _exit(99);
        marker_set(marker, agent, message);
        *marker_order(marker) = (uint64_t)(order - MARKER_NO_ORDER);
        if (death == DEATH_BETWEEN_TURNS)
            marker_set(marker, 0, 0);
        (void)!freopen("/dev/null", "w", stderr);
        (void)!raise(death == DEATH_BY_FAULT ? SIGSEGV : death == DEATH_BY_BUS ? SIGBUS : SIGKILL);
        _exit(98);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    return how;
}

START_TEST(a_fresh_marker_blames_nobody)
{
    ck_assert(!judge().died);
    ck_assert(!judge().died);
}
END_TEST

START_TEST(a_death_between_turns_blames_nobody)
{
    die(7, 1, DEATH_BETWEEN_TURNS);
    ck_assert(!judge().died);
}
END_TEST

START_TEST(a_death_is_judged_once)
{
    struct marker_finding verdict;

    die(7, 1, DEATH_BY_KILL);
    verdict = judge();
    ck_assert(verdict.died);
    ck_assert(!verdict.quarantine);
    ck_assert_uint_eq(verdict.agent, 7);
    ck_assert_uint_eq(verdict.message, 1);
    ck_assert(!judge().died);
}
END_TEST

START_TEST(a_fatal_signal_still_kills)
{
    int how = die(7, 1, DEATH_BY_FAULT);

    ck_assert(WIFSIGNALED(how));
    ck_assert_int_eq(WTERMSIG(how), SIGSEGV);
}
END_TEST

START_TEST(the_second_death_by_signal_in_one_event_is_quarantine)
{
    struct marker_finding verdict;

    die(7, 1, DEATH_BY_FAULT);
    die(7, 1, DEATH_BY_FAULT); /* opening it judged the first */
    verdict = judge();
    ck_assert(verdict.quarantine);
    ck_assert_uint_eq(verdict.agent, 7);
    ck_assert_uint_eq(verdict.by_signal, 2);
}
END_TEST

START_TEST(the_third_other_death_in_one_event_is_quarantine)
{
    die(7, 1, DEATH_BY_KILL);
    die(7, 1, DEATH_BY_KILL);
    ck_assert(!judge().quarantine);
    die(7, 1, DEATH_BY_KILL);
    ck_assert(judge().quarantine);
}
END_TEST

START_TEST(deaths_in_different_events_do_not_add_up)
{
    for (uint64_t message = 1; message < 6; message++) {
        die(7, message, DEATH_BY_FAULT);
        ck_assert(!judge().quarantine);
    }
    die(8, 5, DEATH_BY_FAULT);
    ck_assert(!judge().quarantine);
}
END_TEST

START_TEST(two_events_that_die_in_turn_are_both_found)
{
    die(7, 1, DEATH_BY_FAULT);
    die(8, 5, DEATH_BY_FAULT);
    die(7, 1, DEATH_BY_FAULT);
    ck_assert(judge().quarantine);
    die(8, 5, DEATH_BY_FAULT);
    ck_assert(judge().quarantine);
}
END_TEST

START_TEST(the_order_that_it_died_in_is_named)
{
    order = 12;
    die(7, 1, DEATH_BY_FAULT);
    ck_assert_int_eq(judge().order, 12);
    order = MARKER_NO_ORDER;
    die(7, 1, DEATH_BY_FAULT);
    ck_assert_int_eq(judge().order, MARKER_NO_ORDER);
    order = 0;
    die(7, 2, DEATH_BY_KILL);
    ck_assert_int_eq(judge().order, 0);
    order = MARKER_NO_ORDER;
}
END_TEST

START_TEST(agents_that_died_of_the_same_order_are_listed_once)
{
    struct marker_finding verdict;

    order = 12;
    die(7, 1, DEATH_BY_FAULT);
    die(7, 2, DEATH_BY_FAULT);
    die(8, 1, DEATH_BY_FAULT);
    die(9, 1, DEATH_BY_KILL); /* a kill is no sign of what the order did */
    order = 13;
    die(10, 1, DEATH_BY_FAULT);
    ck_assert_uint_eq(judge().alike_count, 0);
    order = 12;
    die(11, 1, DEATH_BY_KILL);
    ck_assert_uint_eq(judge().alike_count, 0);
    die(11, 1, DEATH_BY_FAULT);
    verdict = judge();
    ck_assert_uint_eq(verdict.alike_count, 2);
    ck_assert_uint_eq(verdict.alike[0], 7);
    ck_assert_uint_eq(verdict.alike[1], 8);
    order = MARKER_NO_ORDER;
}
END_TEST

START_TEST(of_many_events_the_oldest_are_forgotten)
{
    for (uint64_t agent = 1; agent <= DEATHS_KEPT + 1; agent++)
        die(agent, 1, DEATH_BY_FAULT);
    ck_assert(!judge().quarantine);
    die(1, 1, DEATH_BY_FAULT);
    ck_assert(!judge().quarantine);
    die(DEATHS_KEPT, 1, DEATH_BY_FAULT);
    ck_assert(judge().quarantine);
}
END_TEST

START_TEST(a_bad_page_exits_74_and_is_no_signal_of_the_turn)
{
    int how = die(7, 1, DEATH_BY_BUS);

    ck_assert(WIFEXITED(how));
    ck_assert_int_eq(WEXITSTATUS(how), 74);
    ck_assert_uint_eq(judge().by_signal, 0);
}
END_TEST

START_TEST(a_failed_commit_blames_no_turn)
{
    for (int start = 0; start < CRASHES_MAX; start++) {
        struct marker *marker;
        struct marker_finding verdict;
        struct fault fault;

        ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
        ck_assert(!verdict.died && !verdict.quarantine);
        ck_assert(verdict.store_failed == (start > 0));
        marker_set(marker, 7, 1);
        marker_commit_failed(marker); /* by the writer, while the core runs on */
        marker_close(marker);
    }
    ck_assert(!judge().died);
    die(7, 1, DEATH_BY_KILL); /* excused once is not excused for ever */
    ck_assert_uint_eq(judge().crashes, 1);
}
END_TEST

START_TEST(a_file_of_something_else_is_taken_over)
{
    FILE *file = fopen(temp_path(dir, "marker"), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("not a marker, but long enough to look like one ............", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert(!judge().died);
    die(7, 1, DEATH_BY_KILL);
    ck_assert(judge().died);
}
END_TEST

START_TEST(a_store_that_failed_is_remembered_until_the_books_were_verified)
{
    struct marker *marker;
    struct marker_finding verdict;
    struct fault fault;

    ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
    ck_assert(!verdict.store_failed);
    marker_store_failed(marker);
    marker_close(marker);
    for (int start = 0; start < 2;
         start++) { /* a start that dies while it verifies forgets nothing */
        ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
        ck_assert(verdict.store_failed);
        marker_close(marker);
    }
    ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
    marker_store_verified(marker);
    marker_close(marker);
    ck_assert_int_eq(marker_open(&marker, temp_path(dir, "marker"), &verdict, &fault), ST_OK);
    ck_assert(!verdict.store_failed);
    marker_close(marker);
}
END_TEST

START_TEST(a_marker_that_cannot_be_made_is_a_fault)
{
    struct marker *marker;
    struct marker_finding verdict;
    struct fault fault = {0};

    ck_assert_int_eq(marker_open(&marker, temp_path(dir, "no/marker"), &verdict, &fault), ST_IO);
    ck_assert_ptr_null(marker);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("marker");
    TCase *tcase = tcase_create("marker");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_fresh_marker_blames_nobody);
    tcase_add_test(tcase, a_death_between_turns_blames_nobody);
    tcase_add_test(tcase, a_death_is_judged_once);
    tcase_add_test(tcase, a_fatal_signal_still_kills);
    tcase_add_test(tcase, the_second_death_by_signal_in_one_event_is_quarantine);
    tcase_add_test(tcase, the_third_other_death_in_one_event_is_quarantine);
    tcase_add_test(tcase, deaths_in_different_events_do_not_add_up);
    tcase_add_test(tcase, two_events_that_die_in_turn_are_both_found);
    tcase_add_test(tcase, the_order_that_it_died_in_is_named);
    tcase_add_test(tcase, agents_that_died_of_the_same_order_are_listed_once);
    tcase_add_test(tcase, of_many_events_the_oldest_are_forgotten);
    tcase_add_test(tcase, a_bad_page_exits_74_and_is_no_signal_of_the_turn);
    tcase_add_test(tcase, a_failed_commit_blames_no_turn);
    tcase_add_test(tcase, a_file_of_something_else_is_taken_over);
    tcase_add_test(tcase, a_store_that_failed_is_remembered_until_the_books_were_verified);
    tcase_add_test(tcase, a_marker_that_cannot_be_made_is_a_fault);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
