/* DATA: taken once and in order; what is stale, missing, doubled or a lie. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <string.h>

static struct peer a;
static struct peer b;
static struct bytes parcel;

/* Both are up; b received three messages with 60 nanos of a, and a two with 9 of b. */
static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_meet(&a, &b);
    for (uint64_t money = 10; money <= 30; money += 10)
        peer_send(&a, money);
    peer_send(&b, 4);
    peer_send(&b, 5);
    peers_settle(&a, &b);
    b.heard = 0;
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

/* A parcel of a to b from message 4 on with packets of these amounts, to be changed. */
static struct data_head head_of(uint64_t count)
{
    return (struct data_head){.epoch = a.link->epoch,
                              .peer_epoch = b.link->epoch,
                              .received = {2, 9},
                              .before = {4, 60},
                              .count = count};
}

static enum parcel_result give(const struct data_head *head, const uint64_t *amounts)
{
    bytes_clear(&parcel);
    data_head_encode(&parcel, head);
    for (uint64_t i = 0; i < head->count; i++) {
        struct channel_message packet = packet_of(amounts[i], "x", 1);

        message_encode(&parcel, &packet);
    }
    return peer_in(&b, &parcel);
}

static void froze(const char *reason)
{
    ck_assert_int_eq(b.link->state, LINK_FROZEN);
    ck_assert_str_eq(b.link->reason, reason);
}

/* Nothing of a parcel was taken, and the link goes on. */
static void untouched(void)
{
    ck_assert_int_ne(b.link->state, LINK_FROZEN);
    ck_assert_uint_eq(b.link->received_seq, 3);
    ck_assert(b.link->received_total == 60);
    ck_assert_uint_eq(b.heard, 0);
}

static void hello_is_due(bool due)
{
    struct parcel_head head;
    bool out;

    (void)peer_save(&b);
    out = peer_out(&b, &parcel);
    if (out)
        ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &b.fault), ST_OK);
    ck_assert_int_eq(out && head.kind == PARCEL_HELLO, due);
}

START_TEST(messages_are_taken_in_order_with_their_money)
{
    struct data_head head = head_of(2);

    ck_assert_int_eq(give(&head, (uint64_t[]){1, 2}), PARCEL_TAKEN);
    ck_assert_uint_eq(b.heard, 2);
    ck_assert_uint_eq(b.link->received_seq, 5);
    ck_assert(b.link->received_total == 63);
}
END_TEST

START_TEST(a_reader_that_freezes_the_link_gets_no_more)
{
    struct data_head head = head_of(2);
    struct channel_message message;
    struct parcel reading;

    bytes_clear(&parcel);
    data_head_encode(&parcel, &head);
    for (uint64_t money = 1; money <= 2; money++) {
        struct channel_message packet = packet_of(money, "x", 1);

        message_encode(&parcel, &packet);
    }
    ck_assert_int_eq(link_parcel_in(b.links, b.link, parcel.data, parcel.size, &reading, &b.fault),
                     PARCEL_TAKEN);
    ck_assert(link_next(b.links, b.link, &reading, &message));
    ck_assert_uint_eq(message.interface, 1);
    ck_assert_uint_eq(message.money.nanos, 1);
    link_take(b.links, b.link, &message);
    ck_assert(link_next(b.links, b.link, &reading, &message));
    link_freeze(b.links, b.link, "the channel of message 5 is unknown");
    ck_assert(!link_next(b.links, b.link, &reading, &message));
    ck_assert_uint_eq(b.link->received_seq, 4);
}
END_TEST

START_TEST(a_repeat_is_ignored_and_acknowledged_again)
{
    struct data_head head = head_of(2);

    ck_assert_int_eq(give(&head, (uint64_t[]){1, 2}), PARCEL_TAKEN);
    (void)peer_save(&b);
    ck_assert(peer_out(&b, &parcel));
    ck_assert(!peer_out(&b, &parcel));
    ck_assert_int_eq(give(&head, (uint64_t[]){1, 2}), PARCEL_STALE);
    ck_assert_uint_eq(b.heard, 2);
    ck_assert(peer_out(&b, &parcel));
    ck_assert(!peer_out(&b, &parcel));
}
END_TEST

START_TEST(an_overlap_gives_only_what_is_new)
{
    struct data_head head = head_of(3);

    head.before = (struct cursor){2, 10};
    ck_assert_int_eq(give(&head, (uint64_t[]){20, 30, 7}), PARCEL_TAKEN);
    ck_assert_uint_eq(b.heard, 1);
    ck_assert(b.link->received_total == 67);
}
END_TEST

START_TEST(an_overlap_with_other_money_is_a_lie)
{
    struct data_head head = head_of(3);

    head.before = (struct cursor){2, 10};
    ck_assert_int_eq(give(&head, (uint64_t[]){20, 31, 7}), PARCEL_FROZE);
    froze("the peer says that it sent 61 nanos up to message 3 and we received 60");
    ck_assert_uint_eq(b.heard, 0);
}
END_TEST

START_TEST(another_total_before_the_first_message_is_a_lie)
{
    struct data_head head = head_of(1);

    head.before.total = 59;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_FROZE);
    froze("the peer says that it sent 59 nanos up to message 3 and we received 60");
}
END_TEST

START_TEST(a_gap_is_refused_and_calls_for_a_hello_once)
{
    struct data_head head = head_of(1);

    head.before.seq = 5;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_REFUSED);
    ck_assert_str_eq(b.fault.text, "parcel: it begins with message 5 and the last was 3");
    untouched();
    hello_is_due(true);
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_REFUSED);
    hello_is_due(false);
    head.before.seq = 4;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_TAKEN); /* in order again */
    head.before.seq = 6;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_REFUSED);
    hello_is_due(true);
}
END_TEST

START_TEST(a_parcel_of_another_epoch_is_stale_and_calls_for_a_hello_once)
{
    struct data_head head = head_of(1);

    head.epoch--;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    untouched();
    hello_is_due(true);
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    hello_is_due(false);
    head.epoch += 2;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    untouched();
}
END_TEST

START_TEST(a_parcel_for_another_epoch_of_ours_is_stale)
{
    struct data_head head = head_of(1);

    head.peer_epoch--;
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    untouched();
    hello_is_due(true);
}
END_TEST

START_TEST(what_vanished_is_sent_again_after_a_reminder)
{
    ck_assert(!links_remind(a.links));
    peer_send(&a, 7);
    ck_assert(peer_out(&a, &parcel));  /* and it is lost */
    ck_assert(!links_remind(a.links)); /* it may still be on the way */
    ck_assert(!peer_out(&a, &parcel));
    ck_assert(links_remind(a.links));
    peers_settle(&a, &b);
    ck_assert_uint_eq(b.heard, 1);
    ck_assert(!links_remind(a.links));
    ck_assert(!links_remind(a.links));
}
END_TEST

START_TEST(a_link_that_is_down_is_reminded_and_a_frozen_one_is_not)
{
    link_connected(a.links, a.link);
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel)); /* and it is lost */
    ck_assert(!peer_out(&a, &parcel));
    ck_assert(links_remind(a.links));
    link_freeze(b.links, b.link, "a test");
    ck_assert(!links_remind(b.links));
    ck_assert_int_eq(link_resume(b.links, b.link, &b.fault), ST_OK);
    peers_settle(&a, &b);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(a_link_that_is_down_takes_nothing)
{
    struct data_head head;

    link_connected(b.links, b.link);
    hello_is_due(true);
    head = head_of(1);
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    untouched();
    hello_is_due(true);
}
END_TEST

START_TEST(a_frozen_link_takes_nothing)
{
    struct data_head head = head_of(1);

    link_freeze(b.links, b.link, "a test");
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_STALE);
    ck_assert_uint_eq(b.heard, 0);
    hello_is_due(false);
}
END_TEST

START_TEST(an_acknowledgement_of_what_was_never_sent_is_a_lie)
{
    struct data_head head = head_of(0);

    head.before = (struct cursor){0, 0};
    head.received = (struct cursor){3, 9};
    ck_assert_int_eq(give(&head, NULL), PARCEL_FROZE);
    froze("the peer acknowledges message 3 and we sent 2");
}
END_TEST

START_TEST(an_acknowledgement_with_another_total_is_a_lie)
{
    struct data_head head = head_of(0);

    head.before = (struct cursor){0, 0};
    peer_send(&b, 50);
    head.received = (struct cursor){3, 60};
    ck_assert_int_eq(give(&head, NULL), PARCEL_FROZE);
    froze("the peer acknowledges 60 nanos with message 3 and we sent 59");
}
END_TEST

START_TEST(an_acknowledgement_that_was_overtaken_is_ignored)
{
    struct data_head head = head_of(0);

    head.before = (struct cursor){0, 0};
    head.received = (struct cursor){1, 77};
    ck_assert_int_eq(give(&head, NULL), PARCEL_TAKEN);
    ck_assert_uint_eq(b.link->acked_seq, 2);
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(money_over_the_cap_freezes_and_what_came_before_stands)
{
    struct data_head head = head_of(3);

    b.link->limit = nanos(MONEY_NANOS_MAX);
    ck_assert_int_eq(
        give(&head, (uint64_t[]){LINK_MESSAGE_NANOS_MAX, LINK_MESSAGE_NANOS_MAX + 1, 1}),
        PARCEL_TAKEN);
    froze("message 5 carries 42949672951 nanos, and 42949672950 are the most");
    ck_assert_uint_eq(b.heard, 1);
    ck_assert_uint_eq(b.link->received_seq, 4);
}
END_TEST

START_TEST(money_over_the_limit_freezes_with_the_figures)
{
    struct data_head head = head_of(2);

    /* 60 received and 9 sent: it owes 51. */
    ck_assert_int_eq(give(&head, (uint64_t[]){PEER_LIMIT_NANOS - 51, 1}), PARCEL_TAKEN);
    froze("with message 5 the peer would owe 1000001 nanos, and its limit is 1000000");
    ck_assert_uint_eq(b.heard, 1);
}
END_TEST

/* The peer has posted a payment of 400, and had sent so many messages by then. */
static void payment_was_posted(uint64_t sent_seq)
{
    struct settlement *settlement = &node_of_link(b.links, b.link)->settlement;

    b.link->paid = (struct settled){1, 400};
    settlement->paid =
        (struct settlement_payment){.index = 1, .amount = nanos(400), .outcome = SETTLEMENT_DONE};
    settlement->posted_seq = sent_seq;
}

/*
 * A payment that the peer posted after it had sent a message, and that is decided here before the
 * message comes again: what it had sent by then may be above the limit by that.
 */
START_TEST(a_payment_posted_meanwhile_is_no_debt_past_the_limit)
{
    struct data_head head = head_of(1);

    payment_was_posted(5);
    ck_assert_int_eq(give(&head, (uint64_t[]){PEER_LIMIT_NANOS - 51}), PARCEL_TAKEN);
    ck_assert_int_eq(b.link->state, LINK_UP);
    /* But by no more than that payment. */
    head.before = (struct cursor){5, 60 + PEER_LIMIT_NANOS - 51};
    ck_assert_int_eq(give(&head, (uint64_t[]){1}), PARCEL_TAKEN);
    froze("with message 5 the peer would owe 1000401 nanos, and its limit is 1000000");
}
END_TEST

/* What it sent after that it sent in the knowledge of the payment. */
START_TEST(a_message_sent_after_a_payment_was_posted_has_the_limit)
{
    struct data_head head = head_of(1);

    payment_was_posted(3);
    ck_assert_int_eq(give(&head, (uint64_t[]){PEER_LIMIT_NANOS - 51}), PARCEL_TAKEN);
    froze("with message 4 the peer would owe 1000400 nanos, and its limit is 1000000");
}
END_TEST

START_TEST(messages_without_money_pass_a_limit_that_was_lowered)
{
    struct data_head head = head_of(1);

    b.link->limit = nanos(5);
    ck_assert_int_eq(give(&head, (uint64_t[]){0}), PARCEL_TAKEN);
    ck_assert_int_eq(b.link->state, LINK_UP);
    ck_assert_uint_eq(b.heard, 1);
}
END_TEST

START_TEST(bytes_that_are_no_parcel_are_refused_and_the_link_goes_on)
{
    static uint8_t large[LINK_PARCEL_BYTES_MAX + 1];
    struct parcel reading;

    ck_assert_int_eq(
        link_parcel_in(b.links, b.link, (const uint8_t *)"nonsense", 8, &reading, &b.fault),
        PARCEL_REFUSED);
    ck_assert_int_eq(link_parcel_in(b.links, b.link, large, sizeof large, &reading, &b.fault),
                     PARCEL_REFUSED);
    ck_assert_str_eq(b.fault.text, "parcel: 262145 bytes, and 262144 are the most");
    untouched();
    hello_is_due(false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link receiving");
    TCase *tcase = tcase_create("receive");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, messages_are_taken_in_order_with_their_money);
    tcase_add_test(tcase, a_reader_that_freezes_the_link_gets_no_more);
    tcase_add_test(tcase, a_repeat_is_ignored_and_acknowledged_again);
    tcase_add_test(tcase, an_overlap_gives_only_what_is_new);
    tcase_add_test(tcase, an_overlap_with_other_money_is_a_lie);
    tcase_add_test(tcase, another_total_before_the_first_message_is_a_lie);
    tcase_add_test(tcase, a_gap_is_refused_and_calls_for_a_hello_once);
    tcase_add_test(tcase, a_parcel_of_another_epoch_is_stale_and_calls_for_a_hello_once);
    tcase_add_test(tcase, a_parcel_for_another_epoch_of_ours_is_stale);
    tcase_add_test(tcase, what_vanished_is_sent_again_after_a_reminder);
    tcase_add_test(tcase, a_link_that_is_down_is_reminded_and_a_frozen_one_is_not);
    tcase_add_test(tcase, a_link_that_is_down_takes_nothing);
    tcase_add_test(tcase, a_frozen_link_takes_nothing);
    tcase_add_test(tcase, an_acknowledgement_of_what_was_never_sent_is_a_lie);
    tcase_add_test(tcase, an_acknowledgement_with_another_total_is_a_lie);
    tcase_add_test(tcase, an_acknowledgement_that_was_overtaken_is_ignored);
    tcase_add_test(tcase, money_over_the_cap_freezes_and_what_came_before_stands);
    tcase_add_test(tcase, money_over_the_limit_freezes_with_the_figures);
    tcase_add_test(tcase, a_payment_posted_meanwhile_is_no_debt_past_the_limit);
    tcase_add_test(tcase, a_message_sent_after_a_payment_was_posted_has_the_limit);
    tcase_add_test(tcase, messages_without_money_pass_a_limit_that_was_lowered);
    tcase_add_test(tcase, bytes_that_are_no_parcel_are_refused_and_the_link_goes_on);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
