/* Which message gets the next number: shares of the classes, and the order within a channel. */
#include "links/link_order.h"

#include <string.h>

#include "tests/channels/fixture.h"
#include "tests/links/link_fixture.h"

enum { MOST = 4096 };

static struct peer a;
static struct peer b;
static struct channel_message numbered[MOST];
static size_t count;
static uint8_t data[CHANNEL_PACKET_BYTES_MAX];

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_meet(&a, &b);
    count = 0;
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
}

/* `packets` counts the messages of a channel, for the test to see their order. */
static void queue_message(enum channel_message_kind kind, uint32_t number, uint8_t priority,
                          uint64_t place, size_t size)
{
    struct channel_message message = {.kind = kind,
                                      .interface = 1,
                                      .number = number,
                                      .to = CHANNEL_BORN,
                                      .priority = priority,
                                      .packets = place,
                                      .payer = number, /* so each channel has its own places */
                                      .data = data,
                                      .size = size};

    link_queue(a.links, a.link, NULL, &message);
}

static void queue_packet(uint32_t number, uint8_t priority, uint64_t place, size_t size)
{
    queue_message(CHANNEL_PACKET, number, priority, place, size);
}

static void queue_to_buyer(uint32_t number, uint8_t priority)
{
    struct channel_message message = {.kind = CHANNEL_PACKET,
                                      .interface = 1,
                                      .number = number,
                                      .to = CHANNEL_BUYER,
                                      .priority = priority};

    link_queue(a.links, a.link, NULL, &message);
}

static void keep(void *context, const struct link *link, uint64_t seq,
                 const struct channel_message *message)
{
    (void)context;
    ck_assert_uint_eq(seq, link->sent_seq);
    ck_assert_uint_lt(count, MOST);
    numbered[count++] = *message;
}

static void number_all(void)
{
    count = 0;
    (void)links_number(a.links, keep, NULL);
}

static size_t of_class(uint8_t priority, size_t among)
{
    size_t found = 0;

    for (size_t i = 0; i < among; i++)
        found += numbered[i].priority == priority;
    return found;
}

START_TEST(in_one_class_it_is_first_come_first_served)
{
    for (uint32_t i = 0; i < 100; i++)
        queue_packet(2 * (i % 7), 3, i, 10);
    number_all();
    ck_assert_uint_eq(count, 100);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert_uint_eq(numbered[i].packets, i);
}
END_TEST

START_TEST(the_dearest_class_goes_first)
{
    for (uint8_t priority = 0; priority < CHANNEL_PRIORITIES; priority++)
        queue_packet(2 * (uint32_t)priority, priority, 0, 100);
    number_all();
    ck_assert_uint_eq(count, CHANNEL_PRIORITIES);
    for (uint8_t i = 0; i < CHANNEL_PRIORITIES; i++)
        ck_assert_uint_eq(numbered[i].priority, CHANNEL_PRIORITY_MAX - i);
}
END_TEST

START_TEST(what_begins_a_channel_waits_for_no_packet)
{
    queue_packet(2, 6, 0, 100);
    queue_message(CHANNEL_ANSWER, 5, 0, 0, 0);
    queue_message(CHANNEL_BIRTH, 8, 0, 0, 0);
    number_all();
    ck_assert_int_eq(numbered[0].kind, CHANNEL_ANSWER);
    ck_assert_int_eq(numbered[1].kind, CHANNEL_BIRTH);
    ck_assert_int_eq(numbered[2].kind, CHANNEL_PACKET);
}
END_TEST

/*
 * Packets that take a little less than 1 KiB: class 0 sends two of them in the first round and one
 * in each other.  Its third is the last of the second round.
 */
START_TEST(each_class_has_its_share_of_every_round)
{
    enum { EACH = 400 };
    size_t until = 0;

    for (uint32_t i = 0; i < EACH; i++)
        for (uint8_t priority = 0; priority < CHANNEL_PRIORITIES; priority++)
            queue_packet(2 * (uint32_t)priority, priority, i, 1000);
    number_all();
    ck_assert_uint_eq(count, EACH * CHANNEL_PRIORITIES);
    while (of_class(0, until) < 3)
        until++;
    for (uint8_t priority = 1; priority < CHANNEL_PRIORITIES; priority++) {
        ck_assert_uint_ge(of_class(priority, until), (size_t)2 << priority);
        ck_assert_uint_le(of_class(priority, until), ((size_t)33 << priority) / 16 + 1);
    }
}
END_TEST

/* 64 KiB of class 0 take its share of 64 rounds, and the next one comes after so many bytes. */
START_TEST(a_message_larger_than_the_share_goes_and_the_excess_is_paid_off)
{
    size_t between = 0;

    queue_packet(2, 0, 0, CHANNEL_PACKET_BYTES_MAX);
    queue_packet(2, 0, 1, 10);
    for (uint32_t i = 0; i < 3000; i++)
        queue_packet(4 + 2 * (i % 2), 1, i, 1000);
    number_all();
    ck_assert_uint_eq(of_class(0, 4), 1);
    for (size_t i = 0; i < count && !(numbered[i].priority == 0 && numbered[i].packets == 1); i++)
        between++;
    ck_assert_uint_gt(between, 120); /* 65 rounds of 2 KiB */
    ck_assert_uint_lt(between, 140);
}
END_TEST

START_TEST(a_channel_that_changes_its_class_keeps_its_order)
{
    queue_packet(2, 0, 0, 10);
    queue_packet(2, 7, 1, 10);
    queue_packet(4, 5, 0, 10);
    queue_packet(6, 7, 0, 10);
    queue_packet(6, 2, 1, 10);
    queue_message(CHANNEL_CREDIT, 6, 7, 2, 0);
    queue_message(CHANNEL_CLOSE, 6, 7, 3, 0);
    number_all();
    ck_assert_uint_eq(numbered[0].number, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(numbered[1 + i].number, 6); /* in class 2, the lowest of the four */
        ck_assert_uint_eq(numbered[1 + i].packets, i);
    }
    ck_assert_uint_eq(numbered[5].number, 2);
    ck_assert_uint_eq(numbered[5].packets, 0);
    ck_assert_uint_eq(numbered[6].packets, 1);
}
END_TEST

/* Number 2 of those bought here, and number 2 of those that the peer bought. */
START_TEST(channels_of_one_number_that_either_site_bought_are_two)
{
    queue_packet(2, 0, 0, 10);
    queue_packet(2, 7, 0, 10);
    number_all();
    ck_assert_uint_eq(numbered[0].priority, 0); /* one channel: its order is kept */
    queue_packet(2, 0, 0, 10);
    queue_to_buyer(2, 7);
    number_all();
    ck_assert_uint_eq(numbered[0].priority, 7);
}
END_TEST

/* Whatever comes: all of it is numbered, each channel in its order, and the totals are right. */
START_TEST(whatever_waits_all_of_it_is_numbered_in_the_order_of_each_channel)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 50; round++) {
        uint64_t queued[16] = {0};
        uint64_t seen[16] = {0};
        size_t all = rng_below(&rng, 300);
        uint64_t before = a.link->sent_seq;

        for (size_t i = 0; i < all; i++) {
            uint32_t channel = (uint32_t)rng_below(&rng, 16);

            queue_packet(2 * channel, (uint8_t)rng_below(&rng, CHANNEL_PRIORITIES),
                         queued[channel]++,
                         rng_below(&rng, 50) == 0 ? sizeof data : rng_below(&rng, 3000));
        }
        number_all();
        ck_assert_uint_eq(count, all);
        ck_assert_uint_eq(a.link->sent_seq, before + all);
        for (size_t i = 0; i < all; i++)
            ck_assert_uint_eq(numbered[i].packets, seen[numbered[i].number / 2]++);
        peers_settle(&a, &b); /* the peer takes them: totals and sequence fit */
        ck_assert_int_eq(a.link->state, LINK_UP);
        ck_assert_uint_eq(a.link->acked_seq, a.link->sent_seq);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link order");
    TCase *cases = tcase_create("numbers");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, in_one_class_it_is_first_come_first_served);
    tcase_add_test(cases, the_dearest_class_goes_first);
    tcase_add_test(cases, what_begins_a_channel_waits_for_no_packet);
    tcase_add_test(cases, each_class_has_its_share_of_every_round);
    tcase_add_test(cases, a_message_larger_than_the_share_goes_and_the_excess_is_paid_off);
    tcase_add_test(cases, a_channel_that_changes_its_class_keeps_its_order);
    tcase_add_test(cases, channels_of_one_number_that_either_site_bought_are_two);
    tcase_add_test(cases, whatever_waits_all_of_it_is_numbered_in_the_order_of_each_channel);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
