/*
 * What clients deploy: which guest, with which arguments, money and modules to keep.  Guests are
 * examples of the SDK, which do what agents are for, and guests of the tests, which do what they
 * should not.
 */
#include "sim/deploy.h"

#include <stdio.h>

#include "sim/hog.h"
#include "sim/modules.h"
#include "sim/sim.h"
#include "sim/strain.h"

enum { KEPT_MAX = 6 };

/* A route over wires from a site, as names: "b,c".  Empty where no wire begins. */
static void deploy_route(struct sim_site *site, char *via, size_t size)
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

/* A deployment that is drawn, before it is encoded. */
struct order {
    const char *module;
    const char *keeps; /* another module, to be kept; NULL: none */
    char args[160];
    size_t args_size;
    uint64_t endowment_nanos;
    bool salted;    /* its module is like no other */
    uint64_t salts; /* how many more like it are kept */
};

/* An order whose guest's arguments are text: all but the chaos agent's. */
static void order_text(struct order *order, const char *module, uint64_t nanos, const char *text)
{
    order->module = module;
    order->endowment_nanos = nanos;
    order->args_size = (size_t)snprintf(order->args, sizeof order->args, "%s", text);
}

/* An agent that gives random orders, legal and not, from a seed of its own. */
static void order_chaos(struct sim *sim, struct order *order)
{
    uint64_t seed = rng_u64(&sim->people);

    order_text(order, "chaos", 1000000 + rng_below(&sim->people, 60000000), "");
    le64_put((uint8_t *)order->args, seed);
    order->args_size = sizeof seed;
}

/*
 * Guests that use up fuel, memory and money.  They share the arguments; each takes those that it
 * knows.
 */
static void order_hungry(struct sim *sim, struct order *order)
{
    static const char *const eaters[] = {"spin", "grow", "spender", "chaos"};
    const char *eater = eaters[rng_below(&sim->people, 4)];
    uint64_t nanos = 2000000 + rng_below(&sim->people, 9000000);

    order_text(order, eater, nanos, "burn=1 work=10 buffers=1 mark=0.0005");
}

/* A guest that brings about the moments which strain.c counts. */
static void order_strain(struct sim *sim, struct order *order)
{
    char text[64];

    strain_args(&sim->people, text, sizeof text);
    order_text(order, "strain", 60000000 + rng_below(&sim->people, 60000000), text);
}

/* A guest of the rich customer.  Modules of its own fill the code that it may keep. */
static void order_hog(struct sim *sim, struct order *order)
{
    char text[64];

    hog_args(&sim->people, text, sizeof text);
    order_text(order, "hog", 50000000 + rng_below(&sim->people, 2000000000), text);
    order->salted = rng_coin(&sim->people);
    order->salts = rng_below(&sim->people, 3) == 0 ? rng_below(&sim->people, KEPT_MAX) : 0;
}

/*
 * What is deployed, by the profile.  The route is drawn first, whatever needs it, so that one draw
 * more or less does not change the rest.
 */
static void order_choose(struct sim_site *site, struct order *order)
{
    struct sim *sim = site->sim;
    char text[128];
    char via[32];

    deploy_route(site, via, sizeof via);
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
    /* Packets without end, so that some are always ahead of the disk. */
    if (sim->options.profile->power != 0 && rng_coin(&sim->people)) {
        (void)snprintf(text, sizeof text,
                       "packets=200 value=100 tolls= endowment=0.03 loop=1 via=%s", via);
        order_text(order, "forwarder", 300000000, text);
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

/* The bytes of a module; `salted`: with some of its own, so that the site has not seen it. */
static void order_put_module(struct rng *rng, struct bytes *args, const char *name, bool salted)
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

/*
 * The arguments of agent.deploy (docs/control.md): [name, module, args, endowment, gifts, codes,
 * trial].
 */
static void order_put(struct rng *rng, struct bytes *args, const struct order *order)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];

    /* Now and then a name that is taken. */
    (void)snprintf(name, sizeof name, "%.30s-%u", order->module, (unsigned)rng_below(rng, 200));
    cbor_put_array(args, 7);
    cbor_put_text(args, name);
    order_put_module(rng, args, order->module, order->salted);
    cbor_put_bytes(args, order->args, order->args_size);
    cbor_put_uint(args, order->endowment_nanos);
    cbor_put_array(args, 4);
    cbor_put_uint(args, SERAI_KIND_SPAWNER);
    cbor_put_uint(args, SERAI_KIND_TIMER);
    cbor_put_uint(args, SERAI_KIND_CLOCK);
    cbor_put_uint(args, SERAI_KIND_RANDOM);
    cbor_put_array(args, order->salts + (order->keeps == NULL ? 0 : 1));
    if (order->keeps != NULL)
        order_put_module(rng, args, order->keeps, false);
    for (uint64_t i = 0; i < order->salts; i++)
        order_put_module(rng, args, order->module, true);
    cbor_put_bool(args, rng_below(rng, 4) == 0);
}

void deploy_some(struct sim_site *site, struct bytes *args)
{
    struct order order = {0};

    order_choose(site, &order);
    /* A module that is not here yet takes memory, and lack of it refuses the request. */
    if (site->sim->options.profile->short_memory != 0)
        order.salted = rng_below(&site->sim->people, 4) != 0;
    order_put(&site->sim->people, args, &order);
}

/* Three of them have more than a thousand children. */
void deploy_crowd(struct sim_site *site, struct bytes *args)
{
    struct order order = {0};

    order_text(&order, "strain", 400000000, "role=crowd count=340");
    order_put(&site->sim->people, args, &order);
}
