/*
 * A fixed number of paid packets over a link between two sites of one process, frames in RAM, for
 * tools that count instructions and allocations instead of time: tests/bench/instructions.sh runs
 * it.  Sockets and disk are left out.
 *
 *     bench_packets WAY PACKETS        WAY: strict or bounded, how the link keeps what it sends
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/core/state.h"
#include "tests/bench/bench.h"
#include "tests/bench/site.h"

enum {
    PACKET_NANOS = 100,
    STEP_US = 1000,
    FLUSH_MS = 1000,
    FRAME_TURNS = 4096,
    STEPS_MAX = 1000000
};
static const uint64_t limit_nanos = UINT64_C(500) * 1000000000;
static const uint64_t flush_nanos = 1000000000;

struct pair {
    struct bench_site sites[2];
    uint64_t now_us;
};

/* ---- frames and parcels ---- */

/* Each parcel goes to the other site, as if the frame were durable and no packet were lost. */
static void pass_parcels(struct pair *pair, int from, const struct core_frame *frame)
{
    for (size_t i = 0; i < frame->parcel_count; i++)
        core_parcel(pair->sites[1 - from].core, pair->sites[from].site_key,
                    frame->parcels[i].bytes.data, frame->parcels[i].bytes.size);
}

static void close_frame(struct pair *pair, int number)
{
    struct core *core = pair->sites[number].core;
    struct core_frame frame = {0};

    core_frame_close(core, pair->now_us, &frame);
    core_commit_begins(core);
    core_commit_ended(core);
    pass_parcels(pair, number, &frame);
    core_frame_fini(&frame);
    core_between_out(core, &frame);
    pass_parcels(pair, number, &frame);
    core_frame_fini(&frame);
}

/* Some turns and a frame of each site. */
static void step(struct pair *pair)
{
    pair->now_us += STEP_US;
    for (int i = 0; i < 2; i++) {
        core_advance(pair->sites[i].core, pair->now_us);
        (void)core_links_tick(pair->sites[i].core);
        (void)core_run(pair->sites[i].core, FRAME_TURNS);
        close_frame(pair, i);
    }
}

static uint64_t received(const struct pair *pair)
{
    const struct link *link = links_find(pair->sites[1].core->links, 1);

    return (uint64_t)(link->received_total / PACKET_NANOS);
}

/* ---- the two sites ---- */

static void add_link(struct bench_site *site, const struct bench_site *other, const char *name,
                     const char *endpoint, bool bounded)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, other->site_key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    cbor_put_uint(&args, limit_nanos);
    site_request(site, "link.add", &args);
    if (!bounded)
        return;
    cbor_put_array(&args, 3);
    cbor_put_text(&args, name);
    cbor_put_text(&args, "durability");
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, flush_nanos);
    cbor_put_uint(&args, FLUSH_MS);
    site_request(site, "link.set", &args);
}

/* Until the newborn has said with its credit that it may be sent to, nothing is counted. */
static void settle(struct pair *pair)
{
    for (int i = 0; i < 200; i++)
        step(pair);
}

static void open_pair(struct pair *pair, bool bounded)
{
    site_open(&pair->sites[0], false);
    site_open(&pair->sites[1], false);
    add_link(&pair->sites[0], &pair->sites[1], "b", "tcp://127.0.0.1:1", bounded);
    add_link(&pair->sites[1], &pair->sites[0], "a", "", bounded);
    core_link_connected(pair->sites[0].core, 1);
    settle(pair);
}

int main(int argc, char **argv)
{
    static const struct deployment pump = {"pump", NULL, "via=b window=1000",
                                           UINT64_C(100) * 1000000000};
    struct pair pair = {0};
    uint64_t agent;
    uint64_t wanted;

    if (argc != 3 || (strcmp(argv[1], "strict") != 0 && strcmp(argv[1], "bounded") != 0)) {
        (void)fputs("usage: bench_packets strict|bounded PACKETS\n", stderr);
        return 64;
    }
    open_pair(&pair, strcmp(argv[1], "bounded") == 0);
    agent = site_deploy(&pair.sites[0], &pump);
    settle(&pair);
    wanted = received(&pair) + strtoull(argv[2], NULL, 10);
    site_send(&pair.sites[0], agent, argv[2]);
    for (int i = 0; i < STEPS_MAX && received(&pair) < wanted; i++)
        step(&pair);
    if (received(&pair) < wanted || core_count(pair.sites[0].core).traps != 0 ||
        core_count(pair.sites[1].core).traps != 0)
        bench_die("the packets do not arrive", NULL);
    site_close(&pair.sites[0]);
    site_close(&pair.sites[1]);
    return 0;
}
