/* Statements: when one is made, what the peer makes of it, and every lie about it. */
#include "links/specie.h"

#include <sodium.h>
#include <string.h>

#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

static struct peer a;
static struct peer b;
static uint8_t secrets[2][64];
static struct bytes parcel;
static struct link_books books = {.frame = 7, .now_us = 10000000};

/* Both are up; b received 60 nanos in three messages of a, and a 9 in two of b. */
static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_sign(&a, &b, secrets);
    peers_meet(&a, &b);
    for (uint64_t money = 10; money <= 30; money += 10)
        peer_send(&a, money);
    peer_send(&b, 4);
    peer_send(&b, 5);
    peers_settle(&a, &b);
    books = (struct link_books){.frame = 7, .now_us = 10000000};
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

static bool state(struct peer *peer)
{
    bytes_clear(&parcel);
    return link_specie_out(peer->links, peer->link, &books, &parcel);
}

/* What a signs, changed and signed again, as only a itself can. */
static struct specie_signed statement(void)
{
    struct parcel_head head;

    link_ask_specie(a.links, a.link);
    ck_assert(state(&a));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &a.fault), ST_OK);
    return head.specie.specie;
}

static enum parcel_result give(struct specie_signed *made)
{
    specie_encode(made);
    sign_with(secrets[0], made->bytes, made->size, made->signature);
    bytes_clear(&parcel);
    specie_parcel_encode(&parcel, made, false);
    return peer_in(&b, &parcel);
}

static void is_refused(struct specie_signed *made, const char *reason)
{
    ck_assert_int_eq(give(made), PARCEL_REFUSED);
    ck_assert_str_eq(b.fault.text, reason);
    ck_assert_int_eq(b.link->state, LINK_UP);
    ck_assert_ptr_null(link_evidence(b.links, b.link));
}

static void freezes(struct specie_signed *made, const char *reason)
{
    ck_assert_int_eq(give(made), PARCEL_FROZE);
    ck_assert_str_eq(b.link->reason, reason);
    ck_assert_ptr_null(link_evidence(b.links, b.link));
}

START_TEST(what_moved_is_signed_and_kept)
{
    const struct specie *kept;

    ck_assert(state(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
    kept = &link_evidence(b.links, b.link)->statement;
    ck_assert_uint_eq(kept->frame, 7);
    ck_assert_uint_eq(kept->sent.seq, 3);
    ck_assert(kept->sent.total == 60);
    ck_assert_uint_eq(kept->received.seq, 2);
    ck_assert(kept->received.total == 9);
    ck_assert(digest_equal(&kept->sent.digest, &b.link->received_digest));
    ck_assert(specie_is_signed(link_evidence(b.links, b.link)));
    ck_assert(!state(&a)); /* nothing is new */
}
END_TEST

START_TEST(the_evidence_is_there_after_a_crash_once_it_is_saved)
{
    ck_assert(state(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
    ck_assert(links_specie_waits(b.links, books.now_us));
    (void)peer_save(&b);
    peer_reload(&b);
    ck_assert_uint_eq(link_evidence(b.links, b.link)->statement.sent.seq, 3);
    ck_assert(specie_is_signed(link_evidence(b.links, b.link)));
}
END_TEST

START_TEST(it_is_due_by_amount_by_time_and_on_request)
{
    ck_assert(state(&a)); /* the first since the two met */
    peer_send(&a, 1);
    ck_assert(!state(&a));
    books.now_us += SPECIE_FRESH_US;
    ck_assert(links_specie_waits(a.links, books.now_us));
    ck_assert(state(&a));
    ck_assert(!state(&a));
    a.link->peer_limit = nanos(UINT64_C(10000000000));
    peer_send(&a, SPECIE_FLUSH_NANOS - 1);
    ck_assert(!state(&a));
    peer_send(&a, 1);
    ck_assert(state(&a));
    peer_send(&a, 0); /* no money */
    books.now_us += 10 * SPECIE_FRESH_US;
    ck_assert(!state(&a));
    link_ask_specie(a.links, a.link);
    ck_assert(state(&a));
    ck_assert(!state(&a));
}
END_TEST

START_TEST(who_is_asked_states_at_once)
{
    ck_assert(state(&b));
    (void)statement();
    ck_assert(!state(&b));
    (void)statement(); /* in `parcel`, with the flag that asks */
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
    ck_assert(state(&b));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_KEPT);
    ck_assert(!state(&a)); /* an answer asks for none */
}
END_TEST

static void numbered(void *context, const struct link *link, uint64_t seq,
                     const struct channel_message *message)
{
    (void)link;
    (void)message;
    *(uint64_t *)context = seq;
}

START_TEST(only_what_is_in_a_row_is_signed)
{
    struct channel_message packet = packet_of(40, "x", 1);
    uint64_t seq = 0;

    ck_assert(state(&a));
    link_queue(a.links, a.link, NULL, &packet);
    books.now_us += SPECIE_FRESH_US;
    ck_assert(!state(&a)); /* it has no number yet */
    ck_assert(links_number(a.links, numbered, &seq));
    ck_assert_uint_eq(seq, 4);
    ck_assert(a.link->sent_total == 100);
    ck_assert(!state(&a)); /* and now no row */
    ck_assert(statement().statement.sent.total == 60);
    (void)peer_save(&a);
    books.now_us += SPECIE_FRESH_US;
    ck_assert(state(&a));
    ck_assert(statement().statement.sent.total == 100);
}
END_TEST

START_TEST(nothing_is_signed_while_the_link_is_down)
{
    link_lost(a.links, a.link, "gone");
    link_ask_specie(a.links, a.link);
    ck_assert(!state(&a));
}
END_TEST

START_TEST(totals_that_are_too_high_or_too_low_freeze)
{
    struct specie_signed made = statement();

    made.statement.sent.total++;
    freezes(&made, "the peer signed for 61 nanos up to message 3 of the peer's, and here it is 60");
}
END_TEST

START_TEST(too_little_received_freezes)
{
    struct specie_signed made = statement();

    made.statement.received.total--;
    freezes(&made, "the peer signed for 8 nanos up to message 2 of ours, and here it is 9");
}
END_TEST

START_TEST(more_messages_than_were_sent_freeze)
{
    struct specie_signed made = statement();

    made.statement.received.seq = 3;
    freezes(&made, "the peer signed that it has message 3 of ours, and we sent 2");
}
END_TEST

START_TEST(fewer_messages_than_were_acknowledged_are_refused)
{
    struct specie_signed made = statement();

    made.statement.received.seq = 1;
    is_refused(&made, "statement: it says that the peer has 1 of our messages, and it "
                      "acknowledged 2");
}
END_TEST

START_TEST(fewer_messages_than_were_received_are_refused)
{
    struct specie_signed made = statement();

    made.statement.sent.seq = 2;
    is_refused(&made, "statement: it says that the peer sent 2 messages, and we received 3");
}
END_TEST

START_TEST(other_messages_with_the_same_sum_freeze)
{
    struct specie_signed made = statement();

    made.statement.sent.digest.chain.bytes[0] ^= 1;
    ck_assert_int_eq(give(&made), PARCEL_FROZE);
    ck_assert_ptr_nonnull(strstr(b.link->reason, "the peer signed for other messages up to 3 of "
                                                 "the peer's: their hash is "));
}
END_TEST

START_TEST(a_lie_about_what_is_still_to_come_freezes_when_it_comes)
{
    struct specie_signed made = statement();

    made.statement.sent.seq = 4;
    made.statement.sent.total = 100;
    ck_assert_int_eq(give(&made), PARCEL_KEPT);
    peer_send(&a, 41);
    peers_settle(&a, &b);
    ck_assert_str_eq(b.link->reason, "the peer signed for 100 nanos up to message 4 of the "
                                     "peer's, and here it is 101");
}
END_TEST

START_TEST(the_truth_about_what_is_still_to_come_does_not)
{
    struct specie_signed made;

    peer_send(&a, 41);
    made = statement(); /* overtakes the message */
    ck_assert_int_eq(give(&made), PARCEL_KEPT);
    peers_settle(&a, &b);
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(less_than_was_received_before_freezes)
{
    struct specie_signed made = statement();

    made.statement.sent.seq = 9;
    made.statement.sent.total = 59;
    freezes(&made, "the peer signed for 59 nanos up to message 9 of the peer's, and here it is 60");
}
END_TEST

START_TEST(an_old_statement_is_refused)
{
    struct specie_signed made = statement();
    struct specie_signed old = made;

    ck_assert_int_eq(give(&made), PARCEL_KEPT);
    ck_assert_int_eq(give(&made), PARCEL_KEPT); /* once more: a repeat says the same */
    old.statement.frame = 6;
    ck_assert_int_eq(give(&old), PARCEL_REFUSED);
    ck_assert_str_eq(b.fault.text, "statement: it is of frame 6 of the peer's, and we have that "
                                   "of frame 7");
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(one_of_an_older_epoch_is_stale)
{
    struct specie_signed made = statement();

    made.statement.epoch--;
    ck_assert_int_eq(give(&made), PARCEL_STALE);
    ck_assert_str_eq(b.fault.text, "statement: it is of epoch 1 of the peer, which is at 2");
    ck_assert_ptr_null(link_evidence(b.links, b.link));
}
END_TEST

START_TEST(two_statements_of_one_frame_freeze)
{
    struct specie_signed made = statement();

    ck_assert_int_eq(give(&made), PARCEL_KEPT);
    made.statement.head.bytes[0] ^= 1;
    ck_assert_int_eq(give(&made), PARCEL_FROZE);
    ck_assert_str_eq(b.link->reason,
                     "the peer signed two different statements for frame 7 of its books");
}
END_TEST

START_TEST(one_of_another_link_is_refused)
{
    struct specie_signed made = statement();

    made.statement.peer[0] ^= 1;
    ck_assert_int_eq(give(&made), PARCEL_REFUSED);
    ck_assert_ptr_nonnull(strstr(b.fault.text, "statement: it is of another link, signed by "));
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

START_TEST(one_in_another_currency_is_refused)
{
    struct specie_signed made = statement();

    (void)strcpy(made.statement.currency, "EUR");
    is_refused(&made, "statement: it counts in another currency, EUR");
}
END_TEST

START_TEST(a_false_signature_is_refused)
{
    struct specie_signed made = statement();

    specie_encode(&made);
    made.signature[5] ^= 1;
    bytes_clear(&parcel);
    specie_parcel_encode(&parcel, &made, false);
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_REFUSED);
    ck_assert_str_eq(b.fault.text, "statement: the signature for its frame 7 is not the peer's");
}
END_TEST

START_TEST(settlements_that_never_were_freeze)
{
    struct specie_signed made = statement();

    made.statement.got = (struct settled){1, 50};
    ck_assert_int_eq(give(&made), PARCEL_FROZE);
    ck_assert_str_eq(b.link->reason, "the peer signed that it got 50 nanos up to settlement 1, "
                                     "and here it is 0 up to 0");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statements of a link");
    TCase *tcase = tcase_create("specie");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_moved_is_signed_and_kept);
    tcase_add_test(tcase, the_evidence_is_there_after_a_crash_once_it_is_saved);
    tcase_add_test(tcase, it_is_due_by_amount_by_time_and_on_request);
    tcase_add_test(tcase, who_is_asked_states_at_once);
    tcase_add_test(tcase, only_what_is_in_a_row_is_signed);
    tcase_add_test(tcase, nothing_is_signed_while_the_link_is_down);
    tcase_add_test(tcase, totals_that_are_too_high_or_too_low_freeze);
    tcase_add_test(tcase, too_little_received_freezes);
    tcase_add_test(tcase, more_messages_than_were_sent_freeze);
    tcase_add_test(tcase, fewer_messages_than_were_acknowledged_are_refused);
    tcase_add_test(tcase, fewer_messages_than_were_received_are_refused);
    tcase_add_test(tcase, other_messages_with_the_same_sum_freeze);
    tcase_add_test(tcase, a_lie_about_what_is_still_to_come_freezes_when_it_comes);
    tcase_add_test(tcase, the_truth_about_what_is_still_to_come_does_not);
    tcase_add_test(tcase, less_than_was_received_before_freezes);
    tcase_add_test(tcase, an_old_statement_is_refused);
    tcase_add_test(tcase, one_of_an_older_epoch_is_stale);
    tcase_add_test(tcase, two_statements_of_one_frame_freeze);
    tcase_add_test(tcase, one_of_another_link_is_refused);
    tcase_add_test(tcase, one_in_another_currency_is_refused);
    tcase_add_test(tcase, a_false_signature_is_refused);
    tcase_add_test(tcase, settlements_that_never_were_freeze);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
