/* What the Check programs of the tests share: how a suite is run, and where chance comes from. */
#ifndef SERAI_TESTS_CHECK_MAIN_H
#define SERAI_TESTS_CHECK_MAIN_H

#include "base/random.h"
#include <check.h>

/*
 * Run and free `suite`, each test in a process of its own (CK_FORK=no undoes that, for gdb), as
 * loudly as CK_VERBOSITY says.  Returns 0 when all passed, 1 otherwise: main returns it.
 */
int check_main(Suite *suite);

/*
 * A generator whose seed is the environment's SEED or else fresh; prints SEED=n, and the same SEED
 * replays the test.
 */
struct rng rng_for_test(void);

/* How much of something a test does: the number in the environment's `name`, or else `usual`. */
uint64_t wanted_by_test(const char *name, uint64_t usual);

#endif
