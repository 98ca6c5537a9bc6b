/*
 * The classic failures of payment links, each under its own name, between two whole sites: a
 * purchase over the link is a payment that may be refunded, and an end of a channel an order that
 * may be cancelled.  Those of the link alone are in tests/links/test_classics.c.
 */
#include <string.h>

#include "links/settlement.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { MONEY = 2000000000, LIMIT = 1000000000, ENDOWMENT = 10000000, FEE = 1000000 };
enum { CHARGED = 200000, CRASH_STEPS = 12 };

static struct network *network;
static struct site *here;
static struct site *there;
static uint64_t buyer;
static struct heard heard;

static void setup(void)
{
    network = network_new(2, 5, MONEY, NULL);
    here = &network->sites[0];
    there = &network->sites[1];
    (void)network_join(network, 0, 1, LIMIT);
    network_settle(network);
    site_customer(here, 1, "one", 500000000);
    buyer = puppet_new(here, 1, 100000000, NULL);
    heard = (struct heard){0};
}

static void teardown(void)
{
    network_settle(network);
    network_agrees(network);
    site_reload_same(here);
    site_reload_same(there);
    probe_play_none();
    network_free(network);
}

/* The buyer asks for a birth with this endowment.  Returns what it is worth then. */
static uint64_t buy(uint64_t endowment, struct acting *end)
{
    *end = (struct acting){.deed = DEED_BUY, .interface = 1, .a = (int64_t)endowment, .b = FEE};
    ck_assert_int_ge(act(here, buyer, end), 0);
    probe_play(buyer, puppet_hears, &heard);
    return worth_of(here, buyer);
}

static void crash_after(int site, int steps)
{
    for (int step = 0; step < steps; step++)
        (void)network_step(network, 1);
    network_crash(network, site);
    network_settle(network);
}

/*
 * The refund is booked, and the crash comes before the order is cancelled: it is refunded again, or
 * stands open without its money.  Here the answer that brings the money back ends the purchase in
 * the same frame, whoever crashes when.
 */
START_TEST(crash_between_refund_and_cancel)
{
    struct acting end;
    uint64_t spent = buy(1000, &end); /* too little to be born with */

    crash_after(_i % 2, _i / 2);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    ck_assert_int_lt(heard_last(&heard, SERAI_EVENT_ANSWER)->status, 0);
    ck_assert_uint_ge(worth_of(here, buyer), spent); /* all came back, and once */
    ck_assert(network_link(network, 0, 0)->sent_total == 1000 + FEE);
    ck_assert(network_link(network, 0, 1)->sent_total == 1000 + FEE);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_BIRTH), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
    ck_assert_uint_eq(channels_count(there->core->channels), 0);
}
END_TEST

/* The same from the buyer's side: it cancels while the refund may be on its way. */
START_TEST(crash_between_cancel_and_refund)
{
    struct acting end;
    struct acting sale;

    (void)buy(1000, &end);
    for (int step = 0; step < _i / 2; step++)
        (void)network_step(network, 1);
    sale = (struct acting){.deed = DEED_SELL, .slot = end.slot};
    (void)act(here, buyer, &sale); /* refused when the answer was first: the slot is empty */
    probe_play(buyer, puppet_hears, &heard);
    crash_after(_i % 2, 1);
    ck_assert(network_link(network, 0, 1)->sent_total == network_link(network, 0, 0)->sent_total);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_BIRTH), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_RESERVE), 0);
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
}
END_TEST

/*
 * The buyer gives up, as no answer comes; then the birth turns out to have been done.  Its deposit
 * and reserves came back at once; endowment and fee only with the answer, and no agent is left that
 * somebody both paid for and got back.
 */
START_TEST(time_out_then_late_success)
{
    struct acting end;
    struct acting sale;

    (void)buy(ENDOWMENT, &end);
    while (network->wires[0].flights[0].count == 0)
        (void)network_step(network, 1);
    (void)network_step(network, 1); /* it arrives there, and the answer is lost */
    network_cut(network, 0);
    site_pass(here, 3600000000);
    sale = (struct acting){.deed = DEED_SELL, .slot = end.slot};
    (void)act(here, buyer, &sale);
    ck_assert(network_link(network, 0, 0)->sent_total == ENDOWMENT + FEE); /* nothing taken back */
    network_connect(network, 0);
    network_settle(network);
    ck_assert(network_link(network, 0, 0)->received_total == FEE - CHARGED);
    ck_assert_uint_eq(agents_count(there->core->agents).births, 1);
    ck_assert_uint_eq(channels_count(here->core->channels), 0);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_BIRTH), 0);
}
END_TEST

/*
 * The payer's debit is durable, and the crash comes before the request leaves; or the request has
 * left and the payee dies with it.  One birth, one payment, one answer, at each step of either.
 */
START_TEST(crash_between_debit_and_send)
{
    struct acting end;

    (void)buy(ENDOWMENT, &end);
    crash_after(_i % 2, _i / 2);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ANSWER)->status, 0);
    ck_assert_uint_eq(agents_count(there->core->agents).agents, 1);
    ck_assert(network_link(network, 0, 0)->sent_total == ENDOWMENT + FEE);
    ck_assert(network_link(network, 0, 1)->sent_total == FEE - CHARGED);
}
END_TEST

/*
 * The peer does not know the payer any more: its operator removed the link.  What the payer sent
 * meanwhile is no new payment when the two are joined again: it comes once, under its old number.
 */
START_TEST(retry_after_the_peer_forgot_the_id)
{
    struct bytes args = {0};
    struct acting end;

    cbor_put_array(&args, 1);
    cbor_put_text(&args, "site-a");
    ck_assert_int_eq(site_request(there, OPERATOR, "link.remove", &args), CONTROL_DONE);
    (void)buy(ENDOWMENT, &end);
    network_crash(network, 0);
    for (int i = 0; i < 50; i++)
        (void)network_step(network, 1);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 0);
    args = (struct bytes){0};
    cbor_put_array(&args, 4);
    cbor_put_text(&args, "again");
    cbor_put_bytes(&args, here->site_key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, LIMIT);
    ck_assert_int_eq(site_request(there, OPERATOR, "link.add", &args), CONTROL_DONE);
    network_connect(network, 0);
    network_settle(network);
    network_connect(network, 0);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    ck_assert(network_link(network, 0, 1)->received_total == ENDOWMENT + FEE);
    ck_assert_uint_eq(agents_count(there->core->agents).agents, 1);
}
END_TEST

static enum control_status set_terms(uint64_t threshold)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, "site-b");
    cbor_put_text(&args, "manual");
    cbor_put_uint(&args, threshold);
    cbor_put_uint(&args, 0);
    return site_request(here, OPERATOR, "link.terms", &args);
}

/*
 * The payer settles once it owes so much, and the payee lets it owe no more than that: sends are
 * refused before a settlement ever begins, and both wait.  Here such a threshold is refused with
 * both figures, and one below the limit begins a settlement while sends are still taken.
 */
START_TEST(a_threshold_inside_the_peers_limit)
{
    struct acting end;

    ck_assert_int_eq(set_terms(LIMIT), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(here->reply.message, "is never reached"));
    ck_assert_int_eq(set_terms(LIMIT + 1), CONTROL_REFUSED);
    ck_assert_int_eq(set_terms(LIMIT - 1), CONTROL_DONE);
    ck_assert_int_eq(set_terms(ENDOWMENT), CONTROL_DONE);
    (void)buy(ENDOWMENT, &end); /* owes more than the threshold then, and far less than the limit */
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    (void)core_links_tick(here->core); /* as the driver does each second */
    site_frame(here);
    network_settle(network);
    ck_assert(link_is_settling(here->core->links, network_link(network, 0, 0)));
    heard = (struct heard){0};
    (void)buy(ENDOWMENT, &end);
    network_settle(network);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_ANSWER), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_ANSWER)->status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classic failures of payment links, with agents");
    TCase *tcase = tcase_create("classics");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, crash_between_refund_and_cancel, 0, 2 * CRASH_STEPS);
    tcase_add_loop_test(tcase, crash_between_cancel_and_refund, 0, 2 * CRASH_STEPS);
    tcase_add_test(tcase, time_out_then_late_success);
    tcase_add_loop_test(tcase, crash_between_debit_and_send, 0, 2 * CRASH_STEPS);
    tcase_add_test(tcase, retry_after_the_peer_forgot_the_id);
    tcase_add_test(tcase, a_threshold_inside_the_peers_limit);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
