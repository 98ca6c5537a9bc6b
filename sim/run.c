/*
 * One run: build, steps with faults, then quiet, and the last look.  The streams of chance are
 * those of struct sim: what happens in one of them moves no other.
 */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/life.h"
#include "agents/views.h"
#include "sim/check.h"
#include "sim/client.h"
#include "sim/hog.h"
#include "sim/losses.h"
#include "sim/network.h"
#include "sim/requests.h"
#include "sim/site.h"
#include "sim/start.h"
#include "sim/strain.h"
#include "sim/traffic.h"
#include "sim/wire_agents.h"
#include "sim/world.h"

enum { QUIET_STEP_US = 50000, TURNS_MAX = 12, CROWD_TURNS = 64, FREEZE_MAX = 256 };

/* ---- steps ---- */

/* Mostly below 0.1 s, now and then seconds or minutes: rent falls due, connections time out. */
static void run_pass_time(struct sim *sim)
{
    uint64_t kind = rng_below(&sim->world, 400);

    if (kind == 0)
        sim->now_us += rng_below(&sim->world, 200000000);
    else if (kind < 20)
        sim->now_us += rng_below(&sim->world, 4000000);
    else
        sim->now_us += rng_below(&sim->world, 100000);
}

/* Sites that are down come up when their time has come; in quiet all of them at once. */
static void run_start_sites(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];

        if (site->core == NULL && (sim->now_us >= site->up_us || !sim->faulty))
            start_site(site);
    }
}

/*
 * A step: time, connections and parcels, then each site's clients, turns and frame, and at last
 * what goes wrong with it.  What must hold is checked at the end.
 */
static void run_step(struct sim *sim)
{
    run_pass_time(sim);
    run_start_sites(sim);
    network_faults(sim);
    traffic_deliver(sim);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];
        uint32_t turns = 1 + (uint32_t)rng_below(&sim->world, TURNS_MAX);

        /* Before its next frame: what it sent has arrived by now, or some of it. */
        if (site->core != NULL && site->ran_ahead &&
            sim_chance(sim, &sim->disks, sim->faults.power))
            site_crash(site, "killed with packets ahead of its disk");
        if (site->core == NULL)
            continue;
        requests_step(site, true);
        if (site->core != NULL && strain_crowd_comes(site)) {
            requests_crowd(site);
            turns = CROWD_TURNS;
        }
        site_step(site, turns);
        if (site->core != NULL && strain_kills(site))
            site_crash(site, "killed with a channel half-bought");
        if (!sim_chance(sim, &sim->disks, sim->faults.crash) || site->core == NULL)
            continue;
        /* One stop in three is in good order: then all its state must be there again. */
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

/*
 * Both operators resume each link: a freeze of one's own doing ends, one that is due to a lie comes
 * back.
 */
static void run_resume_links(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[sim->wires[i].ends[end]];
            struct bytes args = {0};

            cbor_put_array(&args, 1);
            cbor_put_text(&args, sim->sites[sim->wires[i].ends[1 - end]].name);
            (void)request_now(site, 0, "link.resume", &args, NULL);
        }
    }
}

/* Every site that was drained is open again, or what its peers wait for would never come. */
static void run_open_sites(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct bytes args = {0};

        if (sim->sites[i].core->drain.state == DRAIN_NONE)
            continue;
        cbor_put_array(&args, 1);
        cbor_put_null(&args);
        (void)request_now(&sim->sites[i], 0, "site.drain", &args, NULL);
    }
}

/* A walk over a site's agents in parts, as freezing one changes what is walked. */
struct freezing {
    struct sim_site *site;
    uint64_t last; /* that was visited */
    size_t count;
    uint64_t ids[FREEZE_MAX]; /* that still run */
};

static void run_note_running(void *context, const struct agent *agent)
{
    struct freezing *freezing = context;

    freezing->last = agent_id(agent);
    if (!agents_is_held(agent))
        freezing->ids[freezing->count++] = agent_id(agent);
}

/* Agents would go on without end; frozen, they keep all they have, and what they sent arrives. */
static void run_freeze_agents(struct sim_site *site)
{
    struct freezing freezing = {.site = site};
    size_t visited = FREEZE_MAX;

    while (visited == FREEZE_MAX) {
        freezing.count = 0;
        visited =
            agents_list(site->core->agents, freezing.last, FREEZE_MAX, run_note_running, &freezing);
        for (size_t i = 0; i < freezing.count; i++) {
            if (core_quarantine(site->core, freezing.ids[i], "the simulation ends") != ST_OK)
                sim_fail(site->sim, "site %s: an agent cannot be frozen", site->name);
        }
    }
}

/* A step in which nothing fails and nothing new is asked for. */
static void run_quiet_step(struct sim *sim)
{
    sim->now_us += QUIET_STEP_US;
    traffic_deliver(sim);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        run_freeze_agents(&sim->sites[i]);
        requests_step(&sim->sites[i], false);
        site_step(&sim->sites[i], 64);
    }
    check_wires(sim);
}

/* Whether a client of any site waits for its answer. */
static bool run_operators_wait(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        if (clients_wait(&sim->sites[i]))
            return true;
    }
    return false;
}

/*
 * End the faults, and require that the network comes to rest in SIM_QUIET_US_MAX of virtual time.
 */
static void run_to_rest(struct sim *sim)
{
    uint64_t end_us;
    char why[200] = "";

    sim->faulty = false;
    memset(&sim->faults, 0, sizeof sim->faults);
    sim_trace(sim, "quiet: nothing fails from here on");
    run_start_sites(sim);
    network_heal(sim);
    end_us = sim->now_us + SIM_QUIET_US_MAX;
    /* A client has one request at a time: the last one before quiet is answered first. */
    while (run_operators_wait(sim) && sim->now_us < end_us)
        run_quiet_step(sim);
    run_open_sites(sim);
    traffic_rejoin(sim);
    run_resume_links(sim);
    do {
        if (sim->now_us >= end_us)
            sim_fail(sim, "the network is not at rest after %u s: %s",
                     (unsigned)(SIM_QUIET_US_MAX / 1000000), why);
        losses_accept(sim);
        run_quiet_step(sim);
    } while (!check_at_rest(sim, why, sizeof why));
}

/* A last crash of everybody: the books are all that is left, and they are enough. */
static void run_restart_all(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        struct sim_site *site = &sim->sites[i];

        site_stop(site);
        if (sim->options.profile->short_memory != 0 && sim->options.awake == UINT32_MAX)
            start_site_short(site);
        start_site(site);
    }
}

/* What a run did, for the totals; links count both directions. */
static void run_count(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->site_count; i++) {
        sim->result.turns += sim->sites[i].past_turns;
        sim->result.births += sim->sites[i].past_births;
    }
    for (size_t i = 0; i < sim->wire_count; i++)
        sim->result.messages += network_link(sim, &sim->wires[i], 0)->sent_seq +
                                network_link(sim, &sim->wires[i], 1)->sent_seq;
    sim->result.virtual_us = sim->now_us;
    wire_agents_count(sim);
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
        run_step(sim);
    run_to_rest(sim);
    check_end(sim);
    run_restart_all(sim);
    check_hash(sim);
    run_count(sim);
    *result = sim->result;
    world_free(sim);
    free(sim);
}
