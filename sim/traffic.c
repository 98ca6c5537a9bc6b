/*
 * What passes between sites: connections that are made, parcels that arrive, links that are joined
 * and removed.  Wires themselves are network.c's.
 */
#include "sim/traffic.h"

#include "sim/grants.h"
#include "sim/invite.h"
#include "sim/network.h"
#include "sim/requests.h"
#include "sim/settle.h"
#include "sim/sim.h"
#include "sim/site.h"
#include "sim/strain.h"

enum { DELIVER_MAX = 8 };

/* ---- connections ---- */

/*
 * Connect a wire when both sites are up.  Only the core that dials is called, as its socket knows;
 * the other one learns of it from the first parcel.
 */
static void traffic_connect(struct sim *sim, struct sim_wire *wire)
{
    struct core *dialler = sim->sites[wire->ends[0]].core;

    if (!wire->connect || dialler == NULL || sim->sites[wire->ends[1]].core == NULL ||
        (wire->heal_us > sim->now_us && !wire->mute[0] && !wire->mute[1]))
        return;
    wire->connect = false;
    core_link_connected(dialler, wire->interfaces[0]);
    sim_trace(sim, "sites %s and %s are connected", sim->sites[wire->ends[0]].name,
              sim->sites[wire->ends[1]].name);
}

/* ---- delivery ---- */

/* A parcel on its way into a core, for site_call(). */
struct parcel_call {
    struct core *core;
    const uint8_t *key;
    const struct bytes *bytes;
};

static void traffic_call(void *context)
{
    const struct parcel_call *handing = context;

    core_parcel(handing->core, handing->key, handing->bytes->data, handing->bytes->size);
}

/*
 * Deliver one parcel to the site at the other end, as the edge does: with the key that its
 * connection proved.
 */
static void traffic_hand_over(struct sim *sim, const struct sim_wire *wire, int from,
                              const struct bytes *bytes)
{
    struct sim_site *site = &sim->sites[wire->ends[1 - from]];
    struct parcel_call handing = {site->core, sim->sites[wire->ends[from]].key, bytes};

    if (site->core == NULL)
        return;
    sim->result.parcels++;
    if (!site_call(site, traffic_call, &handing))
        return;
    grants_look(site);
    strain_parcel(site);
}

/*
 * What has arrived from one end, at most DELIVER_MAX in a step, so that one busy wire does not hold
 * up the others.
 */
static void traffic_deliver_wire(struct sim *sim, struct sim_wire *wire, int from)
{
    struct bytes parcel;

    for (int most = DELIVER_MAX; most > 0 && network_take(sim, wire, from, &parcel); most--) {
        traffic_hand_over(sim, wire, from, &parcel);
        bytes_fini(&parcel);
    }
    /* A parcel of a connection that has ended comes after those of the present one. */
    if (wire->late[from].size > 0 && (!sim->faulty || rng_below(&sim->wires_rng, 20) == 0)) {
        traffic_hand_over(sim, wire, from, &wire->late[from]);
        sim_saw(sim, SEEN_OLD_PARCEL);
        bytes_fini(&wire->late[from]);
    }
}

/*
 * A site lets nobody in whose link was removed.  Now and then the peer learns of it at once, and
 * now and then what was under way still comes.
 */
static void traffic_see_removals(struct sim *sim, struct sim_wire *wire)
{
    for (int end = 0; end < 2; end++) {
        const struct link *link = network_link(sim, wire, end);
        struct core *far = sim->sites[wire->ends[1 - end]].core;

        if (link == NULL || link->removed == wire->removed[end])
            continue;
        wire->removed[end] = link->removed;
        sim_saw(sim, link->removed ? SEEN_LINK_REMOVED : SEEN_LINK_BACK);
        sim_trace(sim, "site %s %s its link to %s", sim->sites[wire->ends[end]].name,
                  link->removed ? "removed" : "has again", sim->sites[wire->ends[1 - end]].name);
        /* A peer that was joined again needs a new connection, as it was let in by none. */
        if (!link->removed || rng_coin(&sim->wires_rng))
            network_disconnect(sim, wire);
        if (link->removed && far != NULL && rng_coin(&sim->wires_rng))
            core_link_trouble(far, wire->interfaces[1 - end], "it was removed there");
    }
}

void traffic_deliver(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        traffic_see_removals(sim, &sim->wires[i]);
        traffic_connect(sim, &sim->wires[i]);
        traffic_deliver_wire(sim, &sim->wires[i], 0);
        traffic_deliver_wire(sim, &sim->wires[i], 1);
    }
}

/* ---- links ---- */

/* Have a site's operator add a link to a peer.  Returns the interface's number. */
static uint32_t traffic_add_link(struct sim_site *site, const struct sim_site *to,
                                 const char *endpoint, uint64_t limit)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, to->name);
    cbor_put_bytes(&args, to->key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    cbor_put_uint(&args, limit);
    return (uint32_t)request_now(site, 0, "link.add", &args, "interface");
}

void traffic_join(struct sim *sim, uint32_t first, uint32_t second, uint64_t limit)
{
    struct sim_site *a = &sim->sites[first];
    struct sim_site *b = &sim->sites[second];
    struct sim_wire *wire = &sim->wires[sim->wire_count];
    uint32_t interface = traffic_add_link(a, b, "tcp://127.0.0.1:1", limit);
    /* Not drawn, so that all other seeds are as they were before there were invitations. */
    bool invited = sim->options.seed % 8 == 5;
    uint32_t back = invited ? invite_peer(b, a, limit) : traffic_add_link(b, a, "", limit);

    *wire = (struct sim_wire){
        .ends = {first, second}, .interfaces = {interface, back}, .connect = true};
    sim->wire_count++;
    /* Not drawn either: half of the seeds settle by themselves, from the first debt on. */
    if (sim->options.seed % 2 == 0) {
        settle_agree(a, b->name);
        settle_agree(b, a->name);
    }
}

/* At one end or both, so that the other one trades with a peer that does not know it. */
void traffic_remove_some(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[sim->wires[i].ends[end]];
            struct bytes args = {0};

            if (rng_below(&sim->world, 6) != 0)
                continue;
            cbor_put_array(&args, 1);
            cbor_put_text(&args, sim->sites[sim->wires[i].ends[1 - end]].name);
            (void)request_now(site, 0, "link.remove", &args, "interface");
        }
    }
}

void traffic_rejoin(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        struct sim_wire *wire = &sim->wires[i];

        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[wire->ends[end]];
            const struct link *link = network_link(sim, wire, end);
            struct bytes args = {0};

            if (!link->removed)
                continue;
            request_rejoin_args(link, &args);
            if (request_now(site, 0, "link.add", &args, "interface") != wire->interfaces[end])
                sim_fail(sim, "site %s: a peer that is joined again has another interface",
                         site->name);
        }
    }
}
