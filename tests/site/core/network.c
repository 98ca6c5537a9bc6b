#include "tests/site/core/network.h"
#include "tests/reading.h"

#include "tests/site/core/probe.h"

#include <stdlib.h>
#include <string.h>

static struct wire *wire_of(struct network *network, int site, uint32_t interface, int *end)
{
    for (size_t i = 0; i < network->wire_count; i++) {
        for (*end = 0; *end < 2; (*end)++) {
            if (network->wires[i].ends[*end] == site &&
                network->wires[i].interfaces[*end] == interface)
                return &network->wires[i];
        }
    }
    ck_abort_msg("site %d sends on interface %u, which has no wire", site, interface);
    return NULL;
}

static void post(void *context, const struct core_parcel *parcel)
{
    struct poster *poster = context;
    int end = 0;
    struct wire *wire = wire_of(poster->network, poster->site, parcel->interface, &end);
    struct flight *flight = &wire->flights[end];
    struct bytes *place;

    if (wire->cut)
        return;
    ck_assert_uint_lt(flight->first + flight->count, FLIGHT_MAX);
    place = &flight->parcels[flight->first + flight->count++];
    *place = (struct bytes){0};
    bytes_append(place, parcel->bytes.data, parcel->bytes.size);
}

struct network *network_new(size_t count, uint64_t seed, uint64_t nanos, struct rng *faults)
{
    struct network *network = calloc(1, sizeof *network);

    ck_assert_ptr_nonnull(network);
    probe_play_none(); /* agents of different sites share numbers: nobody is played */
    network->faults = faults;
    network->site_count = count;
    for (size_t i = 0; i < count; i++) {
        network->posters[i] = (struct poster){.network = network, .site = (int)i};
        site_open(&network->sites[i], seed * 16 + i, nanos);
        network->sites[i].post = post;
        network->sites[i].post_context = &network->posters[i];
    }
    return network;
}

static void drop_all(struct flight *flight)
{
    for (size_t i = 0; i < flight->count; i++)
        bytes_fini(&flight->parcels[flight->first + i]);
    flight->first = 0;
    flight->count = 0;
}

void network_free(struct network *network)
{
    for (size_t i = 0; i < network->wire_count; i++) {
        drop_all(&network->wires[i].flights[0]);
        drop_all(&network->wires[i].flights[1]);
    }
    for (size_t i = 0; i < network->site_count; i++)
        site_close(&network->sites[i]);
    free(network);
}

struct network *network_of_two(uint64_t limit)
{
    struct network *network = network_new(2, 7, 2000000000, NULL);

    (void)network_join(network, 0, 1, limit);
    network_settle(network);
    site_customer(&network->sites[0], 1, "one", 1500000000);
    return network;
}

void network_end(struct network *network)
{
    network_settle(network);
    network_agrees(network);
    site_reload_same(&network->sites[0]);
    site_verify(&network->sites[0]); /* it computes each charge again, by what its line says */
    probe_play_none();
    network_free(network);
}

static uint32_t add_link(struct site *site, const char *name, const uint8_t *key,
                         const char *endpoint, uint64_t limit)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    cbor_put_uint(&args, limit);
    ck_assert_int_eq(site_request(site, OPERATOR, "link.add", &args), CONTROL_DONE);
    return (uint32_t)site_result(site, "interface");
}

size_t network_join(struct network *network, int first, int second, uint64_t limit)
{
    struct wire *wire = &network->wires[network->wire_count++];
    struct site *a = &network->sites[first];
    struct site *b = &network->sites[second];
    char to_second[8] = "site-x";
    char to_first[8] = "site-x";

    to_second[5] = (char)('a' + second);
    to_first[5] = (char)('a' + first);
    wire->ends[0] = first;
    wire->ends[1] = second;
    wire->interfaces[0] = add_link(a, to_second, b->site_key, "tcp://127.0.0.1:1", limit);
    wire->interfaces[1] = add_link(b, to_first, a->site_key, "", limit);
    network_connect(network, network->wire_count - 1);
    return network->wire_count - 1;
}

struct link *network_link(struct network *network, size_t wire, int end)
{
    struct wire *at = &network->wires[wire];

    return links_find(network->sites[at->ends[end]].core->links, at->interfaces[end]);
}

void network_cut(struct network *network, size_t wire)
{
    network->wires[wire].cut = true;
    drop_all(&network->wires[wire].flights[0]);
    drop_all(&network->wires[wire].flights[1]);
}

void network_connect(struct network *network, size_t wire)
{
    struct wire *at = &network->wires[wire];

    network_cut(network, wire);
    at->cut = false;
    core_link_connected(network->sites[at->ends[0]].core, at->interfaces[0]);
    site_frame(&network->sites[at->ends[0]]);
}

void network_crash(struct network *network, int site)
{
    site_reload(&network->sites[site]);
    for (size_t i = 0; i < network->wire_count; i++) {
        if (network->wires[i].ends[0] == site || network->wires[i].ends[1] == site)
            network_connect(network, i);
    }
}

/* Hand over the oldest parcel, now and then twice. */
static bool deliver(struct network *network, struct wire *wire, int from)
{
    struct flight *flight = &wire->flights[from];
    struct site *to = &network->sites[wire->ends[1 - from]];
    struct site *sender = &network->sites[wire->ends[from]];
    struct bytes parcel;
    int times = network->faults != NULL && rng_below(network->faults, 10) == 0 ? 2 : 1;

    if (flight->count == 0)
        return false;
    parcel = flight->parcels[flight->first++];
    flight->count--;
    if (flight->count == 0)
        flight->first = 0;
    while (times-- > 0)
        core_parcel(to->core, sender->site_key, parcel.data, parcel.size);
    bytes_fini(&parcel);
    return true;
}

static bool step_site(struct site *site, uint32_t turns)
{
    bool more;

    core_advance(site->core, site->now_us);
    more = core_run(site->core, turns);
    site_frame(site);
    return more;
}

bool network_step(struct network *network, uint32_t turns)
{
    bool more = false;

    for (size_t i = 0; i < network->site_count; i++)
        more |= step_site(&network->sites[i], turns);
    for (size_t i = 0; i < network->wire_count; i++) {
        more |= deliver(network, &network->wires[i], 0);
        more |= deliver(network, &network->wires[i], 1);
    }
    return more;
}

void network_settle(struct network *network)
{
    int steps = 0;
    int quiet = 0;

    /* One quiet step may only have written what the next one sends. */
    while (quiet < 3) {
        quiet = network_step(network, 256) ? 0 : quiet + 1;
        ck_assert_msg(++steps < 100000, "the network never comes to rest");
    }
}

static void check_link(struct network *network, size_t wire)
{
    const struct link *a = network_link(network, wire, 0);
    const struct link *b = network_link(network, wire, 1);

    ck_assert_msg(a->state == LINK_UP && b->state == LINK_UP, "wire %zu: %s / %s", wire, a->reason,
                  b->reason);
    ck_assert_uint_eq(a->sent_seq, b->received_seq);
    ck_assert_uint_eq(b->sent_seq, a->received_seq);
    ck_assert(a->sent_total == b->received_total && b->sent_total == a->received_total);
    ck_assert_uint_eq(a->acked_seq, a->sent_seq);
    ck_assert_uint_eq(b->acked_seq, b->sent_seq);
}

void network_agrees(struct network *network)
{
    u128 minted = 0;
    u128 out = 0;
    u128 in = 0;
    u128 held = 0;

    for (size_t i = 0; i < network->wire_count; i++)
        check_link(network, i);
    for (size_t i = 0; i < network->site_count; i++) {
        struct verify_report report;
        struct fault fault;

        ck_assert_msg(WITH_READ(&network->sites[i].store,
                                audit_verify(&read, &core_audit, &report, &fault)) == ST_OK,
                      "site %zu: %s", i, fault.text);
        minted += report.treasury_debit + report.link_settling_debit + report.suspense_debit;
        held += report.suspense_credit + report.link_settling_credit;
        out += report.link_out;
        in += report.link_in;
        for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
            if (kind != KIND_LINK_OUT)
                held += report.by_kind_credit[kind];
        }
    }
    ck_assert(out == in);
    ck_assert(minted == held);
}
