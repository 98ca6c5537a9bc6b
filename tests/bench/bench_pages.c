/*
 * From turn to durable frame: agents that all take turns without end, each of which changes two
 * pages, an agent row, an account and an inbox; a frame each 4096 turns, on LMDB, synced.
 *
 *     bench_pages [agents ...]     (1000 and 200000)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agents/agents.h"
#include "agents/message.h"
#include "site/core/state.h"
#include "tests/bench/bench.h"
#include "tests/bench/site.h"

enum { SAMPLE_TURNS = 32768, WARM_TURNS = 65536, WAKES = 1024 };

struct load {
    struct bench_site site;
    uint64_t agents;
};

/* What the kernel has been given to write for this process. */
static uint64_t written_bytes(void)
{
    uint64_t bytes = 0;
    char line[128];
    FILE *in = fopen("/proc/self/io", "r");

    if (in == NULL)
        bench_die("/proc/self/io", NULL);
    while (fgets(line, sizeof line, in) != NULL) {
        if (sscanf(line, "write_bytes: %" SCNu64, &bytes) == 1)
            break;
    }
    (void)fclose(in);
    return bytes;
}

/* As a timer of theirs does.  They cannot begin before all are born: the nursery has one turn a
 * round, as everybody has. */
static void wake_some(struct core *core, uint64_t first, uint64_t last)
{
    struct event event = event_of_time(0, core->site_time_us);

    core->frame_open = true;
    ledger_event_begin(core->ledger);
    for (uint64_t id = first; id <= last && id < first + WAKES; id++) {
        struct message wake = {.kind = SERAI_EVENT_WAKE, .reserve = agents_reserve(core->agents)};
        struct transfer reserve = {.debit = id,
                                   .credit = ACCOUNT_HELD_RESERVE,
                                   .amount = wake.reserve,
                                   .code = TRANSFER_RESERVE_HOLD,
                                   .object = id};

        ledger_transfer_checked(core->ledger, &reserve);
        agents_deliver(core->agents, agents_find(core->agents, id), &wake);
    }
    (void)ledger_event_end(core->ledger, &event);
    undo_commit(core->undo);
}

static void open_load(struct load *load, uint64_t agents)
{
    char args[64];
    struct deployment nursery = {"nursery", "keeper", args, UINT64_C(900) * 1000000000};
    uint64_t nursery_agent;

    load->agents = agents;
    site_open(&load->site, true);
    (void)snprintf(args, sizeof args, "count=%" PRIu64 " each=0.003", agents);
    nursery_agent = site_deploy(&load->site, &nursery);
    site_send(&load->site, nursery_agent, "go");
    site_run(&load->site, UINT64_MAX);
    if (core_count(load->site.core).births != agents + 1)
        bench_die("not all were born", NULL);
    for (uint64_t first = nursery_agent + 1; first <= nursery_agent + agents; first += WAKES)
        wake_some(load->site.core, first, nursery_agent + agents);
    site_run(&load->site, agents + WARM_TURNS); /* each had its first turn, and some more */
}

static double sample_turns(void *context)
{
    struct load *load = context;
    struct core_counters before = core_count(load->site.core);
    double start = bench_now_s();
    struct core_counters after;

    site_run(&load->site, SAMPLE_TURNS);
    after = core_count(load->site.core);
    if (after.turns - before.turns < SAMPLE_TURNS || after.traps != 0 || after.frozen != 0)
        bench_die("the agents stopped", NULL);
    return (bench_now_s() - start) * 1e6 / (double)(after.turns - before.turns);
}

/* Of the one thread that does it all; waiting for the disk is not in it. */
static double sample_cpu(void *context)
{
    struct load *load = context;
    uint64_t turns = core_count(load->site.core).turns;
    clock_t before = clock();

    site_run(&load->site, SAMPLE_TURNS);
    return (double)(clock() - before) * 1e6 / (double)CLOCKS_PER_SEC /
           (double)(core_count(load->site.core).turns - turns);
}

static double sample_bytes(void *context)
{
    struct load *load = context;
    uint64_t turns = core_count(load->site.core).turns;
    uint64_t before = written_bytes();

    site_run(&load->site, SAMPLE_TURNS);
    return (double)(written_bytes() - before) / (double)(core_count(load->site.core).turns - turns);
}

static void bench_load(uint64_t agents)
{
    struct load load;
    struct bench_side times[] = {{"turn", sample_turns, &load}};
    struct bench_side cpu[] = {{"turn", sample_cpu, &load}};
    struct bench_side sizes[] = {{"turn", sample_bytes, &load}};
    char what[96];

    open_load(&load, agents);
    (void)snprintf(what, sizeof what, "pages: %" PRIu64 " agents, bytes written to the disk",
                   agents);
    bench_compare_sizes(what, "bytes a turn", sizes, 1);
    (void)snprintf(what, sizeof what, "pages: %" PRIu64 " agents, CPU time", agents);
    bench_compare_sizes(what, "microseconds a turn", cpu, 1);
    (void)snprintf(what, sizeof what, "pages: %" PRIu64 " agents, from turn to durable frame",
                   agents);
    bench_compare(what, "microseconds a turn", times, 1);
    (void)printf("  resident: %.1f MB\n", (double)bench_resident_bytes() / 1e6);
    site_close(&load.site);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        bench_load(1000);
        bench_load(200000);
    }
    for (int i = 1; i < argc; i++) {
        uint64_t agents = strtoull(argv[i], NULL, 10);

        if (agents == 0 || agents > 1000000) {
            (void)fputs("usage: bench_pages [agents ...]\n", stderr);
            return 64;
        }
        bench_load(agents);
    }
    return 0;
}
