/*
 * A neighbour that lies to a whole site about money and what was said before; and the limits that
 * the site's own agents meet on a link.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "exchange/limits.h"
#include "tests/exchange/deceived.h"

/* ---- money ---- */

START_TEST(money_above_the_limit_or_the_cap_freezes)
{
    struct channel_message over_limit = says_birth(2, LIMIT, 1, 1);
    struct channel_message over_cap = says_birth(2, LINK_MESSAGE_NANOS_MAX, 1, 1);
    struct channel_message huge = says_birth(2, MONEY_NANOS_MAX - 1, 1, 1);
    char reason[LINK_REASON_BYTES_MAX + 1];

    liar_is_refused(&liar, &over_limit, 1,
                    "with message 1 the peer would owe 50000001 nanos, and its limit is "
                    "50000000");
    liar_is_refused(&liar, &over_cap, 1,
                    "message 1 carries 42949672951 nanos, and 42949672950 are the most");
    (void)snprintf(reason, sizeof reason,
                   "message 1 carries %" PRIu64 " nanos, and 42949672950 are the most",
                   (uint64_t)MONEY_NANOS_MAX);
    liar_is_refused(&liar, &huge, 1, reason);
    taken(says_birth(2, LIMIT, 0, 1)); /* to the nano; refused, for it pays no fee */
    ck_assert_int_eq(liar_heard(&liar, CHANNEL_ANSWER, 0)->status, SERAI_E_SHORT);
}
END_TEST

START_TEST(many_small_sums_reach_the_limit_as_well)
{
    struct heard heard = {0};
    struct channel_message packet = says_packet(2, CHANNEL_BORN, LIMIT / 2, 0);

    (void)born(2, &heard); /* it owes the endowment and fee already, less the change */
    taken(packet);
    liar_is_refused(&liar, &packet, 1,
                    "with message 3 the peer would owe 60200000 nanos, and its limit is "
                    "50000000");
    packet.money.nanos = LIMIT - LIMIT / 2 - ENDOWMENT - CHARGED;
    taken(packet);
    ck_assert(liar.link->received_total - liar.link->sent_total == LIMIT);
}
END_TEST

START_TEST(what_came_before_a_lie_stands_and_what_comes_after_is_not_heard)
{
    struct heard heard = {0};
    uint64_t child = born(2, &heard);
    uint64_t before = liar.link->received_seq;
    struct channel_message messages[3] = {
        says_packet(2, CHANNEL_BORN, 11, 0),
        says_packet(8, CHANNEL_BORN, 1000, 0),
        says_packet(2, CHANNEL_BORN, 100, 0),
    };

    liar_say(&liar, messages, 3);
    liar_is_frozen(&liar, "message 3, a packet on channel 8: " UNKNOWN);
    ck_assert_uint_eq(liar.link->received_seq, before + 1);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_PACKET), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_PACKET)->money, 11);
    liar_is_resumed(&liar);
    ck_assert_uint_eq(liar.said.received.seq, before + 1); /* the site says where it stands */
    taken(messages[2]);
    site_settle(&site);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_PACKET)->money, 100);
    ck_assert(site_lives(&site, child));
}
END_TEST

/* ---- sequences and totals ---- */

static void untrue_head(const struct data_head *head, const char *reason)
{
    struct channel_message packet = says_packet(2, CHANNEL_BORN, 10, 0);
    char *was = liar_picture(&liar);
    char *is;

    liar_say_data(&liar, head, &packet);
    is = liar_picture(&liar);
    portraits_equal(was, is);
    liar_is_frozen(&liar, reason);
    free(was);
    free(is);
    liar_is_resumed(&liar);
}

START_TEST(totals_that_lie_freeze)
{
    struct heard heard = {0};
    struct data_head head;

    (void)born(2, &heard);
    head = liar_true_head(&liar, 1);
    head.before.total += 5;
    untrue_head(&head, "the peer says that it sent 11000005 nanos up to message 1 and we "
                       "received 11000000");
    head = liar_true_head(&liar, 1);
    head.received.total++;
    untrue_head(&head, "the peer acknowledges 800001 nanos with message 1 and we sent 800000");
    head = liar_true_head(&liar, 1);
    head.received.seq++;
    untrue_head(&head, "the peer acknowledges message 2 and we sent 1");
    taken(says_packet(2, CHANNEL_BORN, 10, 0));
}
END_TEST

START_TEST(replays_gaps_and_old_epochs_are_ignored)
{
    struct heard heard = {0};
    struct channel_message packet = says_packet(2, CHANNEL_BORN, 10, 0);
    struct data_head head;
    struct data_head replay;
    size_t hellos;

    (void)born(2, &heard);
    replay = liar_true_head(&liar, 1);
    taken(packet);
    liar_say_data(&liar, &replay, &packet); /* again, */
    liar_is_heard(&liar, 2);
    packet.money.nanos = 99;
    liar_say_data(&liar, &replay, &packet); /* and with more money */
    liar_is_heard(&liar, 2);
    hellos = liar.hellos;
    head = liar_true_head(&liar, 1);
    head.before.seq++; /* a message is skipped */
    liar_say_data(&liar, &head, &packet);
    liar_is_heard(&liar, 2);
    ck_assert_uint_eq(liar.hellos, hellos + 1); /* "here I stand" */
    ck_assert_uint_eq(liar.said.received.seq, 2);
    liar_hello(&liar);
    hellos = liar.hellos;
    head = liar_true_head(&liar, 1);
    head.epoch--;
    liar_say_data(&liar, &head, &packet);
    liar_is_heard(&liar, 2);
    ck_assert_uint_eq(liar.hellos, hellos + 1);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_PACKET), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_PACKET)->money, 10);
    packet.money.nanos = 10;
    taken(packet);
}
END_TEST

START_TEST(a_hello_that_lies_freezes_and_a_resume_lasts_until_the_next_lie)
{
    struct heard heard = {0};
    struct hello hello;

    (void)born(2, &heard);
    for (int i = 0; i < 2; i++) {
        liar.epoch++;
        hello = liar_true_hello(&liar);
        hello.sent.total += 100;
        liar_say_hello(&liar, &hello);
        liar_is_frozen(&liar, "totals disagree after message 1 of the peer's: 11000000 nanos "
                              "here and 11000100 at the peer");
        liar_is_resumed(&liar);
    }
    taken(says_packet(2, CHANNEL_BORN, 10, 0));
}
END_TEST

START_TEST(a_key_that_is_no_neighbours_is_not_heard)
{
    struct channel_message birth = says_birth(2, ENDOWMENT, FEE, 1);
    char *was = liar_picture(&liar);
    char *is;

    liar.key[0] ^= 1;
    liar_say(&liar, &birth, 1);
    is = liar_picture(&liar);
    portraits_equal(was, is);
    liar_is_heard(&liar, 0);
    free(was);
    free(is);
}
END_TEST

/* ---- what the site may not do itself ---- */

static void lowers_limit(uint64_t limit)
{
    liar.limit = limit;
    liar_hello(&liar);
}

START_TEST(a_sender_over_the_neighbours_limit_is_refused_and_nothing_moves)
{
    struct acting end;
    uint32_t number = opened(&end);
    struct acting other = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    uint64_t before;

    /* We owe the endowment and what was charged. */
    lowers_limit(ENDOWMENT + CHARGED + 1000);
    before = worth_of(&site, buyer);
    end = (struct acting){.deed = DEED_SEND, .slot = end.slot, .b = 1001};
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_LIMIT);
    ck_assert_uint_eq(worth_of(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_send));
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_PACKET), 0);
    before = worth_of(&site, buyer);
    ck_assert_int_eq(act(&site, buyer, &other), SERAI_E_LIMIT);
    ck_assert_uint_eq(worth_of(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_buy));
    ck_assert_uint_eq(channels_count(site.core->channels), 1);
    end.b = 0;
    ck_assert_int_eq(act(&site, buyer, &end), 0); /* without money it may */
    end.b = 400;
    end.times = 5;
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_LIMIT);
    ck_assert_int_eq(end.done, 2); /* what the turn sent before counts */
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_PACKET), 3);
    /* The liar pays back, and there is room again. */
    end.deed = DEED_ARM;
    end.a = 1;
    end.b = 10;
    end.times = 1;
    ck_assert_int_eq(act(&site, buyer, &end), 0);
    taken(says_packet(number, CHANNEL_BUYER, 200, 0));
    end = (struct acting){.deed = DEED_SEND, .slot = end.slot, .b = 401};
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_LIMIT);
    end.b = 400;
    ck_assert_int_eq(act(&site, buyer, &end), 0);
}
END_TEST

START_TEST(one_message_carries_no_more_than_the_cap)
{
    struct acting end;

    (void)opened(&end);
    lowers_limit(MONEY_NANOS_MAX);
    end = (struct acting){
        .deed = DEED_SEND, .slot = end.slot, .b = (int64_t)LINK_MESSAGE_NANOS_MAX + 1};
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_INVALID);
    end.b = -1;
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_INVALID);
    end.b = (int64_t)LINK_MESSAGE_NANOS_MAX; /* it may, but it has not so much */
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_SHORT);
}
END_TEST

START_TEST(a_window_that_is_not_acknowledged_fills_and_then_opens)
{
    const uint64_t share = LINK_WINDOW_MESSAGES / 2; /* of one customer */
    struct acting end;
    struct acting other = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    uint32_t number = opened(&end);
    uint64_t sent = 0;
    uint64_t before;

    ck_assert_int_eq(site_fund(&site, 1, buyer, 1500000000), CONTROL_DONE);
    liar_hello(&liar); /* all is acknowledged up to here */
    liar.silent = true;
    end = (struct acting){
        .deed = DEED_SEND, .slot = end.slot, .b = 1, .times = CHANNEL_GRANT_PACKETS_MAX};
    while (sent < share) {
        taken(says_credit(number, CHANNEL_BUYER, sent + CHANNEL_GRANT_PACKETS_MAX,
                          CHANNEL_GRANT_BYTES_MAX));
        (void)act(&site, buyer, &end);
        ck_assert_int_gt(end.done, 0);
        sent += (uint64_t)end.done;
    }
    ck_assert_uint_eq(sent, share);
    taken(says_credit(number, CHANNEL_BUYER, sent + CHANNEL_GRANT_PACKETS_MAX,
                      CHANNEL_GRANT_BYTES_MAX));
    end.times = 1;
    before = worth_of(&site, buyer);
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_FULL);
    ck_assert_uint_eq(worth_of(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_send));
    ck_assert_int_eq(act(&site, buyer, &other), SERAI_E_FULL);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_PACKET), sent);
    liar.silent = false;
    liar_say(&liar, NULL, 0);
    ck_assert_int_eq(act(&site, buyer, &end), 0);
    ck_assert_int_ge(act(&site, buyer, &other), 0);
}
END_TEST

START_TEST(answers_that_are_never_acknowledged_do_not_pile_up_without_end)
{
    static struct channel_message births[LINK_WINDOW_MESSAGES];
    for (uint32_t i = 0; i < LINK_WINDOW_MESSAGES; i++)
        births[i] = says_birth(i, 0, 0, i); /* refused, and costs nothing */
    liar.silent = true;
    for (int i = 0; i < 20 && liar.link->state == LINK_UP; i++) {
        site_pass(&site, LINK_WINDOW_MESSAGES * EXCHANGE_VAIN_US); /* so that all are heard */
        liar_say(&liar, births, LINK_WINDOW_MESSAGES);
    }
    ck_assert_uint_eq(link_answers_left(site.core->links, liar.link), 16 * LINK_WINDOW_MESSAGES);
    liar_is_frozen(&liar, "the peer keeps requesting and leaves 65536 answers unacknowledged");
    liar.silent = false;
    liar_is_resumed(&liar);
    taken(births[0]);
    ck_assert_uint_eq(link_answers_left(site.core->links, liar.link), 1);
}
END_TEST

START_TEST(a_frozen_link_takes_no_packet_and_no_purchase_but_an_end_can_be_sold)
{
    struct acting end;
    struct acting other = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct bytes args = {0};
    uint32_t number = opened(&end);
    uint64_t from;

    cbor_put_array(&args, 1);
    cbor_put_text(&args, "liar");
    ck_assert_int_eq(site_request(&site, OPERATOR, "link.freeze", &args), CONTROL_DONE);
    liar_is_frozen(&liar, "frozen by the operator");
    from = liar.heard_to.seq;
    end = (struct acting){.deed = DEED_SEND, .slot = end.slot, .b = 1};
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_CLOSED);
    ck_assert_int_eq(act(&site, buyer, &other), SERAI_E_CLOSED);
    end.deed = DEED_SELL;
    ck_assert_int_eq(act(&site, buyer, &end), (int64_t)money_nanos(site.book.channel_deposit));
    ck_assert_uint_eq(liar.heard_to.seq, from);
    liar_is_resumed(&liar);
    ck_assert_uint_eq(liar_heard(&liar, CHANNEL_CLOSE, from)->number, number);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core lies about money");
    TCase *tcase = tcase_create("money");

    tcase_add_checked_fixture(tcase, deceived_setup, deceived_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, money_above_the_limit_or_the_cap_freezes);
    tcase_add_test(tcase, many_small_sums_reach_the_limit_as_well);
    tcase_add_test(tcase, what_came_before_a_lie_stands_and_what_comes_after_is_not_heard);
    tcase_add_test(tcase, totals_that_lie_freeze);
    tcase_add_test(tcase, replays_gaps_and_old_epochs_are_ignored);
    tcase_add_test(tcase, a_hello_that_lies_freezes_and_a_resume_lasts_until_the_next_lie);
    tcase_add_test(tcase, a_key_that_is_no_neighbours_is_not_heard);
    tcase_add_test(tcase, a_sender_over_the_neighbours_limit_is_refused_and_nothing_moves);
    tcase_add_test(tcase, one_message_carries_no_more_than_the_cap);
    tcase_add_test(tcase, a_window_that_is_not_acknowledged_fills_and_then_opens);
    tcase_add_test(tcase, answers_that_are_never_acknowledged_do_not_pile_up_without_end);
    tcase_add_test(tcase, a_frozen_link_takes_no_packet_and_no_purchase_but_an_end_can_be_sold);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
