/* The network that a seed describes: sites, wires, customers and the first agents. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hog.h"
#include "sim/strain.h"

#define SITE_NANOS UINT64_C(20000000000)
#define CUSTOMER_NANOS UINT64_C(4000000000)
#define HOG_NANOS UINT64_C(1000000000000)

enum { KEPT_MAX = 6 };

/* ---- agents ---- */

/* A walk over wires from a site, as names: "b,c". */
static void some_via(struct sim_site *site, char *via, size_t size)
{
    const struct sim *sim = site->sim;
    struct rng *rng = &site->sim->people;
    uint64_t hops = 1 + rng_below(rng, 3);
    uint32_t at = site->index;
    size_t used = 0;

    via[0] = '\0';
    for (uint64_t hop = 0; hop < hops && used + 3 < size; hop++) {
        uint32_t next[SIM_WIRES_MAX];
        size_t count = 0;

        for (size_t i = 0; i < sim->wire_count; i++) {
            if (sim->wires[i].ends[0] == at)
                next[count++] = sim->wires[i].ends[1];
            else if (sim->wires[i].ends[1] == at)
                next[count++] = sim->wires[i].ends[0];
        }
        if (count == 0)
            return;
        at = next[rng_below(rng, count)];
        used += (size_t)snprintf(via + used, size - used, "%s%s", hop == 0 ? "" : ",",
                                 sim->sites[at].name);
    }
}

struct order {
    const char *module;
    const char *keeps; /* another module, to be kept; NULL: none */
    char args[160];
    size_t args_size;
    uint64_t endowment_nanos;
    bool salted;    /* its module is like no other */
    uint64_t salts; /* how many more like it are kept */
};

static void order_text(struct order *order, const char *module, uint64_t nanos, const char *text)
{
    order->module = module;
    order->endowment_nanos = nanos;
    order->args_size = (size_t)snprintf(order->args, sizeof order->args, "%s", text);
}

/* Random orders, from a seed of its own. */
static void order_chaos(struct sim *sim, struct order *order)
{
    uint64_t seed = rng_u64(&sim->people);

    order_text(order, "chaos", 1000000 + rng_below(&sim->people, 60000000), "");
    le64_put((uint8_t *)order->args, seed);
    order->args_size = sizeof seed;
}

static void order_hungry(struct sim *sim, struct order *order)
{
    static const char *const eaters[] = {"spin", "grow", "spender", "chaos"};
    const char *eater = eaters[rng_below(&sim->people, 4)];
    uint64_t nanos = 2000000 + rng_below(&sim->people, 9000000);

    order_text(order, eater, nanos, "burn=1 work=10 buffers=1 mark=0.0005");
}

static void order_strain(struct sim *sim, struct order *order)
{
    char text[64];

    strain_args(&sim->people, text, sizeof text);
    order_text(order, "strain", 60000000 + rng_below(&sim->people, 60000000), text);
}

static void order_hog(struct sim *sim, struct order *order)
{
    char text[64];

    hog_args(&sim->people, text, sizeof text);
    order_text(order, "hog", 50000000 + rng_below(&sim->people, 2000000000), text);
    order->salted = rng_coin(&sim->people);
    order->salts = rng_below(&sim->people, 3) == 0 ? rng_below(&sim->people, KEPT_MAX) : 0;
}

static void choose_order(struct sim_site *site, struct order *order)
{
    struct sim *sim = site->sim;
    char text[128];
    char via[32];

    some_via(site, via, sizeof via);
    if (sim->options.profile->hog && rng_below(&sim->people, 3) != 0) {
        order_hog(sim, order);
        return;
    }
    if (sim->options.profile->hungry && rng_coin(&sim->people)) {
        if (rng_coin(&sim->people))
            order_hungry(sim, order);
        else
            order_strain(sim, order);
        return;
    }
    switch (rng_below(&sim->people, 10)) {
    case 0:
        (void)snprintf(text, sizeof text, "packets=40 value=1000 tolls=5,60 endowment=0.03 via=%s",
                       via);
        order_text(order, "forwarder", 200000000, text);
        break;
    case 1:
        (void)snprintf(text, sizeof text, "hops=2 endowment=0.05 via=%s", via);
        order_text(order, "scout", 100000000, text);
        break;
    case 2:
        order_text(order, "service", 60000000, "price=0.0001 calls=10 endowment=0.02");
        order->keeps = "customer";
        break;
    case 3:
        order_text(order, "spender", 3000000, "burn=1 work=10 mark=0.001");
        break;
    case 4:
        (void)snprintf(text, sizeof text,
                       "packets=30 value=500 tolls=7 endowment=0.03 loop=1 via=%s", via);
        order_text(order, "forwarder", 200000000, text);
        break;
    case 5:
        (void)snprintf(text, sizeof text, "hops=1 endowment=0.05 price=0.0001 via=%s", via);
        order_text(order, "outpost", 100000000, text);
        break;
    default:
        order_chaos(sim, order);
        break;
    }
}

static void put_module(struct rng *rng, struct bytes *args, const char *name, bool salted)
{
    size_t size;
    const uint8_t *module = sim_module(name, &size);
    struct bytes own = {0};

    if (salted) {
        hog_module(rng, module, size, &own);
        cbor_put_bytes(args, own.data, own.size);
        bytes_fini(&own);
    } else {
        cbor_put_bytes(args, module, size);
    }
}

/* Args of agent.deploy: [name, module, args, endowment, gifts, codes]. */
static void put_order(struct rng *rng, struct bytes *args, const struct order *order)
{
    cbor_put_array(args, 6);
    cbor_put_text(args, order->module);
    put_module(rng, args, order->module, order->salted);
    cbor_put_bytes(args, order->args, order->args_size);
    cbor_put_uint(args, order->endowment_nanos);
    cbor_put_array(args, 4);
    cbor_put_uint(args, SERAI_KIND_SPAWNER);
    cbor_put_uint(args, SERAI_KIND_TIMER);
    cbor_put_uint(args, SERAI_KIND_CLOCK);
    cbor_put_uint(args, SERAI_KIND_RANDOM);
    cbor_put_array(args, order->salts + (order->keeps == NULL ? 0 : 1));
    if (order->keeps != NULL)
        put_module(rng, args, order->keeps, false);
    for (uint64_t i = 0; i < order->salts; i++)
        put_module(rng, args, order->module, true);
}

void world_deploy(struct sim_site *site, struct bytes *args)
{
    struct order order = {0};

    choose_order(site, &order);
    /* A module that is not here yet takes memory, and lack of it refuses the request. */
    if (site->sim->options.profile->short_memory != 0)
        order.salted = rng_below(&site->sim->people, 4) != 0;
    put_order(&site->sim->people, args, &order);
}

/* Three of them have more than a thousand children. */
void world_deploy_crowd(struct sim_site *site, struct bytes *args)
{
    struct order order = {0};

    order_text(&order, "strain", 400000000, "role=crowd count=340");
    put_order(&site->sim->people, args, &order);
}

/* ---- people ---- */

static void bring_money(struct sim_site *site, uint64_t account, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, account);
    cbor_put_uint(&args, nanos);
    (void)client_ask(site, 0, "money.in", &args, "customer");
}

static void add_people(struct sim_site *site)
{
    bool hog = site->sim->options.profile->hog;

    site->clients[0].account = site->core->customers.items[0]->account;
    bring_money(site, 0, SITE_NANOS);
    for (uint32_t i = 1; i < SIM_CLIENTS; i++) {
        struct bytes args = {0};

        cbor_put_array(&args, 2);
        cbor_put_text(&args, i == 1 ? "one" : "two");
        cbor_put_bytes(&args, site->clients[i].key, CONTROL_KEY_BYTES);
        site->clients[i].account = client_ask(site, 0, "customer.add", &args, "customer");
        bring_money(site, site->clients[i].account,
                    hog && i == HOG_CLIENT ? HOG_NANOS : CUSTOMER_NANOS);
    }
}

static void populate(struct sim_site *site)
{
    struct sim *sim = site->sim;
    uint64_t count = sim->options.agents;

    if (count == UINT32_MAX)
        count = 2 + rng_below(&sim->people, 4);
    for (uint64_t i = 0; i < count; i++) {
        struct bytes args = {0};
        uint32_t client = (uint32_t)rng_below(&sim->people, SIM_CLIENTS);

        world_deploy(site, &args);
        (void)client_ask(site, client, "agent.deploy", &args, NULL);
    }
}

/* ---- wires ---- */

static bool are_joined(const struct sim *sim, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        const struct wire *wire = &sim->wires[i];

        if ((wire->ends[0] == a && wire->ends[1] == b) ||
            (wire->ends[0] == b && wire->ends[1] == a))
            return true;
    }
    return false;
}

static void join(struct sim *sim, uint32_t a, uint32_t b)
{
    uint64_t limit = 20000000 + rng_below(&sim->world, 1000000000);
    bool swap = rng_coin(&sim->world);

    if (a == b || are_joined(sim, a, b) || sim->wire_count == SIM_WIRES_MAX)
        return;
    network_join(sim, swap ? b : a, swap ? a : b, limit);
}

static void join_all(struct sim *sim)
{
    static const char *const names[] = {"line", "ring", "star", "random"};
    uint64_t shape = rng_below(&sim->world, 4);
    uint32_t count = sim->site_count;

    sim_trace(sim, "%u sites, a %s", count, names[shape]);
    for (uint32_t i = 1; i < count; i++) {
        uint32_t to = shape == 2 ? 0 : shape == 3 ? (uint32_t)rng_below(&sim->world, i) : i - 1;

        join(sim, to, i);
    }
    if (shape == 1)
        join(sim, count - 1, 0);
    for (uint32_t i = 0; shape == 3 && i < count / 2; i++) {
        uint32_t a = (uint32_t)rng_below(&sim->world, count);
        uint32_t b = (uint32_t)rng_below(&sim->world, count);

        join(sim, a, b);
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
    strain_plan(sim);
    sim->site_count = sim->options.sites;
    if (sim->site_count == 0) /* more small ones than large ones */
        sim->site_count = 2 + (uint32_t)(rng_below(&sim->world, 4) * rng_below(&sim->world, 4) / 3);
    for (uint32_t i = 0; i < sim->site_count; i++) {
        site_init(sim, i);
        site_start(&sim->sites[i]);
        site_flush(&sim->sites[i]);
        add_people(&sim->sites[i]);
    }
    join_all(sim);
    network_remove_some(sim);
    for (uint32_t i = 0; i < sim->site_count; i++)
        populate(&sim->sites[i]);
    if (sim->options.profile->lie != 0)
        sim->sites[rng_below(&sim->world, sim->site_count)].lies = true;
}

void world_free(struct sim *sim)
{
    network_heal(sim);
    for (uint32_t i = 0; i < sim->site_count; i++)
        site_fini(&sim->sites[i]);
    for (size_t i = 0; i < sim->wire_count; i++) {
        bytes_fini(&sim->wires[i].late[0]);
        bytes_fini(&sim->wires[i].late[1]);
    }
}
