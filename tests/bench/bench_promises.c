/*
 * What promises cost and save: a round of facet_ask beside a question, and a chain of four
 * questions, each to the answer of the one before, asked at once beside asked turn by turn.  Two
 * agents of one site, frames in RAM; processor time, medians of rounds in which all take turns.
 */
#include <stdio.h>

#include "tests/bench/bench.h"
#include "tests/bench/guests/pipe.h"
#include "tests/bench/site.h"

enum { CHAINS = 4000 };

static struct bench_site site;
static uint64_t agent;

struct way {
    enum pipe_way way;
};

/* Microseconds for one chain. */
static double chain_us(void *context)
{
    const struct way *way = context;
    char text[32];
    double start;

    (void)snprintf(text, sizeof text, "%d %d", (int)way->way, CHAINS);
    site_send(&site, agent, text);
    start = bench_cpu_s();
    site_run(&site, UINT64_MAX);
    if (core_count(site.core).traps != 0)
        bench_die("a chain broke", NULL);
    return (bench_cpu_s() - start) * 1e6 / CHAINS;
}

static void bench_tier(const char *tier)
{
    static struct way question = {PIPE_QUESTION};
    static struct way ask = {PIPE_ASK};
    static struct way by_turns = {PIPE_BY_TURNS};
    static struct way pipelined = {PIPE_PIPELINED};
    const struct bench_side rounds[] = {{"facet_ask, heard", chain_us, &ask},
                                        {"facet_send with a reply", chain_us, &question}};
    const struct bench_side chains[] = {{"pipelined", chain_us, &pipelined},
                                        {"turn by turn", chain_us, &by_turns}};
    char what[64];

    (void)snprintf(what, sizeof what, "a question and its answer, %s", tier);
    bench_compare(what, "us", rounds, 2);
    (void)snprintf(what, sizeof what, "a chain of %d questions, %s", (int)PIPE_LENGTH, tier);
    bench_compare(what, "us", chains, 2);
}

int main(void)
{
    static const struct deployment deployment = {"pipe", NULL, "", UINT64_C(900) * 1000000000};

    site_open(&site, false);
    agent = site_deploy(&site, &deployment);
    site_run(&site, UINT64_MAX);
    bench_tier("tier 0");
    if (site_compile(&site) > 0)
        bench_tier("tier 1");
    site_close(&site);
    return 0;
}
