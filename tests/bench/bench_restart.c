/*
 * A fixed number of starts of a site whose agents all sleep, for tools that count instructions
 * instead of time: tests/bench/instructions.sh runs it.
 *
 *     bench_restart AGENTS STARTS
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/site.h"

int main(int argc, char **argv)
{
    char args[64];
    struct deployment nursery = {"nursery", "idle", args, 0};
    struct bench_site site;
    uint64_t agents;
    uint64_t starts;

    if (argc != 3) {
        (void)fputs("usage: bench_restart AGENTS STARTS\n", stderr);
        return 64;
    }
    agents = strtoull(argv[1], NULL, 10);
    starts = strtoull(argv[2], NULL, 10);
    nursery.endowment_nanos = agents * 2100000 + 1000000000;
    (void)snprintf(args, sizeof args, "count=%" PRIu64 " each=0.002", agents);
    site_open(&site, true);
    site_money_in(&site, nursery.endowment_nanos + 1000000000);
    site_send(&site, site_deploy(&site, &nursery), "go");
    site_run(&site, UINT64_MAX);
    if (core_count(site.core).births != agents + 1 || core_count(site.core).traps != 0)
        bench_die("not all were born", NULL);
    for (uint64_t i = 0; i < starts; i++) {
        double start;

        site_stop(&site);
        start = bench_cpu_s();
        site_start(&site);
        (void)printf("%.3f us an agent\n", (bench_cpu_s() - start) * 1e6 / (double)agents);
    }
    site_close(&site);
    return 0;
}
