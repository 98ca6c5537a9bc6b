/*
 * A bounded link: what leaves before it is durable, what a loss of power takes, and what its peer
 * may say of that.  Site A is bounded by 100 nanos; B is strict, and true unless a test says
 * otherwise.
 */
#include "tests/channels/fixture.h"
#include "tests/links/link_fixture.h"

#include <string.h>

enum { FLUSH_NANOS = 100, FLUSH_MS = 1000 };

static struct peer a;
static struct peer b;
static struct bytes parcel;

/* A frame that is durable, as A's driver reports it. */
static void durable(void)
{
    (void)peer_save(&a);
    links_commit_begins(a.links);
    links_commit_ended(a.links);
}

static void numbered(void *context, const struct link *link, uint64_t seq,
                     const struct channel_message *message)
{
    (void)context;
    (void)link;
    (void)seq;
    (void)message;
}

/* A frame that is closed and not committed. */
static void closed(void)
{
    struct store_batch batch;

    store_batch_init(&batch);
    (void)links_number(a.links, numbered, NULL);
    links_save(a.links, &batch);
    store_batch_fini(&batch);
}

static void queue(uint64_t money)
{
    struct channel_message packet = packet_of(money, "x", 1);

    link_queue(a.links, a.link, NULL, &packet);
}

/* All that A may send now arrives at B, whose frame is durable. */
static void a_says(void)
{
    while (peer_out(&a, &parcel))
        (void)peer_in(&b, &parcel);
    (void)peer_save(&b);
}

static enum parcel_result b_says(void)
{
    enum parcel_result result = PARCEL_STALE;

    while (peer_out(&b, &parcel))
        result = peer_in(&a, &parcel);
    return result;
}

static void setup(void)
{
    a = peer_new("b");
    b = peer_new("a");
    link_set_durability(a.links, a.link, nanos(FLUSH_NANOS), FLUSH_MS);
    durable();
    link_connected(a.links, a.link);
    for (int i = 0; i < 4; i++) {
        durable();
        a_says();
        (void)b_says();
    }
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_int_eq(b.link->state, LINK_UP);
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

/* A is as its disk has it, and knows that this may not be all. */
static void lose_power(void)
{
    peer_reload(&a);
    links_lost_memory(a.links);
    durable();
}

/* B has received `packets` packets with `money` at the end of channel 2 that was born there. */
static void b_tells(uint64_t packets, uint64_t money)
{
    const struct channel_arrived arrived = {
        .number = 2, .to = CHANNEL_BORN, .packets = packets, .bytes = packets, .money = money};
    uint64_t after;

    if (link_arrived_wanted(b.links, b.link, &after))
        link_arrived_put(b.links, b.link, &arrived);
}

/* ---- what leaves ---- */

START_TEST(packets_leave_before_they_are_durable_up_to_the_amount)
{
    queue(60);
    queue(40);
    queue(1);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 2);
    ck_assert(links_want_commit(a.links)); /* the third waits */
    durable();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 3);
}
END_TEST

START_TEST(nothing_leaves_early_before_the_disk_has_that_the_link_is_bounded)
{
    link_set_durability(a.links, a.link, nanos(0), 0);
    durable();
    (void)peer_save(&a); /* a frame of the strict link ... */
    link_set_durability(a.links, a.link, nanos(FLUSH_NANOS), FLUSH_MS);
    links_commit_begins(a.links); /* ... is all that this commit has */
    links_commit_ended(a.links);
    node_of_link(a.links, a.link)->hello_due = false;
    queue(1);
    closed();
    ck_assert(!peer_out(&a, &parcel));
    durable();
    ck_assert(peer_out(&a, &parcel));
}
END_TEST

START_TEST(what_waited_for_a_commit_leaves_when_it_ends_whatever_is_open)
{
    struct channel_message close = {.kind = CHANNEL_CLOSE, .number = 4, .to = CHANNEL_BORN};

    link_queue(a.links, a.link, NULL, &close);
    (void)peer_save(&a);
    queue(1); /* the next frame is open */
    bytes_clear(&parcel);
    links_commit_begins(a.links);
    ck_assert(!link_parcel_between(a.links, a.link, &parcel));
    links_commit_ended(a.links);
    ck_assert(link_parcel_between(a.links, a.link, &parcel));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_TAKEN);
    ck_assert_uint_eq(b.link->received_seq, 1);
    bytes_clear(&parcel);
    ck_assert(!link_parcel_between(a.links, a.link, &parcel)); /* said once */
    ck_assert(!link_parcel_between(b.links, b.link, &parcel)); /* B is strict */
}
END_TEST

START_TEST(what_is_no_packet_waits_and_so_does_what_follows)
{
    struct channel_message close = {.kind = CHANNEL_CLOSE, .number = 4, .to = CHANNEL_BORN};

    queue(1);
    link_queue(a.links, a.link, NULL, &close);
    closed();
    queue(1);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 1);
    ck_assert(links_want_commit(a.links));
}
END_TEST

START_TEST(acknowledgements_are_durable_and_what_has_come_frees_places)
{
    struct bytes early = {0};

    peer_send(&b, 5);
    ck_assert(peer_out(&b, &early));
    ck_assert_int_eq(peer_in(&a, &early), PARCEL_TAKEN);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->acked_seq, 0);
    ck_assert(link_places_add_up(b.links, b.link)); /* ... with none taken: */
    ck_assert_uint_eq(node_of_link(b.links, b.link)->window.taken.messages, 0);
    durable();
    a_says();
    ck_assert_uint_eq(b.link->acked_seq, 1);
    bytes_fini(&early);
}
END_TEST

/* ---- what is lost ---- */

START_TEST(what_was_lost_is_adopted_and_counts)
{
    struct channel_arrived arrived;
    struct parcel read;

    queue(7);
    durable();
    a_says();
    queue(60);
    closed();
    a_says();
    lose_power();
    ck_assert(a.link->unsure);
    ck_assert_uint_eq(a.link->sent_seq, 1);
    ck_assert_int_eq(link_check_send(a.links, a.link, 0, nanos(1), 1), LINK_IS_FULL);
    a_says();
    ck_assert_int_eq(b.link->state, LINK_DOWN);
    b_tells(2, 67);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(link_parcel_in(a.links, a.link, parcel.data, parcel.size, &read, &a.fault),
                     PARCEL_LOST);
    ck_assert(
        link_next_lost(&(struct parcel){.messages = read.messages, .left = read.left}, &arrived));
    ck_assert_uint_eq(arrived.packets, 2);
    ck_assert(arrived.money == 67);
    link_adopt(a.links, a.link, &read);
    ck_assert_uint_eq(a.link->sent_seq, 2);
    ck_assert(a.link->sent_total == 67);
    ck_assert(digest_equal(&a.link->sent_digest, &b.link->received_digest));
    ck_assert_uint_eq(money_nanos(a.link->lost), 60);
    for (int i = 0; i < 4; i++) {
        durable();
        a_says();
        (void)b_says();
    }
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert(!a.link->unsure);
    /* 40 are left of the amount. */
    queue(40);
    queue(1);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 3);
}
END_TEST

/* ... as its HELLO is not taken for an old one: it was never found good. */
START_TEST(a_peer_that_restarts_before_it_has_answered_answers_then)
{
    struct parcel read;

    queue(60);
    closed();
    a_says();
    lose_power();
    a_says();
    (void)peer_save(&b);
    peer_reload(&b);
    link_connected(b.links, b.link);
    (void)peer_save(&b);
    (void)b_says();
    durable();
    a_says();
    b_tells(1, 60);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(link_parcel_in(a.links, a.link, parcel.data, parcel.size, &read, &a.fault),
                     PARCEL_LOST);
}
END_TEST

START_TEST(a_site_that_lost_nothing_is_sure_once_its_peer_has_answered)
{
    queue(60);
    durable();
    a_says();
    lose_power();
    for (int i = 0; i < 4; i++) {
        durable();
        a_says();
        (void)b_says();
    }
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert(!a.link->unsure);
    ck_assert_uint_eq(money_nanos(a.link->lost), 0);
}
END_TEST

START_TEST(the_amount_stays_until_the_peer_has_answered)
{
    lose_power();
    ck_assert_int_eq(link_check_durability(a.link, a.link->limit, money_zero(), 0, &a.fault),
                     ST_INVALID);
    ck_assert_ptr_nonnull(strstr(a.fault.text, "wait until the link is up"));
}
END_TEST

START_TEST(what_an_unsure_link_queues_survives_a_restart)
{
    struct channel_message credit = {
        .kind = CHANNEL_CREDIT, .number = 2, .to = CHANNEL_BORN, .packets = 9, .bytes = 9};

    lose_power();
    link_queue(a.links, a.link, NULL, &credit);
    durable();
    ck_assert_uint_eq(a.link->sent_seq, 0);
    peer_reload(&a);
    ck_assert(a.link->unsure);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
    link_connected(a.links, a.link);
    for (int i = 0; i < 4; i++) {
        durable();
        a_says();
        (void)b_says();
    }
    ck_assert_uint_eq(b.link->received_seq, 1);
    peer_reload(&a); /* and its row is gone */
}
END_TEST

/* ---- what is no loss of power, or a lie ---- */

/* A lost `packets` packets of 1 nano each; B's HELLO, changed, is given to it. */
static struct hello answer_of_b(uint64_t received, uint64_t money)
{
    struct hello hello = hello_of(&b);

    hello.peer_epoch = a.link->epoch;
    hello.received = (struct cursor){received, money};
    hello.answers_from = a.link->sent_seq + 1;
    return hello;
}

START_TEST(a_claim_of_more_than_the_amount_freezes)
{
    struct hello hello;

    queue(1);
    durable();
    a_says();
    lose_power();
    hello = answer_of_b(2, 102);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_str_eq(a.link->reason,
                     "the peer says that this site lost 1 messages with 101 nanos when it lost "
                     "power, and at most 100 may be lost");
}
END_TEST

START_TEST(a_site_that_lost_no_power_was_restored)
{
    struct hello hello;

    queue(1);
    durable();
    a_says();
    hello = answer_of_b(2, 2);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_ptr_nonnull(strstr(a.link->reason, "restored from a backup"));
}
END_TEST

START_TEST(what_was_announced_as_durable_is_not_lost_with_the_power)
{
    struct hello hello;

    queue(1);
    durable();
    a_says();
    lose_power();
    hello = answer_of_b(3, 3);
    hello.peer_durable_seq = 2;
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_ptr_nonnull(strstr(a.link->reason, "restored from a backup"));
}
END_TEST

START_TEST(a_strict_peer_that_has_less_than_it_sent_was_restored)
{
    struct hello hello;

    peer_send(&b, 5);
    (void)b_says();
    durable();
    a_says();
    (void)b_says();
    hello = hello_of(&b);
    hello.epoch++;
    hello.sent = hello.acked = (struct cursor){0, 0};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_ptr_nonnull(strstr(a.link->reason, "the peer has lost messages"));
}
END_TEST

START_TEST(a_loss_is_one_though_the_hello_that_named_the_amount_vanished)
{
    link_set_durability(a.links, a.link, nanos(0), 0);
    durable();
    a_says();
    link_set_durability(a.links, a.link, nanos(FLUSH_NANOS), FLUSH_MS);
    durable();
    ck_assert(peer_out(&a, &parcel)); /* vanishes */
    queue(7);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 1);
    lose_power();
    a_says();
    ck_assert_int_eq(b.link->state, LINK_DOWN);
}
END_TEST

START_TEST(what_was_said_before_an_adoption_does_not_disprove_it)
{
    struct bytes early = {0};
    struct parcel read;

    link_connected(b.links, b.link);
    (void)peer_save(&b);
    ck_assert(peer_out(&b, &early)); /* comes twice */
    (void)peer_in(&a, &early);
    a_says();
    queue(60);
    closed();
    a_says();
    ck_assert_uint_eq(b.link->received_seq, 1);
    lose_power();
    a_says();
    b_tells(1, 60);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(link_parcel_in(a.links, a.link, parcel.data, parcel.size, &read, &a.fault),
                     PARCEL_LOST);
    link_adopt(a.links, a.link, &read);
    ck_assert_int_eq(peer_in(&a, &early), PARCEL_STALE);
    ck_assert_int_eq(a.link->state, LINK_DOWN);
    bytes_fini(&early);
}
END_TEST

/* ---- setting it ---- */

START_TEST(the_amount_is_taken_from_the_limit_that_the_peer_knows)
{
    struct money limit = b.link->limit;

    ck_assert_int_eq(link_check_durability(b.link, limit, nanos(FLUSH_NANOS), FLUSH_MS, &b.fault),
                     ST_INVALID);
    ck_assert_ptr_nonnull(strstr(b.fault.text, "raise the limit by as much"));
    ck_assert_int_eq(link_check_durability(b.link, nanos(PEER_LIMIT_NANOS + FLUSH_NANOS),
                                           nanos(FLUSH_NANOS), FLUSH_MS, &b.fault),
                     ST_OK);
    ck_assert_int_eq(link_check_durability(b.link, nanos(PEER_LIMIT_NANOS + FLUSH_NANOS),
                                           nanos(FLUSH_NANOS), 0, &b.fault),
                     ST_INVALID);
    ck_assert_int_eq(link_check_durability(b.link, nanos(1), nanos(2), FLUSH_MS, &b.fault),
                     ST_INVALID);
    ck_assert_uint_eq(money_nanos(link_announced_limit(a.link)), PEER_LIMIT_NANOS - FLUSH_NANOS);
    ck_assert_uint_eq(money_nanos(b.link->peer_limit), PEER_LIMIT_NANOS - FLUSH_NANOS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses of power on links");
    TCase *tests = tcase_create("loss");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, packets_leave_before_they_are_durable_up_to_the_amount);
    tcase_add_test(tests, nothing_leaves_early_before_the_disk_has_that_the_link_is_bounded);
    tcase_add_test(tests, what_waited_for_a_commit_leaves_when_it_ends_whatever_is_open);
    tcase_add_test(tests, what_is_no_packet_waits_and_so_does_what_follows);
    tcase_add_test(tests, acknowledgements_are_durable_and_what_has_come_frees_places);
    tcase_add_test(tests, what_was_lost_is_adopted_and_counts);
    tcase_add_test(tests, a_peer_that_restarts_before_it_has_answered_answers_then);
    tcase_add_test(tests, a_site_that_lost_nothing_is_sure_once_its_peer_has_answered);
    tcase_add_test(tests, the_amount_stays_until_the_peer_has_answered);
    tcase_add_test(tests, what_an_unsure_link_queues_survives_a_restart);
    tcase_add_test(tests, a_claim_of_more_than_the_amount_freezes);
    tcase_add_test(tests, a_site_that_lost_no_power_was_restored);
    tcase_add_test(tests, what_was_announced_as_durable_is_not_lost_with_the_power);
    tcase_add_test(tests, a_strict_peer_that_has_less_than_it_sent_was_restored);
    tcase_add_test(tests, a_loss_is_one_though_the_hello_that_named_the_amount_vanished);
    tcase_add_test(tests, what_was_said_before_an_adoption_does_not_disprove_it);
    tcase_add_test(tests, the_amount_is_taken_from_the_limit_that_the_peer_knows);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
