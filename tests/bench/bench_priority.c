/*
 * One interface under load: how long packets of each class of priority wait, from the close of
 * their frame until the peer has taken them, and how much of the frame goes before them.
 *
 * Two ends of a link in one process, without sockets and disk: what is timed is numbering, rows,
 * parcels and their reading, in processor time, which takes a microsecond for each packet to ask
 * for.  Each frame is a window full of packets of all classes alike, which is as much as a link can
 * have under way.  Beside it the same packets, all in class 0; rows are then those of their
 * channels.
 */
#include <stdio.h>
#include <stdlib.h>

#include "links/link.h"
#include "tests/bench/bench.h"

enum { FRAMES = 60, FRAME_PACKETS = 4000, FRAME_CHANNELS = 64, DATA_BYTES = 512 };
enum { SAMPLES = FRAMES * FRAME_PACKETS };

/* One end of the link.  Its rows are made and thrown away. */
struct priority_end {
    struct links *links;
    struct link *link;
};

/* Of one run: what was taken, by class of whoever sent it. */
struct priority_run {
    struct priority_end from;
    struct priority_end to;
    bool one_class;
    double *waited[CHANNEL_PRIORITIES]; /* seconds */
    double *before[CHANNEL_PRIORITIES]; /* share of the frame */
    size_t count[CHANNEL_PRIORITIES];
    struct bytes parcel;
};

static struct priority_end priority_end_new(const char *peer)
{
    struct priority_end end = {0};
    uint8_t key[LINK_KEY_BYTES] = {1};
    struct fault fault = {0};

    if (links_new(&end.links) != ST_OK || links_add(end.links, peer, key, "tcp://127.0.0.1:7",
                                                    money_zero(), &end.link, &fault) != ST_OK)
        bench_die("a link", &fault);
    link_connected(end.links, end.link);
    return end;
}

static void priority_numbered(void *context, const struct link *link, uint64_t seq,
                              const struct channel_message *message)
{
    (void)context;
    (void)link;
    (void)seq;
    (void)message;
}

static void priority_save(struct priority_end *end)
{
    struct store_batch batch;

    store_batch_init(&batch);
    (void)links_number(end->links, priority_numbered, NULL);
    links_save(end->links, &batch);
    store_batch_fini(&batch);
}

static bool priority_parcel(struct priority_end *end, struct bytes *out)
{
    static const struct link_prices prices;

    bytes_clear(out);
    return link_parcel_out(end->links, end->link, &prices, out);
}

/* A channel has one class, so its number says which. */
static uint8_t priority_of(uint32_t number)
{
    return (uint8_t)(number / 2 % CHANNEL_PRIORITIES);
}

static void priority_send(struct priority_run *run)
{
    static const uint8_t data[DATA_BYTES];

    for (uint32_t i = 0; i < FRAME_PACKETS; i++) {
        uint32_t number = 2 + 2 * (i % FRAME_CHANNELS);
        struct channel_message packet = {.kind = CHANNEL_PACKET,
                                         .interface = 1,
                                         .number = number,
                                         .to = CHANNEL_BORN,
                                         .priority = run->one_class ? 0 : priority_of(number),
                                         .payer = number,
                                         .data = data,
                                         .size = sizeof data};

        link_queue(run->from.links, run->from.link, NULL, &packet);
    }
}

/*
 * Take all that is in the parcel.  `start` is when the frame closed; *taken counts its packets.
 */
static void priority_take(struct priority_run *run, struct priority_end *end, double start,
                          size_t *taken)
{
    struct channel_message message;
    struct parcel parcel;
    struct fault fault = {0};

    /* At first both may take a HELLO for stale and answer it with another. */
    if (link_parcel_in(end->links, end->link, run->parcel.data, run->parcel.size, &parcel,
                       &fault) != PARCEL_TAKEN)
        return;
    while (link_next(end->links, end->link, &parcel, &message)) {
        uint8_t priority = priority_of(message.number);
        size_t at = run->count[priority]++;

        link_take(end->links, end->link, &message);
        run->waited[priority][at] = bench_cpu_s() - start;
        run->before[priority][at] = (double)(*taken)++ / FRAME_PACKETS;
    }
}

/* Frames and parcels, back and forth, until both are silent: greetings, acknowledgements. */
static void priority_settle(struct priority_run *run)
{
    size_t taken = 0;
    bool any = true;

    while (any) {
        any = false;
        for (int side = 0; side < 2; side++) {
            struct priority_end *from = side == 0 ? &run->to : &run->from;
            struct priority_end *to = side == 0 ? &run->from : &run->to;

            priority_save(from);
            for (; priority_parcel(from, &run->parcel); any = true)
                priority_take(run, to, 0, &taken);
        }
    }
    if (run->from.link->state != LINK_UP || run->to.link->state != LINK_UP || taken != 0)
        bench_die("the link is not up", NULL);
}

static void priority_frame(struct priority_run *run)
{
    size_t taken = 0;
    double start;

    priority_send(run);
    start = bench_cpu_s();
    priority_save(&run->from);
    while (priority_parcel(&run->from, &run->parcel))
        priority_take(run, &run->to, start, &taken);
    if (taken != FRAME_PACKETS)
        bench_die("packets are missing", NULL);
    priority_settle(run);
}

static int priority_compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double priority_percentile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, priority_compare);
    return values[(size_t)(share * (double)(count - 1))];
}

static void priority_print(struct priority_run *run)
{
    (void)printf("  %-8s %12s %12s %12s %22s\n", "class", "median ms", "95 % ms", "99 % ms",
                 "of its frame before it");
    for (int priority = CHANNEL_PRIORITY_MAX; priority >= 0; priority--) {
        double *waited = run->waited[priority];
        size_t count = run->count[priority];

        (void)printf("  %-8d %12.2f %12.2f %12.2f %20.0f %%\n", priority,
                     1e3 * priority_percentile(waited, count, 0.5),
                     1e3 * priority_percentile(waited, count, 0.95),
                     1e3 * priority_percentile(waited, count, 0.99),
                     100 * priority_percentile(run->before[priority], count, 0.5));
    }
}

static void priority_run(const char *what, bool one_class)
{
    struct priority_run run = {
        .from = priority_end_new("B"), .to = priority_end_new("A"), .one_class = one_class};

    for (int priority = 0; priority < CHANNEL_PRIORITIES; priority++) {
        run.waited[priority] = calloc(SAMPLES, sizeof(double));
        run.before[priority] = calloc(SAMPLES, sizeof(double));
        if (run.waited[priority] == NULL || run.before[priority] == NULL)
            bench_die("memory", NULL);
    }
    priority_settle(&run);
    for (int frame = 0; frame < FRAMES; frame++)
        priority_frame(&run);
    (void)printf("%s: %d frames of %d packets of %d bytes in %d channels\n", what, FRAMES,
                 FRAME_PACKETS, DATA_BYTES, FRAME_CHANNELS);
    priority_print(&run);
    for (int priority = 0; priority < CHANNEL_PRIORITIES; priority++) {
        free(run.waited[priority]);
        free(run.before[priority]);
    }
    bytes_fini(&run.parcel);
    links_free(run.from.links);
    links_free(run.to.links);
}

int main(void)
{
    priority_run("eight classes", false);
    priority_run("the same, all in class 0", true);
    return 0;
}
