/* Wires: parcels under way, and what ZeroMQ and the world may do to them. */
#include "sim/sim.h"

#include <string.h>

#include "sim/strain.h"

enum { PARTITION_US_MAX = 4000000, DELIVER_MAX = 8 };

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

struct finding {
    uint32_t interface;
    struct link *link;
};

static void find_interface(void *context, struct link *link)
{
    struct finding *finding = context;

    if (link->interface == finding->interface)
        finding->link = link;
}

struct link *network_link(const struct sim *sim, const struct wire *wire, int end)
{
    const struct core *core = sim->sites[wire->ends[end]].core;
    struct finding finding = {.interface = wire->interfaces[end]};

    if (core != NULL)
        links_each_ever(core->links, find_interface, &finding);
    return finding.link;
}

struct link *network_link_to(const struct sim_site *site, uint32_t neighbour)
{
    const struct sim *sim = site->sim;

    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            if (sim->wires[i].ends[end] == site->index && sim->wires[i].ends[1 - end] == neighbour)
                return network_link(sim, &sim->wires[i], end);
        }
    }
    return NULL;
}

/* ---- under way ---- */

static void push(struct wire *wire, int end, const struct bytes *bytes, uint64_t due_us)
{
    struct flying *place;

    if (wire->count[end] == SIM_FLIGHT)
        return; /* lost, as at a high-water mark */
    place = &wire->flights[end][(wire->first[end] + wire->count[end]++) % SIM_FLIGHT];
    *place = (struct flying){.due_us = due_us};
    bytes_append(&place->bytes, bytes->data, bytes->size);
    INVARIANT(!place->bytes.failed);
}

static struct bytes pop(struct wire *wire, int end)
{
    struct bytes bytes = wire->flights[end][wire->first[end]].bytes;

    wire->first[end] = (wire->first[end] + 1) % SIM_FLIGHT;
    wire->count[end]--;
    return bytes;
}

/* What was under way is gone; one parcel of it may still come, much later. */
static void drop_all(struct sim *sim, struct wire *wire)
{
    for (int end = 0; end < 2; end++) {
        while (wire->count[end] > 0) {
            struct bytes bytes = pop(wire, end);

            if (sim_chance(sim, &sim->wires_rng, sim->faults.late)) {
                bytes_fini(&wire->late[end]);
                wire->late[end] = bytes;
            } else {
                bytes_fini(&bytes);
            }
        }
    }
}

void network_post(struct sim_site *site, const struct core_parcel *parcel)
{
    struct sim *sim = site->sim;
    struct rng *rng = &sim->wires_rng;
    int end;
    struct wire *wire = &sim->wires[network_wire_of(sim, site->index, parcel->interface, &end)];
    struct bytes copy = {0};
    uint64_t due_us = sim->now_us;

    if (wire->heal_us > sim->now_us && (wire->mute[end] || (!wire->mute[0] && !wire->mute[1])))
        return;
    if (sim->faults.slow_us != 0)
        due_us += rng_below(rng, sim->faults.slow_us);
    bytes_append(&copy, parcel->bytes.data, parcel->bytes.size);
    if (site->lies && sim_chance(sim, rng, sim->faults.lie)) {
        liar_change(sim, &copy);
        sim_saw(sim, SEEN_LIE);
    }
    if (sim->options.plant == PLANT_MADE_MONEY && sim->faulty)
        liar_add_money(&copy);
    if (sim_chance(sim, rng, sim->faults.cut_short) && copy.size > 0) {
        copy.size = (size_t)rng_below(rng, copy.size);
        sim_saw(sim, SEEN_CUT_SHORT);
    }
    if (!sim_chance(sim, rng, sim->faults.lose))
        push(wire, end, &copy, due_us);
    else
        sim_saw(sim, SEEN_LOST);
    if (sim_chance(sim, rng, sim->faults.repeat)) {
        push(wire, end, &copy, due_us);
        sim_saw(sim, SEEN_REPEATED);
    }
    bytes_fini(&copy);
}

/* ---- connections ---- */

static void disconnect(struct sim *sim, struct wire *wire)
{
    drop_all(sim, wire);
    wire->connect = true;
}

static void connect_wire(struct sim *sim, struct wire *wire)
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

void network_lost(struct sim *sim, uint32_t site)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        if (sim->wires[i].ends[0] == site || sim->wires[i].ends[1] == site)
            disconnect(sim, &sim->wires[i]);
    }
}

void network_heal(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        sim->wires[i].heal_us = 0;
        disconnect(sim, &sim->wires[i]);
    }
}

static void cut(struct sim *sim, struct wire *wire, int mute)
{
    wire->heal_us = sim->now_us + rng_below(&sim->wires_rng, PARTITION_US_MAX);
    wire->mute[0] = mute == 0;
    wire->mute[1] = mute == 1;
    sim_saw(sim, mute < 0 ? SEEN_PARTED : SEEN_ONE_WAY);
    sim_trace(sim, "sites %s and %s are parted%s", sim->sites[wire->ends[0]].name,
              sim->sites[wire->ends[1]].name, mute < 0 ? "" : ", one way");
    if (mute < 0)
        disconnect(sim, wire);
}

void network_faults(struct sim *sim)
{
    struct rng *rng = &sim->wires_rng;

    for (size_t i = 0; i < sim->wire_count; i++) {
        struct wire *wire = &sim->wires[i];

        if (sim_chance(sim, rng, sim->faults.partition))
            cut(sim, wire, -1);
        else if (sim_chance(sim, rng, sim->faults.one_way))
            cut(sim, wire, (int)rng_below(rng, 2));
        else if (sim_chance(sim, rng, sim->faults.reconnect)) {
            disconnect(sim, wire);
            sim_saw(sim, SEEN_RECONNECTED);
        }
    }
}

/* ---- delivery ---- */

struct handing {
    struct core *core;
    const uint8_t *key;
    const struct bytes *bytes;
};

static void call_parcel(void *context)
{
    const struct handing *handing = context;

    core_parcel(handing->core, handing->key, handing->bytes->data, handing->bytes->size);
}

static void hand_over(struct sim *sim, const struct wire *wire, int from, const struct bytes *bytes)
{
    struct sim_site *site = &sim->sites[wire->ends[1 - from]];
    struct handing handing = {site->core, sim->sites[wire->ends[from]].key, bytes};

    if (site->core == NULL)
        return;
    sim->result.parcels++;
    if (!site_call(site, call_parcel, &handing))
        return;
    grants_look(site);
    strain_parcel(site);
}

static void deliver(struct sim *sim, struct wire *wire, int from)
{
    int most = DELIVER_MAX;

    while (wire->count[from] > 0 && most-- > 0 &&
           wire->flights[from][wire->first[from]].due_us <= sim->now_us) {
        struct bytes bytes = pop(wire, from);

        hand_over(sim, wire, from, &bytes);
        bytes_fini(&bytes);
    }
    if (wire->late[from].size > 0 && (!sim->faulty || rng_below(&sim->wires_rng, 20) == 0)) {
        hand_over(sim, wire, from, &wire->late[from]);
        sim_saw(sim, SEEN_OLD_PARCEL);
        bytes_fini(&wire->late[from]);
    }
}

/*
 * A site lets nobody in whose link was removed.  Now and then the neighbour hears of it at once,
 * and now and then what was under way still comes.
 */
static void look_for_removals(struct sim *sim, struct wire *wire)
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
        if (!link->removed || rng_coin(&sim->wires_rng))
            disconnect(sim, wire);
        if (link->removed && far != NULL && rng_coin(&sim->wires_rng))
            core_link_trouble(far, wire->interfaces[1 - end], "it was removed there");
    }
}

void network_deliver(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        look_for_removals(sim, &sim->wires[i]);
        connect_wire(sim, &sim->wires[i]);
        deliver(sim, &sim->wires[i], 0);
        deliver(sim, &sim->wires[i], 1);
    }
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

/* ---- making ---- */

static uint32_t add_link(struct sim_site *site, const struct sim_site *to, const char *endpoint,
                         uint64_t limit)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, to->name);
    cbor_put_bytes(&args, to->key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    cbor_put_uint(&args, limit);
    return (uint32_t)client_ask(site, 0, "link.add", &args, "interface");
}

void network_rejoin_args(const struct link *link, struct bytes *args)
{
    cbor_put_array(args, 4);
    cbor_put_text(args, link->name);
    cbor_put_bytes(args, link->key, CONTROL_KEY_BYTES);
    cbor_put_text(args, link->endpoint);
    cbor_put_money(args, link->limit);
}

void network_remove_some(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[sim->wires[i].ends[end]];
            struct bytes args = {0};

            if (rng_below(&sim->world, 6) != 0)
                continue;
            cbor_put_array(&args, 1);
            cbor_put_text(&args, sim->sites[sim->wires[i].ends[1 - end]].name);
            (void)client_ask(site, 0, "link.remove", &args, "interface");
        }
    }
}

void network_rejoin(struct sim *sim)
{
    for (size_t i = 0; i < sim->wire_count; i++) {
        struct wire *wire = &sim->wires[i];

        for (int end = 0; end < 2; end++) {
            struct sim_site *site = &sim->sites[wire->ends[end]];
            const struct link *link = network_link(sim, wire, end);
            struct bytes args = {0};

            if (!link->removed)
                continue;
            network_rejoin_args(link, &args);
            if (client_ask(site, 0, "link.add", &args, "interface") != wire->interfaces[end])
                sim_fail(sim, "site %s: a neighbour that is joined again has another interface",
                         site->name);
        }
    }
}

void network_join(struct sim *sim, uint32_t first, uint32_t second, uint64_t limit)
{
    struct sim_site *a = &sim->sites[first];
    struct sim_site *b = &sim->sites[second];
    struct wire *wire = &sim->wires[sim->wire_count];
    uint32_t interface = add_link(a, b, "tcp://127.0.0.1:1", limit);
    uint32_t back = add_link(b, a, "", limit);

    *wire =
        (struct wire){.ends = {first, second}, .interfaces = {interface, back}, .connect = true};
    sim->wire_count++;
}
