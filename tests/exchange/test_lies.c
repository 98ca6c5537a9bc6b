/*
 * A neighbour that lies to a whole site about channels and births: whatever it says, the books stay
 * exact, and what breaks a rule freezes the link with a reason and does nothing else.
 */
#include <stdlib.h>

#include "agents/views.h"
#include "tests/exchange/deceived.h"

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
    before = worth_of(&site, buyer);
    taken(says_packet(number, CHANNEL_BUYER, 700, 10));
    taken(says_credit(number, CHANNEL_BUYER, 100, 100000));
    taken(says_packet(number, CHANNEL_BUYER, 30, 90));
    ck_assert_uint_eq(worth_of(&site, buyer), before + 730);
    refused(says_packet(number, CHANNEL_BUYER, 10, 0), "a packet", UNGRANTED);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
    refused(says_packet(number, CHANNEL_BUYER, 10, 0), "a packet", UNKNOWN);
    ck_assert_uint_eq(worth_of(&site, buyer), before + 730);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

/* ---- more than was granted ---- */

START_TEST(more_packets_or_bytes_than_were_armed_freeze)
{
    struct heard heard = {0};
    uint64_t child = born(6, &heard);
    uint64_t before = worth_of(&site, child);

    refused(says_packet(6, CHANNEL_BUYER, 10, 1), "a packet", UNKNOWN);
    taken(says_packet(6, CHANNEL_BORN, 5, SERAI_FIRST_CREDIT_BYTES - 100));
    refused(says_packet(6, CHANNEL_BORN, 10, 101), "a packet", UNGRANTED);
    for (int i = 1; i < SERAI_FIRST_CREDIT_PACKETS; i++)
        taken(says_packet(6, CHANNEL_BORN, 5, 1));
    refused(says_packet(6, CHANNEL_BORN, 10, 0), "a packet", UNGRANTED);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_PACKET), SERAI_FIRST_CREDIT_PACKETS);
    ck_assert_uint_lt(before, worth_of(&site, child)); /* reserves came back, and money */
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
    refused(says_credit(number, CHANNEL_BUYER, 21, 99999), "credit", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 20, 100000), "credit", UNGRANTED); /* for nothing */
    refused(says_credit(number, CHANNEL_BUYER, 20, 100001), "credit", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, CHANNEL_GRANT_PACKETS_MAX + 1, 100000), "credit",
            UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 21, CHANNEL_GRANT_BYTES_MAX + 1), "credit",
            UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, UINT64_MAX, UINT64_MAX), "credit", UNGRANTED);
    taken(says_credit(number, CHANNEL_BUYER, CHANNEL_GRANT_PACKETS_MAX, CHANNEL_GRANT_BYTES_MAX));
    ck_assert_uint_eq(channel_may_send(end_in_slot(&site, buyer, end.slot)),
                      CHANNEL_GRANT_PACKETS_MAX);
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
    refused(says_answer(number, SERAI_E_FULL, 1, FEE + ENDOWMENT), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 0, 0), what, UNGRANTED);
    /* Its first credit keeps to the bound of any. */
    greedy.packets = CHANNEL_GRANT_PACKETS_MAX + 1;
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
    uint64_t before = worth_of(&site, buyer);
    struct acting end;
    uint32_t number = bought(&end);

    taken(says_answer(number, SERAI_E_QUOTA, 0, FEE + ENDOWMENT));
    site_settle(&site);
    ck_assert_uint_eq(worth_of(&site, buyer),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_channel_buy));
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

static void nothing_is_held(void)
{
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_BIRTH), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_PACKET), 0);
}

/* The end that nothing leads to any more, after a restart as well. */
static const struct channel_end *given_up(uint32_t number)
{
    const struct channel_end *end;

    nothing_is_held();
    site_reload_same(&site);
    liar.link = links_find(site.core->links, 1);
    liar_hello(&liar);
    end = channels_at(site.core->channels, 1, number, CHANNEL_BUYER);
    ck_assert_ptr_nonnull(end);
    ck_assert_int_eq(end->state, CHANNEL_GIVEN_UP);
    return end;
}

static uint32_t bought_and_dead(uint64_t *customer_before)
{
    struct acting end;
    uint32_t number = bought(&end);

    /* For weeks nothing comes. */
    site_pass(&site, 7200000000);
    ck_assert_int_eq(end_in_slot(&site, buyer, end.slot)->state, CHANNEL_PENDING);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL) +
                          site_balance(&site, ACCOUNT_HELD_RESERVE),
                      held_for_end());
    end.deed = DEED_DIE;
    end.times = 0;
    probe_play_none();
    (void)act(&site, buyer, &end);
    ck_assert(!site_lives(&site, buyer));
    (void)given_up(number); /* the dead leave nothing behind but what the peer has */
    *customer_before = site_balance(&site, site.people[1].account);
    return number;
}

START_TEST(a_late_answer_to_the_dead_pays_their_customer_and_the_end_is_sold)
{
    uint64_t before;
    uint32_t number = bought_and_dead(&before);

    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before + FEE - CHARGED);
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
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before + FEE + ENDOWMENT);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_CLOSE), 0);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

/* The buyer sells an end that nobody has answered for; its balance after that. */
static uint64_t gives_up(uint32_t number, struct acting *end)
{
    uint64_t balance = worth_of(&site, buyer);
    uint64_t most = balance + held_for_end() + site_reserve(&site); /* the message brings one */

    end->deed = DEED_SELL;
    end->times = 0;
    ck_assert_int_eq(act(&site, buyer, end), (int64_t)money_nanos(site.book.channel_deposit));
    ck_assert_uint_gt(worth_of(&site, buyer), balance);
    ck_assert_uint_le(worth_of(&site, buyer), most);
    ck_assert_int_lt(act(&site, buyer, end), 0); /* the slot is empty */
    (void)given_up(number);
    return worth_of(&site, buyer);
}

START_TEST(who_gave_up_gets_what_the_site_held_at_once_and_the_change_later)
{
    struct acting end;
    uint32_t number = bought(&end);
    uint64_t balance = gives_up(number, &end);

    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    site_settle(&site);
    ck_assert_uint_eq(worth_of(&site, buyer), balance + FEE - CHARGED); /* and no event */
    ck_assert_uint_eq(liar_heard(&liar, CHANNEL_CLOSE, 0)->number, number);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

START_TEST(who_gave_up_gets_all_back_with_a_refusal)
{
    struct acting end;
    uint32_t number = bought(&end);
    uint64_t balance = gives_up(number, &end);

    taken(says_answer(number, SERAI_E_FULL, 0, FEE + ENDOWMENT));
    site_settle(&site);
    ck_assert_uint_eq(worth_of(&site, buyer), balance + FEE + ENDOWMENT);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_CLOSE), 0);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
}
END_TEST

START_TEST(only_a_true_answer_comes_to_an_end_that_was_given_up)
{
    static const char what[] = "an answer to a birth";
    struct acting end;
    uint32_t number = bought(&end);

    (void)gives_up(number, &end);
    refused(says_packet(number, CHANNEL_BUYER, 10, 1), "a packet", UNGRANTED);
    refused(says_credit(number, CHANNEL_BUYER, 1, 1), "credit", UNGRANTED);
    refused(says(CHANNEL_CLOSE, number, CHANNEL_BUYER), "a close", UNGRANTED);
    refused(says(CHANNEL_CLOSED, number, CHANNEL_BUYER), "an answer to a close", UNGRANTED);
    refused(says_answer(number, 0, CHARGED, FEE - CHARGED + 1), what, UNGRANTED);
    refused(says_answer(number, SERAI_E_FULL, 0, FEE), what, UNGRANTED);
    taken(says_answer(number, 0, CHARGED, FEE - CHARGED));
    refused(says_answer(number, 0, CHARGED, FEE - CHARGED), what, UNGRANTED);
    taken(says(CHANNEL_CLOSED, number, CHANNEL_BUYER));
}
END_TEST

START_TEST(a_birth_that_has_not_left_is_withdrawn_with_all_its_money)
{
    uint64_t before = worth_of(&site, buyer);
    struct acting end = {.deed = DEED_BUY_AND_SELL, .interface = 1, .a = ENDOWMENT, .b = FEE};

    ck_assert_int_ge(act(&site, buyer, &end), 0);
    nothing_is_held();
    /* Only the turn has cost something. */
    ck_assert_uint_gt(worth_of(&site, buyer) + ENDOWMENT / 10, before);
    ck_assert_uint_eq(liar_heard_of(&liar, CHANNEL_BIRTH), 0);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    ck_assert(liar.link->sent_total == 0);
    taken(says_answer(bought(&end), SERAI_E_FULL, 0, FEE + ENDOWMENT)); /* the next one is as any */
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
    ck_assert_uint_eq(site.core->customers.count, 2); /* none was made for the liar */
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

/* Each change of its mind would be a frame, and the journal grows for ever. */
START_TEST(a_neighbour_that_goes_up_and_down_without_end_writes_little)
{
    uint64_t frames = site.frames;

    for (int i = 0; i < 200; i++) {
        struct hello other = liar_true_hello(&liar);

        memcpy(other.currency, "NOT", 4);
        liar_say_hello(&liar, &other);
        ck_assert_int_eq(liar.link->state, LINK_DOWN);
        liar_hello(&liar);
        ck_assert_int_eq(liar.link->state, LINK_UP);
    }
    ck_assert_uint_le(site.frames - frames, 2 * LINK_REPORTS_MAX);
    site_reload(&site); /* and nothing rests on those that were not written */
    liar.link = links_find(site.core->links, 1);
    liar_hello(&liar);
    liar_is_heard(&liar, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core lies");
    TCase *tcase = tcase_create("lies");

    tcase_add_checked_fixture(tcase, deceived_setup, deceived_teardown);
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
    tcase_add_test(tcase, who_gave_up_gets_what_the_site_held_at_once_and_the_change_later);
    tcase_add_test(tcase, who_gave_up_gets_all_back_with_a_refusal);
    tcase_add_test(tcase, only_a_true_answer_comes_to_an_end_that_was_given_up);
    tcase_add_test(tcase, a_birth_that_has_not_left_is_withdrawn_with_all_its_money);
    tcase_add_test(tcase, a_birth_that_does_not_pay_is_refused_and_all_goes_back);
    tcase_add_test(tcase, a_birth_on_a_channel_in_use_freezes);
    tcase_add_test(tcase, a_birth_whose_sum_is_a_lie_is_no_parcel);
    tcase_add_test(tcase, a_neighbour_that_goes_up_and_down_without_end_writes_little);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
