/*
 * The network that a seed describes: sites, wires, customers and the first agents.  Nothing fails
 * while it is built.
 */
#include "sim/world.h"

#include <stdlib.h>

#include "sim/client.h"
#include "sim/deploy.h"
#include "sim/hog.h"
#include "sim/network.h"
#include "sim/requests.h"
#include "sim/settle.h"
#include "sim/sim.h"
#include "sim/site.h"
#include "sim/start.h"
#include "sim/strain.h"
#include "sim/traffic.h"
#include "sim/wire_agents.h"

#define SITE_NANOS UINT64_C(20000000000)
#define CUSTOMER_NANOS UINT64_C(4000000000)
#define HOG_NANOS UINT64_C(1000000000000)

/* ---- people ---- */

/* Have the operator bring money in for a customer; this is minted (docs/simulation.md). */
static void world_bring_money(struct sim_site *site, uint64_t account, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, account);
    cbor_put_uint(&args, nanos);
    (void)request_now(site, 0, "money.in", &args, "customer");
}

/*
 * The clients of a site: its operator, which the books know from their first frame, and two
 * customers.
 */
static void world_add_people(struct sim_site *site)
{
    bool hog = site->sim->options.profile->hog;

    site->clients[0].account = site->core->customers.items[0]->account;
    world_bring_money(site, 0, SITE_NANOS);
    for (uint32_t i = 1; i < SIM_CLIENTS; i++) {
        struct bytes args = {0};

        cbor_put_array(&args, 2);
        cbor_put_text(&args, i == 1 ? "one" : "two");
        cbor_put_bytes(&args, site->clients[i].key, CONTROL_KEY_BYTES);
        site->clients[i].account = request_now(site, 0, "customer.add", &args, "customer");
        world_bring_money(site, site->clients[i].account,
                          hog && i == HOG_CLIENT ? HOG_NANOS : CUSTOMER_NANOS);
    }
}

/* The first agents of a site.  Some deployments are refused, by tiny bounds for one. */
static void world_populate(struct sim_site *site)
{
    struct sim *sim = site->sim;
    uint64_t count = sim->options.agents;

    if (count == UINT32_MAX)
        count = 2 + rng_below(&sim->people, 4);
    for (uint64_t i = 0; i < count; i++) {
        struct bytes args = {0};
        uint32_t client = (uint32_t)rng_below(&sim->people, SIM_CLIENTS);

        deploy_some(site, &args);
        (void)request_now(site, client, "agent.deploy", &args, NULL);
    }
}

/* ---- wires ---- */

static bool world_are_joined(const struct sim *sim, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        const struct sim_wire *wire = &sim->wires[i];

        if ((wire->ends[0] == a && wire->ends[1] == b) ||
            (wire->ends[0] == b && wire->ends[1] == a))
            return true;
    }
    return false;
}

/* Three ends of four are bounded, by up to a quarter of the limit. */
static void world_make_bounded(struct sim_site *site, const char *peer, uint64_t limit)
{
    struct rng *rng = &site->sim->world;
    struct bytes args = {0};

    if (rng_below(rng, 4) == 0)
        return;
    cbor_put_array(&args, 3);
    cbor_put_text(&args, peer);
    cbor_put_text(&args, "durability");
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 1 + rng_below(rng, limit / 4));
    cbor_put_uint(&args, 20 + rng_below(rng, 2000));
    (void)request_now(site, 0, "link.set", &args, NULL);
}

/*
 * Join two sites, if they are not the same and not yet joined.  Limit and dialling side are drawn
 * in any case.
 */
static void world_join(struct sim *sim, uint32_t a, uint32_t b)
{
    uint64_t limit = 20000000 + rng_below(&sim->world, 1000000000);
    bool swap = rng_coin(&sim->world);

    if (a == b || world_are_joined(sim, a, b) || sim->wire_count == SIM_WIRES_MAX)
        return;
    traffic_join(sim, swap ? b : a, swap ? a : b, limit);
    if (sim->options.profile->power == 0)
        return;
    world_make_bounded(&sim->sites[a], sim->sites[b].name, limit);
    world_make_bounded(&sim->sites[b], sim->sites[a].name, limit);
}

/* Whether the first site is the house of two others.  Not drawn, as who settles by hand is not. */
static bool world_wants_house(const struct sim *sim)
{
    return sim->options.seed % (sim->options.profile->power != 0 ? 3 : 8) == 1 &&
           sim->options.profile->lie == 0;
}

static bool world_has_house(const struct sim *sim)
{
    return world_wants_house(sim) && sim->site_count > 2;
}

/* A line, a ring, a star, or a tree at random with some more wires. */
static void world_join_all(struct sim *sim)
{
    static const char *const names[] = {"line", "ring", "star", "random"};
    uint64_t shape = rng_below(&sim->world, 4);
    uint32_t count = sim->site_count;

    sim_trace(sim, "%u sites, a %s", count, names[shape]);
    for (uint32_t i = 1; i < count; i++) {
        uint32_t to = shape == 2 ? 0 : shape == 3 ? (uint32_t)rng_below(&sim->world, i) : i - 1;

        world_join(sim, to, i);
    }
    if (shape == 1)
        world_join(sim, count - 1, 0);
    /* Two who owe each other something, and a third that both know. */
    for (uint32_t i = 0; i < 3 && world_has_house(sim); i++)
        world_join(sim, i, (i + 1) % 3);
    /* More wires than a tree needs: money can go round. */
    for (uint32_t i = 0; shape == 3 && i < count / 2; i++) {
        uint32_t a = (uint32_t)rng_below(&sim->world, count);
        uint32_t b = (uint32_t)rng_below(&sim->world, count);

        world_join(sim, a, b);
    }
}

void world_build(struct sim *sim)
{
    uint64_t seed = sim->options.seed;

    /* Streams of their own, so that a shorter run begins as the longer one did. */
    rng_init(&sim->world, seed * 4);
    rng_init(&sim->people, seed * 4 + 1);
    rng_init(&sim->wires_rng, seed * 4 + 2);
    rng_init(&sim->disks, seed * 4 + 3);
    /* Before all else is drawn: the site of a crowd has bounds of its own (site_init()). */
    strain_plan(sim);
    sim->site_count = sim->options.sites;
    if (sim->site_count == 0) /* more small ones than large ones */
        sim->site_count = 2 + (uint32_t)(rng_below(&sim->world, 4) * rng_below(&sim->world, 4) / 3);
    if (sim->options.sites == 0 && sim->site_count == 2 && world_wants_house(sim))
        sim->site_count = 3;
    for (uint32_t i = 0; i < sim->site_count; i++) {
        site_init(sim, i);
        start_site(&sim->sites[i]);
        site_flush(&sim->sites[i]);
        world_add_people(&sim->sites[i]);
    }
    world_join_all(sim);
    if (world_has_house(sim))
        settle_choose_house(sim);
    traffic_remove_some(sim);
    for (uint32_t i = 0; i < sim->site_count; i++)
        world_populate(&sim->sites[i]);
    wire_agents_populate(sim);
    if (sim->options.profile->lie != 0)
        sim->sites[rng_below(&sim->world, sim->site_count)].lies = true;
}

void world_free(struct sim *sim)
{
    /* Takes what is under way off the wires. */
    network_heal(sim);
    for (uint32_t i = 0; i < sim->site_count; i++)
        site_fini(&sim->sites[i]);
    for (size_t i = 0; i < sim->wire_count; i++) {
        bytes_fini(&sim->wires[i].late[0]);
        bytes_fini(&sim->wires[i].late[1]);
    }
}
