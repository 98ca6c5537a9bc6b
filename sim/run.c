/* One run: build, steps with faults, then quiet, and the last look. */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hog.h"
#include "sim/strain.h"

enum { QUIET_STEP_US = 50000, TURNS_MAX = 12, CROWD_TURNS = 64 };

/* ---- words ---- */

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
    _Exit(1);
}

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

/* ---- steps ---- */

static void pass_time(struct sim *sim)
{
    uint64_t kind = rng_below(&sim->world, 400);

    if (kind == 0)
        sim->now_us += rng_below(&sim->world, 200000000);
    else if (kind < 20)
        sim->now_us += rng_below(&sim->world, 4000000);
    else
        sim->now_us += rng_below(&sim->world, 100000);
}

static void start_sites(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];

        if (site->core == NULL && (sim->now_us >= site->up_us || !sim->faulty))
            site_start(site);
    }
}

static void one_step(struct sim *sim)
{
    pass_time(sim);
    start_sites(sim);
    network_faults(sim);
    network_deliver(sim);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];
        uint32_t turns = 1 + (uint32_t)rng_below(&sim->world, TURNS_MAX);

        if (site->core == NULL)
            continue;
        clients_act(site, true);
        if (site->core != NULL && strain_crowd_comes(site))
            turns = CROWD_TURNS;
        site_step(site, turns);
        if (site->core != NULL && strain_kills(site))
            site_crash(site, "killed with a channel half-bought");
        if (!sim_chance(sim, &sim->disks, sim->faults.crash) || site->core == NULL)
            continue;
        if (rng_below(&sim->disks, 3) == 0) {
            site_stop(site);
            network_lost(sim, i);
        } else {
            site_crash(site, "killed");
        }
    }
    hog_look(sim);
    check_wires(sim);
}

/* ---- quiet ---- */

static void resume_links(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[sim->wires[i].ends[end]];
            struct bytes args = {0};

            cbor_put_array(&args, 1);
            cbor_put_text(&args, sim->sites[sim->wires[i].ends[1 - end]].name);
            (void)client_ask(site, 0, "link.resume", &args, NULL);
        }
    }
}

static void quiet_step(struct sim *sim)
{
    sim->now_us += QUIET_STEP_US;
    network_deliver(sim);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        clients_freeze_all(&sim->sites[i]);
        clients_act(&sim->sites[i], false);
        site_step(&sim->sites[i], 64);
    }
    check_wires(sim);
}

static bool operators_wait(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        if (clients_wait(&sim->sites[i]))
            return true;
    }
    return false;
}

static void come_to_rest(struct sim *sim)
{
    uint64_t end_us;
    char why[200] = "";

    sim->faulty = false;
    memset(&sim->faults, 0, sizeof sim->faults);
    sim_trace(sim, "quiet: nothing fails from here on");
    start_sites(sim);
    network_heal(sim);
    end_us = sim->now_us + SIM_QUIET_US_MAX;
    while (operators_wait(sim) && sim->now_us < end_us)
        quiet_step(sim);
    network_rejoin(sim);
    resume_links(sim);
    do {
        if (sim->now_us >= end_us)
            sim_fail(sim, "the network is not at rest after %u s: %s",
                     (unsigned)(SIM_QUIET_US_MAX / 1000000), why);
        quiet_step(sim);
    } while (!check_at_rest(sim, why, sizeof why));
}

/* A last crash of everybody: the books are all that is left, and they are enough. */
static void restart_all(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];

        site_stop(site);
        if (sim->options.profile->short_memory != 0 && sim->options.awake == UINT32_MAX)
            site_try_short(site);
        site_start(site);
    }
}

static void count(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        sim->result.turns += sim->sites[i].past_turns;
        sim->result.births += sim->sites[i].past_births;
    }
    for (size_t i = 0; i < sim->wire_count; i++)
        sim->result.messages += network_link(sim, &sim->wires[i], 0)->sent_seq +
                                network_link(sim, &sim->wires[i], 1)->sent_seq;
    sim->result.virtual_us = sim->now_us;
}

void sim_run(const struct sim_options *options, struct sim_result *result)
{
    struct sim *sim = calloc(1, sizeof *sim);

    INVARIANT(sim != NULL);
    sim->options = *options;
    world_build(sim);
    sim->faults = *options->profile;
    if (options->awake != UINT32_MAX) /* who sleeps takes other memory: another allocation fails */
        sim->faults.short_memory = 0;
    sim->faulty = true;
    for (sim->step = 1; sim->step <= options->steps; sim->step++)
        one_step(sim);
    come_to_rest(sim);
    check_end(sim);
    restart_all(sim);
    check_hash(sim);
    count(sim);
    *result = sim->result;
    world_free(sim);
    free(sim);
}
