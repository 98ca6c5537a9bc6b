/* HELLO: who comes up, who is behind, and every way in which two books can disagree. */
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

#include <string.h>

static struct peer a;
static struct peer b;
static struct bytes parcel;

/* Both are up; a sent three messages with 60 nanos, b two with 9, and all is acknowledged. */
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
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

/* b's HELLO of a new connection. */
static struct hello new_hello(void)
{
    struct hello hello = hello_of(&b);

    hello.epoch++;
    return hello;
}

static void froze(const struct hello *hello, const char *reason)
{
    ck_assert_int_eq(hello_give(&a, hello), PARCEL_FROZE);
    ck_assert_int_eq(a.link->state, LINK_FROZEN);
    ck_assert_str_eq(a.link->reason, reason);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel));
    peer_reload(&a); /* a freeze outlives the process */
    ck_assert_int_eq(a.link->state, LINK_FROZEN);
    ck_assert_str_eq(a.link->reason, reason);
}

START_TEST(equal_cursors_bring_both_up)
{
    struct hello hello = new_hello();

    link_connected(a.links, a.link);
    ck_assert_int_eq(a.link->state, LINK_DOWN);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_uint_eq(a.link->peer_epoch, hello.epoch);
}
END_TEST

static void is_unfit(const char *why)
{
    ck_assert_int_eq(a.link->state, LINK_DOWN);
    ck_assert_str_eq(a.link->why, why);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel)); /* nothing is carried */
}

START_TEST(another_currency_never_comes_up)
{
    struct hello hello = new_hello();
    uint64_t peer_epoch = a.link->peer_epoch;

    links_set_currency(a.links, "USD");
    memcpy(hello.currency, "JPY", 4);
    peer_send(&a, 4);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_UNFIT);
    is_unfit("currencies differ: this site counts in USD and the peer in JPY");
    ck_assert_uint_eq(a.link->peer_epoch, peer_epoch); /* nothing it said was taken */
    memcpy(hello.currency, "USD", 4);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_str_eq(a.link->why, "");
}
END_TEST

START_TEST(a_neighbour_of_another_version_is_told_by_both_numbers)
{
    static const uint8_t old[] = {0x84, 0x01, 0x01, 0x03, 0x00};
    struct bytes hello = {0};

    bytes_append(&hello, old, sizeof old);
    ck_assert_int_eq(peer_in(&a, &hello), PARCEL_UNFIT);
    is_unfit("versions of the wire format differ: this site has 3 and the peer 1; the one with "
             "the lower wants a newer serai");
    bytes_fini(&hello);
}
END_TEST

START_TEST(a_link_that_is_lost_is_down_until_the_next_hello)
{
    struct hello hello = new_hello();

    ck_assert_int_eq(a.link->state, LINK_UP);
    link_lost(a.links, a.link, "no answer\nfor 4 s");
    ck_assert_int_eq(a.link->state, LINK_DOWN);
    ck_assert_str_eq(a.link->why, "no answer?for 4 s");
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    ck_assert_int_eq(a.link->state, LINK_UP);
    link_freeze(a.links, a.link, "false books");
    link_lost(a.links, a.link, "no answer");
    ck_assert_int_eq(a.link->state, LINK_FROZEN);
    ck_assert_str_eq(a.link->reason, "false books");
}
END_TEST

START_TEST(a_hello_acknowledges_and_sets_where_to_go_on)
{
    struct parcel_head head;
    struct hello hello;

    for (int i = 0; i < 3; i++)
        peer_send(&a, 100);
    hello = new_hello();
    hello.received = (struct cursor){4, 160};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    ck_assert_uint_eq(a.link->acked_seq, 4);
    ck_assert(a.link->acked_total == 160);
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel)); /* its own HELLO first: the epoch was new */
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &a.fault), ST_OK);
    ck_assert_int_eq(head.kind, PARCEL_DATA);
    ck_assert_uint_eq(head.data.before.seq, 5);
    ck_assert(head.data.before.total == 160);
    ck_assert_uint_eq(head.data.count, 2);
}
END_TEST

START_TEST(a_hello_that_does_not_know_us_is_answered_and_one_that_does_is_not)
{
    struct hello hello = hello_of(&b);

    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel));
    hello.peer_epoch = 0;
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_TAKEN);
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_TAKEN);
    ck_assert(!peer_out(&a, &parcel));
    (void)peer_save(&b);
    ck_assert(!peer_out(&b, &parcel)); /* no end of it otherwise */
}
END_TEST

START_TEST(a_site_that_alone_notices_a_new_connection_comes_up_again)
{
    link_connected(b.links, b.link);
    peer_send(&b, 6);
    peer_send(&a, 40);
    peers_settle(&a, &b);
    ck_assert_int_eq(b.link->state, LINK_UP);
    ck_assert_uint_eq(a.link->received_seq, 3);
    ck_assert_uint_eq(b.link->received_seq, 4);
}
END_TEST

START_TEST(a_hello_of_an_old_epoch_is_ignored_and_answered_once)
{
    struct hello hello = hello_of(&b);
    struct hello told;
    struct parcel_head head;

    hello.epoch--;
    hello.received = (struct cursor){0, 0};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &a.fault), ST_OK);
    told = head.hello;
    ck_assert_uint_eq(told.peer_epoch, a.link->peer_epoch);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    (void)peer_save(&a);
    ck_assert(!peer_out(&a, &parcel));
    ck_assert_int_eq(a.link->state, LINK_UP);
}
END_TEST

START_TEST(a_hello_that_was_overtaken_within_its_epoch_is_ignored)
{
    struct hello hello = hello_of(&b);

    hello.received = (struct cursor){1, 10};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    hello = hello_of(&b);
    hello.sent = hello.acked = (struct cursor){1, 4};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    ck_assert_int_eq(a.link->state, LINK_UP);
}
END_TEST

START_TEST(a_neighbour_that_has_more_than_we_sent_proves_our_backup)
{
    struct hello hello = new_hello();

    hello.received = (struct cursor){4, 100};
    froze(&hello, "we were restored from a backup: the peer has 4 messages of ours and we "
                  "know of 3");
}
END_TEST

START_TEST(a_neighbour_that_was_told_of_more_than_we_have_proves_our_backup)
{
    struct hello hello = new_hello();

    hello.sent = hello.acked = (struct cursor){3, 15};
    froze(&hello, "we were restored from a backup: we acknowledged 3 of the peer's "
                  "messages, and we have 2");
}
END_TEST

START_TEST(a_neighbour_that_knows_a_later_epoch_of_ours_proves_our_backup)
{
    struct hello hello = new_hello();

    hello.peer_epoch = 9;
    ck_assert_uint_eq(a.link->epoch, 2);
    froze(&hello, "we were restored from a backup, or another site runs with our key: the "
                  "peer knows our epoch 9 and we are at 2");
    ck_assert_uint_eq(a.link->epoch, 9);
    ck_assert_int_eq(link_resume(a.links, a.link, &a.fault), ST_OK);
    peers_settle(&a, &b);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(a_neighbour_that_has_less_than_it_told_was_restored)
{
    struct hello hello = new_hello();

    hello.received = (struct cursor){2, 30};
    froze(&hello, "the peer was restored from a backup: it acknowledged 3 of our "
                  "messages, and it has 2");
}
END_TEST

START_TEST(a_neighbour_that_forgot_what_it_sent_was_restored)
{
    struct hello hello = new_hello();

    hello.sent = hello.acked = (struct cursor){1, 4};
    froze(&hello, "the peer has lost messages that we have: it was restored from a "
                  "backup; we have 2 and it knows of 1");
}
END_TEST

START_TEST(other_money_for_our_messages_is_a_disagreement)
{
    struct hello hello = new_hello();

    hello.received.total++;
    froze(&hello, "totals disagree after message 3 of ours: 60 nanos here and 61 at the peer");
}
END_TEST

START_TEST(other_money_for_what_we_keep_is_a_disagreement)
{
    struct hello hello;

    peer_send(&a, 100);
    peer_send(&a, 100);
    hello = new_hello();
    hello.received = (struct cursor){4, 161};
    froze(&hello, "totals disagree after message 4 of ours: 160 nanos here and 161 at the "
                  "peer");
}
END_TEST

START_TEST(other_money_for_its_messages_is_a_disagreement)
{
    struct hello hello = new_hello();

    hello.sent.total = 10;
    froze(&hello, "totals disagree after message 2 of the peer's: 9 nanos here and 10 at the "
                  "peer");
}
END_TEST

START_TEST(less_money_after_more_of_its_messages_is_a_disagreement)
{
    struct hello hello = new_hello();

    hello.sent = (struct cursor){3, 8};
    hello.acked = (struct cursor){1, 4};
    froze(&hello, "totals disagree after message 3 of the peer's: 9 nanos here and 8 at the "
                  "peer");
}
END_TEST

START_TEST(other_money_in_what_we_acknowledged_is_a_disagreement)
{
    struct hello hello = new_hello();

    hello.acked.total = 8;
    froze(&hello, "totals disagree after message 2 of the peer's: 9 nanos here and 8 at the "
                  "peer");
}
END_TEST

START_TEST(more_money_for_fewer_acknowledged_messages_is_a_disagreement)
{
    struct hello hello = new_hello();

    hello.sent = (struct cursor){3, 50};
    hello.acked = (struct cursor){1, 10};
    froze(&hello, "totals disagree after message 1 of the peer's: 9 nanos here and 10 at the "
                  "peer");
}
END_TEST

START_TEST(a_frozen_link_remembers_the_epoch_and_does_nothing)
{
    struct hello hello = new_hello();

    link_freeze(a.links, a.link, "a test");
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    ck_assert_int_eq(a.link->state, LINK_FROZEN);
    ck_assert_uint_eq(a.link->peer_epoch, hello.epoch);
    hello.epoch--;
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    ck_assert_uint_eq(a.link->peer_epoch, hello.epoch + 1);
}
END_TEST

START_TEST(a_resumed_link_freezes_again_while_the_neighbour_is_the_same)
{
    struct hello hello = new_hello();

    hello.received = (struct cursor){2, 30};
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_STALE);
    ck_assert_int_eq(link_resume(a.links, a.link, &a.fault), ST_OK);
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
}
END_TEST

/* Yesterday's files come back: whoever hears the other's HELLO first finds out. */
START_TEST(a_site_restored_from_a_backup_is_found_out_whoever_speaks_first)
{
    for (int first = 0; first < 2; first++) {
        struct peer old = peer_backup(&a);
        struct peer other;

        for (int i = 0; i < 5; i++)
            peer_send(&a, 11);
        peer_send(&b, 6);
        peers_settle(&a, &b);
        other = peer_backup(&b);
        link_connected(old.links, old.link);
        link_connected(other.links, other.link);
        if (first == 0)
            peers_settle(&old, &other);
        else
            peers_settle(&other, &old);
        ck_assert_int_ne(old.link->state, LINK_UP);
        ck_assert_int_ne(other.link->state, LINK_UP);
        if (first == 0)
            ck_assert_ptr_nonnull(strstr(other.link->reason, "the peer was restored"));
        else
            ck_assert_ptr_nonnull(strstr(old.link->reason, "we were restored from a backup"));
        peer_free(&old);
        peer_free(&other);
    }
}
END_TEST

START_TEST(a_site_restored_from_a_backup_of_many_connections_ago_finds_out)
{
    struct peer old = peer_backup(&a);

    for (int i = 0; i < 5; i++)
        peers_meet(&a, &b);
    link_connected(old.links, old.link);
    link_connected(b.links, b.link);
    peers_settle(&old, &b);
    ck_assert_int_eq(old.link->state, LINK_FROZEN);
    ck_assert_ptr_nonnull(strstr(old.link->reason, "or another site runs with our key"));
    /* Nothing else was lost, and people may say so. */
    ck_assert_int_eq(link_resume(old.links, old.link, &old.fault), ST_OK);
    peers_settle(&old, &b);
    ck_assert_int_eq(old.link->state, LINK_UP);
    ck_assert_int_eq(b.link->state, LINK_UP);
    peer_free(&old);
}
END_TEST

START_TEST(two_sites_with_one_key_are_found_out)
{
    struct peer twin = peer_backup(&a);

    link_connected(a.links, a.link);
    peers_settle(&a, &b);
    peer_send(&a, 1);
    peers_settle(&a, &b);
    link_connected(twin.links, twin.link);
    peers_settle(&twin, &b);
    ck_assert_int_eq(twin.link->state, LINK_FROZEN);
    peer_free(&twin);
}
END_TEST

START_TEST(epochs_do_not_overflow)
{
    struct hello hello = new_hello();

    hello.peer_epoch = SEQ_MAX;
    ck_assert_int_eq(hello_give(&a, &hello), PARCEL_FROZE);
    ck_assert_int_eq(link_resume(a.links, a.link, &a.fault), ST_OK);
    link_connected(a.links, a.link);
    ck_assert_uint_eq(a.link->epoch, SEQ_MAX);
    (void)peer_save(&a);
    peer_reload(&a);
    ck_assert_uint_eq(a.link->epoch, SEQ_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link HELLO");
    TCase *tcase = tcase_create("hello");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, equal_cursors_bring_both_up);
    tcase_add_test(tcase, another_currency_never_comes_up);
    tcase_add_test(tcase, a_neighbour_of_another_version_is_told_by_both_numbers);
    tcase_add_test(tcase, a_link_that_is_lost_is_down_until_the_next_hello);
    tcase_add_test(tcase, a_hello_acknowledges_and_sets_where_to_go_on);
    tcase_add_test(tcase, a_hello_that_does_not_know_us_is_answered_and_one_that_does_is_not);
    tcase_add_test(tcase, a_site_that_alone_notices_a_new_connection_comes_up_again);
    tcase_add_test(tcase, a_hello_of_an_old_epoch_is_ignored_and_answered_once);
    tcase_add_test(tcase, a_hello_that_was_overtaken_within_its_epoch_is_ignored);
    tcase_add_test(tcase, a_neighbour_that_has_more_than_we_sent_proves_our_backup);
    tcase_add_test(tcase, a_neighbour_that_was_told_of_more_than_we_have_proves_our_backup);
    tcase_add_test(tcase, a_neighbour_that_knows_a_later_epoch_of_ours_proves_our_backup);
    tcase_add_test(tcase, a_neighbour_that_has_less_than_it_told_was_restored);
    tcase_add_test(tcase, a_neighbour_that_forgot_what_it_sent_was_restored);
    tcase_add_test(tcase, other_money_for_our_messages_is_a_disagreement);
    tcase_add_test(tcase, other_money_for_what_we_keep_is_a_disagreement);
    tcase_add_test(tcase, other_money_for_its_messages_is_a_disagreement);
    tcase_add_test(tcase, less_money_after_more_of_its_messages_is_a_disagreement);
    tcase_add_test(tcase, other_money_in_what_we_acknowledged_is_a_disagreement);
    tcase_add_test(tcase, more_money_for_fewer_acknowledged_messages_is_a_disagreement);
    tcase_add_test(tcase, a_frozen_link_remembers_the_epoch_and_does_nothing);
    tcase_add_test(tcase, a_resumed_link_freezes_again_while_the_neighbour_is_the_same);
    tcase_add_test(tcase, a_site_restored_from_a_backup_is_found_out_whoever_speaks_first);
    tcase_add_test(tcase, a_site_restored_from_a_backup_of_many_connections_ago_finds_out);
    tcase_add_test(tcase, two_sites_with_one_key_are_found_out);
    tcase_add_test(tcase, epochs_do_not_overflow);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
