/* Accounts, events and transfers in memory. */
#include "ledger/ledger.h"

#include <signal.h>
#include <string.h>

#include "ledger/limits.h"
#include "tests/ledger/books_check.h"
#include "tests/reading.h"

static struct books books;

static void setup(void)
{
    books_open(&books);
}

static void teardown(void)
{
    books_close(&books);
}

static u128 credit_of(uint64_t id)
{
    const struct account *account = ledger_account(books.ledger, id);

    ck_assert_ptr_nonnull(account);
    return account->credits - account->debits;
}

START_TEST(a_new_ledger_has_the_own_accounts_and_no_money)
{
    u128 debits = 1;
    u128 credits = 1;

    ck_assert_uint_eq(ledger_frame(books.ledger), 1);
    ck_assert_uint_eq(ledger_last_frame(books.ledger)->frame, 0);
    ck_assert_uint_eq(ledger_frame_lines(books.ledger), 0);
    ck_assert_ptr_nonnull(ledger_account(books.ledger, ACCOUNT_TREASURY));
    ck_assert_ptr_nonnull(ledger_account(books.ledger, ACCOUNT_DEPOSIT_BURIAL));
    ck_assert_ptr_null(ledger_account(books.ledger, ACCOUNT_NONE));
    ck_assert_ptr_null(ledger_account(books.ledger, ACCOUNT_LINKS));
    ck_assert_ptr_null(ledger_account(books.ledger, ACCOUNT_FIRST_FREE));
    ck_assert_ptr_null(ledger_account(books.ledger, UINT64_MAX));
    ledger_sums(books.ledger, &debits, &credits);
    ck_assert(debits == 0 && credits == 0);
    ck_assert(money_is_zero(ledger_balance(books.ledger, ACCOUNT_REVENUE_COMPUTE)));
    ck_assert(money_is_zero(ledger_balance(books.ledger, 999999)));
}
END_TEST

START_TEST(accounts_are_numbered_in_order_and_belong_to_a_customer)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    uint64_t agent = books_account(&books, KIND_AGENT, customer);

    ck_assert_uint_eq(customer, ACCOUNT_FIRST_FREE);
    ck_assert_uint_eq(agent, ACCOUNT_FIRST_FREE + 1);
    ck_assert_uint_eq(ledger_account(books.ledger, agent)->customer, customer);
    ck_assert_int_eq(ledger_account(books.ledger, agent)->kind, KIND_AGENT);
    ck_assert_uint_eq(ledger_account(books.ledger, agent)->opened_frame, 1);
}
END_TEST

START_TEST(a_transfer_debits_one_and_credits_the_other)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);

    books_moved(&books, ACCOUNT_TREASURY, customer, 500, TRANSFER_MONEY_IN);
    books_moved(&books, customer, ACCOUNT_REVENUE_COMPUTE, 120, TRANSFER_COMPUTE);
    ck_assert_uint_eq(money_nanos(ledger_balance(books.ledger, customer)), 380);
    ck_assert_uint_eq(money_nanos(ledger_balance(books.ledger, ACCOUNT_REVENUE_COMPUTE)), 120);
    ck_assert(ledger_account(books.ledger, ACCOUNT_TREASURY)->debits == 500);
    ck_assert_uint_eq(ledger_frame_lines(books.ledger), 2);
}
END_TEST

START_TEST(every_refusal_of_a_transfer_changes_nothing)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    uint64_t closed = books_account(&books, KIND_AGENT, customer);
    struct event event = tick_event(&books);

    books_moved(&books, ACCOUNT_TREASURY, customer, 500, TRANSFER_MONEY_IN);
    ledger_event_begin(books.ledger);
    ledger_close(books.ledger, closed);
    (void)ledger_event_end(books.ledger, &event);

    ck_assert_int_eq(books_move(&books, customer, ACCOUNT_UNCLAIMED, 501, TRANSFER_FUND),
                     TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(books_move(&books, customer, ACCOUNT_TREASURY, 501, TRANSFER_MONEY_OUT),
                     TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(books_move(&books, customer, customer, 1, TRANSFER_FUND),
                     TRANSFER_SAME_ACCOUNT);
    ck_assert_int_eq(books_move(&books, customer, 777777, 1, TRANSFER_FUND), TRANSFER_NO_ACCOUNT);
    ck_assert_int_eq(books_move(&books, 777777, customer, 1, TRANSFER_FUND), TRANSFER_NO_ACCOUNT);
    ck_assert_int_eq(books_move(&books, customer, closed, 1, TRANSFER_FUND), TRANSFER_NO_ACCOUNT);
    ck_assert_int_eq(
        books_move(&books, ACCOUNT_TREASURY, customer, MONEY_NANOS_MAX - 499, TRANSFER_MONEY_IN),
        TRANSFER_TOO_MUCH);
    ck_assert(credit_of(customer) == 500);
    ck_assert(credit_of(ACCOUNT_UNCLAIMED) == 0);
    ck_assert_uint_eq(ledger_frame_lines(books.ledger), 1);
}
END_TEST

START_TEST(the_treasury_cannot_take_out_more_than_came_in)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);

    books_moved(&books, ACCOUNT_SUSPENSE, customer, 10, TRANSFER_FORWARDED);
    ck_assert_int_eq(books_move(&books, customer, ACCOUNT_TREASURY, 10, TRANSFER_MONEY_OUT),
                     TRANSFER_SHORT_OF_FUNDS);
    books_moved(&books, ACCOUNT_TREASURY, customer, 10, TRANSFER_MONEY_IN);
    books_moved(&books, customer, ACCOUNT_TREASURY, 10, TRANSFER_MONEY_OUT);
}
END_TEST

START_TEST(a_transfer_of_zero_leaves_a_line_only_with_a_quantity)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    struct event event = tick_event(&books);
    struct transfer transfer = {
        .debit = customer, .credit = ACCOUNT_REVENUE_COMPUTE, .code = TRANSFER_COMPUTE};

    ledger_event_begin(books.ledger);
    ck_assert_int_eq(ledger_transfer(books.ledger, &transfer), TRANSFER_DONE);
    ck_assert_uint_eq(ledger_frame_lines(books.ledger), 0);
    transfer.quantity = 12;
    ck_assert_int_eq(ledger_transfer(books.ledger, &transfer), TRANSFER_DONE);
    ck_assert_uint_eq(ledger_frame_lines(books.ledger), 1);
    (void)ledger_event_end(books.ledger, &event);
}
END_TEST

/*
 * SHA-256("serai-event-1" || CBOR[2, null, 32 bytes 0xaa, 5000000, 32 bytes 0xbb]), written out by
 * hand from the rule in docs/records.md.
 */
START_TEST(an_event_hash_follows_the_published_rule)
{
    static const uint8_t site_time[] = {0x1a, 0x00, 0x4c, 0x4b, 0x40};
    static const uint8_t source[] = {0x83, 0x19, 0x10, 0x01, 0x05, 0x17};
    uint8_t bytes[13 + 1 + 1 + sizeof source + 34 + sizeof site_time + 34];
    struct event event = {
        .kind = EVENT_TURN, .site_time_us = 5000000, .source = {.numbers = {4097, 5, 23}}};
    struct hash want;
    struct hash got;
    size_t at = 0;

    memset(event.bytes.bytes, 0xaa, HASH_BYTES);
    memset(event.random.bytes, 0xbb, HASH_BYTES);
    for (const char *from = "serai-event-1"; *from != '\0'; from++)
        bytes[at++] = (uint8_t)*from;
    bytes[at++] = 0x85;
    bytes[at++] = 0x02;
    memcpy(bytes + at, source, sizeof source);
    at += sizeof source;
    bytes[at++] = 0x58;
    bytes[at++] = 0x20;
    memset(bytes + at, 0xaa, 32);
    at += 32;
    memcpy(bytes + at, site_time, sizeof site_time);
    at += sizeof site_time;
    bytes[at++] = 0x58;
    bytes[at++] = 0x20;
    memset(bytes + at, 0xbb, 32);
    at += 32;
    ck_assert_uint_eq(at, sizeof bytes);
    want = hash_of(bytes, sizeof bytes);
    ledger_event_begin(books.ledger);
    got = ledger_event_end(books.ledger, &event);
    ck_assert(hash_equal(&want, &got));
}
END_TEST

START_TEST(the_event_hash_depends_on_every_field)
{
    struct event base = tick_event(&books);
    struct event other[5];
    struct hash first;

    for (size_t i = 0; i < 5; i++)
        other[i] = base;
    other[0].kind = EVENT_TURN; /* with another source */
    other[1].site_time_us++;
    other[2].bytes.bytes[31] ^= 1;
    other[3].random.bytes[0] ^= 1;
    other[4] = event_of_settlement(0, 0, base.site_time_us);
    ledger_event_begin(books.ledger);
    first = ledger_event_end(books.ledger, &base);
    for (size_t i = 0; i < 5; i++) {
        struct hash hash;

        ledger_event_begin(books.ledger);
        hash = ledger_event_end(books.ledger, &other[i]);
        ck_assert(!hash_equal(&first, &hash));
    }
}
END_TEST

/* ---- links ---- */

static enum status open_link(uint32_t interface)
{
    struct event event = tick_event(&books);
    enum status status;

    ledger_event_begin(books.ledger);
    status = ledger_open_link(books.ledger, interface);
    (void)ledger_event_end(books.ledger, &event);
    return status;
}

START_TEST(the_accounts_of_a_link_have_fixed_numbers_and_their_limits)
{
    const uint64_t OUT = account_of_link(1, KIND_LINK_OUT);
    const uint64_t IN = account_of_link(1, KIND_LINK_IN);
    const uint64_t SETTLING = account_of_link(1, KIND_LINK_SETTLING);
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);
    struct verify_report report;
    uint64_t residue;

    ck_assert_int_eq(open_link(1), ST_OK);
    ck_assert_int_eq(open_link(1), ST_EXISTS);
    ck_assert_int_eq(open_link(959), ST_OK);
    ck_assert_int_eq(open_link(960), ST_INVALID);
    ck_assert_int_eq(open_link(UINT32_MAX), ST_INVALID);
    books_moved(&books, ACCOUNT_TREASURY, customer, 100, TRANSFER_MONEY_IN);
    books_moved(&books, customer, OUT, 60, TRANSFER_LINK_SENT);
    books_moved(&books, IN, customer, 25, TRANSFER_LINK_RECEIVED);
    books_moved(&books, OUT, SETTLING, 35, TRANSFER_LINK_SENT);
    ck_assert_int_eq(books_move(&books, OUT, customer, 26, TRANSFER_FUND), TRANSFER_SHORT_OF_FUNDS);
    ck_assert_int_eq(books_move(&books, customer, IN, 26, TRANSFER_FUND), TRANSFER_SHORT_OF_FUNDS);
    residue = books_account(&books, KIND_UNCLAIMED, customer);
    books_moved(&books, customer, residue, 1, TRANSFER_ESTATE);
    (void)books_frame_done(&books);
    ck_assert_verifies(&books);
    ck_assert_int_eq(WITH_READ(&books.store, audit_verify(&read, NULL, &report, NULL)), ST_OK);
    ck_assert(report.link_out == 25 && report.link_in == 25);
    ck_assert(report.link_settling_credit == 35 && report.link_settling_debit == 0);
    ck_assert(report.by_kind_credit[KIND_UNCLAIMED] == 1);
}
END_TEST

static void count_account(void *context, const struct account *account)
{
    uint64_t *last = context;

    ck_assert_uint_gt(account->id, *last);
    *last = account->id;
}

START_TEST(accounts_are_visited_in_order_of_id)
{
    uint64_t last = 0;
    uint64_t id = 0;

    for (int i = 0; i < 5000; i++)
        id = books_account(&books, KIND_AGENT, 0);
    ledger_each_account(books.ledger, count_account, &last);
    ck_assert_uint_eq(last, id);
}
END_TEST

START_TEST(an_account_that_never_was_leaves_no_trace)
{
    struct event event = tick_event(&books);
    uint64_t stays;
    uint64_t goes = 0;
    uint64_t next;
    size_t bytes;

    ledger_event_begin(books.ledger);
    ck_assert(ledger_open(books.ledger, KIND_AGENT, 0, &stays) == ST_OK);
    bytes = ledger_frame_bytes(books.ledger);
    for (int i = 0; i < 1000; i++) {
        ck_assert(ledger_open(books.ledger, KIND_AGENT, 0, &goes) == ST_OK);
        ck_assert(ledger_open(books.ledger, KIND_AGENT, 0, &next) == ST_OK);
        ledger_unopen(books.ledger, next);
        ledger_unopen(books.ledger, goes);
        ck_assert_ptr_null(ledger_account(books.ledger, goes));
    }
    ck_assert_uint_eq(ledger_frame_bytes(books.ledger), bytes);
    ck_assert_ptr_nonnull(ledger_account(books.ledger, stays));
    ck_assert(ledger_open(books.ledger, KIND_AGENT, 0, &next) == ST_OK);
    ck_assert_uint_eq(next, goes);
    ck_assert_uint_eq(next, stays + 1);
    (void)ledger_event_end(books.ledger, &event);
    (void)books_frame_done(&books);
    ck_assert_uint_eq(ledger_account(books.ledger, next)->id, next);
}
END_TEST

/* ---- bugs stop the program ---- */

/* Accounts opened and closed by the hundred thousand, with no money moved. */
START_TEST(a_frame_is_full_long_before_a_bound_of_its_accounts)
{
    size_t opened = 0;
    uint64_t account;

    ledger_event_begin(books.ledger);
    for (; opened < FRAME_OPENINGS_FULL && !ledger_frame_is_full(books.ledger); opened += 2) {
        ck_assert(ledger_open(books.ledger, KIND_AGENT, 0, &account) == ST_OK);
        ledger_close(books.ledger, account);
    }
    ck_assert(ledger_frame_is_full(books.ledger));
    ck_assert_uint_gt(opened, FRAME_OPENINGS_FULL - 100); /* the site's own are among them */
    ck_assert_uint_lt(FRAME_OPENINGS_FULL, FRAME_OPENINGS_MAX / 2);
}
END_TEST

START_TEST(a_frame_is_full_long_before_a_bound_of_its_lines)
{
    struct transfer line = {.debit = books_account(&books, KIND_CUSTOMER, 0),
                            .credit = ACCOUNT_REVENUE_LOGS,
                            .code = TRANSFER_LOG_FEE,
                            .quantity = 1};

    ledger_event_begin(books.ledger);
    while (ledger_frame_lines(books.ledger) < FRAME_LINES_FULL) {
        ck_assert(!ledger_frame_is_full(books.ledger));
        ledger_transfer_checked(books.ledger, &line);
    }
    ck_assert(ledger_frame_is_full(books.ledger));
    ck_assert_uint_lt(FRAME_LINES_FULL, FRAME_LINES_MAX / 2);
}
END_TEST

START_TEST(a_transfer_outside_an_event_stops)
{
    (void)!ledger_transfer(books.ledger, &(struct transfer){.debit = ACCOUNT_TREASURY,
                                                            .credit = ACCOUNT_UNCLAIMED,
                                                            .amount = nanos(1),
                                                            .code = TRANSFER_FUND});
}
END_TEST

START_TEST(an_event_within_an_event_stops)
{
    ledger_event_begin(books.ledger);
    ledger_event_begin(books.ledger);
}
END_TEST

START_TEST(a_refused_checked_transfer_stops)
{
    ledger_event_begin(books.ledger);
    ledger_transfer_checked(books.ledger, &(struct transfer){.debit = ACCOUNT_UNCLAIMED,
                                                             .credit = ACCOUNT_TREASURY,
                                                             .amount = nanos(1),
                                                             .code = TRANSFER_MONEY_OUT});
}
END_TEST

START_TEST(closing_an_account_with_money_stops)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);

    books_moved(&books, ACCOUNT_TREASURY, customer, 1, TRANSFER_MONEY_IN);
    ledger_event_begin(books.ledger);
    ledger_close(books.ledger, customer);
}
END_TEST

START_TEST(closing_an_account_twice_stops)
{
    uint64_t customer = books_account(&books, KIND_CUSTOMER, 0);

    ledger_event_begin(books.ledger);
    ledger_close(books.ledger, customer);
    ledger_close(books.ledger, customer);
}
END_TEST

START_TEST(the_balance_of_a_source_account_stops)
{
    (void)ledger_balance(books.ledger, ACCOUNT_TREASURY);
}
END_TEST

/* ---- property ---- */

START_TEST(transfers_never_make_money_nor_overdraw)
{
#ifdef SERAI_SANITIZED
    enum { ACCOUNTS = 6, ROUNDS = 5000 };
#else
    enum { ACCOUNTS = 6, ROUNDS = 20000 };
#endif
    struct rng rng = rng_for_test();
    uint64_t ids[ACCOUNTS] = {ACCOUNT_TREASURY, ACCOUNT_SUSPENSE, ACCOUNT_REVENUE_COMPUTE};
    int done = 0;

    for (int i = 3; i < ACCOUNTS; i++)
        ids[i] = books_account(&books, KIND_AGENT, 0);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t amount = rng_edgy(&rng);
        u128 debits;
        u128 credits;

        if (amount > MONEY_NANOS_MAX)
            amount >>= 1;
        if (rng_coin(&rng))
            amount %= 1000;
        if (books_move(&books, ids[rng_below(&rng, ACCOUNTS)], ids[rng_below(&rng, ACCOUNTS)],
                       amount, TRANSFER_FUND) == TRANSFER_DONE)
            done++;
        ledger_sums(books.ledger, &debits, &credits);
        ck_assert(debits == credits);
        for (int i = 2; i < ACCOUNTS; i++) {
            const struct account *account = ledger_account(books.ledger, ids[i]);

            ck_assert(account->credits >= account->debits);
            ck_assert(account->credits - account->debits <= MONEY_NANOS_MAX);
        }
        ck_assert(ledger_account(books.ledger, ACCOUNT_TREASURY)->debits >=
                  ledger_account(books.ledger, ACCOUNT_TREASURY)->credits);
        if (round % 500 == 0)
            (void)books_frame_done(&books);
    }
    ck_assert_int_gt(done, ROUNDS / 20); /* else the test shows nothing */
    (void)books_frame_done(&books);
    ck_assert_verifies(&books);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger/ledger");
    TCase *moves = tcase_create("moves");
    TCase *bugs = tcase_of_aborts(suite);

    tcase_add_checked_fixture(moves, setup, teardown);
    tcase_set_timeout(moves, 30);
    tcase_add_test(moves, a_new_ledger_has_the_own_accounts_and_no_money);
    tcase_add_test(moves, an_account_that_never_was_leaves_no_trace);
    tcase_add_test(moves, a_frame_is_full_long_before_a_bound_of_its_accounts);
    tcase_add_test(moves, a_frame_is_full_long_before_a_bound_of_its_lines);
    tcase_add_test(moves, accounts_are_numbered_in_order_and_belong_to_a_customer);
    tcase_add_test(moves, a_transfer_debits_one_and_credits_the_other);
    tcase_add_test(moves, every_refusal_of_a_transfer_changes_nothing);
    tcase_add_test(moves, the_treasury_cannot_take_out_more_than_came_in);
    tcase_add_test(moves, a_transfer_of_zero_leaves_a_line_only_with_a_quantity);
    tcase_add_test(moves, an_event_hash_follows_the_published_rule);
    tcase_add_test(moves, the_event_hash_depends_on_every_field);
    tcase_add_test(moves, the_accounts_of_a_link_have_fixed_numbers_and_their_limits);
    tcase_add_test(moves, accounts_are_visited_in_order_of_id);
    tcase_add_test(moves, transfers_never_make_money_nor_overdraw);
    suite_add_tcase(suite, moves);

    tcase_add_checked_fixture(bugs, setup, teardown);
    tcase_add_test_raise_signal(bugs, a_transfer_outside_an_event_stops, SIGABRT);
    tcase_add_test_raise_signal(bugs, an_event_within_an_event_stops, SIGABRT);
    tcase_add_test_raise_signal(bugs, a_refused_checked_transfer_stops, SIGABRT);
    tcase_add_test_raise_signal(bugs, closing_an_account_with_money_stops, SIGABRT);
    tcase_add_test_raise_signal(bugs, closing_an_account_twice_stops, SIGABRT);
    tcase_add_test_raise_signal(bugs, the_balance_of_a_source_account_stops, SIGABRT);
    return check_main(suite);
}
