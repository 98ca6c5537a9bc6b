/*
 * Two sites and a wire that loses, repeats and overtakes across connections, while either site is
 * killed at random: each message arrives exactly once and in order, and the totals agree.
 */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 4000, STEPS = 250, WIRE_MAX = 512, DATA_BYTES = 12, LIMIT_MAX = 400 };

struct parcels {
    struct bytes items[WIRE_MAX];
    size_t count;
};

/* What the site itself would keep beside its link, in the same frame. */
struct story {
    uint64_t sent;
    uint64_t received;
};

struct site {
    struct peer at;
    struct undo *undo;
    struct story now;
    struct story saved;
    struct parcels wire; /* on the way to this site, in order */
    struct parcels late; /* of connections that are gone: come at any time, or never */
    bool connects;       /* a new connection, of which it has not heard */
};

struct world {
    struct rng rng;
    struct site sites[2];
    uint64_t crashes;
    uint64_t cuts;
    uint64_t refusals; /* by link_check_send() */
    bool leaks;        /* parcels vanish from a connection that stays */
};

/* ---- the wire ---- */

static void drop(struct parcels *parcels, size_t index)
{
    bytes_fini(&parcels->items[index]);
    parcels->count--;
    memmove(parcels->items + index, parcels->items + index + 1,
            (parcels->count - index) * sizeof *parcels->items);
}

static void put(struct parcels *parcels, const struct bytes *parcel)
{
    struct bytes copy = {0};

    if (parcels->count == WIRE_MAX)
        drop(parcels, 0);
    bytes_append(&copy, parcel->data, parcel->size);
    parcels->items[parcels->count++] = copy;
}

static void drop_all(struct parcels *parcels)
{
    while (parcels->count != 0)
        drop(parcels, parcels->count - 1);
}

/* What was on the way is lost, or comes late, or both of it happens. */
static void cut_wire(struct world *world, struct site *to)
{
    for (size_t i = 0; i < to->wire.count; i++)
        if (rng_coin(&world->rng))
            put(&to->late, &to->wire.items[i]);
    if (rng_coin(&world->rng)) {
        drop_all(&to->wire);
    } else {
        /* The end is lost; the beginning still comes, perhaps late as well. */
        while (to->wire.count != 0 && rng_coin(&world->rng))
            drop(&to->wire, to->wire.count - 1);
    }
}

static void cut(struct world *world)
{
    int who = (int)rng_below(&world->rng, 3);

    world->cuts++;
    for (int i = 0; i < 2; i++) {
        cut_wire(world, &world->sites[i]);
        if (who == i || who == 2) /* at least one of them notices */
            world->sites[i].connects = true;
    }
}

/* ---- a site ---- */

static void check_health(const struct site *site)
{
    if (site->at.link->state == LINK_FROZEN)
        ck_abort_msg("frozen: %s", site->at.link->reason);
}

static void crash(struct world *world, int who)
{
    struct site *site = &world->sites[who];
    struct site *other = &world->sites[1 - who];

    world->crashes++;
    peer_reload(&site->at);
    site->now = site->saved;
    cut_wire(world, site);
    drop_all(&site->wire); /* was in the process that died */
    cut_wire(world, other);
    site->connects = true;
    other->connects = other->connects || rng_coin(&world->rng);
}

static void numbered(void *context, const struct link *link, uint64_t seq,
                     const struct channel_message *message)
{
    uint64_t *last = context;

    HOLDS(link->sent_seq == seq);
    HOLDS(seq == *last + 1);
    HOLDS(le64_get(message->data) == seq); /* every message is in the story, in order */
    *last = seq;
}

/* A frame closes; the site may die before it is durable, or before its parcels left. */
static void frame(struct world *world, int who)
{
    struct site *site = &world->sites[who];
    struct parcels *to = &world->sites[1 - who].wire;
    static const struct link_prices prices;
    uint64_t last = site->at.link->sent_seq;
    struct bytes parcel = {0};
    struct store_batch batch;

    store_batch_init(&batch);
    HOLDS(links_waiting(site->at.links) == links_number(site->at.links, numbered, &last));
    HOLDS(last == site->now.sent);
    links_save(site->at.links, &batch);
    if (rng_below(&world->rng, 30) == 0) {
        crash(world, who);
    } else {
        HOLDS(store_commit(&site->at.store, &batch, &site->at.fault) == ST_OK);
        site->saved = site->now;
        if (rng_below(&world->rng, 30) == 0)
            crash(world, who);
        while (link_parcel_out(site->at.links, site->at.link, &prices, &parcel)) {
            put(to, &parcel);
            bytes_clear(&parcel);
        }
    }
    store_batch_fini(&batch);
    bytes_fini(&parcel);
}

/* Acknowledgements and a HELLO may leave without a frame; only what was saved is in them. */
static void speak(struct world *world, int who)
{
    struct site *site = &world->sites[who];
    static const struct link_prices prices;
    struct bytes parcel = {0};

    if (link_parcel_out(site->at.links, site->at.link, &prices, &parcel))
        put(&world->sites[1 - who].wire, &parcel);
    bytes_fini(&parcel);
}

static void send(struct world *world, struct site *site, bool kept)
{
    uint8_t data[DATA_BYTES] = {0};
    uint64_t money = rng_below(&world->rng, 4) == 0 ? 0 : rng_below(&world->rng, 100);
    struct channel_message packet = packet_of(money, data, sizeof data);
    enum link_result verdict =
        link_check_send(site->at.links, site->at.link, 0, packet.money, packet.size);

    if (verdict != LINK_FINE) {
        HOLDS(verdict == LINK_OVER_LIMIT);
        world->refusals++;
        return;
    }
    le64_put(data, site->now.sent + 1);
    link_queue(site->at.links, site->at.link, site->undo, &packet);
    if (kept) {
        site->now.sent++;
        undo_commit(site->undo);
    } else {
        undo_rollback(site->undo);
    }
}

static void deliver(struct site *to, struct parcels *from, size_t index)
{
    struct peer *at = &to->at;
    struct channel_message message;
    struct parcel parcel;
    struct bytes bytes = from->items[index];
    enum parcel_result verdict;

    from->items[index] = (struct bytes){0};
    drop(from, index);
    verdict = link_parcel_in(at->links, at->link, bytes.data, bytes.size, &parcel, &at->fault);
    HOLDS(verdict != PARCEL_FROZE || (check_health(to), false));
    if (verdict == PARCEL_TAKEN) {
        while (link_next(at->links, at->link, &parcel, &message)) {
            HOLDS(message.size == DATA_BYTES);
            HOLDS(le64_get(message.data) == to->now.received + 1); /* in order, once */
            link_take(at->links, at->link, &message);
            to->now.received++;
        }
    }
    check_health(to);
    bytes_fini(&bytes);
}

static void connect(struct site *site)
{
    if (!site->connects)
        return;
    site->connects = false;
    link_connected(site->at.links, site->at.link);
}

/* ---- the run ---- */

static void step(struct world *world)
{
    int who = (int)rng_below(&world->rng, 2);
    struct site *site = &world->sites[who];
    uint64_t dice = rng_below(&world->rng, 100);

    if (dice < 25) {
        send(world, site, rng_below(&world->rng, 5) != 0);
    } else if (dice < 50) {
        frame(world, who);
    } else if (dice < 80) {
        if (site->wire.count != 0) {
            if (rng_below(&world->rng, 10) == 0)
                put(&site->late, &site->wire.items[0]);
            deliver(site, &site->wire, 0);
        }
    } else if (dice < 82) {
        if (world->leaks && site->wire.count != 0)
            drop(&site->wire, rng_below(&world->rng, site->wire.count));
    } else if (dice < 83) {
        (void)links_remind(site->at.links); /* at any time; what it makes due leaves or not */
    } else if (dice < 88) {
        if (site->late.count != 0)
            deliver(site, &site->late, rng_below(&world->rng, site->late.count));
    } else if (dice < 93) {
        connect(site);
    } else if (dice < 95) {
        speak(world, who);
    } else if (dice < 98) {
        cut(world);
    } else {
        crash(world, who);
    }
}

/* What may never be otherwise, of one direction. */
static void check_direction(const struct site *from, const struct site *to)
{
    HOLDS(from->at.link->acked_seq <= to->saved.received);
    HOLDS(to->now.received == to->at.link->received_seq);
    HOLDS(to->at.link->received_seq <= from->saved.sent);
    HOLDS(to->at.link->received_total <= from->at.link->sent_total);
}

static void check_arrived(const struct site *from, const struct site *to)
{
    uint64_t messages;
    uint64_t bytes;

    ck_assert_uint_eq(to->now.received, from->now.sent);
    ck_assert_uint_eq(to->at.link->received_seq, from->at.link->sent_seq);
    HOLDS(to->at.link->received_total == from->at.link->sent_total);
    ck_assert_uint_eq(from->at.link->acked_seq, from->at.link->sent_seq);
    link_outstanding(from->at.links, from->at.link, &messages, &bytes);
    ck_assert_uint_eq(messages, 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(from->at.link->state, LINK_UP);
}

/* Everything on the way arrives, and what that makes due leaves. */
static void exchange(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        struct site *site = &world->sites[i];
        static const struct link_prices prices;
        struct bytes parcel = {0};

        while (site->wire.count != 0)
            deliver(site, &site->wire, 0);
        (void)peer_save(&site->at);
        site->saved = site->now;
        while (link_parcel_out(site->at.links, site->at.link, &prices, &parcel)) {
            put(&world->sites[1 - i].wire, &parcel);
            bytes_clear(&parcel);
        }
        bytes_fini(&parcel);
    }
}

/* No more accidents: all must arrive, without help but for reminders if parcels vanished. */
static void quiet(struct world *world)
{
    for (int i = 0; i < 2; i++) {
        drop_all(&world->sites[i].late);
        connect(&world->sites[i]);
    }
    for (int reminders = 0; reminders < (world->leaks ? 4 : 1); reminders++) {
        int rounds = 0;

        do {
            ck_assert_int_lt(rounds++, 12); /* they never fall silent */
            exchange(world);
        } while (world->sites[0].wire.count + world->sites[1].wire.count != 0);
        if (world->leaks)
            for (int i = 0; i < 2; i++)
                (void)links_remind(world->sites[i].at.links); /* the next exchange shows */
    }
    check_arrived(&world->sites[0], &world->sites[1]);
    check_arrived(&world->sites[1], &world->sites[0]);
}

static void site_init(struct world *world, struct site *site)
{
    memset(site, 0, sizeof *site);
    site->at = peer_new("neighbour");
    site->at.link->limit = nanos(rng_below(&world->rng, LIMIT_MAX));
    site->connects = true;
    link_touch(site->at.links, site->at.link);
    (void)peer_save(&site->at);
    ck_assert_int_eq(undo_new(&site->undo), ST_OK);
}

static void site_fini(struct site *site)
{
    drop_all(&site->wire);
    drop_all(&site->late);
    undo_free(site->undo);
    peer_free(&site->at);
}

START_TEST(each_message_arrives_once_in_order_whatever_the_wire_does_and_whoever_is_killed)
{
    static struct world world;
    uint64_t messages = 0;

    world.rng = rng_for_test();
    for (int run = 0; run < RUNS; run++) {
        world.leaks = rng_coin(&world.rng);
        for (int i = 0; i < 2; i++)
            site_init(&world, &world.sites[i]);
        for (int i = 0; i < STEPS; i++) {
            step(&world);
            check_direction(&world.sites[0], &world.sites[1]);
            check_direction(&world.sites[1], &world.sites[0]);
        }
        quiet(&world);
        messages += world.sites[0].now.sent + world.sites[1].now.sent;
        for (int i = 0; i < 2; i++)
            site_fini(&world.sites[i]);
    }
    /* It was a test: all of it happened. */
    ck_assert_uint_gt(messages, (uint64_t)RUNS * 5);
    ck_assert_uint_gt(world.crashes, RUNS);
    ck_assert_uint_gt(world.cuts, RUNS);
    ck_assert_uint_gt(world.refusals, RUNS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link simulation");
    TCase *tcase = tcase_create("simulation");

    tcase_add_test(tcase,
                   each_message_arrives_once_in_order_whatever_the_wire_does_and_whoever_is_killed);
    tcase_set_timeout(tcase, 50);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
