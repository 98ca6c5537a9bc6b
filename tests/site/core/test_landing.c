/*
 * Packets that land in a buffer of their receiver's (channel_arm_into): where, what the event says,
 * what is refused, what cannot land, and that a sender's trap takes them out again.
 */
#include <string.h>

#include "tests/site/core/network.h"
#include "tests/site/core/puppet.h"

enum { LIMIT = 1000000000, ENDOWMENT = 50000000, FEE = 1000000 };
enum { PLACE = 100, OFFSET = 50, PLACES = 4, BUFFER_BYTES = OFFSET + PLACES * PLACE + 30 };

static struct network *network;
static struct site *here;
static uint64_t receiver;
static uint64_t sender;

/* What the receiver does in its next turn, and what it found. */
struct landing_part {
    int64_t interface; /* BUY */
    int64_t slot;
    int64_t buffer;
    int64_t args[5];
    int64_t answer;
    struct heard heard;
    uint8_t bytes[BUFFER_BYTES];
};
static struct landing_part mine;

/* What the sender sends, each packet filled with its number. */
struct sending {
    uint8_t first;
    int packets;
    int64_t bytes;
    enum engine_outcome outcome;
};

static void setup(void)
{
    network = network_of_two(LIMIT);
    here = &network->sites[0];
    (void)puppet_new(here, 1, 1000000, NULL); /* so that no two sites have agents of one number */
    (void)puppet_new(here, 1, 1000000, NULL);
    receiver = puppet_new(here, 1, 1000000000, NULL);
    mine = (struct landing_part){0};
}

static void teardown(void)
{
    network_end(network);
}

/* ---- the receiver ---- */

static enum engine_outcome buys(void *context, struct part *part)
{
    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    mine.slot = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, mine.interface, ENDOWMENT, FEE);
    mine.buffer = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, BUFFER_BYTES);
    return ENGINE_DONE;
}

static enum engine_outcome arms_into(void *context, struct part *part)
{
    const int64_t *args = context;

    if (part->kind == SERAI_EVENT_MESSAGE)
        mine.answer =
            part_order(part, channel_arm_into, args[0], args[1], args[2], args[3], args[4]);
    return ENGINE_DONE;
}

static enum engine_outcome arms(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_MESSAGE)
        mine.answer = part_order(part, channel_arm, mine.slot, 2, 200);
    return ENGINE_DONE;
}

static enum engine_outcome reads(void *context, struct part *part)
{
    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, buffer_read, mine.buffer, 0, AT_DATA, BUFFER_BYTES),
                     BUFFER_BYTES);
    memcpy(mine.bytes, part_memory(part, AT_DATA, BUFFER_BYTES), BUFFER_BYTES);
    return ENGINE_DONE;
}

static enum engine_outcome sells_buffer(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_MESSAGE)
        mine.answer = part_order(part, buffer_sell, SERAI_SLOT_BUFFERS, mine.buffer);
    return ENGINE_DONE;
}

static void hear(void)
{
    mine.heard = (struct heard){0};
    probe_play(receiver, puppet_hears, &mine.heard);
}

static void play(part_fn part, void *context)
{
    puppet_play(here, receiver, part, context);
    network_settle(network);
    hear();
}

/* A channel over this interface, whose far end the test plays. */
static void opened(int64_t interface)
{
    struct site *there = interface == SERAI_INTERFACE_SELF ? here : &network->sites[1];

    mine.interface = interface;
    sender = receiver + 1;
    play(buys, NULL);
    if (there != here)
        sender = ACCOUNT_FIRST_FREE;
    while (agents_find(there->core->agents, sender) == NULL)
        sender++;
    ck_assert_uint_ne(sender, receiver);
}

static int64_t arm_into(int64_t buffer, int64_t offset, int64_t place, int64_t packets)
{
    int64_t args[] = {mine.slot, buffer, offset, place, packets};

    play(arms_into, args);
    return mine.answer;
}

static int64_t arm(int64_t packets)
{
    return arm_into(mine.buffer, OFFSET, PLACE, packets);
}

/* ---- the sender ---- */

static enum engine_outcome sends(void *context, struct part *part)
{
    const struct sending *sending = context;

    if (part->kind != SERAI_EVENT_PACKET && part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    for (int i = 0; i < sending->packets; i++) {
        memset(part_memory(part, AT_DATA, (uint32_t)sending->bytes), sending->first + i,
               (size_t)sending->bytes);
        ck_assert_int_eq(
            part_order(part, channel_send, SERAI_SLOT_ORIGIN, AT_DATA, sending->bytes, 7), 0);
    }
    return sending->outcome;
}

static enum engine_outcome asks(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_MESSAGE)
        ck_assert_int_eq(part_order(part, channel_send, mine.slot, AT_DATA, 1, 0), 0);
    return ENGINE_DONE;
}

/* The receiver asks by a packet, and the far end answers it by these. */
static void send(uint8_t first, int packets, int64_t bytes, enum engine_outcome outcome)
{
    struct sending sending = {first, packets, bytes, outcome};

    probe_play(sender, sends, &sending);
    site_settle(here); /* the receiver is in no turn: what it hears from now on is kept */
    puppet_play(here, receiver, asks, NULL);
    hear();
    network_settle(network);
    probe_play(sender, puppet_hears, &(struct heard){0});
    play(reads, NULL);
}

static bool holds(size_t offset, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++) {
        if (mine.bytes[offset + i] != byte)
            return false;
    }
    return true;
}

/* ---- landing ---- */

static const int64_t interfaces[] = {SERAI_INTERFACE_SELF, 1};

START_TEST(packets_land_one_place_after_the_other_round_and_round)
{
    opened(interfaces[_i]);
    ck_assert_int_eq(arm(PLACES), 0);
    send(1, 3, 60, ENGINE_DONE);
    for (int i = 0; i < 3; i++) {
        ck_assert(holds((size_t)(OFFSET + i * PLACE), 60, (uint8_t)(1 + i)));
        ck_assert(holds((size_t)(OFFSET + i * PLACE + 60), PLACE - 60, 0));
    }
    ck_assert_int_eq(arm(2), 0); /* three places are free again */
    send(11, 3, PLACE, ENGINE_DONE);
    ck_assert(holds(OFFSET + 3 * PLACE, PLACE, 11));
    ck_assert(holds(OFFSET, PLACE, 12));
    ck_assert(holds(OFFSET + PLACE, PLACE, 13));
    ck_assert(holds(OFFSET + 2 * PLACE, 60, 3));
    ck_assert(holds(0, OFFSET, 0));
    ck_assert(holds(OFFSET + PLACES * PLACE, 30, 0));
}
END_TEST

static struct heard landed;

/* It hears on in the same turns: within the site the answer comes before the test goes on. */
static enum engine_outcome asks_and_hears(void *context, struct part *part)
{
    return part->kind == SERAI_EVENT_MESSAGE ? asks(NULL, part) : puppet_hears(context, part);
}

START_TEST(the_event_says_where_and_brings_no_data)
{
    const struct serai_event *event;
    struct sending sending = {5, 2, 40, ENGINE_DONE};

    opened(interfaces[_i]);
    ck_assert_int_eq(arm(2), 0);
    landed = (struct heard){0};
    probe_play(sender, sends, &sending);
    puppet_play(here, receiver, asks_and_hears, &landed);
    probe_play(receiver, puppet_hears, &landed);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&landed, SERAI_EVENT_PACKET), 2);
    event = heard_last(&landed, SERAI_EVENT_PACKET);
    ck_assert_int_eq(event->status, 40);
    ck_assert_uint_eq(event->badge, OFFSET + PLACE);
    ck_assert_int_eq(event->size, 0);
    ck_assert_int_eq(event->money, 7);
    probe_play(sender, puppet_hears, &(struct heard){0});
}
END_TEST

/* ---- what does not land ---- */

START_TEST(a_packet_larger_than_a_place_brings_its_data)
{
    opened(1);
    ck_assert_int_eq(arm(PLACES), 0);
    send(9, 1, PLACE + 1, ENGINE_DONE);
    ck_assert(holds(0, BUFFER_BYTES, 0));
    send(8, 1, PLACE, ENGINE_DONE); /* it had the first place all the same */
    ck_assert(holds(OFFSET + PLACE, PLACE, 8));
}
END_TEST

START_TEST(what_was_granted_before_or_plainly_brings_its_data)
{
    opened(1);
    play(arms, NULL);
    ck_assert_int_eq(mine.answer, 0);
    ck_assert_int_eq(arm(1), 0);
    play(arms, NULL);
    ck_assert_int_eq(mine.answer, 0);
    send(1, 2, 10, ENGINE_DONE);
    ck_assert(holds(0, BUFFER_BYTES, 0));
    send(3, 2, 10, ENGINE_DONE);
    ck_assert(holds(OFFSET, 10, 3));
    ck_assert(holds(OFFSET + PLACE, PLACE, 0));
}
END_TEST

START_TEST(when_the_buffer_was_sold_packets_bring_their_data)
{
    struct sending sending = {5, 1, 40, ENGINE_DONE};

    opened(1);
    ck_assert_int_eq(arm(1), 0);
    play(sells_buffer, NULL);
    ck_assert_int_eq(mine.answer, 0);
    landed = (struct heard){0};
    probe_play(sender, sends, &sending);
    puppet_play(here, receiver, asks, NULL);
    probe_play(receiver, puppet_hears, &landed);
    network_settle(network);
    ck_assert_int_eq(heard_last(&landed, SERAI_EVENT_PACKET)->size, 40);
    ck_assert_int_eq(heard_last(&landed, SERAI_EVENT_PACKET)->status, 0);
    probe_play(sender, puppet_hears, &(struct heard){0});
}
END_TEST

START_TEST(a_sender_that_traps_has_written_nothing)
{
    opened(SERAI_INTERFACE_SELF);
    ck_assert_int_eq(arm(PLACES), 0);
    send(9, 2, PLACE, ENGINE_TRAP_UNREACHABLE);
    ck_assert(holds(0, BUFFER_BYTES, 0));
    send(4, 1, PLACE, ENGINE_DONE);
    ck_assert(holds(OFFSET, PLACE, 4)); /* no place was used up */
}
END_TEST

START_TEST(a_crash_forgets_no_landing)
{
    opened(1);
    ck_assert_int_eq(arm(3), 0);
    send(1, 1, PLACE, ENGINE_DONE);
    network_crash(network, 0);
    network_settle(network);
    send(2, 2, PLACE, ENGINE_DONE);
    for (int i = 0; i < 3; i++)
        ck_assert(holds((size_t)(OFFSET + i * PLACE), PLACE, (uint8_t)(1 + (i > 0) + (i > 1))));
}
END_TEST

/* ---- refusals ---- */

START_TEST(what_cannot_land_is_refused_when_it_is_armed)
{
    opened(1);
    ck_assert_int_eq(arm_into(500, OFFSET, PLACE, 1), SERAI_E_SLOT);
    ck_assert_int_eq(arm_into(mine.slot, OFFSET, PLACE, 1), SERAI_E_KIND);
    ck_assert_int_eq(arm_into(mine.buffer, OFFSET, 0, 1), SERAI_E_INVALID);
    ck_assert_int_eq(arm_into(mine.buffer, OFFSET, 65537, 1), SERAI_E_INVALID);
    ck_assert_int_eq(arm_into(mine.buffer, -1, PLACE, 1), SERAI_E_INVALID);
    ck_assert_int_eq(arm_into(mine.buffer, BUFFER_BYTES + 1, PLACE, 1), SERAI_E_INVALID);
    ck_assert_int_eq(arm_into(mine.buffer, BUFFER_BYTES - 50, PLACE, 1), SERAI_E_INVALID);
    ck_assert_int_eq(arm(0), SERAI_E_INVALID);
    ck_assert_int_eq(arm(-1), SERAI_E_FULL);
    ck_assert_int_eq(arm(PLACES + 1), SERAI_E_FULL);
    ck_assert_int_eq(arm(PLACES - 1), 0);
    ck_assert_int_eq(arm(2), SERAI_E_FULL);
    /* Elsewhere only when none is to come. */
    ck_assert_int_eq(arm_into(mine.buffer, 0, PLACE, 1), SERAI_E_EXISTS);
    ck_assert_int_eq(arm_into(mine.buffer, OFFSET, PLACE + 1, 1), SERAI_E_EXISTS);
    send(1, 3, 10, ENGINE_DONE);
    ck_assert_int_eq(arm_into(mine.buffer, 0, PLACE, 1), 0);
    /* A plain grant between two would leave a hole. */
    play(arms, NULL);
    ck_assert_int_eq(arm_into(mine.buffer, 0, PLACE, 1), SERAI_E_EXISTS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("landing");
    TCase *cases = tcase_create("landing");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, packets_land_one_place_after_the_other_round_and_round, 0, 2);
    tcase_add_loop_test(cases, the_event_says_where_and_brings_no_data, 0, 2);
    tcase_add_test(cases, a_packet_larger_than_a_place_brings_its_data);
    tcase_add_test(cases, what_was_granted_before_or_plainly_brings_its_data);
    tcase_add_test(cases, when_the_buffer_was_sold_packets_bring_their_data);
    tcase_add_test(cases, a_sender_that_traps_has_written_nothing);
    tcase_add_test(cases, a_crash_forgets_no_landing);
    tcase_add_test(cases, what_cannot_land_is_refused_when_it_is_armed);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
