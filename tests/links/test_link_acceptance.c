/*
 * Positions and acceptances: what a pair of positions means, whose word counts, and what is
 * refused.  That money follows is in tests/exchange/test_acceptance.c.
 */
#include "links/acceptance.h"

#include <sodium.h>
#include <string.h>

#include "links/parcel.h"
#include "tests/channels/fixture.h"
#include "tests/check_main.h"
#include "tests/links/link_fixture.h"

static struct peer a;
static struct peer b;
static uint8_t secrets[2][64];
static struct bytes parcel;
static struct fault fault;

static void setup(void)
{
    a = peer_new("B");
    b = peer_new("A");
    peers_sign(&a, &b, secrets);
    peers_meet(&a, &b);
    peer_send(&a, 10);
    peer_send(&b, 4);
    peers_settle(&a, &b);
}

static void teardown(void)
{
    peer_free(&a);
    peer_free(&b);
    bytes_fini(&parcel);
}

/* ---- what a pair means ---- */

struct side_case {
    uint64_t sent, sent_total, acked, acked_total, received, received_total;
    /* what follows: of the sender's, of the receiver's, and what comes back */
    uint64_t seq, sender_more, receiver_more, returned;
};

/* One direction alone: the other one has seen nothing. */
START_TEST(a_pair_says_where_a_direction_goes_on)
{
    static const struct side_case cases[] = {
        {9, 90, 9, 90, 9, 90, 10, 0, 0, 0},   /* nothing is missing */
        {9, 90, 7, 70, 8, 80, 10, 0, 0, 10},  /* one was on its way: it comes back */
        {7, 70, 7, 70, 9, 90, 10, 20, 0, 0},  /* the sender has forgotten two */
        {9, 90, 9, 90, 7, 70, 10, 0, 20, 0},  /* the receiver has */
        {9, 90, 8, 80, 7, 70, 10, 0, 10, 10}, /* ... and one more was on its way */
        {8, 95, 7, 70, 9, 90, 10, 0, 0, 5},   /* the sender forgot two, and sent one anew */
        {7, 70, 7, 70, 9, 65, 10, 0, 0, 5},   /* what it forgot had less money than it has sent */
        {0, 0, 0, 0, 0, 0, 1, 0, 0, 0},
    };
    const struct side_case *is = &cases[_i];
    struct position sender = {.sent = {is->sent, is->sent_total, {{{0}}, {{0}}}},
                              .acked = {is->acked, is->acked_total, {{{0}}, {{0}}}}};
    struct position receiver = {.received = {is->received, is->received_total, {{{0}}, {{0}}}}};
    struct loss_plan of_sender;
    struct loss_plan of_receiver;

    ck_assert_int_eq(position_plan(&of_sender, &sender, &receiver, &fault), ST_OK);
    ck_assert_int_eq(position_plan(&of_receiver, &receiver, &sender, &fault), ST_OK);
    ck_assert_uint_eq(of_sender.sent.seq, is->seq);
    ck_assert_uint_eq(of_receiver.received.seq, is->seq);
    ck_assert(of_sender.sent.total == of_receiver.received.total);
    ck_assert(of_sender.received.total == of_receiver.sent.total);
    ck_assert(of_sender.sent.difference == is->sender_more);
    ck_assert(of_receiver.received.difference - of_receiver.received.returned == is->receiver_more);
    ck_assert(of_sender.sent.returned == is->returned);
    /* It comes back over the other direction. */
    ck_assert(of_sender.received.difference == is->returned);
    ck_assert(of_receiver.sent.difference == is->returned);
}
END_TEST

START_TEST(settlements_go_by_the_higher_number)
{
    struct position ours = {.paid = {5, 50}, .got = {2, 20}};
    struct position theirs = {.paid = {3, 30}, .got = {4, 40}};
    struct loss_plan plan;

    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_OK);
    ck_assert_uint_eq(plan.paid.index, 5);
    ck_assert_uint_eq(plan.got.index, 3);
    ck_assert(plan.got.total == 30);
    /* One that a site confirmed, forgot and then refused was made. */
    theirs.got = (struct settled){5, 51};
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_OK);
    ck_assert(plan.paid.total == 51);
}
END_TEST

START_TEST(settlements_that_cannot_be_are_refused)
{
    struct position ours = {.paid = {1, 10}, .got = {1, 10}};
    struct position theirs = {.got = {2, (u128)1 << 64}};
    struct loss_plan plan;

    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    theirs = (struct position){.paid = {2, (u128)1 << 64}};
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    theirs = (struct position){.paid = {SEQ_MAX, 10}};
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    theirs = (struct position){.got = {SEQ_MAX - 1, 10}}; /* our next would have no number */
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    theirs = (struct position){.paid = {2, 12}, .got = {3, 14}};
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_OK);
    ck_assert(plan.paid_more == 4 && plan.got_more == 2);
}
END_TEST

START_TEST(a_difference_that_no_site_can_hold_is_refused)
{
    struct position ours = {.sent = {1, 0, {{{0}}, {{0}}}}};
    struct position theirs = {.received = {2, (u128)1 << 64, {{{0}}, {{0}}}}};
    struct loss_plan plan;

    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    theirs.received = (struct specie_side){SEQ_MAX, 0, {{{0}}, {{0}}}};
    ck_assert_int_eq(position_plan(&plan, &ours, &theirs, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "at their end"));
}
END_TEST

struct far_case {
    uint64_t seq, settled, epoch; /* that a position names */
    bool fits;
};

/* A site counts on from what the peer states, by one: there must be numbers left for that. */
START_TEST(a_position_leaves_numbers_for_what_comes)
{
    static const struct far_case cases[] = {
        {SEQ_MAX - 2, 0, 0, false},     {0, SEQ_MAX - 1, 0, false},
        {0, 0, SEQ_MAX - 1, false},     {SEQ_MAX / 2, 0, 0, false}, /* and 1 more is the next */
        {0, SEQ_MAX / 2 + 1, 0, false}, {0, 0, SEQ_MAX / 2 + 1, false},
        {SEQ_MAX / 2 - 1, 0, 0, true},  {0, SEQ_MAX / 2, 0, true},
        {0, 0, SEQ_MAX / 2, true},
    };
    const struct far_case *is = &cases[_i];
    struct position far[2] = {
        {.received = {.seq = is->seq}, .got = {.index = is->settled}, .peer_epoch = is->epoch},
        {.sent = {.seq = is->seq}, .paid = {.index = is->settled}, .peer_epoch = is->epoch}};
    struct position near = {0};
    struct loss_plan plan;

    /* Both sites come to the same, or one would wait for the other. */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(position_plan(&plan, &near, &far[i], &fault) == ST_OK, is->fits);
        ck_assert_int_eq(position_plan(&plan, &far[i], &near, &fault) == ST_OK, is->fits);
    }
}
END_TEST

/* ---- whose word counts ---- */

static void freeze(struct peer *peer)
{
    link_freeze_by_operator(peer->links, peer->link);
}

static void state(struct peer *peer)
{
    ck_assert_msg(link_state_position(peer->links, peer->link, 0, &fault) == ST_OK, "%s",
                  fault.text);
    (void)peer_save(peer);
}

/* The next LOSS of this side. */
static struct loss_parcel said(struct peer *peer)
{
    struct parcel_head head;

    bytes_clear(&parcel);
    ck_assert(link_loss_out(peer->links, peer->link, &parcel));
    ck_assert_int_eq(parcel_decode(&head, parcel.data, parcel.size, &fault), ST_OK);
    ck_assert_int_eq(head.kind, PARCEL_LOSS);
    return head.loss;
}

static enum parcel_result hears(struct peer *peer, const struct loss_parcel *loss)
{
    struct parcel read;

    bytes_clear(&parcel);
    loss_parcel_encode(&parcel, loss);
    return link_parcel_in(peer->links, peer->link, parcel.data, parcel.size, &read, &fault);
}

/* Both have both positions. */
static void state_both(void)
{
    struct loss_parcel loss;

    freeze(&a);
    freeze(&b);
    state(&a);
    state(&b);
    loss = said(&a);
    ck_assert_int_eq(hears(&b, &loss), PARCEL_KEPT);
    (void)peer_save(&b); /* what came is durable before anything more is said */
    loss = said(&b);
    ck_assert_int_eq(hears(&a, &loss), PARCEL_KEPT);
    (void)peer_save(&a);
    (void)peer_save(&b);
}

static void queue_credit(struct peer *peer)
{
    struct channel_message credit = {
        .kind = CHANNEL_CREDIT, .number = 2, .to = CHANNEL_BORN, .packets = 9, .bytes = 9};

    link_queue(peer->links, peer->link, NULL, &credit);
    (void)peer_save(peer);
}

START_TEST(a_position_is_of_a_frozen_link_that_numbers_nothing)
{
    uint64_t sent = a.link->sent_seq;

    ck_assert_int_eq(link_state_position(a.links, a.link, 0, &fault), ST_INVALID);
    freeze(&a);
    state(&a);
    ck_assert_int_eq(link_acceptance(a.links, a.link, NULL), ACCEPTANCE_STATED);
    queue_credit(&a);
    ck_assert(!links_waiting(a.links));
    ck_assert_uint_eq(a.link->sent_seq, sent);
    /* It waits over a restart, and goes with the position that held it. */
    peer_reload(&a);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
    ck_assert_uint_eq(a.link->sent_seq, sent);
    ck_assert_int_eq(link_resume(a.links, a.link, &fault), ST_OK);
    ck_assert(links_waiting(a.links));
    (void)peer_save(&a);
    ck_assert_uint_eq(a.link->sent_seq, sent + 1);
    peer_reload(&a);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
}
END_TEST

/* What one site states is no reason for the other to take itself for one that lost power. */
START_TEST(a_position_that_is_taken_back_leaves_the_link_as_it_was)
{
    freeze(&a);
    state(&a);
    ck_assert(!a.link->unsure);
    ck_assert_int_eq(link_check_durability(a.link, a.link->limit, money_zero(), 0, &fault), ST_OK);
    ck_assert_int_eq(link_resume(a.links, a.link, &fault), ST_OK);
    peers_meet(&a, &b);
    ck_assert_int_eq(a.link->state, LINK_UP);
}
END_TEST

/* A birth that costs nothing waits by its place, so nobody takes it out of there. */
START_TEST(a_birth_that_waits_under_a_position_is_not_taken_back)
{
    struct channel_message birth = {.kind = CHANNEL_BIRTH, .number = 4, .to = CHANNEL_BORN};
    struct undo *undo;

    ck_assert_int_eq(undo_new(&undo), ST_OK);
    link_queue(a.links, a.link, NULL, &birth);
    freeze(&a);
    state(&a);
    ck_assert(!link_withdraw(a.links, a.link, undo, 4));
    ck_assert_int_eq(link_resume(a.links, a.link, &fault), ST_OK);
    ck_assert(link_withdraw(a.links, a.link, undo, 4));
    undo_commit(undo);
    undo_free(undo);
    (void)peer_save(&a);
    peer_reload(&a);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
}
END_TEST

START_TEST(a_position_stands_until_what_it_names_changes)
{
    freeze(&a);
    ck_assert(!link_position_stands(a.links, a.link, 0));
    ck_assert_int_eq(link_state_position(a.links, a.link, 6, &fault), ST_OK);
    ck_assert(link_position_stands(a.links, a.link, 6));
    ck_assert(link_position_stands(a.links, a.link, 4)); /* an end went since */
    ck_assert(!link_position_stands(a.links, a.link, 8));
    a.link->got.index++;
    ck_assert(!link_position_stands(a.links, a.link, 6));
    a.link->got.index--;
    ck_assert_int_eq(link_resume(a.links, a.link, &fault), ST_OK);
    ck_assert(!link_position_stands(a.links, a.link, 6));
}
END_TEST

START_TEST(nothing_leaves_before_it_is_saved)
{
    freeze(&a);
    ck_assert_int_eq(link_state_position(a.links, a.link, 0, &fault), ST_OK);
    bytes_clear(&parcel);
    ck_assert(!link_loss_out(a.links, a.link, &parcel));
    (void)peer_save(&a);
    ck_assert(link_loss_out(a.links, a.link, &parcel));
    ck_assert(!link_loss_out(a.links, a.link, &parcel)); /* once, until it is reminded */
}
END_TEST

START_TEST(false_positions_are_refused)
{
    struct loss_parcel good;

    freeze(&a);
    state(&a);
    good = said(&a);
    for (int lie = 0; lie < 4; lie++) {
        struct loss_parcel loss = good;

        if (lie == 0)
            loss.position.signature[5] ^= 1;
        if (lie == 1)
            loss.position.position.sent.total++;
        if (lie == 2)
            loss.position.position.peer[0] ^= 1;
        if (lie == 3)
            loss.position.position.currency[0] ^= 1;
        position_encode(&loss.position);
        if (lie > 1)
            sign_with(secrets[0], loss.position.bytes, loss.position.size, loss.position.signature);
        ck_assert_int_eq(hears(&b, &loss), PARCEL_REFUSED);
        ck_assert_ptr_null(link_position_theirs(b.links, b.link));
    }
    ck_assert_int_eq(hears(&b, &good), PARCEL_KEPT);
}
END_TEST

START_TEST(both_have_to_accept_the_same_pair)
{
    struct loss_parcel loss;
    struct loss_parcel forged;

    state_both();
    link_accept(a.links, a.link);
    (void)peer_save(&a);
    ck_assert(link_acceptance_binds(a.links, a.link));
    ck_assert(!link_accepted(a.links, a.link)); /* alone it changes nothing */
    loss = said(&a);
    forged = loss;
    forged.acceptance[3] ^= 1;
    (void)hears(&b, &forged);
    ck_assert(!link_peer_accepts(b.links, b.link));
    forged = loss;
    forged.pair.bytes[3] ^= 1;
    (void)hears(&b, &forged);
    ck_assert(!link_peer_accepts(b.links, b.link));
    ck_assert_int_eq(hears(&b, &loss), PARCEL_KEPT);
    ck_assert(link_peer_accepts(b.links, b.link));
    ck_assert(!link_accepted(b.links, b.link)); /* its own operator has not */
    link_accept(b.links, b.link);
    ck_assert(link_accepted(b.links, b.link));
    (void)peer_save(&b);
    loss = said(&b);
    ck_assert_int_eq(hears(&a, &loss), PARCEL_ACCEPTED);
}
END_TEST

/* What waits without a number when a link is counted anew goes: its channel has ended. */
START_TEST(what_waits_goes_with_what_is_accepted)
{
    struct loss_parcel loss;
    struct loss_plan plan;

    state_both();
    queue_credit(&a);
    link_accept(a.links, a.link);
    (void)peer_save(&a);
    loss = said(&a);
    ck_assert_int_eq(hears(&b, &loss), PARCEL_KEPT);
    link_accept(b.links, b.link);
    (void)peer_save(&b);
    loss = said(&b);
    ck_assert_int_eq(hears(&a, &loss), PARCEL_ACCEPTED);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 1);
    ck_assert_int_eq(link_loss_plan(a.links, a.link, &plan, &fault), ST_OK);
    link_count_accepted(a.links, a.link, &plan);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
    (void)peer_save(&a);
    peer_reload(&a);
    ck_assert_uint_eq(link_unfinished(a.links, a.link), 0);
}
END_TEST

START_TEST(a_new_position_makes_an_acceptance_void)
{
    struct loss_parcel loss;
    struct loss_parcel old;

    state_both();
    link_accept(a.links, a.link);
    (void)peer_save(&a);
    old = said(&a);
    ck_assert_int_eq(link_resume(b.links, b.link, &fault), ST_OK); /* b takes its position back */
    ck_assert_int_eq(link_acceptance(b.links, b.link, NULL), ACCEPTANCE_NONE);
    (void)hears(&b, &old);
    ck_assert(!link_peer_accepts(b.links, b.link));
    freeze(&b);
    state(&b);
    loss = said(&b);
    (void)hears(&a, &loss);
    ck_assert(!link_acceptance_binds(a.links, a.link));
    ck_assert_int_eq(link_acceptance(a.links, a.link, NULL), ACCEPTANCE_PAIRED);
    (void)hears(&b, &old); /* a replay of what a accepted before */
    ck_assert(!link_peer_accepts(b.links, b.link));
}
END_TEST

START_TEST(a_record_tells_if_any_of_it_was_changed)
{
    struct loss_parcel of_a;
    struct loss_parcel of_b;
    struct loss_record record;

    state_both();
    link_accept(a.links, a.link);
    link_accept(b.links, b.link);
    (void)peer_save(&a);
    (void)peer_save(&b);
    of_a = said(&a);
    of_b = said(&b);
    record = (struct loss_record){.ours = of_a.position, .theirs = of_b.position};
    memcpy(record.our_acceptance, of_a.acceptance, sizeof record.our_acceptance);
    memcpy(record.their_acceptance, of_b.acceptance, sizeof record.their_acceptance);
    ck_assert_ptr_null(loss_record_error(&record));
    for (int change = 0; change < 4; change++) {
        struct loss_record changed = record;

        if (change == 0)
            changed.ours.signature[0] ^= 1;
        if (change == 1)
            changed.theirs.bytes[changed.theirs.size - 1] ^= 1;
        if (change == 2)
            changed.our_acceptance[0] ^= 1;
        if (change == 3)
            changed.theirs.position.signer[0] ^= 1;
        ck_assert_ptr_nonnull(loss_record_error(&changed));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses that are accepted, by one link");
    TCase *tcase = tcase_create("acceptance");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_pair_says_where_a_direction_goes_on, 0, 8);
    tcase_add_test(tcase, settlements_go_by_the_higher_number);
    tcase_add_test(tcase, settlements_that_cannot_be_are_refused);
    tcase_add_test(tcase, a_difference_that_no_site_can_hold_is_refused);
    tcase_add_loop_test(tcase, a_position_leaves_numbers_for_what_comes, 0, 9);
    tcase_add_test(tcase, a_position_is_of_a_frozen_link_that_numbers_nothing);
    tcase_add_test(tcase, a_position_that_is_taken_back_leaves_the_link_as_it_was);
    tcase_add_test(tcase, a_birth_that_waits_under_a_position_is_not_taken_back);
    tcase_add_test(tcase, a_position_stands_until_what_it_names_changes);
    tcase_add_test(tcase, nothing_leaves_before_it_is_saved);
    tcase_add_test(tcase, false_positions_are_refused);
    tcase_add_test(tcase, both_have_to_accept_the_same_pair);
    tcase_add_test(tcase, what_waits_goes_with_what_is_accepted);
    tcase_add_test(tcase, a_new_position_makes_an_acceptance_void);
    tcase_add_test(tcase, a_record_tells_if_any_of_it_was_changed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
