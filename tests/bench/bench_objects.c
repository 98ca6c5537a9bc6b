/*
 * What a near call costs, one object of an agent to another (sdk/vat), in both tiers: the time of a
 * turn with a thousand calls less that of a turn with none.
 */
#include <stdio.h>

#include "tests/bench/bench.h"
#include "tests/bench/site.h"

enum { CALLS = 1000, TURNS = 200 };

struct objects_place {
    struct bench_site site;
    uint64_t agent;
};

static double turns_cpu_s(struct objects_place *place, int calls)
{
    double begin = bench_cpu_s();
    char words[32];

    (void)snprintf(words, sizeof words, "calls %d", calls);
    for (int turn = 0; turn < TURNS; turn++) {
        site_send(&place->site, place->agent, words);
        site_run(&place->site, UINT64_MAX);
    }
    return bench_cpu_s() - begin;
}

static double near_call_ns(void *context)
{
    struct objects_place *place = context;
    double none = turns_cpu_s(place, 0);
    double ns = (turns_cpu_s(place, CALLS) - none) * 1e9 / ((double)CALLS * TURNS);

    if (core_count(place->site.core).traps != 0)
        bench_die("the calls trap", NULL);
    return ns;
}

/* Fuel is the same in both tiers. */
static double near_call_fuel(struct objects_place *place)
{
    uint64_t fuel = core_count(place->site.core).fuel;

    (void)turns_cpu_s(place, CALLS);
    return (double)(core_count(place->site.core).fuel - fuel) / ((double)CALLS * TURNS);
}

static void open_place(struct objects_place *place)
{
    static const struct deployment deployment = {"objects", NULL, "", UINT64_C(500) * 1000000000};

    site_open(&place->site, false);
    place->agent = site_deploy(&place->site, &deployment);
    (void)turns_cpu_s(place, CALLS);
}

int main(void)
{
    static struct objects_place slow;
    static struct objects_place fast;
    struct bench_side sides[] = {{"tier 1", near_call_ns, &fast}, {"tier 0", near_call_ns, &slow}};

    open_place(&slow);
    (void)printf("a near call takes %.0f fuel, its share of the turn in it\n",
                 near_call_fuel(&slow));
    open_place(&fast);
    if (site_compile(&fast.site) == 0)
        sides[0] = sides[1]; /* no compiler here: tier 0 against itself */
    bench_compare("a near call to a cell", "ns", sides, 2);
    site_close(&slow.site);
    site_close(&fast.site);
    return 0;
}
