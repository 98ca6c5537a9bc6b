/* Two books of one link: planted faults are found and named, and nothing else is. */
#include <stdlib.h>
#include <string.h>

#include "audit/reconcile.h"
#include "tests/check_main.h"

enum { LINES = 20 };

static struct reconcile_lines sent;
static struct reconcile_lines received;
static struct reconcile_totals totals;

struct seen {
    struct reconcile_note notes[8];
    size_t count;
};
static struct seen seen;

static void see(void *context, const struct reconcile_note *note)
{
    (void)context;
    if (seen.count < sizeof seen.notes / sizeof seen.notes[0])
        seen.notes[seen.count] = *note;
    seen.count++;
}

static void add(struct reconcile_lines *lines, uint64_t seq, uint64_t nanos)
{
    const struct reconcile_line line = {
        .seq = seq, .frame = 100 + lines->count, .amount = {.nanos = nanos}};

    ck_assert(reconcile_add(lines, &line));
}

/* Both have sequences 3, 6, ... 60 of 100 nanos and more: others carried no money. */
static void setup(void)
{
    memset(&seen, 0, sizeof seen);
    for (uint64_t i = 1; i <= LINES; i++) {
        add(&sent, 3 * i, 100 + i);
        add(&received, 3 * i, 100 + i);
    }
}

static void teardown(void)
{
    reconcile_lines_fini(&sent);
    reconcile_lines_fini(&received);
}

static void drop(struct reconcile_lines *lines, size_t index)
{
    lines->count--;
    memmove(lines->items + index, lines->items + index + 1,
            (lines->count - index) * sizeof *lines->items);
}

static void compare(void)
{
    reconcile_direction(&sent, &received, see, NULL, &totals);
}

static void expect_one(enum reconcile_finding finding, uint64_t seq)
{
    compare();
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_int_eq(seen.notes[0].finding, finding);
    ck_assert_uint_eq(seen.notes[0].seq, seq);
    ck_assert_uint_eq(totals.counts[finding], 1);
    ck_assert_uint_eq(totals.faults, reconcile_is_fault(finding) ? 1 : 0);
}

START_TEST(equal_books_match_to_the_nano)
{
    compare();
    ck_assert_uint_eq(seen.count, 0);
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES);
    ck_assert_uint_eq(totals.faults, 0);
    ck_assert(totals.matched_nanos == LINES * 100 + LINES * (LINES + 1) / 2);
    ck_assert(totals.sent_nanos == totals.matched_nanos);
    ck_assert(totals.received_nanos == totals.matched_nanos);
    ck_assert(totals.in_flight_nanos == 0);
}
END_TEST

/* The sender lost messages 42 to 48, of which 42, 45 and 48 have money, and has one line for them.
 */
static void lose(uint64_t nanos)
{
    const struct reconcile_loss loss = {
        .last = 48, .messages = 7, .line = {.frame = 500, .amount = {.nanos = nanos}}};

    for (int i = 0; i < 3; i++)
        drop(&sent, 13);
    ck_assert(reconcile_add_loss(&sent, &loss));
}

START_TEST(what_was_taken_over_after_a_loss_matches_message_by_message)
{
    lose(114 + 115 + 116);
    compare();
    ck_assert_uint_eq(seen.count, 0);
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES);
    ck_assert(totals.sent_nanos == totals.received_nanos);
}
END_TEST

START_TEST(a_loss_of_another_sum_matches_nothing)
{
    lose(114 + 115 + 117);
    compare();
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES - 3);
    ck_assert_uint_eq(totals.counts[RECONCILE_NOT_SENT], 2);
    ck_assert_uint_eq(totals.counts[RECONCILE_AMOUNT_DIFFERS], 1);
    ck_assert_uint_eq(totals.faults, 3);
}
END_TEST

/* Who claimed messages and has none of them in its book took the money. */
START_TEST(a_loss_that_the_receiver_never_had_is_a_fault)
{
    lose(114 + 115 + 116);
    for (int i = 0; i < 3; i++)
        drop(&received, 13);
    expect_one(RECONCILE_NOT_RECEIVED, 48);
    ck_assert_uint_eq(money_nanos(seen.notes[0].sent->amount), 114 + 115 + 116);
}
END_TEST

START_TEST(losses_that_overlap_bring_no_line_twice)
{
    const struct reconcile_loss again = {
        .last = 48, .messages = 7, .line = {.frame = 501, .amount = {.nanos = 114 + 115 + 116}}};
    const struct reconcile_loss all = {
        .last = 60, .messages = UINT64_MAX, .line = {.frame = 502, .amount = {.nanos = 7}}};

    lose(114 + 115 + 116);
    ck_assert(reconcile_add_loss(&sent, &again));
    ck_assert(reconcile_add_loss(&sent, &all));
    compare();
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES);
    ck_assert_uint_eq(totals.counts[RECONCILE_SENT_TWICE], 2);
    ck_assert_uint_eq(totals.faults, 2);
}
END_TEST

START_TEST(two_empty_books_agree)
{
    sent.count = 0;
    received.count = 0;
    compare();
    ck_assert_uint_eq(seen.count, 0);
    ck_assert_uint_eq(totals.faults, 0);
}
END_TEST

START_TEST(a_line_that_the_receiver_lost_is_a_gap)
{
    drop(&received, 4);
    expect_one(RECONCILE_NOT_RECEIVED, 15);
    ck_assert(seen.notes[0].received == NULL);
    ck_assert_uint_eq(money_nanos(seen.notes[0].sent->amount), 105);
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES - 1);
    ck_assert(totals.in_flight_nanos == 0);
}
END_TEST

START_TEST(a_line_that_the_sender_lost_is_money_from_nowhere)
{
    drop(&sent, 4);
    expect_one(RECONCILE_NOT_SENT, 15);
    ck_assert(seen.notes[0].sent == NULL);
    ck_assert(!seen.notes[0].past_end);
}
END_TEST

START_TEST(a_changed_amount_is_named_with_both)
{
    received.items[7].amount.nanos++;
    expect_one(RECONCILE_AMOUNT_DIFFERS, 24);
    ck_assert_uint_eq(money_nanos(seen.notes[0].sent->amount), 108);
    ck_assert_uint_eq(money_nanos(seen.notes[0].received->amount), 109);
    ck_assert(totals.received_nanos == totals.sent_nanos + 1);
}
END_TEST

START_TEST(a_doubled_line_is_found_on_either_side)
{
    add(&received, 30, 110);
    expect_one(RECONCILE_RECEIVED_TWICE, 30);
    ck_assert_uint_eq(totals.counts[RECONCILE_MATCHED], LINES);
    drop(&received, 10);
    memset(&seen, 0, sizeof seen);
    add(&sent, 30, 110);
    expect_one(RECONCILE_SENT_TWICE, 30);
}
END_TEST

START_TEST(of_two_lines_the_earlier_one_is_compared)
{
    add(&received, 30, 999); /* in a later frame */
    expect_one(RECONCILE_RECEIVED_TWICE, 30);
    ck_assert_uint_eq(money_nanos(seen.notes[0].received->amount), 999);
}
END_TEST

START_TEST(a_tail_that_was_not_received_is_in_flight_and_no_fault)
{
    received.count -= 3;
    compare();
    ck_assert_uint_eq(seen.count, 3);
    ck_assert_uint_eq(totals.counts[RECONCILE_IN_FLIGHT], 3);
    ck_assert_uint_eq(seen.notes[0].seq, 54);
    ck_assert_uint_eq(totals.faults, 0);
    ck_assert(totals.in_flight_nanos == 118 + 119 + 120);
    ck_assert(totals.sent_nanos == totals.received_nanos + totals.in_flight_nanos);
}
END_TEST

START_TEST(nothing_received_at_all_is_all_in_flight)
{
    received.count = 0;
    compare();
    ck_assert_uint_eq(totals.counts[RECONCILE_IN_FLIGHT], LINES);
    ck_assert_uint_eq(totals.faults, 0);
}
END_TEST

START_TEST(a_tail_is_a_gap_when_the_receiver_says_that_it_took_more)
{
    received.count -= 1;
    received.through = 60;
    expect_one(RECONCILE_NOT_RECEIVED, 60);
}
END_TEST

START_TEST(a_receiver_ahead_of_the_senders_book_is_a_fault_that_says_so)
{
    sent.count -= 1;
    expect_one(RECONCILE_NOT_SENT, 60);
    ck_assert(seen.notes[0].past_end);
}
END_TEST

START_TEST(a_line_moved_to_the_other_direction_is_found_in_both)
{
    struct reconcile_lines back_sent = {0};
    struct reconcile_lines back_received = {0};
    struct reconcile_totals back;

    add(&back_sent, 2, 7);
    add(&back_sent, 9, 8);
    add(&back_received, 2, 7);
    add(&back_received, 9, 8);
    /* The sender's book says that it received message 15 instead of having sent it. */
    add(&back_received, 15, 105);
    drop(&sent, 4);
    expect_one(RECONCILE_NOT_SENT, 15);
    reconcile_direction(&back_sent, &back_received, NULL, NULL, &back);
    ck_assert_uint_eq(back.faults, 1);
    ck_assert_uint_eq(back.counts[RECONCILE_NOT_SENT], 1);
    reconcile_lines_fini(&back_sent);
    reconcile_lines_fini(&back_received);
}
END_TEST

START_TEST(each_finding_has_words_of_its_own)
{
    for (int i = 0; i < RECONCILE_FINDINGS; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(reconcile_text((enum reconcile_finding)i),
                             reconcile_text((enum reconcile_finding)j));
}
END_TEST

/* ---- any faults ---- */

static void shuffle(struct rng *rng, struct reconcile_lines *lines)
{
    for (size_t i = lines->count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        struct reconcile_line line = lines->items[i - 1];

        lines->items[i - 1] = lines->items[j];
        lines->items[j] = line;
    }
}

/* One book as the sender wrote it, the other with a fault or none at each place. */
START_TEST(whatever_is_planted_is_counted_and_nothing_else)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 500; round++) {
        uint64_t planted[RECONCILE_FINDINGS] = {0};
        uint64_t count = 1 + rng_below(&rng, 60);
        uint64_t seq = 0;

        sent.count = 0;
        received.count = 0;
        sent.through = 0;
        received.through = 0;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t nanos = 1 + rng_below(&rng, 1000);
            uint64_t fate = rng_below(&rng, 12);

            seq += 1 + rng_below(&rng, 3);
            if (fate != 0)
                add(&sent, seq, nanos);
            if (fate != 1)
                add(&received, seq, fate == 2 ? nanos + 1 : nanos);
            if (fate == 3)
                add(&sent, seq, nanos);
            if (fate == 4)
                add(&received, seq, nanos);
            planted[RECONCILE_NOT_SENT] += fate == 0;
            planted[RECONCILE_NOT_RECEIVED] += fate == 1;
            planted[RECONCILE_AMOUNT_DIFFERS] += fate == 2;
            planted[RECONCILE_SENT_TWICE] += fate == 3;
            planted[RECONCILE_RECEIVED_TWICE] += fate == 4;
            planted[RECONCILE_MATCHED] += fate > 2;
        }
        /* One that both have, so that nothing before it can be in flight; then what is. */
        add(&sent, seq + 1, 5);
        add(&received, seq + 1, 5);
        planted[RECONCILE_MATCHED]++;
        for (uint64_t i = rng_below(&rng, 4); i > 0; i--) {
            add(&sent, seq + 1 + i, i);
            planted[RECONCILE_IN_FLIGHT]++;
        }
        shuffle(&rng, &sent);
        shuffle(&rng, &received);
        reconcile_direction(&sent, &received, NULL, NULL, &totals);
        for (int i = 0; i < RECONCILE_FINDINGS; i++)
            ck_assert_uint_eq(totals.counts[i], planted[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reconcile");
    TCase *tests = tcase_create("two books of one link");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, equal_books_match_to_the_nano);
    tcase_add_test(tests, what_was_taken_over_after_a_loss_matches_message_by_message);
    tcase_add_test(tests, a_loss_of_another_sum_matches_nothing);
    tcase_add_test(tests, a_loss_that_the_receiver_never_had_is_a_fault);
    tcase_add_test(tests, losses_that_overlap_bring_no_line_twice);
    tcase_add_test(tests, two_empty_books_agree);
    tcase_add_test(tests, a_line_that_the_receiver_lost_is_a_gap);
    tcase_add_test(tests, a_line_that_the_sender_lost_is_money_from_nowhere);
    tcase_add_test(tests, a_changed_amount_is_named_with_both);
    tcase_add_test(tests, a_doubled_line_is_found_on_either_side);
    tcase_add_test(tests, of_two_lines_the_earlier_one_is_compared);
    tcase_add_test(tests, a_tail_that_was_not_received_is_in_flight_and_no_fault);
    tcase_add_test(tests, nothing_received_at_all_is_all_in_flight);
    tcase_add_test(tests, a_tail_is_a_gap_when_the_receiver_says_that_it_took_more);
    tcase_add_test(tests, a_receiver_ahead_of_the_senders_book_is_a_fault_that_says_so);
    tcase_add_test(tests, a_line_moved_to_the_other_direction_is_found_in_both);
    tcase_add_test(tests, each_finding_has_words_of_its_own);
    tcase_add_test(tests, whatever_is_planted_is_counted_and_nothing_else);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
