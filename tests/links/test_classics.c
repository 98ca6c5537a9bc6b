/*
 * The classic failures of payment links, each under its own name, between the two ends of one link:
 * what has cost others money, and what comes of it here.  Those that need agents and whole sites
 * are in tests/exchange/test_classics.c, those that need processes in tests/e2e/classic_*.sh.
 */
#include "tests/links/link_fixture.h"

#include <string.h>

static struct peer a;
static struct peer b;
static struct bytes parcel;

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_meet(&a, &b);
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

/* Both are up and count the same money in each direction. */
static void agree(uint64_t from_a, uint64_t from_b)
{
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert_int_eq(b.link->state, LINK_UP);
    ck_assert(a.link->sent_total == from_a && b.link->received_total == from_a);
    ck_assert(b.link->sent_total == from_b && a.link->received_total == from_b);
    ck_assert_uint_eq(a.link->acked_seq, a.link->sent_seq);
    ck_assert_uint_eq(b.link->acked_seq, b.link->sent_seq);
}

/*
 * A payer retries with the id of its payment, and the payee has thrown its list of ids away: paid
 * twice.  Here an id is a place in a row that is never begun again, and the payee's memory of all
 * of them is one number and one total in its books.
 */
START_TEST(retry_after_the_peer_forgot_the_id)
{
    struct bytes late = {0};

    peer_send(&a, 5);
    ck_assert(peer_out(&a, &late));
    ck_assert_int_eq(peer_in(&b, &late), PARCEL_TAKEN);
    (void)peer_save(&b);
    /* The acknowledgement is lost, and the payee starts again and again with its books alone. */
    for (int i = 0; i < 100; i++) {
        peer_reload(&b);
        link_connected(b.links, b.link);
        (void)peer_save(&b);
    }
    b.heard = 0;
    link_lost(a.links, a.link, "cut");
    peers_meet(&a, &b);
    ck_assert_uint_eq(b.heard, 0); /* it was not even sent again */
    ck_assert_int_eq(peer_in(&b, &late), PARCEL_STALE);
    agree(5, 0);
    /* Many later, the first one still is no news. */
    for (int i = 0; i < 500; i++)
        peer_send(&a, 1);
    peers_settle(&a, &b);
    ck_assert_int_eq(peer_in(&b, &late), PARCEL_STALE);
    agree(505, 0);
    bytes_fini(&late);
}
END_TEST

/*
 * The payer books what it pays and dies before it has told anybody: the money is gone.  Here the
 * message is in the frame of its booking, and leaves after any crash; a frame that did not become
 * durable has neither.
 */
START_TEST(crash_between_debit_and_send)
{
    struct channel_message packet = packet_of(70, "x", 1);

    peer_send(&a, 5);
    peer_reload(&a);
    ck_assert(a.link->sent_total == 5);
    peers_meet(&a, &b);
    agree(5, 0);
    /* Queued, and not yet in any frame: after the crash nobody has paid and nobody was paid. */
    link_queue(a.links, a.link, NULL, &packet);
    peer_reload(&a);
    peers_meet(&a, &b);
    agree(5, 0);
}
END_TEST

/*
 * The payer gives a payment up after a while and takes its money back; then it arrives after all.
 * Here time gives nothing back: what was numbered is sent until it is acknowledged.
 */
START_TEST(time_out_then_late_success)
{
    struct bytes late = {0};

    peer_send(&a, 5);
    ck_assert(peer_out(&a, &late)); /* on its way, for long */
    for (int i = 0; i < 50; i++) {
        link_lost(a.links, a.link, "no answer for 4 s");
        (void)links_remind(a.links);
        peer_reload(&a);
    }
    ck_assert(a.link->sent_total == 5);
    peers_meet(&a, &b);
    agree(5, 0);
    ck_assert_int_eq(peer_in(&b, &late), PARCEL_STALE); /* and here it is */
    peers_settle(&a, &b);
    agree(5, 0);
    bytes_fini(&late);
}
END_TEST

/*
 * A site goes on from an older copy of its books and pays a second time, or denies what it had.
 * Here the peer knows, and one of the two freezes the link before anything moves.
 */
START_TEST(restored_backup)
{
    struct peer old = peer_backup(&a);

    peer_send(&a, 11);
    peer_send(&b, 6);
    peers_settle(&a, &b);
    link_connected(old.links, old.link);
    link_connected(b.links, b.link);
    peer_send(&old, 11);
    peers_settle(&old, &b);
    ck_assert(old.link->state == LINK_FROZEN || b.link->state == LINK_FROZEN);
    ck_assert(old.link->state != LINK_UP && b.link->state != LINK_UP);
    ck_assert(b.link->received_total == 11 && b.link->sent_total == 6);
    ck_assert(strstr(old.link->reason, "restored from a backup") != NULL ||
              strstr(b.link->reason, "restored from a backup") != NULL);
    peer_free(&old);
}
END_TEST

/*
 * Each side has sent what the other has not got, and takes the other for the one that is behind.
 * If each only waits for the other, or overwrites it, money is stuck or lost.  Here the two
 * directions are apart, and each sends again what the other lacks.
 */
START_TEST(both_sides_think_they_are_ahead)
{
    peer_send(&a, 5);
    peer_send(&a, 7);
    peer_send(&b, 9);
    while (peer_out(&a, &parcel) || peer_out(&b, &parcel))
        continue; /* all of it is lost on the way */
    peer_reload(&a);
    peer_reload(&b);
    ck_assert(a.link->sent_total == 12 && b.link->received_total == 0);
    ck_assert(b.link->sent_total == 9 && a.link->received_total == 0);
    peers_meet(&a, &b);
    agree(12, 9);
}
END_TEST

/* ... and if both are right to think so, because both go on from old books, both stop. */
START_TEST(both_sides_think_they_are_ahead_of_a_restored_one)
{
    struct peer old_a = peer_backup(&a);
    struct peer old_b;

    peer_send(&a, 5);
    peers_settle(&a, &b);
    old_b = peer_backup(&b);
    peer_send(&b, 9);
    peer_send(&a, 3);
    peers_settle(&a, &b);
    link_connected(old_a.links, old_a.link);
    link_connected(old_b.links, old_b.link);
    peers_settle(&old_a, &old_b);
    ck_assert(old_a.link->state != LINK_UP && old_b.link->state != LINK_UP);
    peer_free(&old_a);
    peer_free(&old_b);
}
END_TEST

/* Give B the acknowledgement of messages up to `seq` with that total, as A would. */
static enum parcel_result acknowledge(uint64_t seq, uint64_t total)
{
    struct data_head head = {
        .epoch = a.link->epoch, .peer_epoch = b.link->epoch, .received = {seq, total}};

    bytes_clear(&parcel);
    data_head_encode(&parcel, &head);
    return peer_in(&b, &parcel);
}

/*
 * An acknowledgement comes before what it acknowledges has left, or was made durable: whoever
 * believes it forgets what nobody has.  Here that proves a lie, and freezes the link; the money
 * stays booked.  One that is only late is passed over.
 */
START_TEST(an_ack_before_its_parcel)
{
    struct channel_message packet = packet_of(4, "x", 1);

    peer_send(&b, 9);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_TAKEN);
    (void)peer_save(&a);
    ck_assert(peer_out(&a, &parcel)); /* the true one waits here */
    ck_assert_int_eq(acknowledge(1, 9), PARCEL_TAKEN);
    ck_assert_int_eq(acknowledge(0, 0), PARCEL_TAKEN); /* late: no harm */
    ck_assert_uint_eq(b.link->acked_seq, 1);
    /* Queued and without a number: nobody can have it. */
    link_queue(b.links, b.link, NULL, &packet);
    ck_assert_int_eq(acknowledge(2, 13), PARCEL_FROZE);
    ck_assert_ptr_nonnull(strstr(b.link->reason, "acknowledges message 2 and we sent 1"));
    ck_assert_uint_eq(b.link->acked_seq, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classic failures of payment links");
    TCase *tcase = tcase_create("classics");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, retry_after_the_peer_forgot_the_id);
    tcase_add_test(tcase, crash_between_debit_and_send);
    tcase_add_test(tcase, time_out_then_late_success);
    tcase_add_test(tcase, restored_backup);
    tcase_add_test(tcase, both_sides_think_they_are_ahead);
    tcase_add_test(tcase, both_sides_think_they_are_ahead_of_a_restored_one);
    tcase_add_test(tcase, an_ack_before_its_parcel);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
