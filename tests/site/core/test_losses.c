/*
 * A site that lost its power asks its peer what it had sent: what the peer answers is adopted if it
 * fits the channels here, and else freezes the link and changes nothing.
 */
#include "tests/exchange/deceived.h"

enum { NUMBER = 2, FLUSH_NANOS = 1000, FLUSH_MS = 1000 };

static struct heard heard;

/* A channel of the liar's to an agent here, and a bounded link that is unsure. */
static void lose_power(void)
{
    heard = (struct heard){0};
    (void)born(NUMBER, &heard);
    link_set_durability(site.core->links, liar.link, (struct money){FLUSH_NANOS}, FLUSH_MS);
    core_lost_memory(site.core);
    site_frame(&site);
    ck_assert(liar.link->unsure);
}

/* The liar's end of it, as if it had received that much that the site has forgotten. */
static struct channel_arrived arrived_more(uint64_t packets, uint64_t bytes, u128 money)
{
    const struct channel_end *end =
        channels_at(site.core->channels, liar.interface, NUMBER, CHANNEL_BORN);

    ck_assert_ptr_nonnull(end);
    return (struct channel_arrived){.number = NUMBER,
                                    .to = CHANNEL_BUYER,
                                    .packets = end->sent_packets + packets,
                                    .bytes = end->sent_bytes + bytes,
                                    .money = end->sent_money + money};
}

/* The liar answers that it has so many messages more, of this one end. */
static void answer(uint64_t messages, u128 money, const struct channel_arrived *arrived)
{
    struct hello hello;
    struct bytes bytes = {0};

    liar.epoch++;
    hello = liar_true_hello(&liar);
    hello.peer_epoch = liar.link->epoch;
    hello.received = (struct cursor){liar.link->sent_seq + messages, liar.link->sent_total + money};
    hello.acked = (struct cursor){0, 0};
    hello.answers_from = liar.link->sent_seq + 1;
    hello.end_count = 1;
    hello_encode(&bytes, &hello);
    arrived_encode(&bytes, arrived);
    ck_assert(!bytes.failed);
    core_parcel(site.core, liar.key, bytes.data, bytes.size);
    site_frame(&site);
    bytes_fini(&bytes);
}

/* It froze for this reason, nothing was booked, and the rows are good. */
static void is_refused(const char *reason)
{
    ck_assert_int_eq(liar.link->state, LINK_FROZEN);
    ck_assert_ptr_nonnull(strstr(liar.link->reason, reason));
    ck_assert(ledger_account(core_ledger(site.core), ACCOUNT_SUSPENSE)->debits == 0);
    site_reload_same(&site);
}

START_TEST(what_fits_is_adopted_and_booked)
{
    struct channel_arrived arrived;
    uint64_t sent;

    lose_power();
    sent = liar.link->sent_seq;
    arrived = arrived_more(3, 30, 500);
    answer(3, 500, &arrived);
    ck_assert_int_eq(liar.link->state, LINK_DOWN);
    ck_assert_uint_eq(liar.link->sent_seq, sent + 3);
    ck_assert_uint_eq(money_nanos(liar.link->lost), 500);
    ck_assert(ledger_account(core_ledger(site.core), ACCOUNT_SUSPENSE)->debits == 500);
    site_reload_same(&site);
}
END_TEST

START_TEST(more_money_than_may_be_lost_is_refused)
{
    struct channel_arrived arrived;

    lose_power();
    arrived = arrived_more(1, 1, FLUSH_NANOS + 1);
    answer(1, FLUSH_NANOS + 1, &arrived);
    is_refused("at most 1000 may be lost");
}
END_TEST

/* Their numbers would all be deleted one by one, or leave none for later. */
START_TEST(more_messages_than_may_be_ahead_are_refused)
{
    struct channel_arrived arrived;

    lose_power();
    arrived = arrived_more(LINK_RETAINED_MESSAGES + 1, 1, 0);
    answer(LINK_RETAINED_MESSAGES + 1, 0, &arrived);
    is_refused("they are more messages than may be ahead of the disk");
}
END_TEST

START_TEST(more_bytes_than_packets_can_have_are_refused)
{
    struct channel_arrived arrived;

    lose_power();
    arrived = arrived_more(1, CHANNEL_PACKET_BYTES_MAX + 1, 0);
    answer(1, 0, &arrived);
    is_refused("an end has received more bytes than its packets can have");
}
END_TEST

START_TEST(ends_that_do_not_add_up_are_refused)
{
    struct channel_arrived arrived;

    lose_power();
    arrived = arrived_more(1, 1, 5);
    answer(2, 5, &arrived);
    is_refused("the ends have received less than the link");
}
END_TEST

START_TEST(an_end_that_is_not_here_is_refused)
{
    struct channel_arrived arrived;

    lose_power();
    arrived = arrived_more(1, 1, 0);
    arrived.number += 2;
    answer(1, 0, &arrived);
    is_refused("it names a channel that is not here");
}
END_TEST

/* A HELLO with less than came here calls for a look at every end: one, until the next reminder. */
START_TEST(a_loss_is_answered_once_between_two_reminders)
{
    struct hello hello;
    size_t hellos;

    heard = (struct heard){0};
    (void)born(NUMBER, &heard);
    hello = liar_true_hello(&liar);
    hello.flush_amount = (struct money){1};
    liar.epoch++;
    hello.epoch = liar.epoch;
    liar_say_hello(&liar, &hello);
    hello.sent = (struct cursor){liar.link->received_seq - 1, 0};
    hello.acked = (struct cursor){0, 0};
    hellos = liar.hellos;
    for (int i = 0; i < 5; i++) {
        hello.epoch = ++liar.epoch;
        liar_say_hello(&liar, &hello);
    }
    ck_assert_uint_le(liar.hellos, hellos + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses of power");
    TCase *tests = tcase_create("losses");

    tcase_add_checked_fixture(tests, deceived_setup, deceived_teardown);
    tcase_add_test(tests, what_fits_is_adopted_and_booked);
    tcase_add_test(tests, more_money_than_may_be_lost_is_refused);
    tcase_add_test(tests, more_messages_than_may_be_ahead_are_refused);
    tcase_add_test(tests, more_bytes_than_packets_can_have_are_refused);
    tcase_add_test(tests, ends_that_do_not_add_up_are_refused);
    tcase_add_test(tests, an_end_that_is_not_here_is_refused);
    tcase_add_test(tests, a_loss_is_answered_once_between_two_reminders);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
