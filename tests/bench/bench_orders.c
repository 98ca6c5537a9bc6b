/*
 * What orders cost the site: the time of each against the fuel that it takes, beside a plain loop.
 *
 * The agent of guests/orders.c repeats an order within a turn.  Counted is processor time of the
 * turn, of what it causes (the turn of a receiver, of a newborn) and of closing the frame; on LMDB
 * the commit too.  A turn that repeats nothing is taken off.  In each round the plain loop takes
 * its turn beside the order; medians of the rounds are told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/guests/orders.h"
#include "tests/bench/site.h"

enum { ROUNDS = 9, TURN_FUEL = 5000000 };

struct loop {
    const char *name;
    int most; /* repeats in a turn */
};

#define LOOP_ROW(what, most, ...) {what, most},
static const struct loop loops[] = {ORDER_LOOPS(LOOP_ROW)};
#undef LOOP_ROW
enum { LOOPS = sizeof loops / sizeof loops[0] };

struct cost {
    double ns;
    uint64_t fuel;
};

struct place {
    const char *name;
    struct bench_site site;
    uint64_t agent;
};

static struct cost turn_cost(struct place *place, size_t loop, int repeats)
{
    struct cost cost;
    char text[32];
    uint64_t fuel;
    double start;

    (void)snprintf(text, sizeof text, "%zu %d", loop, repeats);
    site_send(&place->site, place->agent, text);
    fuel = core_count(place->site.core).fuel;
    start = bench_cpu_s();
    while (core_run(place->site.core, 64))
        continue;
    cost.ns = (bench_cpu_s() - start) * 1e9;
    site_run(&place->site, UINT64_MAX);
    if (loop != 0) /* what a frame takes varies by more than the plain loop */
        cost.ns = (bench_cpu_s() - start) * 1e9;
    cost.fuel = core_count(place->site.core).fuel - fuel;
    return cost;
}

/* So many that the turn has fuel for all of them. */
static int repeats_of(struct place *place, size_t loop)
{
    enum { FEW = 4 };
    uint64_t fuel = (turn_cost(place, loop, FEW).fuel - turn_cost(place, loop, 0).fuel) / FEW;

    /* What comes later, as a timer does, shows in another turn: then as many as may be. */
    if (fuel == 0 || fuel > TURN_FUEL || fuel * (uint64_t)loops[loop].most < TURN_FUEL)
        return loops[loop].most;
    return (int)(TURN_FUEL / fuel);
}

/* Nanoseconds of a fuel; *fuel is what one repeat takes. */
static double fuel_ns(struct place *place, size_t loop, int repeats, double *fuel)
{
    struct cost none = turn_cost(place, loop, 0);
    struct cost all = turn_cost(place, loop, repeats);

    if (core_count(place->site.core).traps != 0)
        bench_die(loops[loop].name, NULL);
    *fuel = (double)(all.fuel - none.fuel) / repeats;
    return (all.ns - none.ns) / (double)(all.fuel - none.fuel);
}

static int by_size(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return *a < *b ? -1 : *a > *b;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

/* How many times the plain loop's time an order takes for its fuel. */
static double bench_loop(struct place *place, size_t loop)
{
    double plain[ROUNDS];
    double order[ROUNDS];
    double times[ROUNDS];
    int repeats = repeats_of(place, loop);
    double fuel;

    for (int round = 0; round < ROUNDS; round++) {
        plain[round] = fuel_ns(place, 0, loops[0].most, &fuel);
        order[round] = fuel_ns(place, loop, repeats, &fuel);
        times[round] = order[round] / plain[round];
    }
    (void)printf("  %-38s %9.1f fuel %10.0f ns %8.2f ns a fuel, plain %.2f: %.2f times\n",
                 loops[loop].name, fuel, fuel * median(order), median(order), median(plain),
                 median(times));
    (void)fflush(stdout);
    return median(times);
}

static void bench_all(struct place *place, const char *state)
{
    double worst = 0;
    size_t worst_at = 0;

    (void)printf("orders, %s, %s:\n", place->name, state);
    for (size_t loop = 1; loop < LOOPS; loop++) {
        double times;

        if (!bench_wanted(loops[loop].name))
            continue;
        times = bench_loop(place, loop);
        if (times > worst) {
            worst = times;
            worst_at = loop;
        }
    }
    (void)printf("  worst: %s, %.2f times\n", loops[worst_at].name, worst);
}

static void bench_place(const char *name, bool durable)
{
    static const struct deployment orders = {"orders", "idle", "", UINT64_C(900) * 1000000000};
    static struct place place;
    char state[64];

    place.name = name;
    site_open(&place.site, durable);
    place.agent = site_deploy(&place.site, &orders);
    site_run(&place.site, UINT64_MAX);
    bench_all(&place, "tier 0");
    for (int turn = 0; turn < FILL_TURNS; turn++)
        (void)turn_cost(&place, ORDERS_FILL, 0);
    bench_all(&place, "tier 0, all slots but one taken");
    if (!durable && site_compile(&place.site) != 0) {
        (void)snprintf(state, sizeof state, "tier 1, all slots but one taken");
        bench_all(&place, state);
    }
    site_close(&place.site);
}

int main(void)
{
    bench_place("frames in RAM", false);
    bench_place("frames on LMDB", true);
    return 0;
}
