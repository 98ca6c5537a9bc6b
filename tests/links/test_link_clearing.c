/* A house that pays for two sites: it answers once, and every lie and repeat is told apart. */
#include "links/clearing.h"

#include <sodium.h>
#include <string.h>

#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

enum { US, PAYEE, HOUSE, OTHER, SITES };

static struct peer a; /* we, and the payee at the other end of its link */
static struct link *house;
static struct link *other; /* a peer that nobody asked */
static uint8_t keys[SITES][LINK_KEY_BYTES];
static uint8_t secrets[SITES][64];
static struct bytes parcel;

static void setup(void)
{
    struct settlement terms = {.by = SETTLE_BY_CLEARING, .where = "house"};

    ck_assert_int_ge(sodium_init(), 0);
    for (uint8_t i = 0; i < SITES; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES] = {i};

        ck_assert_int_eq(crypto_sign_seed_keypair(keys[i], secrets[i], seed), 0);
    }
    a = peer_new("B");
    peer_sign_again(&a, secrets[US]);
    memcpy(a.link->key, keys[PAYEE], LINK_KEY_BYTES);
    ck_assert_int_eq(links_add(a.links, "house", keys[HOUSE], "", nanos(1000), &house, &a.fault),
                     ST_OK);
    ck_assert_int_eq(links_add(a.links, "other", keys[OTHER], "", nanos(1000), &other, &a.fault),
                     ST_OK);
    link_set_terms(a.links, a.link, &terms);
    a.link->state = LINK_UP;
    other->state = LINK_UP;
    house->state = LINK_UP;
}

static void teardown(void)
{
    peer_free(&a);
    bytes_fini(&parcel);
}

/* A receipt for payment `index` that the house signs. */
static struct clearing_signed receipt_of(uint64_t index, uint64_t amount, bool done)
{
    struct clearing_signed made = {
        .note = {.is_receipt = true, .index = index, .amount = nanos(amount), .done = done}};

    memcpy(made.note.house, keys[HOUSE], LINK_KEY_BYTES);
    memcpy(made.note.payer, keys[US], LINK_KEY_BYTES);
    memcpy(made.note.payee, keys[PAYEE], LINK_KEY_BYTES);
    return made;
}

static enum parcel_result give(struct clearing_signed made)
{
    struct parcel read;

    clearing_encode(&made);
    sign_with(secrets[HOUSE], made.bytes, made.size, made.signature);
    bytes_clear(&parcel);
    clearing_parcel_encode(&parcel, &made);
    return link_parcel_in(a.links, house, parcel.data, parcel.size, &read, &a.fault);
}

static bool refused(void)
{
    struct money amount;
    uint64_t index;

    return link_take_refused(a.links, a.link, &index, &amount);
}

START_TEST(a_receipt_goes_with_the_claim_and_a_second_one_changes_nothing)
{
    ck_assert_uint_eq(link_settle(a.links, a.link, nanos(60)), 1);
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_KEPT);
    ck_assert_uint_gt(link_settlement(a.links, a.link)->pending.receipt.size, 0);
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_STALE);
    ck_assert(link_is_settling(a.links, a.link)); /* the payee has not said so */
    (void)peer_save(&a);
    peer_reload(&a);
    ck_assert_uint_gt(link_settlement(a.links, a.link)->pending.receipt.size, 0);
}
END_TEST

START_TEST(a_refusal_is_booked_back_once)
{
    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert_int_eq(give(receipt_of(1, 60, false)), PARCEL_KEPT);
    ck_assert(refused());
    ck_assert_int_eq(give(receipt_of(1, 60, false)), PARCEL_STALE);
    ck_assert(!refused());
    ck_assert_uint_eq(link_settle(a.links, a.link, nanos(60)), 2);
}
END_TEST

START_TEST(a_house_that_says_done_after_refused_freezes)
{
    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert_int_eq(give(receipt_of(1, 60, false)), PARCEL_KEPT);
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_FROZE);
    ck_assert_str_eq(house->reason,
                     "the peer signed that payment 1 of 60 nanos is done, and that is not what we "
                     "ordered, or not what it said before");
    ck_assert_int_eq(a.link->state, LINK_UP);
}
END_TEST

START_TEST(a_house_that_says_refused_after_done_freezes)
{
    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_KEPT);
    ck_assert_int_eq(give(receipt_of(1, 60, false)), PARCEL_FROZE);
    ck_assert(!refused());
    ck_assert(link_is_settling(a.links, a.link));
}
END_TEST

START_TEST(a_receipt_for_another_amount_or_for_no_order_freezes)
{
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_FROZE);
    ck_assert_int_eq(link_resume(a.links, house, &a.fault), ST_OK);
    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert_int_eq(give(receipt_of(1, 61, true)), PARCEL_FROZE);
    ck_assert_uint_eq(link_settlement(a.links, a.link)->pending.receipt.size, 0);
}
END_TEST

START_TEST(a_receipt_of_somebody_else_is_refused)
{
    struct clearing_signed made = receipt_of(1, 60, true);

    (void)link_settle(a.links, a.link, nanos(60));
    memcpy(made.note.payer, keys[PAYEE], LINK_KEY_BYTES);
    ck_assert_int_eq(give(made), PARCEL_REFUSED);
    made = receipt_of(1, 60, true);
    memcpy(made.note.house, keys[US], LINK_KEY_BYTES);
    ck_assert_int_eq(give(made), PARCEL_REFUSED);
    ck_assert_int_eq(house->state, LINK_UP);
}
END_TEST

/* What another peer says of the payment, as if it had been asked. */
static enum parcel_result give_by_other(bool done)
{
    struct clearing_signed made = receipt_of(1, 60, done);
    struct parcel read;

    memcpy(made.note.house, keys[OTHER], LINK_KEY_BYTES);
    clearing_encode(&made);
    sign_with(secrets[OTHER], made.bytes, made.size, made.signature);
    bytes_clear(&parcel);
    clearing_parcel_encode(&parcel, &made);
    return link_parcel_in(a.links, other, parcel.data, parcel.size, &read, &a.fault);
}

START_TEST(only_the_house_that_was_asked_decides)
{
    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert_int_eq(give_by_other(false), PARCEL_STALE);
    ck_assert(!refused());
    ck_assert(link_is_settling(a.links, a.link));
    ck_assert_int_eq(give_by_other(true), PARCEL_FROZE);
    ck_assert_uint_eq(link_settlement(a.links, a.link)->pending.receipt.size, 0);
    ck_assert_int_eq(give(receipt_of(1, 60, true)), PARCEL_KEPT);
}
END_TEST

/* Whether an order leaves over this link with the next frame. */
static bool orders(struct link *link)
{
    (void)peer_save(&a);
    link->state = LINK_UP;
    node_of_link(a.links, link)->hello_due = false;
    bytes_clear(&parcel);
    return link_clearing_out(a.links, link, &parcel);
}

START_TEST(a_payment_is_ordered_at_one_house_whatever_the_terms_become)
{
    struct settlement terms = {.by = SETTLE_BY_CLEARING, .where = "other"};

    (void)link_settle(a.links, a.link, nanos(60));
    ck_assert(link_is_house(a.links, house) && !link_is_house(a.links, other));
    link_set_terms(a.links, a.link, &terms);
    ck_assert(!orders(other));
    ck_assert(orders(house));
    ck_assert(!orders(house)); /* until the next reminder */
}
END_TEST

/* ---- as a house: the same site is ordered by the one at the end of the link `house` ---- */

static enum parcel_result order(uint64_t index, uint64_t amount)
{
    struct clearing_signed made = {.note = {.index = index, .amount = nanos(amount)}};

    memcpy(made.note.house, keys[US], LINK_KEY_BYTES);
    memcpy(made.note.payer, keys[HOUSE], LINK_KEY_BYTES);
    memcpy(made.note.payee, keys[PAYEE], LINK_KEY_BYTES);
    return give(made);
}

/* The receipt that leaves with the next frame. */
static struct clearing_note answered(void)
{
    struct parcel_head head;

    (void)peer_save(&a);
    house->state = LINK_UP;
    node_of_link(a.links, house)->hello_due = false;
    bytes_clear(&parcel);
    ck_assert(link_clearing_out(a.links, house, &parcel));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &a.fault), ST_OK);
    ck_assert(clearing_is_signed(&head.note, keys[US]));
    return head.note.note;
}

START_TEST(an_order_is_carried_out_once_and_answered_for_ever)
{
    struct clearing_note first;
    struct clearing_note again;

    ck_assert_int_eq(order(1, 60), PARCEL_KEPT);
    ck_assert_ptr_nonnull(link_order(a.links, house));
    link_order_done(a.links, house, true);
    first = answered();
    ck_assert(first.done && first.total == 60);
    ck_assert_int_eq(order(1, 60), PARCEL_STALE);
    ck_assert_ptr_null(link_order(a.links, house));
    again = answered();
    ck_assert(again.done && again.total == 60);
    ck_assert_int_eq(order(3, 5), PARCEL_KEPT); /* a number may be left out */
    link_order_done(a.links, house, false);
    first = answered();
    ck_assert(!first.done && first.total == 60);
    ck_assert_int_eq(order(3, 5), PARCEL_STALE); /* though there may be money by now */
    ck_assert(!answered().done);
    ck_assert_int_eq(order(2, 5), PARCEL_REFUSED);
    ck_assert_ptr_null(link_order(a.links, house));
}
END_TEST

/* An order of 60 that names a payee by the first byte of a key. */
static enum parcel_result order_for(uint8_t payee, uint64_t index)
{
    struct clearing_signed made = {.note = {.index = index, .amount = nanos(60)}};

    memcpy(made.note.house, keys[US], LINK_KEY_BYTES);
    memcpy(made.note.payer, keys[HOUSE], LINK_KEY_BYTES);
    made.note.payee[0] = payee;
    return give(made);
}

static void fill_all_places(void)
{
    for (uint8_t i = 0; i < CLEARING_PAYEES_MAX; i++) {
        ck_assert_int_eq(order_for(i, 1), PARCEL_KEPT);
        link_order_done(a.links, house, true);
        (void)peer_save(&a);
        ck_assert(orders(house)); /* the receipt */
    }
}

START_TEST(a_payee_for_whom_there_is_no_place_is_refused_with_an_answer)
{
    struct clearing_note answer;

    fill_all_places();
    ck_assert_int_eq(order_for(CLEARING_PAYEES_MAX, 1), PARCEL_STALE);
    ck_assert_ptr_null(link_order(a.links, house));
    answer = answered();
    ck_assert(!answer.done && answer.total == 0 && answer.index == 1);
    ck_assert_uint_eq(answer.payee[0], CLEARING_PAYEES_MAX);
    ck_assert(!orders(house));
}
END_TEST

START_TEST(a_refusal_is_of_the_order_that_had_no_place)
{
    struct clearing_note answer;

    fill_all_places();
    ck_assert_int_eq(order_for(CLEARING_PAYEES_MAX, 1), PARCEL_STALE);
    ck_assert_int_eq(order_for(0, 2), PARCEL_KEPT);
    answer = answered();
    ck_assert(!answer.done && answer.index == 1);
    ck_assert_uint_eq(answer.payee[0], CLEARING_PAYEES_MAX);
    /* ... and the order that waits is still the one that is carried out. */
    ck_assert_int_eq(order_for(CLEARING_PAYEES_MAX, 1), PARCEL_STALE);
    ck_assert_uint_eq(link_order(a.links, house)->index, 2);
    ck_assert_uint_eq(link_order(a.links, house)->payee[0], 0);
    ck_assert_int_eq(order_for(1, 2), PARCEL_STALE); /* another one, meanwhile */
    ck_assert_uint_eq(link_order(a.links, house)->payee[0], 0);
    link_order_done(a.links, house, true);
    ck_assert_int_eq(order_for(1, 2), PARCEL_KEPT);
}
END_TEST

START_TEST(an_order_that_changes_freezes)
{
    ck_assert_int_eq(order(1, 60), PARCEL_KEPT);
    link_order_done(a.links, house, true);
    ck_assert_int_eq(order(1, 61), PARCEL_FROZE);
    ck_assert_str_eq(house->reason,
                     "the peer orders payment 1 of 61 nanos, and ordered it of 60 before");
}
END_TEST

START_TEST(orders_are_remembered_over_a_crash)
{
    ck_assert_int_eq(order(1, 60), PARCEL_KEPT);
    link_order_done(a.links, house, true);
    (void)peer_save(&a);
    peer_reload(&a);
    peer_sign_again(&a, secrets[US]);
    house = links_named(a.links, "house");
    ck_assert_int_eq(order(1, 60), PARCEL_STALE);
    ck_assert_ptr_null(link_order(a.links, house));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settling through a house");
    TCase *tcase = tcase_create("clearing");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_receipt_goes_with_the_claim_and_a_second_one_changes_nothing);
    tcase_add_test(tcase, a_refusal_is_booked_back_once);
    tcase_add_test(tcase, a_house_that_says_done_after_refused_freezes);
    tcase_add_test(tcase, a_house_that_says_refused_after_done_freezes);
    tcase_add_test(tcase, a_receipt_for_another_amount_or_for_no_order_freezes);
    tcase_add_test(tcase, a_receipt_of_somebody_else_is_refused);
    tcase_add_test(tcase, only_the_house_that_was_asked_decides);
    tcase_add_test(tcase, a_payment_is_ordered_at_one_house_whatever_the_terms_become);
    tcase_add_test(tcase, a_payee_for_whom_there_is_no_place_is_refused_with_an_answer);
    tcase_add_test(tcase, a_refusal_is_of_the_order_that_had_no_place);
    tcase_add_test(tcase, an_order_is_carried_out_once_and_answered_for_ever);
    tcase_add_test(tcase, an_order_that_changes_freezes);
    tcase_add_test(tcase, orders_are_remembered_over_a_crash);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
