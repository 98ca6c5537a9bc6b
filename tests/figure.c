#include "tests/figure.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* tests/hostile/run.sh and tests/e2e/lib.sh know this form. */
static void tell(int row, const char *what, const char *then, double now, double bound,
                 const char *unit)
{
    (void)printf("  row %-2d  %-52s then %-34s now %.4g, at most %.4g %s\n", row, what, then, now,
                 bound, unit);
    (void)fflush(stdout);
}

void figure_tells(int row, const char *what, const char *then, double now, double bound,
                  const char *unit)
{
    tell(row, what, then, now, bound, unit);
    ck_assert_msg(now <= bound, "row %d: %s: %g %s, and at most %g are right", row, what, now, unit,
                  bound);
}

void figure_tells_time(int row, const char *what, const char *then, double now, double bound,
                       const char *unit)
{
    if (getenv("HOSTILE_CLOCK") == NULL)
        tell(row, what, then, now, bound, unit);
    else
        figure_tells(row, what, then, now, bound, unit);
}

double figure_cpu_ns(void)
{
    struct timespec time;

    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}
