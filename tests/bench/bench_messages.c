/*
 * A fixed number of paid messages between two agents, frames in RAM, for tools that count
 * instructions instead of time: tests/bench/instructions.sh runs it.  It says how many bytes of
 * journal each message takes.
 *
 *     bench_messages TIER MESSAGES        TIER: 0 or 1
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/site.h"

int main(int argc, char **argv)
{
    static const struct deployment deployment = {"pair", NULL, "", UINT64_C(500) * 1000000000};
    struct bench_site site;
    uint64_t messages;

    if (argc != 3 || (argv[1][0] != '0' && argv[1][0] != '1')) {
        (void)fputs("usage: bench_messages TIER MESSAGES\n", stderr);
        return 64;
    }
    messages = strtoull(argv[2], NULL, 10);
    site_open(&site, false);
    (void)site_deploy(&site, &deployment);
    site_run(&site, 2); /* both agents live, so their module is known to be worth a compile */
    if (argv[1][0] == '1' && site_compile(&site) == 0)
        bench_die("no compiler for tier 1", NULL);
    site.counts = true;
    site_run(&site, messages);
    if (core_count(site.core).turns < messages || core_count(site.core).traps != 0)
        bench_die("the pair stopped talking", NULL);
    printf("journal for each message: %.1f bytes\n", (double)site.journal_bytes / (double)messages);
    site_close(&site);
    return 0;
}
