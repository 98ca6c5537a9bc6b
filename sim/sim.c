/* What all parts of a run use: its trace, its end by a failure, what was seen, and chance. */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Step and virtual time: what a reader needs to find a line in the run again. */
static void print_time(FILE *to, const struct sim *sim)
{
    (void)fprintf(to, "%5u %10" PRIu64 ".%06" PRIu64 "  ", sim->step, sim->now_us / 1000000,
                  sim->now_us % 1000000);
}

void sim_trace(const struct sim *sim, const char *format, ...)
{
    va_list arguments;

    if (!sim->options.trace)
        return;
    print_time(stdout, sim);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

_Noreturn void sim_fail(const struct sim *sim, const char *format, ...)
{
    va_list arguments;

    (void)fflush(stdout);
    (void)fprintf(stderr, "step %u, %s: ", sim->step, sim->faulty ? "with faults" : "quiet");
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    (void)fflush(stderr);
    /* Not exit(): what the run still holds would be reported as leaks, behind the failure. */
    _Exit(1);
}

/* After quiet the same things happen without a fault behind them, and would be no evidence. */
void sim_saw(struct sim *sim, enum seen seen)
{
    if (sim->faulty)
        sim->result.seen[seen]++;
}

bool sim_chance(const struct sim *sim, struct rng *rng, uint32_t n)
{
    if (n == 0 || rng_below(rng, n) != 0)
        return false;
    /* Fewer faults: the same are drawn, and some left out. */
    return sim->options.calm == 0 || rng_below(rng, 100) >= sim->options.calm;
}
