/*
 * Turns, births, idle memory, and what one turn is made of; beside Erlang where that has the like.
 *
 *     bench_agents [idle agents]
 */
#define _DEFAULT_SOURCE /* malloc_trim */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/site.h"

enum {
    TURNS_STEP = 8192,
    BIRTHS = 20000,
    CHORES_QUEUED = 200, /* an inbox holds 256 */
    CHORES_BATCHES = 20,
};
static const double sample_s = 1.0;
static const uint64_t pair_nanos = UINT64_C(500) * 1000000000;

static void no_traps(const struct bench_site *site)
{
    if (core_count(site->core).traps != 0)
        bench_die("a guest trapped", NULL);
}

/* ---- paid messages ---- */

static double sample_turns(void *context)
{
    struct bench_site *site = context;
    uint64_t turns = core_count(site->core).turns;
    double start = bench_now_s();
    double passed;

    do {
        site_run(site, TURNS_STEP);
        passed = bench_now_s() - start;
    } while (passed < sample_s);
    no_traps(site);
    turns = core_count(site->core).turns - turns;
    if (turns < TURNS_STEP)
        bench_die("the pair stopped talking", NULL);
    return (double)turns / passed;
}

static double erlang_messages(void *context)
{
    (void)context;
    return bench_erlang("messages(2000000)");
}

/* A pair that talks; in tier 1 from its second message on, or missing. */
struct pair {
    struct bench_site site;
    bool missing;
};

static void pair_open(struct pair *pair, bool durable, int tier)
{
    static const struct deployment deployment = {"pair", NULL, "", pair_nanos};

    site_open(&pair->site, durable);
    (void)site_deploy(&pair->site, &deployment);
    site_run(&pair->site, 2);
    pair->missing = tier == 1 && site_compile(&pair->site) == 0;
}

static double sample_pair(void *context)
{
    struct pair *pair = context;

    return pair->missing ? -1 : sample_turns(&pair->site);
}

static void bench_turns(void)
{
    static const char what[] = "paid local messages, two agents, one turn each";
    struct pair ram0;
    struct pair disk0;
    struct pair ram1;
    struct pair disk1;
    struct bench_side sides[] = {{"tier 1, frames in RAM", sample_pair, &ram1},
                                 {"tier 0, frames in RAM", sample_pair, &ram0},
                                 {"tier 1 on LMDB", sample_pair, &disk1},
                                 {"tier 0 on LMDB", sample_pair, &disk0},
                                 {"Erlang", erlang_messages, NULL}};

    if (!bench_wanted(what))
        return;
    pair_open(&ram0, false, 0);
    pair_open(&disk0, true, 0);
    pair_open(&ram1, false, 1);
    pair_open(&disk1, true, 1);
    bench_compare_base(what, "messages/s", sides, 5, 4);
    site_close(&ram0.site);
    site_close(&disk0.site);
    site_close(&ram1.site);
    site_close(&disk1.site);
}

/* ---- births ---- */

static void deploy_nursery(struct bench_site *site, uint64_t count, uint64_t endowment_units)
{
    char args[64];
    struct deployment nursery = {"nursery", "idle", args, endowment_units * 1000000000};
    struct core_counters before = core_count(site->core);

    (void)snprintf(args, sizeof args, "count=%llu each=0.002", (unsigned long long)count);
    site_send(site, site_deploy(site, &nursery), "go");
    if (core_count(site->core).births != before.births + 1)
        bench_die("the nursery was not born", NULL);
}

struct births {
    bool durable;
    int tier;
};

/* The nursery's first turns are over when its code is compiled; its children's code by then too. */
static double sample_births(void *context)
{
    const struct births *births = context;
    struct bench_site site;
    double start;
    double passed;
    bool missing = false;

    site_open(&site, births->durable);
    if (births->tier == 1) {
        deploy_nursery(&site, 32, 1);
        site_run(&site, UINT64_MAX);
        missing = site_compile(&site) == 0;
    }
    deploy_nursery(&site, BIRTHS, 900);
    start = bench_now_s();
    site_run(&site, UINT64_MAX);
    passed = bench_now_s() - start;
    no_traps(&site);
    if (core_count(site.core).births < BIRTHS + 1)
        bench_die("not all were born", NULL);
    site_close(&site);
    return missing ? -1 : BIRTHS / passed;
}

static double erlang_births(void *context)
{
    (void)context;
    return bench_erlang("births(20000)"); /* as many as BIRTHS */
}

static void bench_births(void)
{
    static const struct births ram1 = {false, 1};
    static const struct births ram0 = {false, 0};
    static const struct births disk1 = {true, 1};
    static const struct births disk0 = {true, 0};
    struct bench_side sides[] = {{"tier 1, frames in RAM", sample_births, (void *)(uintptr_t)&ram1},
                                 {"tier 0, frames in RAM", sample_births, (void *)(uintptr_t)&ram0},
                                 {"tier 1 on LMDB", sample_births, (void *)(uintptr_t)&disk1},
                                 {"tier 0 on LMDB", sample_births, (void *)(uintptr_t)&disk0},
                                 {"Erlang", erlang_births, NULL}};

    bench_compare_base("births, code loaded, with the newborn's first turn", "births/s", sides, 5,
                       4);
}

/* ---- memory of those who wait ---- */

static double bytes_an_agent(uint64_t count)
{
    struct bench_site site;
    uint64_t before;

    site_open(&site, false);
    deploy_nursery(&site, count, 900);
    before = bench_resident_bytes();
    site_run(&site, UINT64_MAX);
    no_traps(&site);
    if (core_count(site.core).births != count + 1)
        bench_die("not all were born", NULL);
    (void)malloc_trim(0); /* what the births needed for a while is not the idle agents' */
    return (double)(bench_resident_bytes() - before) / (double)count;
}

/* In a process of its own each time: memory that an earlier round freed would be taken again. */
static double sample_idle(void *context)
{
    const uint64_t *count = context;
    double value = 0;
    int ends[2];
    int status;
    pid_t child;

    (void)fflush(NULL);
    if (pipe(ends) != 0)
        bench_die("pipe", NULL);
    child = fork();
    if (child < 0)
        bench_die("fork", NULL);
    if (child == 0) {
        value = bytes_an_agent(*count);
        _exit(write(ends[1], &value, sizeof value) == sizeof value ? 0 : 1);
    }
    (void)close(ends[1]);
    if (read(ends[0], &value, sizeof value) != sizeof value ||
        waitpid(child, &status, 0) != child || status != 0)
        bench_die("the measuring child failed", NULL);
    (void)close(ends[0]);
    return value;
}

static double erlang_idle(void *context)
{
    const uint64_t *count = context;
    char call[64];

    (void)snprintf(call, sizeof call, "idle(%llu)", (unsigned long long)*count);
    return bench_erlang(call);
}

static void bench_idle(uint64_t count)
{
    struct bench_side sides[] = {{"agent", sample_idle, &count}, {"Erlang", erlang_idle, &count}};
    char what[96];

    (void)snprintf(what, sizeof what, "resident memory of each of %llu idle agents",
                   (unsigned long long)count);
    bench_compare_sizes(what, "bytes", sides, 2);
}

/* ---- what a turn is made of ---- */

struct chore {
    struct bench_site *site;
    uint64_t agent;
    const char *text;
};

/* In computing time: all of it is one thread, and nothing waits. */
static double sample_chore(void *context)
{
    const struct chore *chore = context;
    double passed = 0;

    for (int batch = 0; batch < CHORES_BATCHES; batch++) {
        double start;

        for (int i = 0; i < CHORES_QUEUED; i++)
            site_send(chore->site, chore->agent, chore->text);
        start = bench_cpu_s();
        (void)core_run(chore->site->core, CHORES_QUEUED);
        passed += bench_cpu_s() - start;
        site_frame(chore->site);
    }
    return passed * 1e6 / (CHORES_QUEUED * CHORES_BATCHES);
}

/* Less an empty turn, so that what is left is the pages': found, compared, kept or brought back. */
static double sample_beside_empty(void *context)
{
    struct chore *chore = context;
    struct chore empty = {chore->site, chore->agent, "e"};
    double beside = sample_chore(chore) - sample_chore(&empty);

    return beside < 0 ? 0 : beside; /* less than the samples vary */
}

/* What no rollback can do without: four pages from a copy into the memory, 8 copies in turn. */
static double sample_copy(void *context)
{
    enum { PAGES_BYTES = 4 * 4096, COPIES = 8, ROUNDS = 100000 };
    uint8_t *bytes = context;
    double start = bench_cpu_s();

    for (size_t i = 0; i < ROUNDS; i++) {
        uint8_t *page = bytes + i % COPIES * PAGES_BYTES;

        memcpy(page, bytes + COPIES * PAGES_BYTES, PAGES_BYTES);
        __asm__ volatile("" : : "r"(page) : "memory"); /* it is wanted */
    }
    return (bench_cpu_s() - start) * 1e6 / ROUNDS;
}

static void open_chores(struct bench_site *site, uint64_t *agent)
{
    static const struct deployment chores = {"chores", NULL, "", UINT64_C(1000000000)};

    site_open(site, false);
    *agent = site_deploy(site, &chores);
    site_run(site, UINT64_MAX);
}

static void bench_tier(const char *tier, struct bench_site *site, uint64_t agent)
{
    static uint8_t copies[9 * 4 * 4096];
    struct chore empty = {site, agent, "e"};
    struct chore calls = {site, agent, "h"};
    struct chore dirty = {site, agent, "d"};
    struct chore trap = {site, agent, "t"};
    struct bench_side turns[] = {{"empty turn", sample_chore, &empty},
                                 {"1000 host calls", sample_chore, &calls},
                                 {"4 pages changed", sample_chore, &dirty},
                                 {"4 pages rolled back", sample_chore, &trap}};
    struct bench_side pages[] = {{"changed and kept", sample_beside_empty, &dirty},
                                 {"changed and rolled back", sample_beside_empty, &trap},
                                 {"4 pages copied", sample_copy, copies}};
    char what[96];

    (void)snprintf(what, sizeof what, "one turn of the site, its frame apart, %s", tier);
    bench_compare(what, "microseconds", turns, 4);
    (void)snprintf(what, sizeof what, "rollback of 4 pages, an empty turn apart, %s", tier);
    bench_compare_base(what, "microseconds", pages, 3, 2);
}

static void bench_chores(void)
{
    struct bench_site site;
    uint64_t agent;

    open_chores(&site, &agent);
    bench_tier("tier 0", &site, agent);
    if (site_compile(&site) != 0)
        bench_tier("tier 1", &site, agent);
    site_close(&site);
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;

    if (count == 0 || count > 1000000) {
        (void)fputs("usage: bench_agents [idle agents]\n", stderr);
        return 64;
    }
    bench_idle(count);
    bench_turns();
    bench_births();
    bench_chores();
    return 0;
}
