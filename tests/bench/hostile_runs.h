/* Runs that mean harm: see hostile_runs.c. */
#ifndef SERAI_TESTS_BENCH_HOSTILE_RUNS_H
#define SERAI_TESTS_BENCH_HOSTILE_RUNS_H

/* Below this a run is over before it began: what it takes is the turn's own, which others pay. */
enum { HOSTILE_RUN_FUEL_MIN = 1000 };

/* `fuel_ns` samples the nanoseconds of a fuel of the plain loop in tier 0. */
void hostile_runs(double (*fuel_ns)(void *context), void *context);

#endif
