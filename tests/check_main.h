/* What the Check programs of the tests share: how a suite is run, and where chance comes from. */
#ifndef SERAI_TESTS_CHECK_MAIN_H
#define SERAI_TESTS_CHECK_MAIN_H

#include "base/random.h"
#include <check.h>

/*
 * Run and free `suite`, as loudly as CK_VERBOSITY says.  Returns 0 when all passed, 1 otherwise:
 * main returns it.  Each test runs in a process of its own, so that it ends alone; in builds with
 * sanitizers all run in this one, because there the fork and the search for leaks after it cost
 * more than most tests do.  CK_FORK=yes and CK_FORK=no choose otherwise; no is for gdb.
 */
int check_main(Suite *suite);

/*
 * The test case, added to `suite`, of the tests that must end by SIGABRT: each of those runs in a
 * process of its own whatever is said above.  One for each program.
 */
TCase *tcase_of_aborts(Suite *suite);

/*
 * A generator whose seed is the environment's SEED or else fresh; prints SEED=n, and the same SEED
 * replays the test.
 */
struct rng rng_for_test(void);

/* How much of something a test does: the number in the environment's `name`, or else `usual`. */
uint64_t wanted_by_test(const char *name, uint64_t usual);

#endif
