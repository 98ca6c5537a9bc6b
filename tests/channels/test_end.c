/* Orders and messages on one end. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"

static struct fixture fixture;

static void setup(void)
{
    fixture = fixture_new();
    fixture_open(&fixture);
}

static void teardown(void)
{
    fixture_free(&fixture);
}

static struct channel_message packet_of(size_t size)
{
    return (struct channel_message){.kind = CHANNEL_PACKET, .size = size};
}

/* Send from the buyer and take it at the born end. */
static void pass(size_t size)
{
    struct channel_message packet = {.size = size};

    ck_assert_int_eq(channel_check_send(fixture.buyer, size), CHANNEL_FINE);
    channel_send(fixture.buyer, fixture.undo, size, money_zero(), &packet);
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet), CHANNEL_FINE);
}

START_TEST(a_packet_counts_at_both_ends_and_is_addressed_to_the_far_one)
{
    struct channel_message packet = {.size = 100, .money = nanos(5), .data = (uint8_t *)"x"};

    channel_send(fixture.buyer, fixture.undo, 100, money_zero(), &packet);
    ck_assert_int_eq(packet.kind, CHANNEL_PACKET);
    ck_assert_uint_eq(packet.number, fixture.buyer->number);
    ck_assert_uint_eq(packet.interface, CHANNEL_INTERFACE_SELF);
    ck_assert_int_eq(packet.to, CHANNEL_BORN);
    ck_assert_uint_eq(packet.size, 100);
    ck_assert_uint_eq(packet.money.nanos, 5);
    ck_assert_ptr_nonnull(packet.data);
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet), CHANNEL_FINE);
    ck_assert_uint_eq(fixture.buyer->sent_packets, 1);
    ck_assert_uint_eq(fixture.buyer->sent_bytes, 100);
    ck_assert_uint_eq(fixture.born->received_packets, 1);
    ck_assert_uint_eq(fixture.born->received_bytes, 100);
    ck_assert_uint_eq(channel_granted_open(fixture.born), FIRST_PACKETS - 1);
    ck_assert_uint_eq(channel_may_send(fixture.buyer), FIRST_PACKETS - 1);
}
END_TEST

static void holds(const struct channel_end *end, uint64_t events, uint64_t bytes)
{
    struct channel_holding holding = channel_holds(end);

    ck_assert_uint_eq(holding.ends, 1);
    ck_assert_uint_eq(holding.events, events);
    ck_assert_uint_eq(holding.bytes, bytes);
}

START_TEST(an_end_holds_the_events_that_may_still_come_and_the_most_they_can_bring)
{
    struct channel_message credit;
    struct channel_holding more = channel_would_hold(fixture.buyer, 2, 1000);

    holds(fixture.buyer, 1, 0); /* that the far end closed */
    ck_assert_uint_eq(more.events, 3);
    ck_assert_uint_eq(more.bytes, 1000);
    channel_grant(fixture.buyer, fixture.undo, 2, 1000, &credit);
    holds(fixture.buyer, 3, 1000);
    channel_ask_room(fixture.buyer, fixture.undo);
    holds(fixture.buyer, 4, 1000);
    holds(fixture.born, 1 + FIRST_PACKETS, FIRST_BYTES);
    for (int i = 0; i < FIRST_PACKETS; i++)
        pass(1);
    holds(fixture.born, 1, 0); /* the bytes that are left have no packet to come with */
    more = channel_would_hold(fixture.born, 1, 1);
    ck_assert_uint_eq(more.events, 2);
    ck_assert_uint_eq(more.bytes, FIRST_BYTES - FIRST_PACKETS + 1 < CHANNEL_PACKET_BYTES_MAX
                                      ? FIRST_BYTES - FIRST_PACKETS + 1
                                      : CHANNEL_PACKET_BYTES_MAX);
}
END_TEST

START_TEST(packets_beyond_the_credit_are_refused_to_the_sender)
{
    ck_assert_int_eq(channel_check_send(fixture.born, 0), CHANNEL_NO_WINDOW);
    ck_assert_uint_eq(channel_may_send(fixture.born), 0);
    for (int i = 0; i < FIRST_PACKETS; i++)
        pass(1);
    ck_assert_int_eq(channel_check_send(fixture.buyer, 0), CHANNEL_NO_WINDOW);
    ck_assert_uint_eq(channel_may_send(fixture.buyer), 0);
}
END_TEST

START_TEST(bytes_beyond_the_credit_are_refused_to_the_sender)
{
    pass(FIRST_BYTES - 10);
    ck_assert_int_eq(channel_check_send(fixture.buyer, 11), CHANNEL_NO_WINDOW);
    pass(10);
    ck_assert_uint_eq(channel_may_send(fixture.buyer), 0);
    ck_assert_int_eq(channel_check_send(fixture.buyer, 1), CHANNEL_NO_WINDOW);
    ck_assert_int_eq(channel_check_send(fixture.buyer, 0), CHANNEL_FINE);
}
END_TEST

START_TEST(a_packet_over_the_largest_size_is_refused_on_both_sides)
{
    struct channel_message packet = packet_of(CHANNEL_PACKET_BYTES_MAX + 1);

    ck_assert_int_eq(channel_check_send(fixture.buyer, CHANNEL_PACKET_BYTES_MAX), CHANNEL_FINE);
    ck_assert_int_eq(channel_check_send(fixture.buyer, CHANNEL_PACKET_BYTES_MAX + 1),
                     CHANNEL_TOO_LARGE);
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet),
                     CHANNEL_TOO_LARGE);
    ck_assert_uint_eq(fixture.born->received_packets, 0);
}
END_TEST

START_TEST(arming_raises_the_totals_and_tells_them)
{
    struct channel_message credit;
    bool room;

    ck_assert_int_eq(channel_check_grant(fixture.buyer, 3, 1000), CHANNEL_FINE);
    channel_grant(fixture.buyer, fixture.undo, 3, 1000, &credit);
    channel_grant(fixture.buyer, fixture.undo, 2, 500, &credit);
    ck_assert_int_eq(credit.kind, CHANNEL_CREDIT);
    ck_assert_int_eq(credit.to, CHANNEL_BORN);
    ck_assert_uint_eq(credit.packets, 5);
    ck_assert_uint_eq(credit.bytes, 1500);
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &room),
                     CHANNEL_FINE);
    ck_assert(!room);
    ck_assert_uint_eq(channel_may_send(fixture.born), 5);
}
END_TEST

START_TEST(arming_is_held_to_its_bounds)
{
    const uint64_t packets = CHANNEL_GRANT_PACKETS_MAX;
    const uint64_t bytes = CHANNEL_GRANT_BYTES_MAX;
    struct channel_message credit;

    ck_assert_int_eq(channel_check_grant(fixture.buyer, 0, 1), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, 1, 0), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, packets + 1, 1), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, UINT64_MAX, 1), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, 1, bytes + 1), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, 1, UINT64_MAX), CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.buyer, packets, bytes), CHANNEL_FINE);
    /* The born end has its first credit out already. */
    ck_assert_int_eq(channel_check_grant(fixture.born, packets - FIRST_PACKETS + 1, 1),
                     CHANNEL_TOO_MUCH);
    ck_assert_int_eq(channel_check_grant(fixture.born, packets - FIRST_PACKETS, 1), CHANNEL_FINE);
    channel_grant(fixture.born, fixture.undo, packets - FIRST_PACKETS, 1, &credit);
    ck_assert_int_eq(channel_check_grant(fixture.born, 1, 1), CHANNEL_TOO_MUCH);
    pass(1);
    ck_assert_int_eq(channel_check_grant(fixture.born, 1, 1), CHANNEL_FINE);
}
END_TEST

START_TEST(an_end_that_arms_one_for_each_small_packet_goes_on_for_ever)
{
    struct channel_message credit;
    bool room;

    for (int i = 0; i < 1000; i++) {
        pass(3);
        ck_assert_int_eq(channel_check_grant(fixture.born, 1, 65536), CHANNEL_FINE);
        channel_grant(fixture.born, fixture.undo, 1, 65536, &credit);
        ck_assert_uint_le(fixture.born->granted_bytes - fixture.born->received_bytes,
                          CHANNEL_GRANT_BYTES_MAX);
        ck_assert_int_eq(channel_receive_credit(fixture.buyer, fixture.undo, &credit, &room),
                         CHANNEL_FINE);
    }
    ck_assert_uint_eq(fixture.born->granted_bytes - fixture.born->received_bytes,
                      CHANNEL_GRANT_BYTES_MAX);
}
END_TEST

START_TEST(room_is_told_once_when_credit_comes)
{
    /* Without a byte there is no room yet. */
    struct channel_message credit = {.kind = CHANNEL_CREDIT, .packets = 1, .bytes = 0};
    bool room;

    ck_assert_int_eq(channel_check_room(fixture.born), CHANNEL_FINE);
    channel_ask_room(fixture.born, fixture.undo);
    ck_assert_int_eq(channel_check_room(fixture.born), CHANNEL_HAS_ASKED);
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &room),
                     CHANNEL_FINE);
    ck_assert(!room);
    credit.packets = 2;
    credit.bytes = 1;
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &room),
                     CHANNEL_FINE);
    ck_assert(room);
    ck_assert(!fixture.born->room_asked);
    credit.packets = 3;
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &room),
                     CHANNEL_FINE);
    ck_assert(!room);
    ck_assert_int_eq(channel_check_room(fixture.born), CHANNEL_FINE);
}
END_TEST

START_TEST(credit_that_grants_no_packet_or_passes_the_bound_is_a_broken_rule)
{
    static const struct {
        uint64_t packets;
        uint64_t bytes;
    } lies[] = {
        {FIRST_PACKETS - 1, FIRST_BYTES},
        {FIRST_PACKETS, FIRST_BYTES},
        {FIRST_PACKETS, FIRST_BYTES + 1},
        {FIRST_PACKETS + 1, FIRST_BYTES - 1},
        {CHANNEL_GRANT_PACKETS_MAX + 1, FIRST_BYTES},
        {FIRST_PACKETS + 1, CHANNEL_GRANT_BYTES_MAX + 1},
        {UINT64_MAX, UINT64_MAX},
    };
    struct channel_end before = *fixture.buyer;
    struct channel_message credit = {.kind = CHANNEL_CREDIT};
    bool room;

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        credit.packets = lies[i].packets;
        credit.bytes = lies[i].bytes;
        ck_assert_int_eq(channel_receive_credit(fixture.buyer, fixture.undo, &credit, &room),
                         CHANNEL_NOT_GRANTED);
        ck_assert(ends_equal(&before, fixture.buyer));
    }
    credit.packets = CHANNEL_GRANT_PACKETS_MAX;
    credit.bytes = CHANNEL_GRANT_BYTES_MAX;
    ck_assert_int_eq(channel_receive_credit(fixture.buyer, fixture.undo, &credit, &room),
                     CHANNEL_FINE);
    ck_assert_uint_eq(channel_may_send(fixture.buyer), CHANNEL_GRANT_PACKETS_MAX);
}
END_TEST

START_TEST(packets_that_were_not_armed_are_a_broken_rule_and_change_nothing)
{
    struct channel_message packet = packet_of(0);
    struct channel_end before = *fixture.buyer;

    ck_assert_int_eq(channel_receive_packet(fixture.buyer, fixture.undo, &packet),
                     CHANNEL_NOT_GRANTED);
    ck_assert(ends_equal(&before, fixture.buyer));
    pass(FIRST_BYTES - 1);
    before = *fixture.born;
    packet.size = 2;
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet),
                     CHANNEL_NOT_GRANTED);
    ck_assert(ends_equal(&before, fixture.born));
}
END_TEST

START_TEST(a_message_for_no_end_is_unknown)
{
    struct channel_message packet = packet_of(1);
    struct channel_message credit = {.kind = CHANNEL_CREDIT};
    bool room = true;

    ck_assert_int_eq(channel_receive_packet(NULL, fixture.undo, &packet), CHANNEL_UNKNOWN);
    ck_assert_int_eq(channel_receive_credit(NULL, fixture.undo, &credit, &room), CHANNEL_UNKNOWN);
    ck_assert(!room);
}
END_TEST

START_TEST(a_pending_end_neither_sends_nor_receives)
{
    struct channel_message birth;
    struct channel_message packet = packet_of(0);
    struct channel_message credit = {.kind = CHANNEL_CREDIT, .packets = 1, .bytes = 1};
    struct channel_end *end = channels_buy(fixture.channels, fixture.undo, 1, 3, &birth);
    bool room;

    ck_assert_int_eq(channel_check_send(end, 0), CHANNEL_NOT_OPEN);
    ck_assert_int_eq(channel_check_grant(end, 1, 1), CHANNEL_NOT_OPEN);
    ck_assert_int_eq(channel_check_room(end), CHANNEL_NOT_OPEN);
    ck_assert_uint_eq(channel_may_send(end), 0);
    ck_assert_int_eq(channel_receive_packet(end, fixture.undo, &packet), CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channel_receive_credit(end, fixture.undo, &credit, &room),
                     CHANNEL_NOT_GRANTED);
}
END_TEST

START_TEST(a_closing_end_counts_late_packets_up_to_what_it_armed)
{
    struct channel_message close;
    struct channel_message packet = packet_of(10);
    struct channel_message credit = {.kind = CHANNEL_CREDIT, .packets = 1, .bytes = 1};
    bool flag;

    channels_sell(fixture.channels, fixture.born, fixture.undo, &close, &flag);
    ck_assert_int_eq(channel_check_send(fixture.born, 0), CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_check_grant(fixture.born, 1, 1), CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_check_room(fixture.born), CHANNEL_IS_CLOSED);
    ck_assert_uint_eq(channel_may_send(fixture.born), 0);
    for (int i = 0; i < FIRST_PACKETS; i++)
        ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet),
                         CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet),
                     CHANNEL_NOT_GRANTED);
    /* What crossed the sale counts, too: else it could be said without end. */
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &flag),
                     CHANNEL_IS_CLOSED);
    ck_assert_uint_eq(fixture.born->window_packets, 1);
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &flag),
                     CHANNEL_NOT_GRANTED);
}
END_TEST

START_TEST(nothing_can_be_sent_to_or_come_from_a_far_end_that_closed)
{
    struct channel_message closed;
    struct channel_message packet = packet_of(0);
    struct channel_message credit = {
        .kind = CHANNEL_CREDIT, .packets = FIRST_PACKETS, .bytes = FIRST_BYTES};
    bool flag;

    ck_assert_int_eq(
        channels_receive_close(fixture.channels, fixture.born, fixture.undo, &closed, &flag),
        CHANNEL_FINE);
    ck_assert_int_eq(channel_check_send(fixture.born, 0), CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_check_grant(fixture.born, 1, 1), CHANNEL_IS_CLOSED);
    ck_assert_int_eq(channel_check_room(fixture.born), CHANNEL_IS_CLOSED);
    ck_assert_uint_eq(channel_may_send(fixture.born), 0);
    ck_assert_int_eq(channel_receive_packet(fixture.born, fixture.undo, &packet),
                     CHANNEL_NOT_GRANTED);
    ck_assert_int_eq(channel_receive_credit(fixture.born, fixture.undo, &credit, &flag),
                     CHANNEL_NOT_GRANTED);
}
END_TEST

START_TEST(orders_that_are_undone_leave_every_byte)
{
    struct snapshot before = snapshot_take(fixture.channels);
    struct snapshot after;
    struct channel_message message = {0};

    channel_send(fixture.buyer, fixture.undo, 9, money_zero(), &message);
    channel_grant(fixture.buyer, fixture.undo, 9, 9, &message);
    channel_ask_room(fixture.buyer, fixture.undo);
    undo_rollback(fixture.undo);
    after = snapshot_take(fixture.channels);
    ck_assert(snapshot_same_bytes(&before, &after));
    snapshot_free(&before);
    snapshot_free(&after);
}
END_TEST

START_TEST(a_class_is_set_while_packets_may_go_and_kept_by_what_is_sent)
{
    struct channel_message packet = {0};
    struct channel_end end = *fixture.buyer;

    ck_assert_int_eq(channel_check_priority(fixture.buyer), CHANNEL_FINE);
    channel_set_priority(fixture.buyer, fixture.undo, 6);
    channel_send(fixture.buyer, fixture.undo, 9, money_zero(), &packet);
    ck_assert_uint_eq(packet.priority, 6);
    undo_rollback(fixture.undo);
    ck_assert_uint_eq(fixture.buyer->priority, 0);
    end.state = CHANNEL_PENDING;
    ck_assert_int_eq(channel_check_priority(&end), CHANNEL_FINE);
    end.state = CHANNEL_FAR_CLOSED;
    ck_assert_int_eq(channel_check_priority(&end), CHANNEL_IS_CLOSED);
    end.state = CHANNEL_CLOSING;
    ck_assert_int_eq(channel_check_priority(&end), CHANNEL_IS_CLOSED);
    end.state = CHANNEL_GIVEN_UP;
    ck_assert_int_eq(channel_check_priority(&end), CHANNEL_IS_CLOSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel end");
    TCase *tcase = tcase_create("end");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_end_holds_the_events_that_may_still_come_and_the_most_they_can_bring);
    tcase_add_test(tcase, a_packet_counts_at_both_ends_and_is_addressed_to_the_far_one);
    tcase_add_test(tcase, packets_beyond_the_credit_are_refused_to_the_sender);
    tcase_add_test(tcase, bytes_beyond_the_credit_are_refused_to_the_sender);
    tcase_add_test(tcase, a_packet_over_the_largest_size_is_refused_on_both_sides);
    tcase_add_test(tcase, arming_raises_the_totals_and_tells_them);
    tcase_add_test(tcase, arming_is_held_to_its_bounds);
    tcase_add_test(tcase, an_end_that_arms_one_for_each_small_packet_goes_on_for_ever);
    tcase_add_test(tcase, room_is_told_once_when_credit_comes);
    tcase_add_test(tcase, credit_that_grants_no_packet_or_passes_the_bound_is_a_broken_rule);
    tcase_add_test(tcase, packets_that_were_not_armed_are_a_broken_rule_and_change_nothing);
    tcase_add_test(tcase, a_message_for_no_end_is_unknown);
    tcase_add_test(tcase, a_pending_end_neither_sends_nor_receives);
    tcase_add_test(tcase, a_closing_end_counts_late_packets_up_to_what_it_armed);
    tcase_add_test(tcase, nothing_can_be_sent_to_or_come_from_a_far_end_that_closed);
    tcase_add_test(tcase, orders_that_are_undone_leave_every_byte);
    tcase_add_test(tcase, a_class_is_set_while_packets_may_go_and_kept_by_what_is_sent);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
