/*
 * Measuring: samples of several sides taken in turn, so that what else the machine does hits all
 * alike; rounds in which others used more than half the CPU are thrown away, and with too few left
 * the answer is "not measured".
 */
#ifndef SERAI_TESTS_BENCH_BENCH_H
#define SERAI_TESTS_BENCH_BENCH_H

#include <sys/types.h>

#include "base/status.h"

enum {
    BENCH_ROUNDS = 5,      /* that a median needs */
    BENCH_ROUNDS_MAX = 15, /* that are tried; the environment's BENCH_PATIENCE says otherwise */
    BENCH_SIDES_MAX = 8,
};

/* Negative: this side is not to be had here (no Erlang installed). */
typedef double (*bench_sample)(void *context);

struct bench_side {
    const char *name;
    bench_sample sample;
    void *context;
};

/*
 * Print each round, then each side's median and the first side's as a multiple of each other's
 * (the median of the rounds' ratios).  `unit` is of the values, such as "turns/s" or "bytes".
 * When the environment's BENCH_ONLY is set, only what has it in its name is measured.
 */
void bench_compare(const char *what, const char *unit, const struct bench_side *sides,
                   size_t count);
/* The same, but each side is told as a multiple of sides[base], if that is to be had. */
void bench_compare_base(const char *what, const char *unit, const struct bench_side *sides,
                        size_t count, size_t base);
/* The same for what others on the machine do not change, such as sizes: no round is rejected. */
void bench_compare_sizes(const char *what, const char *unit, const struct bench_side *sides,
                         size_t count);

/* Whether BENCH_ONLY lets this be measured: for what is dear to prepare. */
MUST_CHECK bool bench_wanted(const char *what);

/* From now on what this running child uses is ours too.  At most BENCH_SIDES_MAX of them. */
void bench_own(pid_t child);

/* Monotonic seconds. */
double bench_now_s(void);
/* Seconds that this thread computed: what it waits for a processor is not in it. */
double bench_cpu_s(void);

/* The number that a shell command prints; negative when it prints none. */
double bench_command(const char *command);

/*
 * A number that `serai_bench:<call>` prints, run by one scheduler of Erlang; negative when there is
 * no Erlang or BENCH_ERLANG, the folder of serai_bench.beam, is not set.
 */
double bench_erlang(const char *call);

/* Resident bytes of this process. */
uint64_t bench_resident_bytes(void);
/* Without what is mapped from files, such as a store's pages. */
uint64_t bench_anonymous_bytes(void);

/* Say what went wrong and exit with 1. */
_Noreturn void bench_die(const char *what, const struct fault *fault);

/* A whole file of at most 16 MiB; the caller frees it. Dies when it cannot. */
uint8_t *bench_read_file(const char *path, size_t *size);

#endif
