/* Who may fill an inbox, how far, and who still gets through. */
#include <string.h>

#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;
static uint64_t receiver;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];

static void quarter(struct pricebook *book)
{
    book->customer_inbox_percent = 25;
    book->inbox_messages_max = 100;
    book->inbox_bytes_max = 65536 * 4;
}

static void setup(void)
{
    site_open_book(&site, 7, 10000000000, quarter);
    site_customers(&site, 3, 2000000000);
    receiver = puppet_new(&site, 1, MONEY, NULL);
    puppet_publish(&site, receiver, 5, 0, number);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", receiver), CONTROL_DONE);
}

static void teardown(void)
{
    site_end(&site);
}

struct flood {
    uint32_t bytes;
    int64_t sent;
    int64_t answer; /* to the last one */
};

static enum engine_outcome floods(void *context, struct part *part)
{
    struct flood *flood = context;
    int64_t facet = part_fetch(part, number);

    flood->sent = 0;
    for (;;) {
        flood->answer = part_order(part, facet_send, facet, AT_DATA, flood->bytes, 0, 0, 7,
                                   (int64_t)site_reserve(&site), -1);
        if (flood->answer < 0)
            return ENGINE_DONE;
        flood->sent++;
        ck_assert_int_lt(flood->sent, 10000);
    }
}

START_TEST(one_customer_fills_its_share_and_the_others_still_get_through)
{
    uint64_t first = puppet_new(&site, 2, MONEY, NULL);
    uint64_t second = puppet_new(&site, 2, MONEY, NULL);
    uint64_t third = puppet_new(&site, 3, MONEY, NULL);
    struct flood flood = {.bytes = 1};

    puppet_play(&site, first, floods, &flood);
    ck_assert_int_eq(flood.sent, 25);
    ck_assert_int_eq(flood.answer, SERAI_E_FULL);
    puppet_play(&site, second, floods, &flood); /* the same customer's */
    ck_assert_int_eq(flood.sent, 0);
    ck_assert_int_eq(flood.answer, SERAI_E_FULL);
    puppet_play(&site, third, floods, &flood);
    ck_assert_int_eq(flood.sent, 25);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 50 * (7 + site_reserve(&site)));
}
END_TEST

START_TEST(the_share_of_a_customer_is_bounded_in_bytes_too)
{
    uint64_t first = puppet_new(&site, 2, MONEY, NULL);
    uint64_t other = puppet_new(&site, 3, MONEY, NULL);
    struct flood flood = {.bytes = 10000};

    puppet_play(&site, first, floods, &flood);
    ck_assert_int_eq(flood.sent, 6); /* 6 x 10,128 fit a quarter of 256 KiB */
    ck_assert_int_eq(flood.answer, SERAI_E_FULL);
    puppet_play(&site, other, floods, &flood);
    ck_assert_int_eq(flood.sent, 6);
    ck_assert_uint_le(site_agent(&site, receiver)->inbox.bytes, 65536 * 4);
}
END_TEST

START_TEST(a_first_message_is_heard_however_large)
{
    uint64_t sender = puppet_new(&site, 2, MONEY, NULL);
    struct flood flood = {.bytes = 20000};

    site.core->agents->prices.inbox_bytes_max = 40000; /* a quarter of it is less than one */
    puppet_play(&site, sender, floods, &flood);
    ck_assert_int_eq(flood.sent, 1);
    ck_assert_int_eq(flood.answer, SERAI_E_FULL);
}
END_TEST

START_TEST(a_customer_is_told_to_try_again)
{
    for (int i = 0; i < 25; i++)
        ck_assert_int_eq(site_send(&site, 1, receiver, "x", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, receiver, "x", 0), CONTROL_TRY_AGAIN);
}
END_TEST

START_TEST(what_waited_is_heard_in_order_once_it_runs)
{
    struct heard heard = {0};
    static const char *const words[] = {"a", "b", "c", "d"};

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(site_send(&site, 1, receiver, words[i], (uint64_t)i), CONTROL_DONE);
    site_reload_same(&site);
    probe_play(receiver, puppet_hears, &heard);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", receiver), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(heard.first_byte[i], words[i][0]);
        ck_assert_int_eq(heard.events[i].money, i);
    }
    ck_assert_uint_eq(site_agent(&site, receiver)->inbox.count, 0);
    ck_assert_uint_eq(site_agent(&site, receiver)->inbox.bytes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core inbox");
    TCase *tcase = tcase_create("inbox");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, one_customer_fills_its_share_and_the_others_still_get_through);
    tcase_add_test(tcase, the_share_of_a_customer_is_bounded_in_bytes_too);
    tcase_add_test(tcase, a_first_message_is_heard_however_large);
    tcase_add_test(tcase, a_customer_is_told_to_try_again);
    tcase_add_test(tcase, what_waited_is_heard_in_order_once_it_runs);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
