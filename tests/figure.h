/*
 * The table of attacks that `make hostile` prints (tests/hostile/run.sh).  A test that tries one of
 * them tells its figure here, wherever it lives.
 */
#ifndef SERAI_TESTS_FIGURE_H
#define SERAI_TESTS_FIGURE_H

/*
 * A line of the table: which row, what was tried, what came of it when it was first tried, and what
 * now, which may be no more than `bound`: past it the test fails.
 */
void figure_tells(int row, const char *what, const char *then, double now, double bound,
                  const char *unit);
/* The same with a figure of the clock, which `make hostile` alone judges: HOSTILE_CLOCK is set. */
void figure_tells_time(int row, const char *what, const char *then, double now, double bound,
                       const char *unit);
/* Nanoseconds of the processor that this thread has used. */
double figure_cpu_ns(void);

#endif
