/*
 * Random orders on two sites that a link joins, each with channels within itself as well; turns are
 * committed or undone at random, and whole sites saved and read back.
 */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/reading.h"

#include <stdlib.h>
#include <string.h>

enum { SITES = 2, STEPS = 6000, TURN_MAX = 6, PIPE_MAX = 1 << 16, OWNERS = 5, ENDS_MAX = 40 };
enum { TO_SELF = 0, TO_NEIGHBOUR = 1, WAYS = 2 };

/* The neighbours number their interface to each other as they like. */
static const uint32_t link_interface[SITES] = {1, 7};

struct pipe {
    struct channel_message *items;
    size_t head;
    size_t count;
};

struct site {
    struct fixture at;
    struct pipe in[WAYS];
    struct channel_message out[TURN_MAX * 2]; /* staged by the running turn */
    size_t out_count;
    uint64_t packets_sent; /* of good turns */
    uint64_t packets_came;
    uint64_t rooms;
};

struct world {
    struct site sites[SITES];
    struct rng rng;
    struct store_memory *memory[SITES];
};

static void world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    world->rng = rng_for_test();
    for (int i = 0; i < SITES; i++) {
        world->sites[i].at = fixture_new();
        ck_assert_int_eq(store_memory_new(&world->memory[i]), ST_OK);
        for (int way = 0; way < WAYS; way++) {
            struct pipe *pipe = &world->sites[i].in[way];

            pipe->items = calloc(PIPE_MAX, sizeof *pipe->items);
            ck_assert_ptr_nonnull(pipe->items);
        }
    }
}

static void world_fini(struct world *world)
{
    for (int i = 0; i < SITES; i++) {
        fixture_free(&world->sites[i].at);
        store_memory_free(world->memory[i]);
        for (int way = 0; way < WAYS; way++)
            free(world->sites[i].in[way].items);
    }
}

static void stage(struct site *site, const struct channel_message *message)
{
    HOLDS(site->out_count < TURN_MAX * 2);
    site->out[site->out_count++] = *message;
}

/* The turn was good: what it staged goes out, in order. */
static void post(struct world *world, int from)
{
    struct site *site = &world->sites[from];

    for (size_t i = 0; i < site->out_count; i++) {
        struct channel_message message = site->out[i];
        int to = message.interface == CHANNEL_INTERFACE_SELF ? from : 1 - from;
        struct pipe *pipe = &world->sites[to].in[to == from ? TO_SELF : TO_NEIGHBOUR];

        if (to != from)
            message.interface = link_interface[to];
        HOLDS(pipe->count < PIPE_MAX);
        pipe->items[pipe->count++] = message;
    }
    site->out_count = 0;
}

static struct channel_end *random_end(struct world *world, struct site *site)
{
    struct snapshot all = snapshot_take(site->at.channels);
    struct channel_end *end = NULL;

    if (all.count != 0)
        end = channels_find(site->at.channels, all.ends[rng_below(&world->rng, all.count)].id);
    snapshot_free(&all);
    return end;
}

static void take_birth(struct world *world, struct site *site, const struct channel_message *birth)
{
    struct channel_message answer = {0};

    ck_assert_int_eq(channels_check_accept(site->at.channels, birth), CHANNEL_FINE);
    if (rng_below(&world->rng, 4) == 0)
        channels_refuse(birth, -9, &answer);
    else
        (void)channels_accept(site->at.channels, site->at.undo, birth,
                              1 + rng_below(&world->rng, OWNERS), FIRST_PACKETS, FIRST_BYTES,
                              &answer);
    stage(site, &answer);
}

/* Deliver one message from a far end that keeps the rules. */
static void take(struct world *world, struct site *site, const struct channel_message *message)
{
    struct channels *channels = site->at.channels;
    struct undo *undo = site->at.undo;
    struct channel_end *end =
        channels_at(channels, message->interface, message->number, message->to);
    struct channel_message reply = {0};
    enum channel_result verdict;
    bool flag = false;

    switch (message->kind) {
    case CHANNEL_BIRTH:
        take_birth(world, site, message);
        return;
    case CHANNEL_ANSWER:
        ck_assert_int_eq(channels_receive_answer(channels, end, undo, message), CHANNEL_FINE);
        return;
    case CHANNEL_PACKET:
        verdict = channel_receive_packet(end, undo, message);
        ck_assert_msg(verdict == CHANNEL_FINE || verdict == CHANNEL_IS_CLOSED,
                      "verdict %d on message kind %d", (int)verdict, (int)message->kind);
        site->packets_came++;
        return;
    case CHANNEL_CREDIT:
        verdict = channel_receive_credit(end, undo, message, &flag);
        ck_assert_msg(verdict == CHANNEL_FINE || verdict == CHANNEL_IS_CLOSED,
                      "verdict %d on message kind %d", (int)verdict, (int)message->kind);
        site->rooms += flag ? 1 : 0;
        return;
    case CHANNEL_CLOSE:
        ck_assert_ptr_nonnull(end);
        ck_assert_int_eq(channels_receive_close(channels, end, undo, &reply, &flag), CHANNEL_FINE);
        stage(site, &reply);
        return;
    case CHANNEL_CLOSED:
        /* When both were sold at once each end went with the other's CLOSE already. */
        verdict = channels_receive_closed(channels, end, undo);
        ck_assert_int_eq(verdict, end == NULL ? CHANNEL_UNKNOWN : CHANNEL_FINE);
        return;
    }
    ck_abort_msg("a message of no kind");
}

static void sell(struct site *site, struct channel_end *end)
{
    struct channel_message close = {0};
    bool sends_close;

    if (channel_check_sell(end) != CHANNEL_FINE)
        return;
    channels_sell(site->at.channels, end, site->at.undo, &close, &sends_close);
    if (sends_close)
        stage(site, &close);
}

static void order_buy(struct world *world, int from)
{
    struct site *site = &world->sites[from];
    uint32_t interface = rng_coin(&world->rng) ? CHANNEL_INTERFACE_SELF : link_interface[from];
    struct channel_message birth = {0};

    if (channels_count(site->at.channels) >= ENDS_MAX)
        return;
    ck_assert_int_eq(channels_check_buy(site->at.channels, interface), CHANNEL_FINE);
    (void)channels_buy(site->at.channels, site->at.undo, 1 + rng_below(&world->rng, OWNERS),
                       interface, &birth);
    stage(site, &birth);
}

static void order_on_end(struct world *world, struct site *site, struct channel_end *end)
{
    struct channel_message message = {0};
    uint64_t packets = 1 + rng_below(&world->rng, 12);
    uint64_t bytes = 1 + rng_below(&world->rng, 100000);

    switch (rng_below(&world->rng, 12)) {
    case 0:
        if (rng_below(&world->rng, 3) == 0)
            sell(site, end);
        return;
    case 1:
    case 2:
    case 3:
        if (channel_check_grant(end, packets, bytes) != CHANNEL_FINE)
            return;
        channel_grant(end, site->at.undo, packets, bytes, &message);
        break;
    case 4:
        if (channel_check_room(end) == CHANNEL_FINE)
            channel_ask_room(end, site->at.undo);
        return;
    default:
        message.size = (size_t)rng_below(&world->rng, rng_coin(&world->rng) ? 100 : 70000);
        if (channel_check_send(end, message.size) != CHANNEL_FINE)
            return;
        channel_send(end, site->at.undo, message.size, message.money, &message);
        site->packets_sent++;
        break;
    }
    stage(site, &message);
}

/* A lie, from a neighbour that says what it likes; whatever it does, the bounds hold after it. */
static void lie(struct world *world, struct site *site)
{
    struct channel_end *end = random_end(world, site);
    struct channel_message message = {.packets = rng_edgy(&world->rng),
                                      .bytes = rng_edgy(&world->rng),
                                      .size = (size_t)rng_edgy(&world->rng),
                                      .status = (int32_t)rng_below(&world->rng, 2)};
    struct channel_message reply;
    bool flag;

    switch (rng_below(&world->rng, 8)) {
    case 0:
        message.kind = CHANNEL_ANSWER;
        (void)!channels_receive_answer(site->at.channels, end, site->at.undo, &message);
        break;
    case 1:
        (void)!channels_receive_close(site->at.channels, end, site->at.undo, &reply, &flag);
        break;
    case 2:
        (void)!channels_receive_closed(site->at.channels, end, site->at.undo);
        break;
    case 3:
    case 4:
    case 5:
        message.kind = CHANNEL_CREDIT;
        if (end != NULL && rng_coin(&world->rng)) {
            message.packets = end->window_packets + rng_below(&world->rng, 1200);
            message.bytes = end->window_bytes + rng_below(&world->rng, 1200000);
        }
        (void)!channel_receive_credit(end, site->at.undo, &message, &flag);
        break;
    default:
        message.kind = CHANNEL_PACKET;
        message.size = rng_coin(&world->rng) ? message.size : rng_below(&world->rng, 70000);
        (void)!channel_receive_packet(end, site->at.undo, &message);
        break;
    }
    check_bounds(site->at.channels);
}

static void deliver_next(struct world *world, struct site *site)
{
    struct pipe *pipe = &site->in[rng_below(&world->rng, WAYS)];

    if (pipe->head < pipe->count)
        take(world, site, &pipe->items[pipe->head++]);
}

static void act(struct world *world, int at)
{
    struct site *site = &world->sites[at];
    struct channel_end *end;

    switch (rng_below(&world->rng, 10)) {
    case 0:
        order_buy(world, at);
        return;
    case 1:
    case 2:
    case 3:
    case 4:
        deliver_next(world, site);
        return;
    default:
        end = random_end(world, site);
        if (end != NULL)
            order_on_end(world, site, end);
        return;
    }
}

/* A turn that is undone must leave each byte as it was; lies are told only in these. */
static void undone_turn(struct world *world, int at)
{
    struct site *site = &world->sites[at];
    struct site before = *site;
    struct snapshot old = snapshot_take(site->at.channels);
    struct snapshot new;

    for (uint64_t i = rng_below(&world->rng, TURN_MAX); i-- > 0;)
        act(world, at);
    /* After the honest messages, which may rightly be refused by an end that was lied to. */
    for (uint64_t i = rng_below(&world->rng, 3); i-- > 0;)
        lie(world, site);
    undo_rollback(site->at.undo);
    *site = before;
    new = snapshot_take(site->at.channels);
    HOLDS(snapshot_same_bytes(&old, &new));
    for (size_t i = 0; i < new.count; i++) {
        const struct channel_end *end = &new.ends[i];

        ck_assert_ptr_eq(channels_at(site->at.channels, end->interface, end->number, end->side),
                         channels_find(site->at.channels, end->id));
    }
    snapshot_free(&old);
    snapshot_free(&new);
}

static void good_turn(struct world *world, int at)
{
    for (uint64_t i = rng_below(&world->rng, TURN_MAX); i-- > 0;)
        act(world, at);
    undo_commit(world->sites[at].at.undo);
    post(world, at);
}

/* Save, read back into a second set, compare. */
static void save_and_compare(struct world *world, int at)
{
    struct channels *channels = world->sites[at].at.channels;
    struct store store = store_from_memory(world->memory[at]);
    struct store_batch batch;
    struct channels *again;
    struct snapshot here;
    struct snapshot there;
    struct fault fault;

    store_batch_init(&batch);
    channels_save(channels, &batch);
    ck_assert_int_eq(store_commit(&store, &batch, &fault), ST_OK);
    store_batch_clear(&batch);
    channels_save(channels, &batch);
    ck_assert_uint_eq(batch.count, 0);
    store_batch_fini(&batch);

    ck_assert_int_eq(channels_new(&again), ST_OK);
    ck_assert_msg(WITH_READ(&store, channels_load(again, &read, &fault)) == ST_OK, "%s",
                  fault.text);
    here = snapshot_take(channels);
    there = snapshot_take(again);
    ck_assert_uint_eq(here.count, there.count);
    ck_assert_uint_eq(here.id_next, there.id_next);
    for (size_t i = 0; i < here.count; i++)
        HOLDS(ends_equal(&here.ends[i], &there.ends[i]));
    ck_assert_uint_eq(set_port(channels, CHANNEL_INTERFACE_SELF)->number_next,
                      set_port(again, CHANNEL_INTERFACE_SELF)->number_next);
    ck_assert_uint_eq(set_port(channels, link_interface[at])->number_next,
                      set_port(again, link_interface[at])->number_next);
    snapshot_free(&here);
    snapshot_free(&there);
    channels_free(again);
}

/* What one end believes never runs ahead of what the other did. */
static void check_pair(const struct channel_end *end, const struct channel_end *far)
{
    HOLDS(end->window_packets <= far->granted_packets);
    HOLDS(end->window_bytes <= far->granted_bytes);
    HOLDS(end->sent_packets >= far->received_packets);
    HOLDS(end->sent_bytes >= far->received_bytes);
    HOLDS(end->state != CHANNEL_FAR_CLOSED || far->state == CHANNEL_CLOSING);
}

static void check_world(struct world *world)
{
    for (int i = 0; i < SITES; i++) {
        struct snapshot all = snapshot_take(world->sites[i].at.channels);

        for (size_t n = 0; n < all.count; n++) {
            const struct channel_end *end = &all.ends[n];
            bool self = end->interface == CHANNEL_INTERFACE_SELF;
            int there = self ? i : 1 - i;
            struct channel_end *far =
                channels_at(world->sites[there].at.channels,
                            self ? CHANNEL_INTERFACE_SELF : link_interface[there], end->number,
                            end->side == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER);

            if (far != NULL)
                check_pair(end, far);
        }
        snapshot_free(&all);
        check_bounds(world->sites[i].at.channels);
    }
}

/* Sell all that can be sold and deliver all that is under way, until nothing moves. */
static void wind_down(struct world *world)
{
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < SITES; i++) {
            struct site *site = &world->sites[i];
            struct snapshot all;

            for (int way = 0; way < WAYS; way++) {
                struct pipe *pipe = &site->in[way];

                while (pipe->head < pipe->count) {
                    take(world, site, &pipe->items[pipe->head++]);
                    undo_commit(site->at.undo);
                    post(world, i);
                }
            }
            all = snapshot_take(site->at.channels);
            for (size_t n = 0; n < all.count; n++) {
                sell(site, channels_find(site->at.channels, all.ends[n].id));
                undo_commit(site->at.undo);
                post(world, i);
            }
            snapshot_free(&all);
        }
    }
}

START_TEST(two_sites_agree_through_random_turns_and_every_close_ends)
{
    struct world world;

    world_init(&world);
    for (int step = 0; step < STEPS; step++) {
        int at = (int)rng_below(&world.rng, SITES);

        if (rng_below(&world.rng, 3) == 0)
            undone_turn(&world, at);
        else
            good_turn(&world, at);
        check_world(&world);
        if (rng_below(&world.rng, 16) == 0)
            save_and_compare(&world, at);
    }
    /* The run must have done what it is for. */
    ck_assert_uint_gt(world.sites[0].packets_sent, 100);
    ck_assert_uint_gt(world.sites[0].rooms + world.sites[1].rooms, 0);
    ck_assert_uint_gt(channels_count(world.sites[0].at.channels), 0);
    wind_down(&world);
    for (int i = 0; i < SITES; i++) {
        ck_assert_uint_eq(channels_count(world.sites[i].at.channels), 0);
        save_and_compare(&world, i);
    }
    ck_assert_uint_eq(world.sites[0].packets_sent + world.sites[1].packets_sent,
                      world.sites[0].packets_came + world.sites[1].packets_came);
    world_fini(&world);
}
END_TEST

START_TEST(lies_never_break_the_bounds_of_an_end)
{
    struct world world;

    world_init(&world);
    for (int step = 0; step < STEPS; step++) {
        struct site *site = &world.sites[0];
        struct channel_end *end;

        if (channels_count(site->at.channels) < 4)
            fixture_open(&site->at);
        lie(&world, site);
        end = random_end(&world, site);
        if (end != NULL)
            order_on_end(&world, site, end);
        undo_commit(site->at.undo);
        site->out_count = 0;
        check_bounds(site->at.channels);
    }
    save_and_compare(&world, 0);
    world_fini(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channels simulation");
    TCase *tcase = tcase_create("simulation");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, two_sites_agree_through_random_turns_and_every_close_ends);
    tcase_add_test(tcase, lies_never_break_the_bounds_of_an_end);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
