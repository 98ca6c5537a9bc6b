/* The audit: true books pass, and each kind of lie is found although every hash fits. */
#include <string.h>

#include "ledger/record.h"
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

START_TEST(an_empty_store_verifies)
{
    struct verify_report report;

    ck_assert_int_eq(WITH_READ(&books.store, audit_verify(&read, NULL, &report, NULL)), ST_OK);
    ck_assert_uint_eq(report.frames, 0);
    ck_assert_uint_eq(report.accounts, 0);
}
END_TEST

START_TEST(the_report_gives_the_equation_in_figures)
{
    struct verify_report report;
    u128 sum = 0;

    (void)books_live(&books);
    books_moved(&books, ACCOUNT_SUSPENSE, ACCOUNT_REVENUE_BIRTHS, 9, TRANSFER_BIRTH_FEE);
    (void)books_frame_done(&books);
    ck_assert_verifies(&books);
    ck_assert_int_eq(WITH_READ(&books.store, audit_verify(&read, NULL, &report, NULL)), ST_OK);
    ck_assert_uint_eq(report.frames, 5);
    ck_assert_uint_eq(report.events, 15);
    ck_assert_uint_eq(report.lines, 12);
    ck_assert_uint_eq(report.postings, 8);
    ck_assert_uint_eq(report.accounts, 25);
    ck_assert_uint_eq(report.chunks, 5 * 2); /* a header and entries each */
    ck_assert(report.treasury_debit == 1000000000);
    ck_assert(report.suspense_debit == 9 && report.suspense_credit == 0);
    ck_assert(report.by_kind_credit[KIND_DEPOSIT] == 2000000);
    ck_assert(report.by_kind_credit[KIND_HELD] == 31);
    ck_assert(report.by_kind_credit[KIND_REVENUE] == 509);
    ck_assert(report.by_kind_credit[KIND_UNCLAIMED] == 700);
    ck_assert(report.link_out == 0 && report.link_in == 0);
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
        sum += report.by_kind_credit[kind];
    ck_assert(sum == report.treasury_debit + report.suspense_debit);
}
END_TEST

START_TEST(random_lives_replay_to_their_balances)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 5; round++) {
        books_live_random(&books, &rng, 4, 300);
        ck_assert_verifies(&books);
    }
}
END_TEST

/* ---- claims ---- */

struct claim {
    uint64_t account;
    uint64_t amount;
    enum status status;
};

static enum status claim_true(void *context, const struct store_read *read,
                              struct ledger_claims *claims, struct fault *fault)
{
    const struct claim *claim = context;

    ck_assert_ptr_eq(read->store, &books.store);
    claims->by_account[ACCOUNT_HELD_MESSAGE] = 31;
    claims->by_account[ACCOUNT_DEPOSIT_HEAP] = 2000000;
    claims->by_account[claim->account] += claim->amount;
    return claim->status == ST_OK ? ST_OK : fault_set(fault, claim->status, "a broken row");
}

static enum status verify_claims_of(struct claim claim, struct fault *fault)
{
    const struct audit_env audit = {.claims = claim_true, .context = &claim};
    struct verify_report report;

    return WITH_READ(&books.store, audit_verify(&read, &audit, &report, fault));
}

START_TEST(rows_must_sum_to_what_is_held_for_them)
{
    struct fault fault = {.text = ""};

    (void)books_live(&books);
    ck_assert_int_eq(verify_claims_of((struct claim){.amount = 0}, &fault), ST_OK);
    ck_assert_int_eq(
        verify_claims_of((struct claim){.account = ACCOUNT_HELD_MESSAGE, .amount = 1}, &fault),
        ST_CORRUPT);
    ck_assert_str_eq(fault.text, "held:message: the rows that it is held for sum to 32 nanos, its "
                                 "balance is 31");
    ck_assert_int_eq(
        verify_claims_of((struct claim){.account = ACCOUNT_DEPOSIT_BURIAL, .amount = 5}, &fault),
        ST_CORRUPT);
    ck_assert_str_eq(fault.text, "deposit:burial: the rows that it is held for sum to 5 nanos, its "
                                 "balance is 0");
    ck_assert_int_eq(
        verify_claims_of((struct claim){.account = ACCOUNT_REVENUE_COMPUTE, .amount = 5}, &fault),
        ST_CORRUPT);
    ck_assert_int_eq(verify_claims_of((struct claim){.status = ST_IO}, &fault), ST_IO);
    ck_assert_str_eq(fault.text, "a broken row");
}
END_TEST

static enum status claim_nothing(void *context, const struct store_read *read,
                                 struct ledger_claims *claims, struct fault *fault)
{
    (void)context;
    (void)read;
    (void)claims;
    (void)fault;
    return ST_OK;
}

START_TEST(money_that_no_row_claims_is_named)
{
    const struct audit_env audit = {.claims = claim_nothing};
    struct verify_report report;
    struct fault fault = {.text = ""};

    (void)books_live(&books);
    ck_assert_int_eq(WITH_READ(&books.store, audit_verify(&read, &audit, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_str_eq(fault.text, "held:message: the rows that it is held for sum to 0 nanos, its "
                                 "balance is 31");
}
END_TEST

/* ---- lies whose hashes all fit ---- */

/* One field of the first entry of a kind, or of the frame's header. */
struct lie {
    enum entry_kind kind;
    enum { DEBIT, CREDIT, AMOUNT, ACCOUNT, CUSTOMER, LEFT_OUT } field;
    uint64_t value;
    bool told;
};

static bool tell_lie(void *context, struct entry *entry)
{
    struct lie *lie = context;

    if (entry->kind != lie->kind || lie->told)
        return true;
    lie->told = true;
    switch (lie->field) {
    case DEBIT:
        entry->line.debit = lie->value;
        break;
    case CREDIT:
        entry->line.credit = lie->value;
        break;
    case AMOUNT:
        entry->line.amount = nanos(lie->value);
        break;
    case ACCOUNT:
        entry->opening.account = lie->value;
        break;
    case CUSTOMER:
        entry->opening.customer = lie->value;
        break;
    case LEFT_OUT:
        return false;
    }
    return true;
}

/* A frame that opens an account, pays for compute five times and funds the customer. */
static void live_one_more(void)
{
    struct small_life life = books_live(&books);

    (void)books_account(&books, KIND_AGENT, life.customer);
    for (int i = 0; i < 5; i++)
        books_moved(&books, life.agent, ACCOUNT_REVENUE_COMPUTE, 100, TRANSFER_COMPUTE);
    books_moved(&books, life.agent, life.customer, 5, TRANSFER_FUND);
}

static void forge(struct lie lie, const char *what)
{
    live_one_more();
    books_forge_entries(&books, tell_lie, &lie);
    ck_assert(lie.told);
    ck_assert_verify_names(&books, what);
}

START_TEST(a_line_of_another_amount_is_named)
{
    forge((struct lie){.kind = ENTRY_LINE, .field = AMOUNT, .value = 99},
          "revenue:compute: the row differs from the journal in: credits (the journal gives debits "
          "0 and credits 999 nanos)");
}
END_TEST

START_TEST(a_line_to_another_account_is_named)
{
    forge((struct lie){.kind = ENTRY_LINE, .field = CREDIT, .value = ACCOUNT_REVENUE_LOGS},
          "revenue:compute: the row differs from the journal in: credits");
}
END_TEST

START_TEST(a_line_from_another_account_is_named)
{
    forge((struct lie){.kind = ENTRY_LINE, .field = DEBIT, .value = 4096},
          "customer:4096: the row differs from the journal in: debits");
}
END_TEST

START_TEST(a_missing_line_is_named)
{
    forge((struct lie){.kind = ENTRY_LINE, .field = LEFT_OUT},
          "revenue:compute: the row differs from the journal in: credits (the journal gives debits "
          "0 and credits 900 nanos)");
}
END_TEST

START_TEST(an_account_opened_out_of_order_is_named)
{
    forge((struct lie){.kind = ENTRY_OPENING, .field = ACCOUNT, .value = 5000},
          "frame 5: account 5000 is out of order");
}
END_TEST

START_TEST(an_account_opened_twice_is_named)
{
    forge((struct lie){.kind = ENTRY_OPENING, .field = ACCOUNT, .value = 4097},
          "frame 5: account 4097 is opened a second time");
}
END_TEST

START_TEST(an_account_of_another_customer_is_named)
{
    forge((struct lie){.kind = ENTRY_OPENING, .field = CUSTOMER, .value = 4097},
          "agent:4099: the row differs from the journal in: customer");
}
END_TEST

START_TEST(a_missing_opening_is_named)
{
    forge((struct lie){.kind = ENTRY_OPENING, .field = LEFT_OUT},
          "frame 5: its header says that the next account is 4100, its openings say 4099");
}
END_TEST

/* A field of the header record, by where it lies in it. */
struct header_lie {
    size_t at;
    uint64_t value;
};

static bool tell_header_lie(void *context, uint32_t number, uint8_t *chunk, size_t *size)
{
    const struct header_lie *lie = context;

    (void)size;
    if (number == 0)
        le64_put(chunk + CHUNK_HEADER_BYTES + lie->at, lie->value);
    return true;
}

static void forge_header(struct header_lie lie, const char *what)
{
    live_one_more();
    books_forge_frame(&books, tell_header_lie, &lie);
    ck_assert_verify_names(&books, what);
}

START_TEST(a_wrong_next_account_is_named)
{
    forge_header((struct header_lie){56, 4101},
                 "frame 5: its header says that the next account is 4101, its openings say 4100");
}
END_TEST

START_TEST(site_time_that_falls_is_named)
{
    forge_header((struct header_lie){8, 3999}, "frame 5: site time fell from 4000 to 3999 us");
}
END_TEST

static void forge_debit(uint64_t account, const char *what)
{
    struct lie lie = {.kind = ENTRY_LINE, .field = DEBIT, .value = account};
    struct small_life life = books_live(&books);

    books_moved(&books, life.agent, ACCOUNT_REVENUE_COMPUTE, 1000, TRANSFER_COMPUTE);
    books_forge_entries(&books, tell_lie, &lie);
    ck_assert_verify_names(&books, what);
}

START_TEST(a_closed_account_that_moves_money_is_named)
{
    forge_debit(4098, "frame 5: a line of compute names agent:4098, which is missing or closed");
}
END_TEST

START_TEST(an_account_that_nobody_opened_is_named)
{
    forge_debit(4444, "frame 5: a line of compute names account:4444, which is missing or closed");
}
END_TEST

START_TEST(a_payee_that_nobody_opened_is_named)
{
    forge((struct lie){.kind = ENTRY_LINE, .field = CREDIT, .value = 4444},
          "frame 5: a line of compute names account:4444, which is missing or closed");
}
END_TEST

START_TEST(an_account_past_its_limit_is_named)
{
    forge_debit(ACCOUNT_HELD_MESSAGE,
                "frame 5: held:message is past its limit, debits 1000 and credits 31 nanos");
}
END_TEST

START_TEST(money_of_another_account_is_named)
{
    forge_debit(4096, "customer:4096: the row differs from the journal in: debits");
}
END_TEST

/* ---- openings ---- */

static bool close_instead(void *context, struct entry *entry)
{
    const struct journal_opening *opening = context;

    if (entry->kind == ENTRY_OPENING)
        entry->opening = *opening;
    return true;
}

static void forge_opening(struct journal_opening opening, const char *what)
{
    (void)books_live(&books);
    (void)books_account(&books, KIND_AGENT, 4096);
    books_forge_entries(&books, close_instead, &opening);
    ck_assert_verify_names(&books, what);
}

START_TEST(closing_what_is_closed_is_named)
{
    forge_opening(
        (struct journal_opening){
            .closing = true, .account = 4098, .kind = KIND_AGENT, .customer = 4096},
        "frame 5: agent:4098 is closed but was not open");
}
END_TEST

START_TEST(closing_what_nobody_opened_is_named)
{
    forge_opening((struct journal_opening){.closing = true, .account = 9999, .kind = KIND_AGENT},
                  "frame 5: account:9999 is closed but was not open");
}
END_TEST

START_TEST(closing_what_holds_money_is_named)
{
    /* With an opening before it, else the header's next account contradicts first. */
    struct small_life life = books_live(&books);
    struct journal_opening opening = {
        .closing = true, .account = life.agent, .kind = KIND_AGENT, .customer = life.customer};
    struct event event = tick_event(&books);
    uint64_t id;

    id = books_account(&books, KIND_AGENT, life.customer);
    (void)books_frame_done(&books);
    ledger_event_begin(books.ledger);
    ledger_close(books.ledger, id);
    (void)ledger_event_end(books.ledger, &event);
    books_forge_entries(&books, close_instead, &opening);
    ck_assert_verify_names(&books, "frame 6: agent:4097 is closed and holds money");
}
END_TEST

/* Two accounts are closed; the second closing is made one of the first. */
static bool close_twice(void *context, struct entry *entry)
{
    uint64_t *first = context;

    if (entry->kind != ENTRY_OPENING)
        return true;
    if (*first == 0)
        *first = entry->opening.account;
    entry->opening.account = *first;
    return true;
}

START_TEST(closing_twice_in_one_frame_is_named)
{
    struct small_life life = books_live(&books);
    struct event event = tick_event(&books);
    uint64_t first = books_account(&books, KIND_AGENT, life.customer);
    uint64_t second = books_account(&books, KIND_AGENT, life.customer);
    uint64_t closed = 0;

    (void)books_frame_done(&books);
    ledger_event_begin(books.ledger);
    ledger_close(books.ledger, first);
    ledger_close(books.ledger, second);
    (void)ledger_event_end(books.ledger, &event);
    books_forge_entries(&books, close_twice, &closed);
    ck_assert_verify_names(&books, "frame 6: agent:4099 is closed twice");
}
END_TEST

START_TEST(closing_as_another_kind_is_named)
{
    struct journal_opening opening = {.closing = true, .account = 4096, .kind = KIND_AGENT};

    forge_opening(opening, "frame 5: customer:4096 is closed as another kind or customer");
}
END_TEST

START_TEST(an_opening_that_is_left_out_is_named)
{
    forge_opening(
        (struct journal_opening){
            .closing = true, .account = 4097, .kind = KIND_AGENT, .customer = 4096},
        "frame 5: its header says that the next account is 4100, its openings say 4099");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit/verify");
    TCase *truth = tcase_create("truth");
    TCase *lies = tcase_create("lies");

    tcase_add_checked_fixture(truth, setup, teardown);
    tcase_set_timeout(truth, 30);
    tcase_add_test(truth, an_empty_store_verifies);
    tcase_add_test(truth, the_report_gives_the_equation_in_figures);
    tcase_add_test(truth, random_lives_replay_to_their_balances);
    tcase_add_test(truth, rows_must_sum_to_what_is_held_for_them);
    tcase_add_test(truth, money_that_no_row_claims_is_named);
    suite_add_tcase(suite, truth);

    tcase_add_checked_fixture(lies, setup, teardown);
    tcase_add_test(lies, a_line_of_another_amount_is_named);
    tcase_add_test(lies, a_line_to_another_account_is_named);
    tcase_add_test(lies, a_line_from_another_account_is_named);
    tcase_add_test(lies, a_missing_line_is_named);
    tcase_add_test(lies, an_account_opened_out_of_order_is_named);
    tcase_add_test(lies, an_account_opened_twice_is_named);
    tcase_add_test(lies, an_account_of_another_customer_is_named);
    tcase_add_test(lies, a_missing_opening_is_named);
    tcase_add_test(lies, a_wrong_next_account_is_named);
    tcase_add_test(lies, a_closed_account_that_moves_money_is_named);
    tcase_add_test(lies, an_account_that_nobody_opened_is_named);
    tcase_add_test(lies, an_account_past_its_limit_is_named);
    tcase_add_test(lies, money_of_another_account_is_named);
    tcase_add_test(lies, a_payee_that_nobody_opened_is_named);
    tcase_add_test(lies, closing_what_is_closed_is_named);
    tcase_add_test(lies, closing_what_nobody_opened_is_named);
    tcase_add_test(lies, closing_what_holds_money_is_named);
    tcase_add_test(lies, closing_twice_in_one_frame_is_named);
    tcase_add_test(lies, closing_as_another_kind_is_named);
    tcase_add_test(lies, an_opening_that_is_left_out_is_named);
    tcase_add_test(lies, site_time_that_falls_is_named);
    suite_add_tcase(suite, lies);
    return check_main(suite);
}
