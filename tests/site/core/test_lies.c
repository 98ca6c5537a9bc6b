/*
 * A neighbour that lies to a whole site: whatever it says, the site's books stay exact, and what
 * breaks a rule freezes the link with a reason and does nothing else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/site/core/acting.h"
#include "tests/site/core/liar.h"

enum { MONEY = 100000000, ENDOWMENT = 10000000, FEE = 1000000, CHARGED = 200000, LIMIT = 50000000 };

#define UNKNOWN "its channel was never opened, or is gone"
#define UNGRANTED "it was not granted, or not asked for"

static struct site site;
static struct liar liar;
static uint64_t buyer;

static void no_toll(struct pricebook *book)
{
    book->link_packets = money_zero();
    book->link_packet_data = money_zero();
}

static void setup(void)
{
    site_open_book(&site, 11, 10000000000, no_toll);
    site_customer(&site, 1, "one", 2000000000);
    buyer = puppet_new(&site, 1, MONEY, NULL);
    liar_join(&liar, &site, LIMIT, 10 * LIMIT);
}

static void teardown(void)
{
    site_settle(&site);
    site_reload_same(&site);
    site_verify(&site);
    probe_play_none();
    site_close(&site);
}

/* ---- common beginnings ---- */

static void say(struct channel_message message)
{
    liar_say(&liar, &message, 1);
}

static void taken(struct channel_message message)
{
    uint64_t before = liar.link->received_seq;

    say(message);
    liar_is_heard(&liar, before + 1);
}

/* It breaks the rules: "message 7, a packet on channel 2: " and why. */
static void refused(struct channel_message message, const char *what, const char *why)
{
    char reason[LINK_REASON_BYTES_MAX + 1];

    (void)snprintf(reason, sizeof reason, "message %" PRIu64 ", %s on channel %" PRIu32 ": %s",
                   liar.link->received_seq + 1, what, message.number, why);
    liar_is_refused(&liar, &message, 1, reason);
}

/* The buyer has bought a channel of the liar, who has not answered.  Its number. */
static uint32_t bought(struct acting *purchase)
{
    uint64_t from = liar.heard_to.seq;

    *purchase = (struct acting){.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    ck_assert_int_ge(act(&site, buyer, purchase), 0);
    return liar_heard(&liar, CHANNEL_BIRTH, from)->number;
}

/* The same, and the liar opened it. */
static uint32_t opened(struct acting *purchase)
{
    uint32_t number = bought(purchase);

    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    site_settle(&site);
    return number;
}

/* An agent that was born for the liar on channel `number`, and plays no part. */
static uint64_t born(uint32_t number, struct heard *heard)
{
    uint64_t child = buyer + 1;

    while (ledger_account(site.core->ledger, child) != NULL)
        child++;
    child++; /* the first purchase opens a row for the liar's customer before */
    probe_play(child, puppet_hears, heard);
    taken(says_birth(number, ENDOWMENT, FEE, 77));
    site_settle(&site);
    ck_assert(site_lives(&site, child));
    return child;
}

/* ---- channels that are not there ---- */

START_TEST(what_is_said_on_a_channel_that_was_never_opened_freezes)
{
    refused(says_packet(4, CHANNEL_BUYER, 10, 1), "a packet", UNKNOWN);
    refused(says_packet(4, CHANNEL_BORN, 10, 1), "a packet", UNKNOWN);
    refused(says_packet(UINT32_MAX, CHANNEL_BORN, 0, 0), "a packet", UNKNOWN);
    refused(says_credit(4, CHANNEL_BUYER, 1, 1), "credit", UNKNOWN);
    refused(says(CHANNEL_CLOSE, 4, CHANNEL_BUYER), "a close", UNKNOWN);
    refused(says_answer(4, 0, CHARGED, FEE - CHARGED), "an answer to a birth", UNKNOWN);
    refused(says_answer(4, SERAI_E_FULL, 0, 5), "an answer to a birth", UNKNOWN);
}
END_TEST

START_TEST(an_answer_to_a_close_that_is_over_is_passed_over)
{
    char *was = liar_picture(&liar);
    char *is;

    taken(says(CHANNEL_CLOSED, 4, CHANNEL_BUYER)); /* as when both ends are sold at once */
    is = liar_picture(&liar);
    portraits_equal(was, is);
    free(was);
    free(is);
}
END_TEST

START_TEST(what_is_said_on_the_wrong_side_of_a_channel_freezes)
{
    struct acting end;
    uint32_t number = opened(&end);

    refused(says_packet(number, CHANNEL_BORN, 10, 1), "a packet", UNKNOWN);
    refused(says_credit(number, CHANNEL_BORN, 100, 100000), "credit", UNKNOWN);
    refused(says(CHANNEL_CLOSE, number, CHANNEL_BORN), "a close", UNKNOWN);
}
END_TEST

START_TEST(what_is_said_before_the_answer_freezes)
{
    struct acting end;
    uint32_t number = bought(&end);

    refused(says_packet(number, CHANNEL_BUYER, 10, 1), "a packet", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 1, 1), "credit", UNGRANTED);
    refused(says(CHANNEL_CLOSE, number, CHANNEL_BUYER), "a close", UNGRANTED);
    refused(says(CHANNEL_CLOSED, number, CHANNEL_BUYER), "an answer to a close", UNGRANTED);
    /* It mends its ways, and the purchase goes on as if nothing had been. */
    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    ck_assert_int_eq(end_in_slot(&site, buyer, end.slot)->state, CHANNEL_OPEN);
}
END_TEST

START_TEST(what_is_said_after_a_close_freezes)
{
    struct acting end;
    uint32_t number = opened(&end);

    refused(says(CHANNEL_CLOSED, number, CHANNEL_BUYER), "an answer to a close", UNGRANTED);
    taken(says(CHANNEL_CLOSE, number, CHANNEL_BUYER));
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_CLOSED), 1);
    refused(says_packet(number, CHANNEL_BUYER, 10, 1), "a packet", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 100, 100000), "credit", UNGRANTED);
    refused(says(CHANNEL_CLOSE, number, CHANNEL_BUYER), "a close", UNGRANTED);
    refused(says_answer(number, 0, CHARGED, FEE - CHARGED), "an answer to a birth", UNGRANTED);
    end.deed = DEED_SELL;
    ck_assert_int_ge(act(&site, buyer, &end), 0);
    refused(says_packet(number, CHANNEL_BUYER, 10, 1), "a packet", UNKNOWN);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_CLOSE), 0); /* the liar closed first */
}
END_TEST

START_TEST(packets_that_cross_a_sale_pay_the_seller_and_no_more_than_were_armed)
{
    struct acting end;
    uint32_t number = opened(&end);
    uint64_t before;

    end.deed = DEED_ARM;
    end.a = 2;
    end.b = 100;
    ck_assert_int_eq(act(&site, buyer, &end), 0);
    end.deed = DEED_SELL;
    ck_assert_int_ge(act(&site, buyer, &end), 0);
    before = site_balance(&site, buyer);
    taken(says_packet(number, CHANNEL_BUYER, 700, 10));
    taken(says_credit(number, CHANNEL_BUYER, 100, 100000));
    taken(says_packet(number, CHANNEL_BUYER, 30, 90));
    ck_assert_uint_eq(site_balance(&site, buyer), before + 730);
    refused(says_packet(number, CHANNEL_BUYER, 10, 0), "a packet", UNGRANTED);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
    refused(says_packet(number, CHANNEL_BUYER, 10, 0), "a packet", UNKNOWN);
    ck_assert_uint_eq(site_balance(&site, buyer), before + 730);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

/* ---- more than was granted ---- */

START_TEST(more_packets_or_bytes_than_were_armed_freeze)
{
    struct heard heard = {0};
    uint64_t child = born(6, &heard);
    uint64_t before = site_balance(&site, child);

    refused(says_packet(6, CHANNEL_BUYER, 10, 1), "a packet", UNKNOWN);
    taken(says_packet(6, CHANNEL_BORN, 5, SERAI_FIRST_CREDIT_BYTES - 100));
    refused(says_packet(6, CHANNEL_BORN, 10, 101), "a packet", UNGRANTED);
    for (int i = 1; i < SERAI_FIRST_CREDIT_PACKETS; i++)
        taken(says_packet(6, CHANNEL_BORN, 5, 1));
    refused(says_packet(6, CHANNEL_BORN, 10, 0), "a packet", UNGRANTED);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_PACKET), SERAI_FIRST_CREDIT_PACKETS);
    ck_assert_uint_lt(before, site_balance(&site, child)); /* reserves came back, and money */
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_PACKET), 0);
}
END_TEST

START_TEST(a_parcel_with_a_packet_that_is_too_large_is_refused_whole)
{
    struct acting end;
    uint32_t number = opened(&end);
    uint8_t *data = calloc(1, CHANNEL_PACKET_BYTES_MAX + 1);
    struct bytes raw = {0};
    char *was = liar_picture(&liar);
    char *is;

    cbor_put_array(&raw, 5);
    cbor_put_uint(&raw, CHANNEL_PACKET);
    cbor_put_uint(&raw, number);
    cbor_put_uint(&raw, CHANNEL_BUYER);
    cbor_put_uint(&raw, 5);
    cbor_put_bytes(&raw, data, CHANNEL_PACKET_BYTES_MAX + 1);
    liar_say_raw(&liar, &raw);
    bytes_clear(&raw);
    cbor_put_bytes(&raw, data, CHANNEL_PACKET_BYTES_MAX);
    for (int i = 0; i < 4; i++)
        cbor_put_bytes(&raw, data, CHANNEL_PACKET_BYTES_MAX);
    ck_assert_uint_gt(raw.size, LINK_PARCEL_BYTES_MAX);
    liar_say_raw(&liar, &raw);
    is = liar_picture(&liar);
    portraits_equal(was, is);
    liar_is_heard(&liar, 1);
    taken(says_credit(number, CHANNEL_BUYER, 9, 70000)); /* the link goes on */
    free(was);
    free(is);
    free(data);
    bytes_fini(&raw);
}
END_TEST

START_TEST(credit_that_falls_or_outgrows_the_bound_freezes)
{
    struct acting end;
    uint32_t number = opened(&end);

    taken(says_credit(number, CHANNEL_BUYER, 20, 100000));
    refused(says_credit(number, CHANNEL_BUYER, 19, 100000), "credit", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 20, 99999), "credit", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, CHANNEL_ARMED_PACKETS_MAX + 1, 100000), "credit",
            UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 20, CHANNEL_ARMED_BYTES_MAX + 1), "credit",
            UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, UINT64_MAX, UINT64_MAX), "credit", UNGRANTED);
    taken(says_credit(number, CHANNEL_BUYER, CHANNEL_ARMED_PACKETS_MAX, CHANNEL_ARMED_BYTES_MAX));
    ck_assert_uint_eq(channel_may_send(end_in_slot(&site, buyer, end.slot)),
                      CHANNEL_ARMED_PACKETS_MAX);
}
END_TEST

/* ---- answers ---- */

START_TEST(an_answer_whose_money_does_not_add_up_freezes)
{
    static const char what[] = "an answer to a birth";
    struct acting end;
    uint32_t number = bought(&end);
    struct channel_message greedy = says_answer(number, 0, CHARGED, FEE - CHARGED);

    /* A fee above the maximum, or one that is not what is missing. */
    refused(says_answer(number, 0, FEE + 1, 0), what, UNGRANTED);
    refused(says_answer(number, 0, MONEY_NANOS_MAX, 0), what, UNGRANTED);
    refused(says_answer(number, 0, CHARGED, FEE - CHARGED - 1), what, UNGRANTED);
    refused(says_answer(number, 0, CHARGED, FEE - CHARGED + 1), what, UNGRANTED);
    refused(says_answer(number, 0, 0, FEE + ENDOWMENT), what, UNGRANTED);
    /* A refusal gives all back, and charges nothing. */
    refused(says_answer(number, SERAI_E_FULL, 0, FEE + ENDOWMENT - 1), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 0, FEE + ENDOWMENT + 1), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 1, FEE + ENDOWMENT - 1), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 0, 0), what, UNGRANTED);
    /* Its first credit keeps to the bound of any. */
    greedy.packets = CHANNEL_ARMED_PACKETS_MAX + 1;
    refused(greedy, what, UNGRANTED);
    ck_assert_int_eq(end_in_slot(&site, buyer, end.slot)->state, CHANNEL_PENDING);
    taken(says_answer(number, 0, FEE, 0));
}
END_TEST

START_TEST(a_second_answer_freezes)
{
    static const char what[] = "an answer to a birth";
    struct acting end;
    uint32_t number = opened(&end);
    uint32_t other;

    refused(says_answer(number, 0, CHARGED, FEE - CHARGED), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 0, FEE + ENDOWMENT), what, UNGRANTED);
    other = bought(&end);
    ck_assert_uint_ne(other, number);
    taken(says_answer(other, SERAI_E_FULL, 0, FEE + ENDOWMENT));
    refused(says_answer(other, SERAI_E_FULL, 0, FEE + ENDOWMENT), what, UNKNOWN);
    refused(says_answer(other, 0, CHARGED, FEE - CHARGED), what, UNKNOWN);
}
END_TEST

START_TEST(a_refusal_gives_everything_back_but_the_price_of_the_order)
{
    uint64_t before = site_balance(&site, buyer);
    struct acting end;
    uint32_t number = bought(&end);

    taken(says_answer(number, SERAI_E_QUOTA, 0, FEE + ENDOWMENT));
    site_settle(&site);
    ck_assert_uint_eq(site_balance(&site, buyer), before + site_reserve(&site) -
                                                      price_of(&site, SERAI_ORDER_channel_buy) -
                                                      fuel_cost(&site, buyer));
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

/* What is held while the answer is out: deposit, and events for the answer and the close. */
static uint64_t held_for_end(void)
{
    return money_nanos(site.book.channel_deposit) + 2 * site_reserve(&site);
}

static uint32_t bought_and_dead(uint64_t *customer_before)
{
    struct acting end;
    uint32_t number = bought(&end);

    /* For weeks nothing comes: the end waits, and its money with it. */
    site_pass(&site, 7200000000);
    ck_assert_int_eq(end_in_slot(&site, buyer, end.slot)->state, CHANNEL_PENDING);
    end.deed = DEED_SELL;
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_PENDING);
    end.deed = DEED_DIE;
    end.times = 0;
    probe_play_none();
    (void)act(&site, buyer, &end);
    ck_assert(!site_lives(&site, buyer));
    ck_assert_uint_eq(channels_count(site.core->channels), 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL) +
                          site_balance(&site, ACCOUNT_HELD_RESERVE),
                      held_for_end());
    *customer_before = site_balance(&site, site.people[1].account);
    return number;
}

START_TEST(a_late_answer_to_the_dead_pays_their_customer_and_the_end_is_sold)
{
    uint64_t before;
    uint32_t number = bought_and_dead(&before);

    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    ck_assert_uint_eq(site_balance(&site, site.people[1].account),
                      before + FEE - CHARGED + held_for_end());
    ck_assert_uint_eq(liar_heard(&liar, CHANNEL_CLOSE, 0)->number, number);
    /* What the liar sends until it hears of that was never armed. */
    refused(says_packet(number, CHANNEL_BUYER, 10, 1), "a packet", UNGRANTED);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

START_TEST(a_late_refusal_to_the_dead_pays_their_customer_all)
{
    uint64_t before;
    uint32_t number = bought_and_dead(&before);

    taken(says_answer(number, SERAI_E_FULL, 0, FEE + ENDOWMENT));
    ck_assert_uint_eq(site_balance(&site, site.people[1].account),
                      before + FEE + ENDOWMENT + held_for_end());
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_CLOSE), 0);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

/* ---- births ---- */

/* It is answered with the refusal, and all its money goes back. */
static void birth_refused(struct channel_message birth, int32_t status)
{
    uint64_t from = liar.heard_to.seq;
    char *was = liar_picture(&liar);
    char *is;
    const struct channel_message *answer;

    taken(birth);
    answer = liar_heard(&liar, CHANNEL_ANSWER, from);
    ck_assert_uint_eq(answer->number, birth.number);
    ck_assert_int_eq(answer->status, status);
    ck_assert_uint_eq(answer->money.nanos, birth.money.nanos);
    ck_assert_uint_eq(answer->fee.nanos, 0);
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 1);
    ck_assert_uint_eq(site.core->customer_count, 2); /* none was made for the liar */
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    ck_assert(liar.link->received_total == liar.link->sent_total);
    is = liar_picture(&liar);
    if (birth.money.nanos == 0)
        portraits_equal(was, is);
    free(was);
    free(is);
}

START_TEST(a_birth_that_does_not_pay_is_refused_and_all_goes_back)
{
    birth_refused(says_birth(2, 0, 0, 1), SERAI_E_SHORT);
    birth_refused(says_birth(2, 0, FEE, UINT64_MAX), SERAI_E_SHORT);
    birth_refused(says_birth(3, 1, FEE, 0), SERAI_E_SHORT);
    birth_refused(says_birth(4, ENDOWMENT, CHARGED - 1, 5), SERAI_E_SHORT);
    birth_refused(says_birth(UINT32_MAX, LIMIT, 0, 5), SERAI_E_SHORT);
}
END_TEST

START_TEST(a_birth_on_a_channel_in_use_freezes)
{
    struct heard heard = {0};
    uint64_t child = born(2, &heard);

    refused(says_birth(2, ENDOWMENT, FEE, 77), "a birth", UNGRANTED);
    refused(says_birth(2, 0, 0, 78), "a birth", UNGRANTED);
    ck_assert(site_lives(&site, child));
    ck_assert_uint_eq(agents_count(site.core->agents).agents, 2);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_BORN), 1);
}
END_TEST

static void put_birth(struct bytes *raw, uint64_t endowment, uint64_t fee, uint64_t money)
{
    cbor_put_array(raw, 6);
    cbor_put_uint(raw, CHANNEL_BIRTH);
    cbor_put_uint(raw, 2);
    cbor_put_uint(raw, endowment);
    cbor_put_uint(raw, fee);
    cbor_put_uint(raw, money);
    cbor_put_uint(raw, 1);
}

START_TEST(a_birth_whose_sum_is_a_lie_is_no_parcel)
{
    static const uint64_t sums[][3] = {
        {ENDOWMENT, FEE, ENDOWMENT},
        {ENDOWMENT, FEE, ENDOWMENT + FEE + 1},
        {ENDOWMENT, 0, 0},
        {MONEY_NANOS_MAX, 1, 0},
        {MONEY_NANOS_MAX, MONEY_NANOS_MAX, MONEY_NANOS_MAX},
        {UINT64_MAX, 1, 0},
        {MONEY_NANOS_MAX, 1, MONEY_NANOS_MAX + UINT64_C(1)},
    };
    char *was = liar_picture(&liar);

    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        struct bytes raw = {0};
        char *is;

        put_birth(&raw, sums[i][0], sums[i][1], sums[i][2]);
        liar_say_raw(&liar, &raw);
        liar_is_heard(&liar, 0);
        is = liar_picture(&liar);
        portraits_equal(was, is);
        free(is);
        bytes_fini(&raw);
    }
    free(was);
    taken(says_birth(2, ENDOWMENT, FEE, 1)); /* the link goes on */
    ck_assert_uint_eq(liar_heard(&liar, CHANNEL_ANSWER, 0)->fee.nanos, CHARGED);
}
END_TEST

/* ---- money ---- */

START_TEST(money_above_the_limit_or_the_cap_freezes)
{
    struct channel_message over_limit = says_birth(2, LIMIT, 1, 1);
    struct channel_message over_cap = says_birth(2, LINK_MESSAGE_NANOS_MAX, 1, 1);
    struct channel_message huge = says_birth(2, MONEY_NANOS_MAX - 1, 1, 1);
    char reason[LINK_REASON_BYTES_MAX + 1];

    liar_is_refused(&liar, &over_limit, 1,
                    "with message 1 the neighbour would owe 50000001 nanos, and its limit is "
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
                    "with message 3 the neighbour would owe 60200000 nanos, and its limit is "
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
    untrue_head(&head, "the neighbour says that it sent 11000005 nanos up to message 1 and we "
                       "received 11000000");
    head = liar_true_head(&liar, 1);
    head.received.total++;
    untrue_head(&head, "the neighbour acknowledges 800001 nanos with message 1 and we sent 800000");
    head = liar_true_head(&liar, 1);
    head.received.seq++;
    untrue_head(&head, "the neighbour acknowledges message 2 and we sent 1");
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
        liar_is_frozen(&liar, "totals disagree after message 1 of the neighbour's: 11000000 nanos "
                              "here and 11000100 at the neighbour");
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
    uint64_t fuel;

    /* We owe the endowment and what was charged. */
    lowers_limit(ENDOWMENT + CHARGED + 1000);
    before = site_balance(&site, buyer);
    end = (struct acting){.deed = DEED_SEND, .slot = end.slot, .b = 1001};
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_LIMIT);
    ck_assert_uint_eq(site_balance(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_send));
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_PACKET), 0);
    before = site_balance(&site, buyer);
    fuel = fuel_cost(&site, buyer);
    ck_assert_int_eq(act(&site, buyer, &other), SERAI_E_LIMIT);
    ck_assert_uint_eq(site_balance(&site, buyer), before + site_reserve(&site) + fuel -
                                                      fuel_cost(&site, buyer) -
                                                      price_of(&site, SERAI_ORDER_channel_buy));
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
    struct acting end;
    struct acting other = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    uint32_t number = opened(&end);
    uint64_t sent = 0;
    uint64_t before;

    ck_assert_int_eq(site_fund(&site, 1, buyer, 1500000000), CONTROL_DONE);
    liar_hello(&liar); /* all is acknowledged up to here */
    liar.silent = true;
    end = (struct acting){
        .deed = DEED_SEND, .slot = end.slot, .b = 1, .times = CHANNEL_ARMED_PACKETS_MAX};
    while (sent < LINK_WINDOW_MESSAGES) {
        taken(says_credit(number, CHANNEL_BUYER, sent + CHANNEL_ARMED_PACKETS_MAX,
                          CHANNEL_ARMED_BYTES_MAX));
        (void)act(&site, buyer, &end);
        ck_assert_int_gt(end.done, 0);
        sent += (uint64_t)end.done;
    }
    ck_assert_uint_eq(sent, LINK_WINDOW_MESSAGES);
    taken(says_credit(number, CHANNEL_BUYER, sent + CHANNEL_ARMED_PACKETS_MAX,
                      CHANNEL_ARMED_BYTES_MAX));
    end.times = 1;
    before = site_balance(&site, buyer);
    ck_assert_int_eq(act(&site, buyer, &end), SERAI_E_FULL);
    ck_assert_uint_eq(site_balance(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_send));
    ck_assert_int_eq(act(&site, buyer, &other), SERAI_E_FULL);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_PACKET), sent);
    liar.silent = false;
    liar_say(&liar, NULL, 0);
    ck_assert_int_eq(act(&site, buyer, &end), 0);
    ck_assert_int_ge(act(&site, buyer, &other), 0);
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
    Suite *suite = suite_create("core lies");
    TCase *tcase = tcase_create("lies");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_said_on_a_channel_that_was_never_opened_freezes);
    tcase_add_test(tcase, an_answer_to_a_close_that_is_over_is_passed_over);
    tcase_add_test(tcase, what_is_said_on_the_wrong_side_of_a_channel_freezes);
    tcase_add_test(tcase, what_is_said_before_the_answer_freezes);
    tcase_add_test(tcase, what_is_said_after_a_close_freezes);
    tcase_add_test(tcase, packets_that_cross_a_sale_pay_the_seller_and_no_more_than_were_armed);
    tcase_add_test(tcase, more_packets_or_bytes_than_were_armed_freeze);
    tcase_add_test(tcase, a_parcel_with_a_packet_that_is_too_large_is_refused_whole);
    tcase_add_test(tcase, credit_that_falls_or_outgrows_the_bound_freezes);
    tcase_add_test(tcase, an_answer_whose_money_does_not_add_up_freezes);
    tcase_add_test(tcase, a_second_answer_freezes);
    tcase_add_test(tcase, a_refusal_gives_everything_back_but_the_price_of_the_order);
    tcase_add_test(tcase, a_late_answer_to_the_dead_pays_their_customer_and_the_end_is_sold);
    tcase_add_test(tcase, a_late_refusal_to_the_dead_pays_their_customer_all);
    tcase_add_test(tcase, a_birth_that_does_not_pay_is_refused_and_all_goes_back);
    tcase_add_test(tcase, a_birth_on_a_channel_in_use_freezes);
    tcase_add_test(tcase, a_birth_whose_sum_is_a_lie_is_no_parcel);
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
    tcase_add_test(tcase, a_frozen_link_takes_no_packet_and_no_purchase_but_an_end_can_be_sold);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
