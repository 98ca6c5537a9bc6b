/*
 * A site of very many agents who only wait: what each takes in RAM and on disk, what it costs to
 * wake one, what time itself costs, and how long a restart takes.
 *
 *     bench_density [agents]
 */
#define _DEFAULT_SOURCE /* malloc_trim */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/message.h"
#include "agents/views.h"
#include "site/core/state.h"
#include "tests/bench/bench.h"
#include "tests/bench/site.h"
#include "tests/reading.h"

enum { WAKES = 4000, MESSAGES = 2000 };

struct density {
    struct bench_site site;
    uint64_t count;
    uint64_t *ids; /* of all but the nursery */
    struct rng rng;
};

/* ---- making them ---- */

static void give_birth(struct density *density)
{
    char args[64];
    struct deployment nursery = {"nursery", "idle", args, density->count * 2100000 + 1000000000};
    double start;

    site_money_in(&density->site, nursery.endowment_nanos + 1000000000);
    (void)snprintf(args, sizeof args, "count=%" PRIu64 " each=0.002", density->count);
    site_send(&density->site, site_deploy(&density->site, &nursery), "go");
    start = bench_cpu_s();
    site_run(&density->site, UINT64_MAX);
    start = bench_cpu_s() - start;
    if (core_count(density->site.core).births != density->count + 1 ||
        core_count(density->site.core).traps != 0)
        bench_die("not all were born", NULL);
    (void)printf("  born on LMDB in %.1f s: %.0f births/s, each with its first turn\n", start,
                 (double)density->count / start);
}

static void list_one(void *context, const struct agent *agent)
{
    struct density *density = context;
    struct agent_view view;

    agents_view(density->site.core->agents, agent, &view);
    if (view.parent != 0 && density->count > 0) /* not the nursery */
        density->ids[--density->count] = view.id;
}

static void list_all(struct density *density)
{
    uint64_t count = density->count;
    double start = bench_cpu_s();

    density->ids = calloc(count, sizeof *density->ids);
    INVARIANT(density->ids != NULL);
    (void)agents_list(density->site.core->agents, 0, SIZE_MAX, list_one, density);
    (void)printf("  all seen in a list in %.0f ms, and none woken\n",
                 (bench_cpu_s() - start) * 1e3);
    if (density->count > 0)
        bench_die("some are not in the list", NULL);
    density->count = count;
}

/* ---- what they take ---- */

static void settle_memory(struct density *density)
{
    for (int i = 0; i < 8; i++) /* let them all sleep */
        site_frame(&density->site);
    (void)malloc_trim(0);
}

static double bytes_each(const struct density *density, uint64_t before)
{
    return (double)(bench_anonymous_bytes() - before) / (double)density->count;
}

static void say_memory(const struct density *density, uint64_t before)
{
    double each = bytes_each(density, before);
    double erlang;
    char call[64];

    (void)printf("  RAM: %.0f bytes an agent\n", each);
    (void)snprintf(call, sizeof call, "idle(%" PRIu64 ")", density->count);
    erlang = bench_erlang(call);
    if (erlang > 0)
        (void)printf("  an Erlang process: %.0f bytes; an agent takes %.3f of that\n", erlang,
                     each / erlang);
}

struct table_size {
    uint64_t rows;
    uint64_t bytes;
};

static enum status add_rows(const struct store_read *read, enum store_table table,
                            struct table_size *size, struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, table, NULL, 0, fault);
    while (store_cursor_next(&cursor, &stored)) {
        size->rows++;
        size->bytes += stored.key_size + stored.value_size;
    }
    return store_cursor_close(&cursor, ST_OK);
}

static void say_disk(const struct density *density)
{
    uint64_t bytes = 0;
    struct fault fault;

    for (int table = 0; table < STORE_TABLES; table++) {
        struct table_size size = {0};

        if (WITH_READ(&density->site.store,
                      add_rows(&read, (enum store_table)table, &size, &fault)) != ST_OK)
            bench_die("read the rows", &fault);
        if (table != STORE_JOURNAL)
            bytes += size.bytes;
        if (size.bytes / density->count > 0)
            (void)printf("  disk: table %-8s %.2f rows, %.0f bytes an agent\n",
                         store_table_name((enum store_table)table),
                         (double)size.rows / (double)density->count,
                         (double)size.bytes / (double)density->count);
    }
    (void)printf("  disk: %.0f bytes an agent without the journal\n",
                 (double)bytes / (double)density->count);
}

/* ---- waking ---- */

static void send(struct density *density, uint64_t id)
{
    struct agents *agents = density->site.core->agents;
    struct message message = {.kind = SERAI_EVENT_MESSAGE,
                              .sender = density->site.core->customers.items[0]->account};

    agents_deliver(agents, agents_find(agents, id), &message);
    density->site.core->frame_open = true;
}

static void wake_some(struct density *density)
{
    struct agents *agents = density->site.core->agents;
    static uint64_t ids[WAKES];
    double asleep;
    double awake;

    for (int i = 0; i < WAKES; i++)
        ids[i] = density->ids[rng_below(&density->rng, density->count)];
    asleep = bench_cpu_s();
    for (int i = 0; i < WAKES; i++)
        (void)agents_find(agents, ids[i]);
    asleep = bench_cpu_s() - asleep;
    awake = bench_cpu_s();
    for (int i = 0; i < WAKES; i++)
        (void)agents_find(agents, ids[i]);
    awake = bench_cpu_s() - awake;
    (void)printf("  waking: %.0f ns more than to find one who is awake (%.0f ns)\n",
                 (asleep - awake) / WAKES * 1e9, awake / WAKES * 1e9);
}

/* A message each to `among` agents, a turn each, and the frame without its commit. */
static double message_us(struct density *density, uint64_t among)
{
    double start = bench_cpu_s();
    struct core_frame frame = {0};

    for (int i = 0; i < MESSAGES; i++)
        send(density, density->ids[rng_below(&density->rng, among)]);
    while (core_run(density->site.core, MESSAGES))
        continue;
    core_frame_close(density->site.core, 0, &frame);
    start = bench_cpu_s() - start;
    core_frame_fini(&frame);
    return start / MESSAGES * 1e6;
}

static void say_messages(struct density *density)
{
    double sleeping = 0;
    double hot = 0;

    for (int i = 0; i < 10; i++) {
        sleeping += message_us(density, density->count);
        hot += message_us(density, 1000 < density->count ? 1000 : density->count);
    }
    (void)printf(
        "  a message, its turn and its rows: %.2f us to one that slept, %.2f us to one of a "
        "thousand hot ones\n",
        sleeping / 10, hot / 10);
}

/* ---- time ---- */

static void say_minutes(struct density *density)
{
    struct core *core = density->site.core;
    uint64_t now_us = core->monotonic_us;
    double most = 0;
    double all = 0;

    for (int minute = 0; minute < 10; minute++) {
        struct core_frame frame = {0};
        double start = bench_cpu_s();

        now_us += 61000000;
        core_advance(core, now_us);
        core_frame_close(core, 0, &frame);
        start = bench_cpu_s() - start;
        core_frame_fini(&frame);
        all += start;
        most = start > most ? start : most;
    }
    (void)printf("  a minute that passes costs the core %.1f ms (at most %.1f) of 60,000\n",
                 all / 10 * 1e3, most * 1e3);
}

/* ---- restart ---- */

static double sample_restart(void *context)
{
    struct density *density = context;
    double start;

    site_stop(&density->site);
    start = bench_cpu_s();
    site_start(&density->site);
    return (bench_cpu_s() - start) * 1e3;
}

static double sample_read(void *context)
{
    const struct density *density = context;
    double start = bench_cpu_s();

    site_read_file(&density->site);
    return (bench_cpu_s() - start) * 1e3;
}

static void say_restart(struct density *density)
{
    struct bench_side sides[] = {{"restart", sample_restart, density},
                                 {"reading data.mdb", sample_read, density}};

    bench_compare("density: restart, the file in the page cache", "milliseconds of the thread",
                  sides, 2);
}

int main(int argc, char **argv)
{
    struct density density = {.count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000};
    uint64_t before;

    if (density.count < 1000 || density.count > 4000000) {
        (void)fputs("usage: bench_density [agents, 1000 to 4000000]\n", stderr);
        return 64;
    }
    if (!bench_wanted("density"))
        return 0;
    (void)printf("density: %" PRIu64 " agents who wait, on LMDB\n", density.count);
    rng_init(&density.rng, 1);
    site_open(&density.site, true);
    before = bench_anonymous_bytes();
    give_birth(&density);
    settle_memory(&density);
    say_memory(&density, before);
    say_disk(&density);
    say_restart(&density);
    (void)malloc_trim(0);
    (void)printf("  RAM after a restart: %.0f bytes an agent\n", bytes_each(&density, before));
    list_all(&density);
    wake_some(&density);
    say_messages(&density);
    say_minutes(&density);
    free(density.ids);
    site_close(&density.site);
    return 0;
}
