#include "tests/check_main.h"
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define ABORTS "aborts"

#ifdef SERAI_SANITIZED
#define USUAL_FORKS CK_NOFORK
#else
#define USUAL_FORKS CK_FORK
#endif

static bool has_aborts;

TCase *tcase_of_aborts(Suite *suite)
{
    TCase *aborts = tcase_create(ABORTS);

    tcase_set_tags(aborts, ABORTS);
    suite_add_tcase(suite, aborts);
    has_aborts = true;
    return aborts;
}

static void run(SRunner *runner)
{
    srunner_set_fork_status(runner, getenv("CK_FORK") == NULL ? USUAL_FORKS : CK_FORK_GETENV);
    srunner_run_tagged(runner, NULL, NULL, NULL, ABORTS, CK_ENV);
    if (has_aborts) {
        srunner_set_fork_status(runner, CK_FORK);
        srunner_run_tagged(runner, NULL, NULL, ABORTS, NULL, CK_ENV);
    }
}

int check_main(Suite *suite)
{
    SRunner *runner;
    int failed;

    if (sodium_init() < 0) {
        (void)fputs("libsodium does not start\n", stderr);
        return 1;
    }
    runner = srunner_create(suite);
    run(runner);
    failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) == 0) {
        (void)fputs("the suite holds no test\n", stderr);
        failed = 1;
    }
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

static uint64_t number_of(const char *name, const char *text)
{
    uint64_t number;
    char *end;

    errno = 0;
    number = strtoull(text, &end, 10);
    ck_assert_msg(errno == 0 && *end == '\0', "%s is not a number: %s", name, text);
    return number;
}

struct rng rng_for_test(void)
{
    const char *text = getenv("SEED");
    struct rng rng;
    uint64_t seed;

    if (text == NULL || *text == '\0') {
        randombytes_buf(&seed, sizeof seed);
    } else {
        seed = number_of("SEED", text);
    }
    /* Flushed at once, so that it is there even when the test dies of a signal. */
    (void)printf("SEED=%llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
    rng_init(&rng, seed);
    return rng;
}

uint64_t wanted_by_test(const char *name, uint64_t usual)
{
    const char *text = getenv(name);

    return text == NULL || *text == '\0' ? usual : number_of(name, text);
}
