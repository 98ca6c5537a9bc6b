/* Small dense modules in fresh memory: see hostile_small.c. */
#ifndef SERAI_TESTS_BENCH_HOSTILE_SMALL_H
#define SERAI_TESTS_BENCH_HOSTILE_SMALL_H

/*
 * Print what they take; the worst, in times of what they pay.  `fuel_ns` samples the nanoseconds of
 * a fuel of the plain loop in tier 0.
 */
double hostile_small(double (*fuel_ns)(void *context), void *context);

#endif
