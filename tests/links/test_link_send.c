/* Sending: what the check refuses, what a rollback takes back, and which parcels leave when. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <string.h>

static struct peer a;
static struct peer b;
static struct bytes parcel;

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

static enum link_result check_of(uint64_t payer, size_t size)
{
    return link_check_send(a.links, a.link, payer, nanos(0), size);
}

static enum link_result check(uint64_t money, size_t size)
{
    return link_check_send(a.links, a.link, 0, nanos(money), size);
}

static void queue(uint64_t money)
{
    struct channel_message packet = packet_of(money, "x", 1);

    link_queue(a.links, a.link, NULL, &packet);
}

START_TEST(before_its_hello_a_neighbour_allows_no_debt)
{
    ck_assert_int_eq(check(0, 10), LINK_FINE);
    ck_assert_int_eq(check(1, 10), LINK_OVER_LIMIT);
}
END_TEST

START_TEST(debt_goes_up_to_the_neighbours_limit_and_no_further)
{
    peers_meet(&a, &b);
    ck_assert_uint_eq(a.link->peer_limit.nanos, PEER_LIMIT_NANOS);
    ck_assert_uint_eq(a.link->peer_prices.birth_fee.nanos, PEER_BIRTH_FEE);
    ck_assert_uint_eq(a.link->peer_prices.channel_fee.nanos, PEER_CHANNEL_FEE);
    ck_assert_int_eq(check(PEER_LIMIT_NANOS, 1), LINK_FINE);
    ck_assert_int_eq(check(PEER_LIMIT_NANOS + 1, 1), LINK_OVER_LIMIT);
    peer_send(&a, PEER_LIMIT_NANOS - 10);
    queue(4); /* not numbered yet, and counted */
    ck_assert_int_eq(check(6, 1), LINK_FINE);
    ck_assert_int_eq(check(7, 1), LINK_OVER_LIMIT);
    peer_send(&b, 100);
    peers_settle(&a, &b);
    ck_assert_int_eq(check(106, 1), LINK_FINE); /* what it sent us is no debt */
    ck_assert_int_eq(check(107, 1), LINK_OVER_LIMIT);
}
END_TEST

START_TEST(a_debt_over_a_lowered_limit_stops_money_but_not_messages)
{
    peers_meet(&a, &b);
    peer_send(&a, 500);
    a.link->peer_limit = nanos(100);
    ck_assert_int_eq(check(0, 1), LINK_FINE);
    ck_assert_int_eq(check(1, 1), LINK_OVER_LIMIT);
}
END_TEST

START_TEST(one_message_carries_at_most_the_cap)
{
    peers_meet(&a, &b);
    a.link->peer_limit = nanos(MONEY_NANOS_MAX);
    ck_assert_int_eq(check(LINK_MESSAGE_NANOS_MAX, 1), LINK_FINE);
    ck_assert_int_eq(check(LINK_MESSAGE_NANOS_MAX + 1, 1), LINK_OVER_VALUE);
}
END_TEST

START_TEST(a_frozen_link_takes_nothing_and_sends_nothing)
{
    peers_meet(&a, &b);
    peer_send(&a, 5);
    link_freeze(a.links, a.link, "a test");
    ck_assert_int_eq(check(0, 0), LINK_IS_FROZEN);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel));
    link_connected(a.links, a.link);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel));
    ck_assert_int_eq(link_resume(a.links, a.link, &a.fault), ST_OK);
    peers_settle(&a, &b);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_uint_eq(b.heard, 1); /* it waited, and was not lost */
}
END_TEST

/* Queued until it is refused; how many went. */
static uint64_t fill(uint64_t payer, const void *data, size_t size)
{
    struct channel_message packet = packet_of(0, data, size);
    uint64_t sent = 0;

    packet.payer = payer;
    for (; check_of(payer, size) == LINK_FINE; sent++)
        link_queue(a.links, a.link, NULL, &packet);
    ck_assert_int_eq(check_of(payer, size), LINK_IS_FULL);
    ck_assert(link_places_add_up(a.links, a.link));
    return sent;
}

START_TEST(each_payer_has_at_most_half_of_what_is_left_of_the_window)
{
    uint64_t messages;
    uint64_t bytes;

    ck_assert_uint_eq(fill(1, "x", 1), LINK_WINDOW_MESSAGES / 2);
    ck_assert_uint_eq(fill(2, "x", 1), LINK_WINDOW_MESSAGES / 4);
    (void)peer_save(&a);
    ck_assert_uint_eq(fill(1, "x", 1), 0); /* numbered or not */
    ck_assert_uint_eq(fill(3, "x", 1), LINK_WINDOW_MESSAGES / 8);
    peers_meet(&a, &b);
    link_outstanding(a.links, a.link, &messages, &bytes);
    ck_assert_uint_eq(messages, 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert(link_places_add_up(a.links, a.link));
    ck_assert_uint_eq(fill(3, "x", 1), LINK_WINDOW_MESSAGES / 2);
}
END_TEST

START_TEST(each_payer_has_at_most_half_of_what_is_left_of_the_bytes)
{
    static const uint8_t data[CHANNEL_PACKET_BYTES_MAX];
    uint64_t sent = fill(1, data, sizeof data);
    uint64_t messages;
    uint64_t bytes;

    ck_assert_uint_eq(sent, LINK_WINDOW_BYTES / CHANNEL_PACKET_BYTES_MAX / 2);
    ck_assert_int_eq(check_of(1, 1), LINK_IS_FULL); /* the heads of its packets took the rest */
    ck_assert_uint_ge(fill(2, data, sizeof data), sent / 2 - 1);
    ck_assert_int_eq(check_of(3, sizeof data), LINK_FINE);
    (void)peer_save(&a);
    link_outstanding(a.links, a.link, &messages, &bytes);
    ck_assert_uint_le(bytes, LINK_WINDOW_BYTES);
    peers_meet(&a, &b); /* several parcels, each within its bound */
    ck_assert_uint_eq(b.heard, messages);
}
END_TEST

START_TEST(the_places_of_each_payer_come_back_from_the_rows)
{
    (void)fill(7, "x", 1);
    (void)fill(UINT64_MAX, "x", 1);
    (void)peer_save(&a);
    peer_reload(&a);
    ck_assert(link_places_add_up(a.links, a.link));
    ck_assert_int_eq(check_of(7, 1), LINK_IS_FULL);
    ck_assert_int_eq(check_of(UINT64_MAX, 1), LINK_IS_FULL);
    ck_assert_uint_eq(fill(8, "x", 1), LINK_WINDOW_MESSAGES / 8);
}
END_TEST

START_TEST(what_is_never_refused_takes_no_place)
{
    struct channel_message credit = {
        .kind = CHANNEL_CREDIT, .number = 4, .packets = 1, .bytes = 1, .money = nanos(77)};

    for (int i = 0; i < LINK_WINDOW_MESSAGES + 10; i++)
        link_queue(a.links, a.link, NULL, &credit);
    ck_assert_int_eq(check(0, 1), LINK_FINE);
    peers_meet(&a, &b);
    ck_assert_uint_eq(b.heard, LINK_WINDOW_MESSAGES + 10);
    ck_assert(a.link->sent_total == 0); /* a credit carries no money, whatever its field says */
}
END_TEST

START_TEST(a_rollback_takes_back_what_its_turn_queued_and_nothing_else)
{
    struct undo *undo;
    struct channel_message packet = packet_of(7, "x", 1);

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    peers_meet(&a, &b);
    queue(1);
    for (int i = 0; i < 3; i++)
        link_queue(a.links, a.link, undo, &packet);
    queue(2); /* beside the turn */
    undo_rollback(undo);
    ck_assert(link_places_add_up(a.links, a.link));
    ck_assert(links_waiting(a.links));
    (void)peer_save(&a);
    ck_assert(!links_waiting(a.links));
    ck_assert_uint_eq(a.link->sent_seq, 2);
    ck_assert(a.link->sent_total == 3);
    link_queue(a.links, a.link, undo, &packet);
    undo_commit(undo);
    peers_settle(&a, &b);
    ck_assert_uint_eq(b.heard, 3);
    ck_assert(b.link->received_total == 10);
    undo_free(undo);
}
END_TEST

static struct channel_message birth_of(uint32_t number)
{
    return (struct channel_message){.kind = CHANNEL_BIRTH,
                                    .number = number,
                                    .to = CHANNEL_BORN,
                                    .money = nanos(50),
                                    .endowment = nanos(30),
                                    .fee = nanos(20)};
}

START_TEST(a_birth_is_withdrawn_until_it_has_a_number)
{
    struct channel_message births[] = {birth_of(2), birth_of(4)};
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    peers_meet(&a, &b);
    link_queue(a.links, a.link, NULL, &births[0]);
    link_queue(a.links, a.link, undo, &births[1]);
    queue(1);
    ck_assert(!link_withdraw(a.links, a.link, undo, 6));
    ck_assert(link_withdraw(a.links, a.link, undo, 4));
    ck_assert(!link_withdraw(a.links, a.link, undo, 4));
    undo_commit(undo);
    ck_assert_int_eq(check(PEER_LIMIT_NANOS - 51, 1), LINK_FINE); /* it owes nothing for it */
    (void)peer_save(&a);
    ck_assert_uint_eq(a.link->sent_seq, 2);
    ck_assert(a.link->sent_total == 51);
    ck_assert(!link_withdraw(a.links, a.link, undo, 2)); /* it has one */
    undo_free(undo);
}
END_TEST

/* Between two packets, so that the order tells. */
START_TEST(a_rollback_puts_a_withdrawn_birth_back_where_it_was)
{
    struct channel_message birth = birth_of(2);
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    peers_meet(&a, &b);
    queue(1);
    link_queue(a.links, a.link, NULL, &birth);
    queue(2);
    queue(3);
    ck_assert(link_withdraw(a.links, a.link, undo, 2));
    undo_rollback(undo);
    (void)peer_save(&a);
    ck_assert_uint_eq(a.link->sent_seq, 4);
    ck_assert(link_total_at(node_of_link(a.links, a.link), 1) == 1);
    ck_assert(link_total_at(node_of_link(a.links, a.link), 2) == 51);
    ck_assert(link_total_at(node_of_link(a.links, a.link), 3) == 53);
    /* Made and withdrawn in the same turn, and both undone. */
    birth.number = 4;
    link_queue(a.links, a.link, undo, &birth);
    ck_assert(link_withdraw(a.links, a.link, undo, 4));
    undo_rollback(undo);
    ck_assert(!links_waiting(a.links));
    undo_free(undo);
}
END_TEST

/* Each way in which a message ends: undone, withdrawn, and acknowledged by the peer. */
START_TEST(a_message_gives_its_memory_back_when_it_ends)
{
    static const uint8_t large[CHANNEL_PACKET_BYTES_MAX];
    struct channel_message packets[] = {packet_of(1, "x", 1), packet_of(1, large, sizeof large)};
    struct channel_message birth = birth_of(2);
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    peers_meet(&a, &b);
    ck_assert_uint_eq(a.links->memory.used, 0);
    for (int i = 0; i < 2; i++)
        link_queue(a.links, a.link, undo, &packets[i]);
    ck_assert_uint_eq(a.links->memory.used, 2);
    undo_rollback(undo);
    ck_assert_uint_eq(a.links->memory.used, 0);
    link_queue(a.links, a.link, undo, &birth);
    ck_assert(link_withdraw(a.links, a.link, undo, 2));
    ck_assert_uint_eq(a.links->memory.used, 1); /* a rollback may want it back */
    undo_commit(undo);
    ck_assert_uint_eq(a.links->memory.used, 0);
    for (int i = 0; i < 2; i++)
        link_queue(a.links, a.link, NULL, &packets[i]);
    (void)peer_save(&a);
    ck_assert_uint_eq(a.links->memory.used, 2); /* they may have to be sent again */
    peers_settle(&a, &b);
    ck_assert_uint_eq(b.heard, 2);
    ck_assert_uint_eq(a.links->memory.used, 0);
    undo_free(undo);
}
END_TEST

/* Each way in which a place becomes free, or free again to use, is told once. */
START_TEST(whoever_waits_for_a_place_is_to_look_again)
{
    struct channel_message birth = birth_of(2);
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    peers_meet(&a, &b);
    ck_assert(!link_freed(a.links, a.link));
    link_queue(a.links, a.link, undo, &birth);
    queue(1);
    undo_commit(undo);
    ck_assert(!link_freed(a.links, a.link)); /* taking frees nothing */
    ck_assert(link_withdraw(a.links, a.link, undo, 2));
    undo_commit(undo);
    ck_assert(link_freed(a.links, a.link));
    ck_assert(!link_freed(a.links, a.link));
    peers_settle(&a, &b); /* what is left is acknowledged */
    ck_assert(link_freed(a.links, a.link));
    ck_assert(!link_freed(a.links, a.link));
    link_freeze(a.links, a.link, "by hand");
    ck_assert(!link_freed(a.links, a.link));
    ck_assert_int_eq(link_resume(a.links, a.link, &a.fault), ST_OK);
    ck_assert(link_freed(a.links, a.link));
    undo_free(undo);
}
END_TEST

struct seen {
    uint64_t seq;
    u128 money;
};

static void see(void *context, const struct link *link, uint64_t seq,
                const struct channel_message *message)
{
    struct seen *seen = context;

    ck_assert_uint_eq(seq, seen->seq + 1);
    ck_assert_uint_eq(link->sent_seq, seq);
    ck_assert_uint_eq(message->interface, 1);
    ck_assert_uint_eq(message->size, 1);
    ck_assert_int_eq(message->data[0], 'x');
    seen->seq = seq;
    seen->money += message->money.nanos;
}

START_TEST(numbers_are_given_in_order_and_once)
{
    struct seen seen = {0};

    ck_assert(!links_number(a.links, see, &seen));
    queue(5);
    queue(6);
    ck_assert(links_number(a.links, see, &seen));
    ck_assert(!links_number(a.links, see, &seen));
    queue(7);
    ck_assert(links_number(a.links, see, &seen));
    ck_assert_uint_eq(seen.seq, 3);
    ck_assert(seen.money == 18);
    ck_assert(a.link->sent_total == 18);
}
END_TEST

START_TEST(nothing_leaves_before_it_is_saved)
{
    struct seen seen = {.seq = 0};

    link_connected(a.links, a.link);
    ck_assert(!peer_out(&a, &parcel)); /* an epoch that might be forgotten */
    peers_meet(&a, &b);
    queue(5);
    (void)links_number(a.links, see, &seen);
    ck_assert(!peer_out(&a, &parcel));
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_TAKEN);
    ck_assert_uint_eq(b.heard, 1);
    ck_assert(!peer_out(&b, &parcel)); /* nor an acknowledgement */
    (void)peer_save(&b);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_TAKEN);
    ck_assert_uint_eq(a.link->acked_seq, 1);
}
END_TEST

START_TEST(an_acknowledgement_calls_for_no_acknowledgement)
{
    peers_meet(&a, &b);
    peer_send(&a, 5);
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_TAKEN);
    (void)peer_save(&b);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_TAKEN);
    ck_assert(!peer_out(&b, &parcel));
    ck_assert(!peer_out(&a, &parcel));
    ck_assert_uint_eq(peer_save(&a), 2); /* when it is called: the link, and a row less */
    ck_assert(!peer_out(&a, &parcel));
}
END_TEST

START_TEST(a_parcel_appends_to_what_is_there)
{
    static const struct link_prices prices;
    struct bytes both = {0};

    link_connected(a.links, a.link);
    (void)peer_save(&a);
    bytes_append(&both, "ab", 2);
    ck_assert(link_parcel_out(a.links, a.link, &prices, &both));
    ck_assert_int_eq(memcmp(both.data, "ab", 2), 0);
    ck_assert_uint_eq(both.data[2], 0x94); /* an array of 14 */
    bytes_fini(&both);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link sending");
    TCase *tcase = tcase_create("send");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, before_its_hello_a_neighbour_allows_no_debt);
    tcase_add_test(tcase, debt_goes_up_to_the_neighbours_limit_and_no_further);
    tcase_add_test(tcase, a_debt_over_a_lowered_limit_stops_money_but_not_messages);
    tcase_add_test(tcase, one_message_carries_at_most_the_cap);
    tcase_add_test(tcase, a_frozen_link_takes_nothing_and_sends_nothing);
    tcase_add_test(tcase, each_payer_has_at_most_half_of_what_is_left_of_the_window);
    tcase_add_test(tcase, each_payer_has_at_most_half_of_what_is_left_of_the_bytes);
    tcase_add_test(tcase, the_places_of_each_payer_come_back_from_the_rows);
    tcase_add_test(tcase, what_is_never_refused_takes_no_place);
    tcase_add_test(tcase, a_rollback_takes_back_what_its_turn_queued_and_nothing_else);
    tcase_add_test(tcase, a_birth_is_withdrawn_until_it_has_a_number);
    tcase_add_test(tcase, a_rollback_puts_a_withdrawn_birth_back_where_it_was);
    tcase_add_test(tcase, a_message_gives_its_memory_back_when_it_ends);
    tcase_add_test(tcase, whoever_waits_for_a_place_is_to_look_again);
    tcase_add_test(tcase, numbers_are_given_in_order_and_once);
    tcase_add_test(tcase, nothing_leaves_before_it_is_saved);
    tcase_add_test(tcase, an_acknowledgement_calls_for_no_acknowledgement);
    tcase_add_test(tcase, a_parcel_appends_to_what_is_there);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
