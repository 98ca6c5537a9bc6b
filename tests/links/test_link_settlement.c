/* Settlements: each step is repeated, lost and crashed over, and each lie is found out. */
#include "links/settlement.h"

#include <string.h>

#include "links/acceptance.h"
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

static struct peer a; /* owes b 60 nanos */
static struct peer b;
static uint8_t secrets[2][64];
static struct bytes parcel;
static struct link_books books;

static void agree(struct peer *peer, uint64_t threshold, uint64_t target)
{
    struct settlement terms = {.by = SETTLE_BY_HAND,
                               .where = "a bank",
                               .threshold = nanos(threshold),
                               .target = nanos(target)};

    link_set_terms(peer->links, peer->link, &terms);
}

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_sign(&a, &b, secrets);
    peers_meet(&a, &b);
    peer_send(&a, 60);
    peers_settle(&a, &b);
    agree(&a, 0, 0);
    (void)peer_save(&a);
    books = (struct link_books){.frame = 7, .now_us = 10000000};
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

static bool claims(struct peer *peer)
{
    bytes_clear(&parcel);
    return link_claim_out(peer->links, peer->link, &parcel);
}

/* A frame of the peer's, and its statement, given to the other. */
static enum parcel_result states(struct peer *peer, struct peer *to)
{
    (void)peer_save(peer);
    books.frame++;
    bytes_clear(&parcel);
    link_ask_specie(peer->links, peer->link);
    ck_assert(link_specie_out(peer->links, peer->link, &books, &parcel));
    return peer_in(to, &parcel);
}

/* A site dies and comes back with what was durable, and the two meet again. */
static void dies(struct peer *peer, uint8_t number)
{
    peer_reload(peer);
    peer_sign_again(peer, secrets[number]);
    peers_meet(&a, &b);
}

/* a pays 60, and b has the claim. */
static void pay_and_claim(void)
{
    ck_assert_uint_eq(link_settle(a.links, a.link, nanos(60)), 1);
    ck_assert(!claims(&a)); /* not durable yet */
    (void)peer_save(&a);
    ck_assert(claims(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
    (void)peer_save(&b);
}

static struct claim claim_of(uint64_t index, uint64_t total, uint64_t amount)
{
    return (struct claim){.epoch = a.link->epoch,
                          .peer_epoch = b.link->epoch,
                          .settled = {index, total},
                          .amount = nanos(amount),
                          .by = SETTLE_BY_HAND};
}

static enum parcel_result give_claim(struct claim claim)
{
    bytes_clear(&parcel);
    claim_encode(&parcel, &claim);
    return peer_in(&b, &parcel);
}

START_TEST(a_payment_counts_for_the_creditor_first_and_then_for_the_payer)
{
    pay_and_claim();
    ck_assert(link_we_owe(a.link) == 60 && link_it_owes(b.link) == 60);
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert(link_it_owes(b.link) == 0 && link_we_owe(a.link) == 60);
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert(link_we_owe(a.link) == 0);
    ck_assert(!link_is_settling(a.links, a.link) && !link_is_settling(b.links, b.link));
    ck_assert_int_eq(link_settlement(a.links, a.link)->paid.outcome, SETTLEMENT_DONE);
    ck_assert_int_eq(states(&a, &b), PARCEL_KEPT);
}
END_TEST

START_TEST(each_step_survives_a_crash_of_either)
{
    pay_and_claim();
    dies(&a, 0);
    ck_assert(link_is_settling(a.links, a.link));
    ck_assert(claims(&a)); /* asked again, with the same index */
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_STALE);
    dies(&b, 1);
    ck_assert_uint_eq(link_settlement(b.links, b.link)->claimed.index, 1);
    link_decide_claim(b.links, b.link, true, "it came");
    dies(&b, 1); /* before its frame: it was never said */
    ck_assert_uint_eq(link_settlement(b.links, b.link)->claimed.index, 1);
    link_decide_claim(b.links, b.link, true, "it came");
    (void)peer_save(&b);
    dies(&b, 1);
    ck_assert(b.link->got.total == 60);
    dies(&a, 0); /* it does not know yet */
    ck_assert(a.link->paid.total == 0);
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    dies(&a, 0); /* before its frame: it is told again */
    ck_assert(a.link->paid.total == 0 && link_is_settling(a.links, a.link));
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    (void)peer_save(&a);
    dies(&a, 0);
    ck_assert(a.link->paid.total == 60 && !link_is_settling(a.links, a.link));
    ck_assert_int_eq(a.link->state, LINK_UP);
}
END_TEST

START_TEST(a_refused_payment_is_booked_back_once_and_its_index_is_gone)
{
    struct money amount;
    uint64_t index;

    pay_and_claim();
    link_decide_claim(b.links, b.link, false, "it did not come");
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert(link_take_refused(a.links, a.link, &index, &amount));
    ck_assert_uint_eq(index, 1);
    ck_assert(money_nanos(amount) == 60);
    ck_assert(!link_take_refused(a.links, a.link, &index, &amount));
    ck_assert(link_we_owe(a.link) == 60 && link_it_owes(b.link) == 60);
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT); /* the peer says it twice */
    ck_assert(!link_take_refused(a.links, a.link, &index, &amount));
    ck_assert_uint_eq(link_settle(a.links, a.link, nanos(60)), 2);
    (void)peer_save(&a);
    ck_assert(claims(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
}
END_TEST

START_TEST(a_claim_that_nobody_decides_is_repeated_and_changes_nothing)
{
    pay_and_claim();
    for (int i = 0; i < 3; i++) {
        (void)links_remind(a.links);
        peers_settle(&a, &b);
        ck_assert(claims(&a));
        ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_STALE);
    }
    ck_assert(link_we_owe(a.link) == 60 && link_it_owes(b.link) == 60);
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT); /* it says that it knows of none */
    ck_assert(link_is_settling(a.links, a.link));
}
END_TEST

START_TEST(an_answer_that_was_lost_comes_again_with_the_claim)
{
    pay_and_claim();
    link_decide_claim(b.links, b.link, true, "it came");
    (void)peer_save(&b);
    bytes_clear(&parcel);
    ck_assert(link_specie_out(b.links, b.link, &books, &parcel)); /* lost */
    (void)links_remind(a.links);
    peers_settle(&a, &b);
    ck_assert(claims(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_STALE);
    bytes_clear(&parcel);
    ck_assert(link_specie_out(b.links, b.link, &books, &parcel));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_KEPT);
    ck_assert(link_we_owe(a.link) == 0);
}
END_TEST

START_TEST(more_than_is_owed_is_the_payers_credit)
{
    ck_assert_uint_eq(link_settle(a.links, a.link, nanos(100)), 1);
    (void)peer_save(&a);
    ck_assert(claims(&a));
    ck_assert_int_eq(peer_in(&b, &parcel), PARCEL_KEPT);
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert(link_it_owes(a.link) == 40 && link_we_owe(b.link) == 40);
}
END_TEST

START_TEST(room_under_the_limit_comes_back_only_when_both_know)
{
    a.link->peer_limit = nanos(60);
    ck_assert_int_eq(link_check_send(a.links, a.link, 1, nanos(1), 1), LINK_OVER_LIMIT);
    pay_and_claim();
    ck_assert_int_eq(link_check_send(a.links, a.link, 1, nanos(1), 1), LINK_OVER_LIMIT);
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(link_check_send(a.links, a.link, 1, nanos(1), 1), LINK_OVER_LIMIT);
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert_int_eq(link_check_send(a.links, a.link, 1, nanos(60), 1), LINK_FINE);
    ck_assert_int_eq(link_check_send(a.links, a.link, 1, nanos(61), 1), LINK_OVER_LIMIT);
}
END_TEST

/*
 * A message that b took from an agent before it posted the payment, and that waited without a
 * number until after the statement which says so: both sums are then what b may owe.
 */
START_TEST(what_the_creditor_took_before_it_posted_may_come_after_its_statement)
{
    a.link->limit = nanos(60);
    b.link->peer_limit = nanos(60);
    pay_and_claim();
    ck_assert_int_eq(link_check_send(b.links, b.link, 1, nanos(120), 1), LINK_FINE);
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    peer_send(&b, 120);
    ck_assert(peer_out(&b, &parcel));
    ck_assert_int_eq(peer_in(&a, &parcel), PARCEL_TAKEN);
    ck_assert_int_eq(a.link->state, LINK_UP);
    ck_assert(link_it_owes(a.link) == 120);
    /* But not a nano more. */
    peer_send(&b, 1);
    ck_assert(peer_out(&b, &parcel));
    (void)peer_in(&a, &parcel);
    ck_assert_int_eq(a.link->state, LINK_FROZEN);
}
END_TEST

START_TEST(terms_call_for_a_payment_past_the_threshold_down_to_the_target)
{
    struct money amount;

    ck_assert(
        !link_must_settle(a.links, a.link, false, &amount)); /* only when the operator says so */
    agree(&a, 61, 10);
    ck_assert(!link_must_settle(a.links, a.link, false, &amount));
    agree(&a, 60, 10);
    ck_assert(link_must_settle(a.links, a.link, false, &amount));
    ck_assert(money_nanos(amount) == 50);
    (void)link_settle(a.links, a.link, amount);
    ck_assert(!link_must_settle(a.links, a.link, false, &amount)); /* one at a time */
}
END_TEST

START_TEST(a_site_that_stops_pays_all_by_whatever_terms_it_has)
{
    const struct settlement none = {.by = SETTLE_BY_NOBODY};
    struct money amount;

    link_set_terms(a.links, a.link, &none);
    ck_assert(!link_must_settle(a.links, a.link, true, &amount));
    agree(&a, 61, 10);
    ck_assert(link_must_settle(a.links, a.link, true, &amount));
    ck_assert(money_nanos(amount) == 60);
    agree(&a, 0, 0);
    ck_assert(link_must_settle(a.links, a.link, true, &amount));
    (void)link_settle(a.links, a.link, amount);
    ck_assert(!link_must_settle(a.links, a.link, true, &amount));
}
END_TEST

START_TEST(what_the_peer_does_not_have_is_not_paid)
{
    struct channel_message packet = packet_of(40, "x", 1);

    link_queue(a.links, a.link, NULL, &packet);
    (void)peer_save(&a);
    ck_assert(link_we_owe(a.link) == 100);
    ck_assert(link_payable(a.link) == 60);
}
END_TEST

static void freezes(struct claim claim, const char *reason)
{
    ck_assert_int_eq(give_claim(claim), PARCEL_FROZE);
    ck_assert_str_eq(b.link->reason, reason);
}

START_TEST(a_claim_of_another_sum_freezes)
{
    freezes(claim_of(1, 61, 60), "the peer claims to have settled 61 nanos up to settlement 1 of "
                                 "60 nanos, and we got 0 before it");
}
END_TEST

START_TEST(a_claim_that_changes_its_amount_freezes)
{
    pay_and_claim();
    freezes(claim_of(1, 70, 70), "the peer claims settlement 1 of 70 nanos, and settlement 1 of "
                                 "60 nanos is what we know");
}
END_TEST

START_TEST(a_second_claim_before_the_first_is_decided_freezes)
{
    pay_and_claim();
    freezes(claim_of(2, 60, 60), "the peer claims settlement 2 of 60 nanos, and settlement 1 of "
                                 "60 nanos is what we know");
}
END_TEST

START_TEST(a_claim_that_was_decided_is_not_decided_again)
{
    pay_and_claim();
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(give_claim(claim_of(1, 60, 60)), PARCEL_STALE);
    ck_assert(!link_is_settling(b.links, b.link));
    ck_assert(b.link->got.total == 60);
    freezes(claim_of(1, 120, 60), "the peer claims settlement 1 of 60 nanos, and settlement 1 of "
                                  "60 nanos is what we know");
}
END_TEST

START_TEST(a_claim_of_another_epoch_is_stale)
{
    struct claim claim = claim_of(1, 60, 60);

    claim.epoch--;
    ck_assert_int_eq(give_claim(claim), PARCEL_STALE);
    ck_assert(!link_is_settling(b.links, b.link));
}
END_TEST

START_TEST(claims_of_nothing_are_no_parcels)
{
    ck_assert_int_eq(give_claim(claim_of(1, 0, 0)), PARCEL_REFUSED);
    ck_assert_int_eq(give_claim(claim_of(0, 60, 60)), PARCEL_REFUSED);
    ck_assert_int_eq(give_claim(claim_of(1, 59, 60)), PARCEL_REFUSED);
    ck_assert_int_eq(b.link->state, LINK_UP);
}
END_TEST

/* What b signs, changed by b itself, and given to a. */
static enum parcel_result b_signs(struct settled paid, struct settled got)
{
    struct parcel_head head;

    books.frame++;
    link_ask_specie(b.links, b.link);
    bytes_clear(&parcel);
    ck_assert(link_specie_out(b.links, b.link, &books, &parcel));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &b.fault), ST_OK);
    head.specie.specie.statement.paid = paid;
    head.specie.specie.statement.got = got;
    specie_encode(&head.specie.specie);
    sign_with(secrets[1], head.specie.specie.bytes, head.specie.specie.size,
              head.specie.specie.signature);
    bytes_clear(&parcel);
    specie_parcel_encode(&parcel, &head.specie.specie, false);
    return peer_in(&a, &parcel);
}

START_TEST(an_answer_with_another_sum_freezes)
{
    pay_and_claim();
    ck_assert_int_eq(b_signs((struct settled){0, 0}, (struct settled){1, 59}), PARCEL_FROZE);
    ck_assert_str_eq(a.link->reason, "the peer signed that it got 59 nanos up to settlement 1, "
                                     "and here it is 0 up to 0");
    ck_assert(link_is_settling(a.links, a.link)); /* still unknown, and never paid again */
}
END_TEST

START_TEST(an_answer_to_a_settlement_that_never_was_freezes)
{
    ck_assert_int_eq(b_signs((struct settled){0, 0}, (struct settled){1, 60}), PARCEL_FROZE);
}
END_TEST

START_TEST(an_answer_that_is_taken_back_freezes)
{
    pay_and_claim();
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert_int_eq(b_signs((struct settled){0, 0}, (struct settled){1, 0}), PARCEL_FROZE);
    ck_assert_str_eq(a.link->reason, "the peer signed that it got 0 nanos up to settlement 1, "
                                     "and here it is 60 up to 1");
}
END_TEST

START_TEST(a_payment_that_the_creditor_never_posted_freezes)
{
    ck_assert_int_eq(b_signs((struct settled){1, 5}, (struct settled){0, 0}), PARCEL_FROZE);
    ck_assert_str_eq(a.link->reason, "the peer signed that it paid 5 nanos up to settlement 1, "
                                     "and here it is 0 up to 0");
}
END_TEST

/* ---- a loss ---- */

/* Both freeze and state where they stand, and each learns it of the other. */
static void state_both(void)
{
    struct peer *peers[2] = {&a, &b};
    struct fault fault;

    for (int i = 0; i < 2; i++) {
        link_freeze_by_operator(peers[i]->links, peers[i]->link);
        ck_assert_int_eq(link_state_position(peers[i]->links, peers[i]->link, 0, &fault), ST_OK);
        (void)peer_save(peers[i]);
    }
    for (int i = 0; i < 2; i++) {
        bytes_clear(&parcel);
        ck_assert(link_loss_out(peers[i]->links, peers[i]->link, &parcel));
        (void)peer_in(peers[1 - i], &parcel); /* KEPT, or STALE if it was there already */
        ck_assert_int_eq(link_acceptance(peers[1 - i]->links, peers[1 - i]->link, NULL),
                         ACCEPTANCE_PAIRED);
        (void)peer_save(peers[1 - i]);
    }
}

/* The creditor forgot that it had confirmed the claim, and would post it once more. */
START_TEST(a_claim_that_only_the_payer_has_as_decided_is_decided_before_a_loss_is_accepted)
{
    struct fault fault;
    struct loss_plan plan;
    struct peer old;

    pay_and_claim();
    old = peer_backup(&b);
    link_decide_claim(b.links, b.link, true, "it came");
    ck_assert_int_eq(states(&b, &a), PARCEL_KEPT);
    ck_assert_uint_eq(a.link->paid.index, 1);
    peer_free(&b);
    b = old;
    peer_sign_again(&b, secrets[1]);
    state_both();
    ck_assert_int_eq(link_check_accept(b.links, b.link, &plan, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "settlement 1 was decided, and here it is not"));
    ck_assert_int_eq(link_check_accept(a.links, a.link, &plan, &fault), ST_INVALID);
    link_decide_claim(b.links, b.link, true, "it came");
    state_both();
    ck_assert_int_eq(link_check_accept(a.links, a.link, &plan, &fault), ST_OK);
    ck_assert_int_eq(link_check_accept(b.links, b.link, &plan, &fault), ST_OK);
    ck_assert(plan.got_more == 0 && plan.got.index == 1);
}
END_TEST

/* One that both have as open stays open, and is decided as ever. */
START_TEST(a_claim_that_both_have_as_open_stops_no_acceptance)
{
    struct fault fault;
    struct loss_plan plan;

    pay_and_claim();
    state_both();
    ck_assert_int_eq(link_check_accept(a.links, a.link, &plan, &fault), ST_OK);
    ck_assert_int_eq(link_check_accept(b.links, b.link, &plan, &fault), ST_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settlements of a link");
    TCase *tcase = tcase_create("settlement");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_payment_counts_for_the_creditor_first_and_then_for_the_payer);
    tcase_add_test(tcase, each_step_survives_a_crash_of_either);
    tcase_add_test(tcase, a_refused_payment_is_booked_back_once_and_its_index_is_gone);
    tcase_add_test(tcase, a_claim_that_nobody_decides_is_repeated_and_changes_nothing);
    tcase_add_test(tcase, an_answer_that_was_lost_comes_again_with_the_claim);
    tcase_add_test(tcase, more_than_is_owed_is_the_payers_credit);
    tcase_add_test(tcase, room_under_the_limit_comes_back_only_when_both_know);
    tcase_add_test(tcase, what_the_creditor_took_before_it_posted_may_come_after_its_statement);
    tcase_add_test(tcase, terms_call_for_a_payment_past_the_threshold_down_to_the_target);
    tcase_add_test(tcase, a_site_that_stops_pays_all_by_whatever_terms_it_has);
    tcase_add_test(tcase, what_the_peer_does_not_have_is_not_paid);
    tcase_add_test(tcase, a_claim_of_another_sum_freezes);
    tcase_add_test(tcase, a_claim_that_changes_its_amount_freezes);
    tcase_add_test(tcase, a_second_claim_before_the_first_is_decided_freezes);
    tcase_add_test(tcase, a_claim_that_was_decided_is_not_decided_again);
    tcase_add_test(tcase, a_claim_of_another_epoch_is_stale);
    tcase_add_test(tcase, claims_of_nothing_are_no_parcels);
    tcase_add_test(tcase, an_answer_with_another_sum_freezes);
    tcase_add_test(tcase, an_answer_to_a_settlement_that_never_was_freezes);
    tcase_add_test(tcase, an_answer_that_is_taken_back_freezes);
    tcase_add_test(tcase, a_payment_that_the_creditor_never_posted_freezes);
    tcase_add_test(tcase,
                   a_claim_that_only_the_payer_has_as_decided_is_decided_before_a_loss_is_accepted);
    tcase_add_test(tcase, a_claim_that_both_have_as_open_stops_no_acceptance);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
