/*
 * The wires: parcels under way, and what ZeroMQ and the world may do to them.  Nothing here calls
 * into a core: what has arrived is taken by traffic.c.
 */
#include "sim/network.h"

#include <string.h>

#include "sim/liar.h"
#include "sim/sim.h"

enum { PARTITION_US_MAX = 4000000 };

/* ---- finding ---- */

size_t network_wire_of(const struct sim *sim, uint32_t site, uint32_t interface, int *end)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (*end = 0; *end < 2; (*end)++) {
            if (sim->wires[i].ends[*end] == site && sim->wires[i].interfaces[*end] == interface)
                return i;
        }
    }
    sim_fail(sim, "site %u sends on interface %u, which has no wire", site, interface);
}

/* A look-up by interface: links are only listed, removed ones among them. */
struct finding {
    uint32_t interface;
    struct link *link;
};

static void network_find_link(void *context, struct link *link)
{
    struct finding *finding = context;

    if (link->interface == finding->interface)
        finding->link = link;
}

struct link *network_link(const struct sim *sim, const struct sim_wire *wire, int end)
{
    const struct core *core = sim->sites[wire->ends[end]].core;
    struct finding finding = {.interface = wire->interfaces[end]};

    if (core != NULL)
        links_each_ever(core->links, network_find_link, &finding);
    return finding.link;
}

struct link *network_link_to(const struct sim_site *site, uint32_t peer)
{
    const struct sim *sim = site->sim;

    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            if (sim->wires[i].ends[end] == site->index && sim->wires[i].ends[1 - end] == peer)
                return network_link(sim, &sim->wires[i], end);
        }
    }
    return NULL;
}

/* ---- under way ---- */

/*
 * Put a parcel under way.  Each direction is a ring of SIM_FLIGHT places, in the order of sending.
 */
static void wire_push(struct sim_wire *wire, int end, const struct bytes *bytes, uint64_t due_us)
{
    struct flying *place;

    if (wire->count[end] == SIM_FLIGHT)
        return; /* lost, as at a high-water mark */
    place = &wire->flights[end][(wire->first[end] + wire->count[end]++) % SIM_FLIGHT];
    *place = (struct flying){.due_us = due_us};
    bytes_append(&place->bytes, bytes->data, bytes->size);
    INVARIANT(!place->bytes.failed);
}

/* Take the oldest parcel, which becomes the caller's. */
static struct bytes wire_pop(struct sim_wire *wire, int end)
{
    struct bytes bytes = wire->flights[end][wire->first[end]].bytes;

    wire->first[end] = (wire->first[end] + 1) % SIM_FLIGHT;
    wire->count[end]--;
    return bytes;
}

/*
 * What was under way is gone with its connection.  One parcel of it may still come, much later, as
 * from a socket that was slow to close.
 */
static void wire_drop_all(struct sim *sim, struct sim_wire *wire)
{
    for (int end = 0; end < 2; end++) {
        while (wire->count[end] > 0) {
            struct bytes bytes = wire_pop(wire, end);

            if (sim_chance(sim, &sim->wires_rng, sim->faults.late)) {
                bytes_fini(&wire->late[end]);
                wire->late[end] = bytes;
            } else {
                bytes_fini(&bytes);
            }
        }
    }
}

bool network_take(const struct sim *sim, struct sim_wire *wire, int end, struct bytes *parcel)
{
    if (wire->count[end] == 0 || wire->flights[end][wire->first[end]].due_us > sim->now_us)
        return false;
    *parcel = wire_pop(wire, end);
    return true;
}

void network_post(struct sim_site *site, const struct core_parcel *parcel)
{
    struct sim *sim = site->sim;
    struct rng *rng = &sim->wires_rng;
    int end;
    struct sim_wire *wire = &sim->wires[network_wire_of(sim, site->index, parcel->interface, &end)];
    struct bytes copy = {0};
    uint64_t due_us = sim->now_us;

    /* While the wire is cut both ways nothing passes; while it is mute, only one way. */
    if (wire->heal_us > sim->now_us && (wire->mute[end] || (!wire->mute[0] && !wire->mute[1])))
        return;
    if (sim->faults.slow_us != 0)
        due_us += rng_below(rng, sim->faults.slow_us);
    /* A copy, which may be changed and sent twice: the parcel itself stays the frame's. */
    bytes_append(&copy, parcel->bytes.data, parcel->bytes.size);
    if (site->lies && sim_chance(sim, rng, sim->faults.lie)) {
        liar_change(site, &copy);
        sim_saw(sim, SEEN_LIE);
    }
    if (sim->options.plant == PLANT_MADE_MONEY && sim->faulty)
        liar_add_money(&copy);
    if (sim_chance(sim, rng, sim->faults.cut_short) && copy.size > 0) {
        copy.size = (size_t)rng_below(rng, copy.size);
        sim_saw(sim, SEEN_CUT_SHORT);
    }
    /* Lost and repeated are drawn apart: a parcel may be lost once and come once. */
    if (!sim_chance(sim, rng, sim->faults.lose))
        wire_push(wire, end, &copy, due_us);
    else
        sim_saw(sim, SEEN_LOST);
    if (sim_chance(sim, rng, sim->faults.repeat)) {
        wire_push(wire, end, &copy, due_us);
        sim_saw(sim, SEEN_REPEATED);
    }
    bytes_fini(&copy);
}

bool network_is_empty(const struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        if (sim->wires[i].count[0] + sim->wires[i].count[1] > 0 || sim->wires[i].connect ||
            sim->wires[i].late[0].size + sim->wires[i].late[1].size > 0)
            return false;
    }
    return true;
}

/* ---- connections ---- */

void network_disconnect(struct sim *sim, struct sim_wire *wire)
{
    wire_drop_all(sim, wire);
    wire->connect = true;
}

void network_lost(struct sim *sim, uint32_t site)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        if (sim->wires[i].ends[0] == site || sim->wires[i].ends[1] == site)
            network_disconnect(sim, &sim->wires[i]);
    }
}

void network_heal(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        sim->wires[i].heal_us = 0;
        network_disconnect(sim, &sim->wires[i]);
    }
}

/*
 * Cut a wire for some time: `mute` is the end whose parcels are lost, -1 both, and then the
 * connection ends.
 */
static void network_cut(struct sim *sim, struct sim_wire *wire, int mute)
{
    wire->heal_us = sim->now_us + rng_below(&sim->wires_rng, PARTITION_US_MAX);
    wire->mute[0] = mute == 0;
    wire->mute[1] = mute == 1;
    sim_saw(sim, mute < 0 ? SEEN_PARTED : SEEN_ONE_WAY);
    sim_trace(sim, "sites %s and %s are parted%s", sim->sites[wire->ends[0]].name,
              sim->sites[wire->ends[1]].name, mute < 0 ? "" : ", one way");
    if (mute < 0)
        network_disconnect(sim, wire);
}

void network_faults(struct sim *sim)
{
    struct rng *rng = &sim->wires_rng;

    for (size_t i = 0; i < sim->wire_count; i++) {
        struct sim_wire *wire = &sim->wires[i];

        if (sim_chance(sim, rng, sim->faults.partition))
            network_cut(sim, wire, -1);
        else if (sim_chance(sim, rng, sim->faults.one_way))
            network_cut(sim, wire, (int)rng_below(rng, 2));
        else if (sim_chance(sim, rng, sim->faults.reconnect)) {
            network_disconnect(sim, wire);
            sim_saw(sim, SEEN_RECONNECTED);
        }
    }
}
