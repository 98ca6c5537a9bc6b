/* Rows of links: what is written, what is read back, and what is refused. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"
#include "tests/reading.h"

#include <string.h>

enum { KEY_BYTES = 13, KIND_LINK = 2, KIND_MESSAGE = 3, KIND_QUEUED = 8 };

static struct peer a;
static struct peer b;

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
}

static void make_key(uint8_t key[KEY_BYTES], uint32_t interface, uint8_t kind, uint64_t seq)
{
    be32_put(key, interface);
    key[4] = kind;
    be64_put(key + 5, seq);
}

static bool links_equal(const struct link *x, const struct link *y)
{
    return x->interface == y->interface && strcmp(x->name, y->name) == 0 &&
           memcmp(x->key, y->key, LINK_KEY_BYTES) == 0 && strcmp(x->endpoint, y->endpoint) == 0 &&
           x->limit.nanos == y->limit.nanos && x->peer_limit.nanos == y->peer_limit.nanos &&
           x->peer_prices.birth_fee.nanos == y->peer_prices.birth_fee.nanos &&
           x->peer_prices.channel_fee.nanos == y->peer_prices.channel_fee.nanos &&
           x->state == y->state && strcmp(x->reason, y->reason) == 0 && x->epoch == y->epoch &&
           x->peer_epoch == y->peer_epoch && x->sent_seq == y->sent_seq &&
           x->sent_total == y->sent_total && x->acked_seq == y->acked_seq &&
           x->acked_total == y->acked_total && x->received_seq == y->received_seq &&
           x->received_total == y->received_total && x->removed == y->removed;
}

START_TEST(only_what_changed_is_written)
{
    ck_assert_uint_eq(peer_save(&a), 0);
    link_touch(a.links, a.link);
    ck_assert_uint_eq(peer_save(&a), 1);
    peers_meet(&a, &b);
    ck_assert_uint_eq(peer_save(&a), 0);
    for (int i = 0; i < 3; i++) {
        struct channel_message packet = packet_of(10, "x", 1);

        link_queue(a.links, a.link, NULL, &packet);
    }
    ck_assert_uint_eq(peer_save(&a), 2); /* the link, and one row of three messages */
    peers_settle(&a, &b);
    ck_assert_uint_eq(peer_save(&a), 0); /* their deletion was written while they settled */
}
END_TEST

START_TEST(all_of_a_link_comes_back)
{
    struct link before;
    uint64_t messages;
    uint64_t bytes;

    peers_meet(&a, &b);
    peer_send(&b, 9);
    peer_send(&a, 3);
    peers_settle(&a, &b);
    for (int i = 0; i < 40; i++)
        peer_send(&a, 11);
    link_touch(a.links, a.link);
    link_freeze(a.links, a.link, "a test");
    (void)peer_save(&a);
    before = *a.link;
    peer_reload(&a);
    ck_assert(links_equal(&before, a.link));
    link_outstanding(a.links, a.link, &messages, &bytes);
    ck_assert_uint_eq(messages, 40);
    ck_assert_uint_gt(bytes, 40);
    ck_assert_uint_eq(peer_save(&a), 0);
}
END_TEST

START_TEST(a_link_that_was_up_is_down_and_goes_on_where_it_was)
{
    peers_meet(&a, &b);
    peer_send(&a, 3);
    peers_settle(&a, &b);
    peer_send(&a, 4);
    peer_send(&a, 5);
    peer_reload(&a);
    ck_assert_int_eq(a.link->state, LINK_DOWN);
    peers_meet(&a, &b);
    ck_assert_uint_eq(b.heard, 3);
    ck_assert(b.link->received_total == 12);
}
END_TEST

static struct link *join_again(struct peer *peer, const char *name)
{
    uint8_t key[LINK_KEY_BYTES] = {1};
    struct link *link;

    if (links_add(peer->links, name, key, "", nanos(PEER_LIMIT_NANOS), &link, &peer->fault) !=
        ST_OK)
        ck_abort_msg("%s", peer->fault.text);
    return link;
}

/* Both have as much of the other. */
static void make_even(void)
{
    peers_meet(&a, &b);
    peer_send(&a, 9);
    peer_send(&b, 9);
    peers_settle(&a, &b);
    ck_assert(link_is_even(a.link) && link_is_even(b.link));
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
}

static void remove_and_reload(struct peer *peer)
{
    struct link before;

    link_remove(peer->links, peer->link);
    before = *peer->link;
    ck_assert_uint_eq(peer_save(peer), 1);
    links_free(peer->links);
    ck_assert_int_eq(links_new(&peer->links), ST_OK);
    ck_assert_int_eq(WITH_READ(&peer->store, links_load(peer->links, &read, &peer->fault)), ST_OK);
    ck_assert_uint_eq(links_count(peer->links), 0);
    ck_assert_uint_eq(links_interfaces(peer->links), 1);
    ck_assert(links_equal(&before, &link_node_keyed(peer->links, before.key)->link));
}

START_TEST(a_link_that_both_removed_goes_on_where_it_was)
{
    make_even();
    remove_and_reload(&a);
    remove_and_reload(&b);
    a.link = join_again(&a, "B-again");
    b.link = join_again(&b, "A");
    peers_meet(&a, &b);
    peer_send(&a, 4);
    peers_settle(&a, &b);
    ck_assert_uint_eq(b.link->received_seq, 2);
    ck_assert(b.link->received_total == 13);
}
END_TEST

START_TEST(what_was_sent_to_a_removed_link_comes_when_it_is_joined_again)
{
    make_even();
    peer_send(&b, 5);
    remove_and_reload(&a);
    peer_send(&b, 6);
    a.link = join_again(&a, "B");
    ck_assert_uint_gt(link_unfinished(b.links, b.link), 0);
    peers_meet(&a, &b);
    ck_assert(a.link->received_total == 9 + 5 + 6);
    ck_assert_uint_eq(link_unfinished(b.links, b.link), 0);
}
END_TEST

START_TEST(messages_that_are_not_done_with_are_counted)
{
    struct channel_message packet = packet_of(1, "x", 1);
    struct bytes parcel = {0};

    peers_meet(&a, &b);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
    link_queue(a.links, a.link, NULL, &packet); /* not numbered */
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
    (void)peer_save(&a);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_TAKEN);
    ck_assert_uint_eq(link_unfinished(b.links, b.link), 1); /* A does not know that it came */
    (void)peer_save(&b);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_uint_eq(link_unfinished(b.links, b.link), 0);
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_TAKEN);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
    bytes_fini(&parcel);
}
END_TEST

START_TEST(any_retransmission_queue_comes_back_byte_for_byte)
{
    static uint8_t data[CHANNEL_PACKET_BYTES_MAX];
    struct rng rng = rng_for_test();

    for (int i = 0; i < 300; i++) {
        struct channel_message message = message_any(&rng, data);

        link_queue(a.links, a.link, NULL, &message);
    }
    (void)peer_save(&a);
    for (int i = 0; i < 3; i++) {
        struct peer copy = peer_backup(&a);
        const struct link_node *was = node_of_link(a.links, a.link);
        const struct link_node *is = node_of_link(copy.links, copy.link);

        ck_assert_uint_eq(is->unacked.count, 300);
        ck_assert_uint_eq(is->unacked.bytes, was->unacked.bytes);
        for (size_t at = 0; at < 300; at++) {
            const struct outgoing *x = outbox_at(&was->unacked, at);
            const struct outgoing *y = outbox_at(&is->unacked, at);

            ck_assert_uint_eq(x->size, y->size);
            ck_assert_int_eq(memcmp(x->wire, y->wire, x->size), 0);
            ck_assert(x->total == y->total);
            ck_assert_uint_eq(x->money.nanos, y->money.nanos);
        }
        peer_free(&copy);
    }
}
END_TEST

/* The number of rows that hold messages. */
static size_t message_rows(void)
{
    const struct message_rows *rows = &node_of_link(a.links, a.link)->rows;

    return rows->end - rows->begin;
}

/* B has the messages up to this one, and A knows it. */
static void acknowledge(uint64_t seq)
{
    struct hello hello;

    b.link->received_seq = seq;
    hello = hello_of(&b);
    hello.received.total = link_total_at(node_of_link(a.links, a.link), seq);
    hello.received_digest = link_digest_at(node_of_link(a.links, a.link), seq);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    (void)peer_save(&a);
}

START_TEST(a_row_goes_when_all_of_its_messages_are_acknowledged)
{
    enum { MESSAGES = 150, ROW = 64 };

    for (int i = 0; i < MESSAGES; i++) {
        struct channel_message packet = packet_of(2, "x", 1);

        link_queue(a.links, a.link, NULL, &packet);
    }
    (void)peer_save(&a);
    ck_assert_uint_eq(message_rows(), 3);
    acknowledge(ROW - 1);
    ck_assert_uint_eq(message_rows(), 3);
    peer_reload(&a); /* the first row has one message that is waited for */
    ck_assert_uint_eq(message_rows(), 3);
    ck_assert_uint_eq(node_of_link(a.links, a.link)->unacked.count, MESSAGES - ROW + 1);
    ck_assert_uint_eq(a.link->acked_seq, ROW - 1);
    acknowledge(ROW);
    ck_assert_uint_eq(message_rows(), 2);
    acknowledge(MESSAGES);
    ck_assert_uint_eq(message_rows(), 0);
    peer_reload(&a);
    ck_assert_uint_eq(message_rows(), 0);
    peer_send(&a, 2);
    peer_reload(&a);
    ck_assert_uint_eq(message_rows(), 1);
    ck_assert_uint_eq(node_of_link(a.links, a.link)->unacked.count, 1);
}
END_TEST

START_TEST(a_row_of_large_messages_has_few)
{
    static uint8_t data[CHANNEL_PACKET_BYTES_MAX];

    for (int i = 0; i < 4; i++) {
        struct channel_message packet = packet_of(2, data, 5000);

        link_queue(a.links, a.link, NULL, &packet);
    }
    (void)peer_save(&a);
    ck_assert_uint_eq(message_rows(), 2);
    peer_reload(&a);
    ck_assert_uint_eq(node_of_link(a.links, a.link)->unacked.count, 4);
}
END_TEST

START_TEST(rows_of_channels_are_passed_over)
{
    struct store_batch batch;
    uint8_t key[KEY_BYTES];

    store_batch_init(&batch);
    make_key(key, 0, 0, 0);
    store_batch_put(&batch, STORE_LINK, key, sizeof key, "x", 1);
    make_key(key, 1, 1, 5);
    store_batch_put(&batch, STORE_LINK, key, sizeof key, "x", 1);
    ck_assert_int_eq(store_commit(&a.store, &batch, &a.fault), ST_OK);
    store_batch_fini(&batch);
    peer_reload(&a);
    ck_assert_uint_eq(links_count(a.links), 1);
}
END_TEST

/* ---- damage ---- */

static void corrupt(const char *text)
{
    struct links *links;

    ck_assert_int_eq(links_new(&links), ST_OK);
    ck_assert_int_eq(WITH_READ(&a.store, links_load(links, &read, &a.fault)), ST_CORRUPT);
    if (strstr(a.fault.text, text) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", text, a.fault.text);
    ck_assert_uint_eq(links_count(links), 0);
    links_free(links);
}

static void put(uint32_t interface, uint8_t kind, uint64_t seq, const struct bytes *value)
{
    struct store_batch batch;
    uint8_t key[KEY_BYTES];

    make_key(key, interface, kind, seq);
    store_batch_init(&batch);
    store_batch_put(&batch, STORE_LINK, key, sizeof key, value->data, value->size);
    ck_assert_int_eq(store_commit(&a.store, &batch, &a.fault), ST_OK);
    store_batch_fini(&batch);
}

static void drop(uint8_t kind, uint64_t seq)
{
    uint8_t key[KEY_BYTES];

    make_key(key, 1, kind, seq);
    ck_assert_int_eq(store_memory_damage(a.memory, STORE_LINK, key, sizeof key, STORE_MEMORY_DROP),
                     ST_OK);
}

/* Save the link as it now stands, and see it refused. */
static void corrupt_link(const char *text)
{
    struct link good = *a.link;

    link_touch(a.links, a.link);
    (void)peer_save(&a);
    corrupt(text);
    *a.link = good;
}

START_TEST(a_link_that_makes_no_sense_is_corrupt)
{
    struct link good;

    (void)peer_save(&a);
    good = *a.link;
    a.link->name[0] = ' ';
    corrupt_link("table link, link of interface 1: row: a name has 1 to 32");
    *a.link = good;
    memset(a.link->key, 0, LINK_KEY_BYTES);
    corrupt_link("the key is zero");
    *a.link = good;
    a.link->endpoint[0] = ' ';
    corrupt_link("an endpoint is empty");
    *a.link = good;
    a.link->state = LINK_FROZEN;
    corrupt_link("a reason goes with a frozen link");
    *a.link = good;
    a.link->reason[0] = 'r';
    corrupt_link("a reason goes with a frozen link");
    *a.link = good;
    a.link->epoch = 0;
    corrupt_link("epochs begin with 1");
    *a.link = good;
    a.link->good_epoch = a.link->peer_epoch + 1;
    corrupt_link("an epoch of the peer's was good before it came");
    *a.link = good;
    a.link->acked_total = 1;
    corrupt_link("more is acknowledged than was sent");
    *a.link = good;
    a.link->sent_total = 1;
    corrupt_link("all is acknowledged, but not its money");
    *a.link = good;
    a.link->state = (enum link_state)3;
    corrupt_link("integer too large");
    *a.link = good;
    a.link->removed = true;
    a.link->received_total = 1;
    corrupt_link("it was removed, and is not even");
    *a.link = good;
    a.link->removed = true;
    link_freeze(a.links, a.link, "a test");
    corrupt_link("it was removed, and is not even");
    *a.link = good;
    link_touch(a.links, a.link);
    (void)peer_save(&a);
    peer_reload(&a);
}
END_TEST

START_TEST(a_missing_link_row_is_corrupt)
{
    peer_send(&a, 5);
    drop(KIND_LINK, 0);
    corrupt("message 1 of interface 1: there is no such link");
}
END_TEST

START_TEST(a_missing_message_is_corrupt)
{
    for (int i = 0; i < 3; i++)
        peer_send(&a, 5);
    drop(KIND_MESSAGE, 2);
    corrupt("message 3 of interface 1: it is not the next of the retransmission queue");
}
END_TEST

START_TEST(a_missing_last_message_is_corrupt)
{
    for (int i = 0; i < 3; i++)
        peer_send(&a, 5);
    drop(KIND_MESSAGE, 3);
    corrupt("link of interface 1: its retransmission queue ends with message 2, not as the row "
            "says with 3");
}
END_TEST

/* A row of the retransmission queue by hand. */
static void put_message(uint64_t seq, uint64_t money, u128 total, uint64_t wire_money)
{
    struct channel_message packet = packet_of(wire_money, "x", 1);
    struct bytes value = {0};

    cbor_put_array(&value, 1);
    cbor_put_array(&value, 4);
    cbor_put_uint(&value, 0); /* whose place it takes */
    cbor_put_uint(&value, money);
    cbor_put_u128(&value, total);
    message_encode(&value, &packet);
    put(1, KIND_MESSAGE, seq, &value);
    bytes_fini(&value);
}

START_TEST(a_row_without_a_message_is_corrupt)
{
    struct bytes value = {0};

    peer_send(&a, 5);
    cbor_put_array(&value, 0);
    put(1, KIND_MESSAGE, 1, &value);
    corrupt("message 1 of interface 1: it is not the next of the retransmission queue");
    bytes_fini(&value);
}
END_TEST

START_TEST(a_row_of_which_all_is_acknowledged_is_corrupt)
{
    peers_meet(&a, &b);
    peer_send(&a, 5);
    peers_settle(&a, &b);
    put_message(1, 5, 5, 5);
    corrupt("message 1 of interface 1: it is not the next of the retransmission queue");
}
END_TEST

START_TEST(a_message_too_many_is_corrupt)
{
    peer_send(&a, 5);
    put_message(2, 0, 5, 0);
    corrupt("message 2 of interface 1: it is not the next of the retransmission queue");
}
END_TEST

START_TEST(a_message_whose_money_does_not_add_up_is_corrupt)
{
    peer_send(&a, 5);
    peer_send(&a, 5);
    put_message(1, 5, 5, 5);
    peer_reload(&a); /* as it was */
    put_message(1, 5, 5, 6);
    corrupt("message 1 of interface 1: its money is not the message's");
    put_message(1, 5, 6, 5);
    corrupt("message 1 of interface 1: its total is not that of the message before and its money");
    put_message(1, 5, 5, 5);
    put_message(2, 4, 9, 4);
    corrupt(
        "link of interface 1: its retransmission queue ends with message 2, not as the row says");
}
END_TEST

START_TEST(rows_that_are_no_rows_are_corrupt)
{
    struct bytes value = {0};
    struct store_batch batch;

    peer_send(&a, 5);
    bytes_append(&value, "x", 1);
    put(1, KIND_MESSAGE, 1, &value);
    corrupt("table link, message 1 of interface 1: row:");
    put_message(1, 5, 5, 5);
    put(1, KIND_LINK, 7, &value);
    corrupt("link of interface 1: no such key is ever written");
    bytes_fini(&value);
    store_batch_init(&batch);
    store_batch_put(&batch, STORE_LINK, "\0\0\0\0\2", 5, "x", 1);
    ck_assert_int_eq(store_commit(&a.store, &batch, &a.fault), ST_OK);
    store_batch_fini(&batch);
    corrupt("the key of a link has 5 bytes");
}
END_TEST

START_TEST(interfaces_with_a_hole_or_a_name_twice_are_corrupt)
{
    uint8_t key[LINK_KEY_BYTES] = {2};
    struct link *link;

    ck_assert_int_eq(links_add(a.links, "C", key, "", nanos(0), &link, &a.fault), ST_OK);
    (void)peer_save(&a);
    peer_reload(&a);
    link = links_find(a.links, 2);
    link->name[0] = 'B';
    link_touch(a.links, link);
    (void)peer_save(&a);
    corrupt("link of interface 2: its name or key is there twice");
    drop(KIND_LINK, 0);
    corrupt("link of interface 2: interfaces of links are not 1, 2, 3");
}
END_TEST

/* A frozen link may hold its numbers, but only under a position (kind 9), which is not there. */
START_TEST(messages_that_wait_for_numbers_that_nobody_holds_are_corrupt)
{
    struct channel_message credit = {.kind = CHANNEL_CREDIT, .number = 2, .to = CHANNEL_BORN};
    struct bytes value = {0};

    cbor_put_array(&value, 3);
    cbor_put_uint(&value, 7);
    cbor_put_uint(&value, 0);
    message_encode(&value, &credit);
    put(1, KIND_QUEUED, 0, &value);
    corrupt("message 0 of interface 1: it is not the next of what waits for a number");
    link_freeze_by_operator(a.links, a.link);
    (void)peer_save(&a);
    corrupt("link of interface 1: messages wait for their numbers, and it holds none back");
    drop(KIND_QUEUED, 0);
    peer_reload(&a);
    bytes_fini(&value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link rows");
    TCase *tcase = tcase_create("rows");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, only_what_changed_is_written);
    tcase_add_test(tcase, all_of_a_link_comes_back);
    tcase_add_test(tcase, a_link_that_was_up_is_down_and_goes_on_where_it_was);
    tcase_add_test(tcase, a_link_that_both_removed_goes_on_where_it_was);
    tcase_add_test(tcase, what_was_sent_to_a_removed_link_comes_when_it_is_joined_again);
    tcase_add_test(tcase, messages_that_are_not_done_with_are_counted);
    tcase_add_test(tcase, any_retransmission_queue_comes_back_byte_for_byte);
    tcase_add_test(tcase, a_row_goes_when_all_of_its_messages_are_acknowledged);
    tcase_add_test(tcase, a_row_of_large_messages_has_few);
    tcase_add_test(tcase, rows_of_channels_are_passed_over);
    tcase_add_test(tcase, a_link_that_makes_no_sense_is_corrupt);
    tcase_add_test(tcase, a_missing_link_row_is_corrupt);
    tcase_add_test(tcase, a_missing_message_is_corrupt);
    tcase_add_test(tcase, a_missing_last_message_is_corrupt);
    tcase_add_test(tcase, a_row_without_a_message_is_corrupt);
    tcase_add_test(tcase, a_row_of_which_all_is_acknowledged_is_corrupt);
    tcase_add_test(tcase, a_message_too_many_is_corrupt);
    tcase_add_test(tcase, a_message_whose_money_does_not_add_up_is_corrupt);
    tcase_add_test(tcase, rows_that_are_no_rows_are_corrupt);
    tcase_add_test(tcase, messages_that_wait_for_numbers_that_nobody_holds_are_corrupt);
    tcase_add_test(tcase, interfaces_with_a_hole_or_a_name_twice_are_corrupt);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
