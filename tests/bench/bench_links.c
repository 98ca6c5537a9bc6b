/*
 * Paid packets over a link between two daemons, against bare CURVE sockets and against paid
 * messages between two agents of one site, on LMDB too.
 *
 *     bench_links SERAI SITE_A PID_A SITE_B PID_B TRIPS_AGENT PUMP_AGENT...
 *
 * An agent is its number, and `--key FILE` after it where its customer is not the operator.
 *
 * With SATURATE_S in the environment it does that for so many seconds instead: the pumps send
 * without a pause, and each tenth of the time it prints commits, money and memory of both daemons.
 *
 * tests/bench/links.sh makes the sites and the agents (guests/pump.c).  Packets are counted by the
 * money that the link of the receiving site has received: only they bring any while this runs.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "links/link.h"
#include "tests/bench/bare.h"
#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/site.h"

enum {
    PACKET_NANOS = 100,
    PACKET_BYTES = 64,
    MESSAGE_BYTES = PACKET_BYTES + 8, /* with what DATA puts around it; see docs/wire.md */
    PACKETS = 300000,                 /* of one sample, by all pumps together */
    TRIPS = 200,
    BARE_TRIPS = 5000,
    BARE_BYTES = 500 * 1000 * 1000, /* of one sample */
    FLUSHES = 4,                    /* two commits, and LMDB flushes twice for each */
    POLL_MS = 10,
    PATIENCE_S = 60,
    PAGE_BYTES = 4096,
    LOCAL_TURNS = 300000, /* of one sample; each takes a message and sends one */
};

/* Of all samples: what was counted, and the frames that both sites closed meanwhile. */
struct tally {
    uint64_t count, frames_a, frames_b;
};

struct links {
    const char *serai;
    struct bench_daemon a, b;
    const char *trips;
    char **pumps;
    size_t pump_count;
    struct bare bare;
    struct bench_site local;
    size_t bare_bytes; /* of a message, packed as parcels are */
    struct tally streams, trips_made;
};

/* ---- asking a site ---- */

static uint64_t received_packets(const struct bench_daemon *end)
{
    return daemon_field(end, "link", "received_total") / PACKET_NANOS;
}

static void tell(const struct links *links, const char *agent, unsigned packets)
{
    char command[2048];

    (void)snprintf(command, sizeof command, "'%s' agent send %s %u --site '%s' >'%s/told'",
                   links->serai, agent, packets, links->a.dir, links->a.dir);
    if (system(command) != 0)
        bench_die(command, NULL);
}

/* Wait until `end` has so many; how many it has. */
static uint64_t wait_for(const struct bench_daemon *end, uint64_t packets)
{
    static const struct timespec pause = {.tv_nsec = POLL_MS * 1000 * 1000};
    double deadline_s = bench_now_s() + PATIENCE_S;
    uint64_t now;

    while ((now = received_packets(end)) < packets) {
        if (bench_now_s() > deadline_s)
            bench_die("the packets do not arrive", NULL);
        (void)nanosleep(&pause, NULL);
    }
    return now;
}

/* ---- samples ---- */

struct point {
    double at_s;
    struct tally tally;
};

/* When `end` has so many packets. */
static struct point point_at(const struct links *links, const struct bench_daemon *end,
                             uint64_t packets)
{
    uint64_t now = wait_for(end, packets);

    return (struct point){.at_s = bench_now_s(),
                          .tally = {.count = now,
                                    .frames_a = daemon_field(&links->a, "status", "frame"),
                                    .frames_b = daemon_field(&links->b, "status", "frame")}};
}

static void add(struct tally *tally, const struct point *from, const struct point *to)
{
    tally->count += to->tally.count - from->tally.count;
    tally->frames_a += to->tally.frames_a - from->tally.frames_a;
    tally->frames_b += to->tally.frames_b - from->tally.frames_b;
}

static double seconds_each(const struct point *from, const struct point *to)
{
    if (to->tally.count == from->tally.count)
        bench_die("all came at once", NULL);
    return (to->at_s - from->at_s) / (double)(to->tally.count - from->tally.count);
}

/* Neither the start nor the end counts, when not all pumps run. */
static double sample_stream(void *context)
{
    struct links *links = context;
    uint64_t before = received_packets(&links->b);
    struct point from;
    struct point to;

    for (size_t i = 0; i < links->pump_count; i++)
        tell(links, links->pumps[i], PACKETS / (unsigned)links->pump_count);
    from = point_at(links, &links->b, before + PACKETS / 10);
    to = point_at(links, &links->b, before + PACKETS / 10 * 9);
    (void)wait_for(&links->b, before + PACKETS / links->pump_count * links->pump_count);
    add(&links->streams, &from, &to);
    return 1 / seconds_each(&from, &to);
}

static double sample_bare_stream(void *context)
{
    struct links *links = context;
    size_t count = BARE_BYTES / links->bare_bytes;

    return (double)(count * (links->bare_bytes / MESSAGE_BYTES)) /
           bare_stream(&links->bare, count, links->bare_bytes);
}

static double sample_local(void *context)
{
    struct links *links = context;
    uint64_t turns = core_count(links->local.core).turns;
    double start_s = bench_now_s();

    site_run(&links->local, LOCAL_TURNS);
    start_s = bench_now_s() - start_s;
    turns = core_count(links->local.core).turns - turns;
    if (turns < LOCAL_TURNS)
        bench_die("the pair stopped talking", NULL);
    return (double)turns / start_s;
}

static double sample_trips(void *context)
{
    struct links *links = context;
    uint64_t before = received_packets(&links->a);
    struct point from;
    struct point to;

    tell(links, links->trips, TRIPS);
    from = point_at(links, &links->a, before + 1);
    to = point_at(links, &links->a, before + TRIPS);
    add(&links->trips_made, &from, &to);
    return seconds_each(&from, &to) * 1e6;
}

static double sample_bare_trips(void *context)
{
    struct links *links = context;

    return bare_trips(&links->bare, BARE_TRIPS, MESSAGE_BYTES) * 1e6;
}

/* What the disk alone takes of a round trip. */
static double sample_flushes(void *context)
{
    static const uint8_t page[PAGE_BYTES];
    const struct links *links = context;
    char path[512];
    double start_s;
    int file;

    (void)snprintf(path, sizeof path, "%s/flushes", links->a.dir);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    start_s = bench_now_s();
    for (int i = 0; i < TRIPS * FLUSHES; i++)
        if (file < 0 || pwrite(file, page, sizeof page, i % 64 * PAGE_BYTES) != sizeof page ||
            fdatasync(file) != 0)
            bench_die(path, NULL);
    start_s = bench_now_s() - start_s;
    (void)close(file);
    return start_s * 1e6 / TRIPS;
}

/* ---- without a pause ---- */

/* A line of /proc/PID/status in KiB. */
static uint64_t memory_of(const struct bench_daemon *end, const char *key)
{
    char path[64];
    char line[256];
    uint64_t kib = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%s/status", end->pid);
    file = fopen(path, "r");
    if (file == NULL)
        bench_die(path, NULL);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoull(line + strlen(key), NULL, 10);
    (void)fclose(file);
    return kib;
}

static void print_saturated(const struct links *links, double seconds, uint64_t packets,
                            uint64_t commits_a, uint64_t commits_b)
{
    (void)printf("%6.0f s %12" PRIu64 " packets %9.0f /s, commits /s %6.1f at the sender, %6.1f at "
                 "the receiver; money /s %.4f; memory of heap KiB %" PRIu64 " and %" PRIu64 "\n",
                 seconds, packets, (double)packets / seconds, (double)commits_a / seconds,
                 (double)commits_b / seconds, (double)packets * PACKET_NANOS / 1e9 / seconds,
                 memory_of(&links->a, "RssAnon:"), memory_of(&links->b, "RssAnon:"));
    (void)fflush(stdout);
}

static void saturate(const struct links *links, double seconds)
{
    uint64_t before = received_packets(&links->b);
    uint64_t commits_a = daemon_commits(&links->a);
    uint64_t commits_b = daemon_commits(&links->b);
    uint64_t wanted = before;
    double start_s = bench_now_s();

    for (int part = 1; part <= 10; part++) {
        while (bench_now_s() - start_s < seconds * part / 10) {
            for (size_t i = 0; i < links->pump_count; i++)
                tell(links, links->pumps[i], PACKETS / (unsigned)links->pump_count);
            wanted += PACKETS / links->pump_count * links->pump_count;
            (void)wait_for(&links->b, wanted);
        }
        print_saturated(links, bench_now_s() - start_s, wanted - before,
                        daemon_commits(&links->a) - commits_a,
                        daemon_commits(&links->b) - commits_b);
    }
}

/* ---- all of it ---- */

/* The messages of one frame go into as few parcels as hold them; bare messages are like those. */
static void learn_packing(struct links *links)
{
    uint64_t bytes;
    uint64_t parcels;

    (void)sample_stream(links);
    if (links->streams.frames_a == 0)
        bench_die("no frames", NULL);
    bytes = links->streams.count * MESSAGE_BYTES / links->streams.frames_a;
    parcels = (bytes + LINK_PARCEL_BYTES_MAX - 1) / LINK_PARCEL_BYTES_MAX;
    links->bare_bytes = (size_t)(bytes / parcels) / MESSAGE_BYTES * MESSAGE_BYTES;
    (void)printf("bare messages are of %zu bytes: %zu packets, as in a parcel\n", links->bare_bytes,
                 links->bare_bytes / MESSAGE_BYTES);
}

static void print_frames(const char *what, const struct tally *tally)
{
    if (tally->count != 0)
        (void)printf("frames for 1,000 %s: %.3g at the sender, %.3g at the receiver\n", what,
                     1000 * (double)tally->frames_a / (double)tally->count,
                     1000 * (double)tally->frames_b / (double)tally->count);
}

static void run(struct links *links)
{
    const struct bench_side streams[] = {{"link", sample_stream, links},
                                         {"bare sockets", sample_bare_stream, links},
                                         {"local messages", sample_local, links}};
    const struct bench_side trips[] = {{"link", sample_trips, links},
                                       {"bare sockets", sample_bare_trips, links},
                                       {"four flushes", sample_flushes, links}};

    learn_packing(links);
    bench_compare("paid packets of 64 bytes over a link", "packets/s", streams, 3);
    print_frames("packets", &links->streams);
    bench_compare("round trip of a paid packet over a link", "microseconds", trips, 3);
    print_frames("round trips", &links->trips_made);
}

int main(int argc, char **argv)
{
    static const struct deployment pair = {"pair", NULL, "", UINT64_C(500) * 1000000000};
    struct links links = {.a.neighbour = "b", .b.neighbour = "a"};

    if (argc < 8) {
        (void)fputs("usage: bench_links SERAI SITE_A PID_A SITE_B PID_B TRIPS_AGENT "
                    "PUMP_AGENT...\n",
                    stderr);
        return 64;
    }
    links.serai = argv[1];
    links.a.dir = argv[2];
    links.a.pid = argv[3];
    links.b.dir = argv[4];
    links.b.pid = argv[5];
    links.trips = argv[6];
    links.pumps = argv + 7;
    links.pump_count = (size_t)(argc - 7);
    bare_open(&links.bare);
    site_open(&links.local, true);
    (void)site_deploy(&links.local, &pair);
    bench_own((pid_t)strtol(argv[3], NULL, 10));
    bench_own((pid_t)strtol(argv[5], NULL, 10));
    bench_own(links.bare.child);
    if (getenv("SATURATE_S") != NULL)
        saturate(&links, strtod(getenv("SATURATE_S"), NULL));
    else
        run(&links);
    bare_close(&links.bare);
    site_close(&links.local);
    return 0;
}
