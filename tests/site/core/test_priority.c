/*
 * The class of priority of an end: what its packets cost, that an audit computes it again, what is
 * refused, and that it is kept.  Which message then goes first: tests/links/test_link_order.c.
 */
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { LIMIT = 1000000000, ENDOWMENT = 10000000, FEE = 1000000, BYTES = 8000 };

static struct network *network;
static struct site *here;
static uint64_t buyer;

static void setup(void)
{
    network = network_of_two(LIMIT);
    here = &network->sites[0];
    buyer = puppet_new(here, 1, 1400000000, NULL);
}

static void teardown(void)
{
    network_end(network);
}

static int64_t chosen(int64_t slot, int64_t priority)
{
    struct acting choosing = {.deed = DEED_PRIORITY, .slot = slot, .a = priority};

    return act(here, buyer, &choosing);
}

static int64_t terms(int64_t interface, int64_t which, int64_t priority)
{
    struct acting asking = {.deed = DEED_TERMS, .interface = interface, .a = which, .b = priority};

    return act(here, buyer, &asking);
}

static int64_t bought(int64_t interface)
{
    struct acting buying = {.deed = DEED_BUY, .interface = interface, .a = ENDOWMENT, .b = FEE};

    ck_assert_int_ge(act(here, buyer, &buying), 0);
    return buying.slot;
}

static int64_t opened(int64_t interface)
{
    int64_t slot = bought(interface);

    network_settle(network);
    ck_assert_int_eq(end_in_slot(here, buyer, slot)->state, CHANNEL_OPEN);
    return slot;
}

static void sends(int64_t slot)
{
    struct acting sending = {.deed = DEED_SEND, .slot = slot, .a = BYTES};

    ck_assert_int_eq(act(here, buyer, &sending), 0);
    network_settle(network);
}

START_TEST(a_packet_costs_more_by_class)
{
    static const int64_t classes[] = {0, 7, 3};
    const struct pricebook *book = &here->book;
    uint64_t before = site_balance(here, ACCOUNT_REVENUE_PACKETS);
    int64_t slot = opened(1);
    uint64_t packets = 0;
    uint64_t data = 0;

    for (int i = 0; i < 3; i++) {
        uint64_t class = (uint64_t)classes[i];

        ck_assert_int_eq(chosen(slot, classes[i]), 0);
        sends(slot);
        packets += money_nanos(book->link_packets) + class * money_nanos(book->link_priority);
        data += BYTES * (money_nanos(book->link_packet_data) +
                         class * money_nanos(book->link_priority_data));
    }
    ck_assert_uint_eq(site_balance(here, ACCOUNT_REVENUE_PACKETS) - before,
                      packets / MARKET_PACKETS_UNIT + data / MARKET_PACKET_DATA_UNIT);
}
END_TEST

START_TEST(what_it_will_cost_can_be_asked)
{
    const struct pricebook *book = &here->book;

    for (int64_t class = 0; class <= SERAI_PRIORITY_MAX; class ++) {
        ck_assert_int_eq(terms(1, SERAI_TERMS_PACKETS, class),
                         (int64_t)money_nanos(book->link_packets) +
                             class * (int64_t)money_nanos(book->link_priority));
        ck_assert_int_eq(terms(1, SERAI_TERMS_DATA, class),
                         (int64_t)money_nanos(book->link_packet_data) +
                             class * (int64_t)money_nanos(book->link_priority_data));
        /* Within the site nothing waits, and no class costs more. */
        ck_assert_int_eq(terms(0, SERAI_TERMS_PACKETS, class), (int64_t)money_nanos(book->packets));
        ck_assert_int_eq(terms(0, SERAI_TERMS_DATA, class),
                         (int64_t)money_nanos(book->packet_data));
    }
    ck_assert_int_eq(terms(2, SERAI_TERMS_PACKETS, 0), SERAI_E_MISSING);
    ck_assert_int_eq(terms(1, 2, 0), SERAI_E_INVALID);
    ck_assert_int_eq(terms(1, SERAI_TERMS_DATA, 8), SERAI_E_INVALID);
    ck_assert_int_eq(terms(1, SERAI_TERMS_DATA, -1), SERAI_E_INVALID);
}
END_TEST

START_TEST(within_the_site_a_class_has_no_effect_and_no_price)
{
    uint64_t before = site_balance(here, ACCOUNT_REVENUE_PACKETS);
    int64_t slot = opened(0);
    const struct pricebook *book = &here->book;

    ck_assert_int_eq(chosen(slot, 7), 0);
    sends(slot);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_REVENUE_PACKETS) - before,
                      money_nanos(book->packets) / MARKET_PACKETS_UNIT +
                          BYTES * money_nanos(book->packet_data) / MARKET_PACKET_DATA_UNIT);
}
END_TEST

START_TEST(it_can_be_chosen_before_the_answer_and_is_kept)
{
    int64_t slot = bought(1);

    ck_assert_int_eq(end_in_slot(here, buyer, slot)->priority, 0);
    ck_assert_int_eq(chosen(slot, 5), 0);
    network_settle(network);
    network_crash(network, 0);
    network_settle(network);
    ck_assert_int_eq(end_in_slot(here, buyer, slot)->priority, 5);
    ck_assert_int_eq(end_in_slot(here, buyer, slot)->state, CHANNEL_OPEN);
}
END_TEST

START_TEST(there_are_eight_classes_and_they_are_for_ends)
{
    int64_t slot = opened(1);
    struct acting selling = {.deed = DEED_SELL, .slot = slot};

    ck_assert_int_eq(chosen(slot, 8), SERAI_E_INVALID);
    ck_assert_int_eq(chosen(slot, -1), SERAI_E_INVALID);
    ck_assert_int_eq(chosen(SERAI_SLOT_LOG, 1), SERAI_E_KIND);
    ck_assert_int_eq(chosen(500, 1), SERAI_E_SLOT);
    ck_assert_int_ge(act(here, buyer, &selling), 0);
    ck_assert_int_eq(chosen(slot, 1), SERAI_E_SLOT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("priority");
    TCase *cases = tcase_create("priority");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_packet_costs_more_by_class);
    tcase_add_test(cases, what_it_will_cost_can_be_asked);
    tcase_add_test(cases, within_the_site_a_class_has_no_effect_and_no_price);
    tcase_add_test(cases, it_can_be_chosen_before_the_answer_and_is_kept);
    tcase_add_test(cases, there_are_eight_classes_and_they_are_for_ends);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
