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

static void bench_turns(void)
{
    static const struct deployment pair = {"pair", NULL, "", pair_nanos};
    struct bench_site ram;
    struct bench_site disk;
    struct bench_side sides[] = {{"frames in RAM", sample_turns, &ram},
                                 {"frames on LMDB", sample_turns, &disk},
                                 {"Erlang", erlang_messages, NULL}};

    site_open(&ram, false);
    site_open(&disk, true);
    (void)site_deploy(&ram, &pair);
    (void)site_deploy(&disk, &pair);
    bench_compare("paid local messages, two agents, one turn each", "messages/s", sides, 3);
    site_close(&ram);
    site_close(&disk);
}

/* ---- births ---- */

static void deploy_nursery(struct bench_site *site, uint64_t count)
{
    char args[64];
    struct deployment nursery = {"nursery", "idle", args, UINT64_C(900) * 1000000000};
    struct core_counters before = core_count(site->core);

    (void)snprintf(args, sizeof args, "count=%llu each=0.002", (unsigned long long)count);
    site_send(site, site_deploy(site, &nursery), "go");
    if (core_count(site->core).births != before.births + 1)
        bench_die("the nursery was not born", NULL);
}

static double births_a_second(bool durable)
{
    struct bench_site site;
    double start;
    double passed;

    site_open(&site, durable);
    deploy_nursery(&site, BIRTHS);
    start = bench_now_s();
    site_run(&site, UINT64_MAX);
    passed = bench_now_s() - start;
    no_traps(&site);
    if (core_count(site.core).births != BIRTHS + 1)
        bench_die("not all were born", NULL);
    site_close(&site);
    return BIRTHS / passed;
}

static double sample_births(void *context)
{
    const bool *durable = context;

    return births_a_second(*durable);
}

static double erlang_births(void *context)
{
    (void)context;
    return bench_erlang("births(20000)"); /* as many as BIRTHS */
}

static void bench_births(void)
{
    bool no = false;
    bool yes = true;
    struct bench_side sides[] = {{"frames in RAM", sample_births, &no},
                                 {"frames on LMDB", sample_births, &yes},
                                 {"Erlang", erlang_births, NULL}};

    bench_compare("births, code loaded, with the newborn's first turn", "births/s", sides, 3);
}

/* ---- memory of those who wait ---- */

static double bytes_an_agent(uint64_t count)
{
    struct bench_site site;
    uint64_t before;

    site_open(&site, false);
    deploy_nursery(&site, count);
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

static double sample_chore(void *context)
{
    const struct chore *chore = context;
    double passed = 0;

    for (int batch = 0; batch < CHORES_BATCHES; batch++) {
        double start;

        for (int i = 0; i < CHORES_QUEUED; i++)
            site_send(chore->site, chore->agent, chore->text);
        start = bench_now_s();
        (void)core_run(chore->site->core, CHORES_QUEUED);
        passed += bench_now_s() - start;
        site_frame(chore->site);
    }
    return passed * 1e6 / (CHORES_QUEUED * CHORES_BATCHES);
}

static void bench_chores(void)
{
    static const struct deployment chores = {"chores", NULL, "", UINT64_C(1000000000)};
    struct bench_site site;
    uint64_t agent;

    site_open(&site, false);
    agent = site_deploy(&site, &chores);
    site_run(&site, UINT64_MAX);
    {
        struct chore empty = {&site, agent, "e"};
        struct chore calls = {&site, agent, "h"};
        struct chore dirty = {&site, agent, "d"};
        struct chore trap = {&site, agent, "t"};
        struct bench_side sides[] = {{"empty turn", sample_chore, &empty},
                                     {"1000 host calls", sample_chore, &calls},
                                     {"4 pages changed", sample_chore, &dirty},
                                     {"4 pages rolled back", sample_chore, &trap}};

        bench_compare("one turn, its frame apart", "microseconds", sides, 4);
    }
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
