/*
 * The audit: replay the journal from nothing and compare it with all that the store holds.  The
 * checks have the numbers of docs/records.md, "What an audit checks".
 *
 * The first difference ends it, as whatever follows a wrong record cannot be trusted to mean
 * anything.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/charges.h"
#include "audit/price_history.h"
#include "audit/start.h"
#include "ledger/reading.h"
#include "ledger/record.h"

struct verify {
    struct accounts accounts; /* replayed */
    struct bytes postings;    /* struct journal_posting each: what the frame's lines move, summed */
    struct hasher *hasher;
    const struct journal_past *past;
    uint64_t first; /* the frame that the replay begins with; from its state, unless it is 1 */
    struct frame_header frame;
    uint64_t last_frame;
    uint64_t site_time_us; /* of the frame before */
    struct bytes closings; /* uint64_t each: ids closed by the frame being read */
    uint64_t rows;         /* the next account row is to be the first from this id on */
    struct price_history prices;
    struct charges charges;
    const struct audit_env *audit; /* NULL: none */
    struct verify_report *report;
};

/* Fault texts name accounts as every list does. */
static char *verify_name(const struct verify *verify, char text[ACCOUNT_NAME_BYTES], uint64_t id)
{
    const struct account *account = accounts_find(&verify->accounts, id);

    return account_name(text, id, account == NULL ? KIND_TREASURY : account->kind);
}

/* ---- the end of a frame ---- */

/*
 * Check 4, the end of an account: closed once, and empty when its frame ends.  It may still move
 * money within that frame, so this waits until its lines are in.
 */
static enum status verify_closings(struct verify *verify, struct fault *fault)
{
    for (size_t at = 0; at < verify->closings.size; at += sizeof(uint64_t)) {
        char name[ACCOUNT_NAME_BYTES];
        struct account *account;
        uint64_t id;

        memcpy(&id, verify->closings.data + at, sizeof id);
        account = accounts_find(&verify->accounts, id);
        INVARIANT(account != NULL); /* verify_opening() found it */
        if (account->closed)
            return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 ": %s is closed twice",
                             verify->frame.frame, verify_name(verify, name, id));
        if (account->debits != account->credits)
            return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 ": %s is closed and holds money",
                             verify->frame.frame, verify_name(verify, name, id));
        account->closed = true;
    }
    bytes_clear(&verify->closings);
    return ST_OK;
}

/* Check 5, for one account. */
static enum status verify_limit(const struct verify *verify, uint64_t id, struct fault *fault)
{
    const struct account *account = accounts_find(&verify->accounts, id);
    char name[ACCOUNT_NAME_BYTES];
    char debits[U128_TEXT_BYTES];
    char credits[U128_TEXT_BYTES];

    if (account_limit(account->class, account->debits, account->credits) == TRANSFER_DONE)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "frame %" PRIu64 ": %s is past its limit, debits %s and credits %s nanos",
                     verify->frame.frame, verify_name(verify, name, id),
                     u128_print(debits, account->debits), u128_print(credits, account->credits));
}

/* Check 3, and the replay that check 6 compares with the rows: what lines move, summed. */
static enum status verify_move(struct verify *verify, const struct journal_posting *sum,
                               struct fault *fault)
{
    struct account *debit = accounts_find(&verify->accounts, sum->debit);
    struct account *credit = accounts_find(&verify->accounts, sum->credit);
    char name[ACCOUNT_NAME_BYTES];
    uint64_t frame = verify->frame.frame;

    if (debit == NULL || debit->closed || credit == NULL || credit->closed)
        return fault_set(
            fault, ST_CORRUPT,
            "frame %" PRIu64 ": a line of %s names %s, which is missing or "
            "closed",
            frame, transfer_code_text(sum->code),
            verify_name(verify, name, debit == NULL || debit->closed ? sum->debit : sum->credit));
    if (!u128_add(&debit->debits, debit->debits, sum->amount) ||
        !u128_add(&credit->credits, credit->credits, sum->amount))
        return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 ": a total of %s overflows", frame,
                         verify_name(verify, name, sum->debit));
    if (sum->amount != 0) { /* lines of no money leave the rows as they were */
        accounts_set_last_frame(&verify->accounts, sum->debit, frame);
        accounts_set_last_frame(&verify->accounts, sum->credit, frame);
    }
    verify->report->postings++;
    return ST_OK;
}

/*
 * Checks 3, 4 and 5 when all records of a frame have been read.  Its lines are replayed as sums, in
 * no order of time, so limits hold at the end of a frame and not within it.
 */
static enum status verify_frame_end(struct verify *verify, struct fault *fault)
{
    struct journal_posting sum;

    if (verify->frame.frame == 0)
        return ST_OK;
    for (size_t at = 0; at < verify->postings.size; at += sizeof sum) {
        memcpy(&sum, verify->postings.data + at, sizeof sum);
        if (verify_move(verify, &sum, fault) != ST_OK)
            return ST_CORRUPT;
    }
    /* Only accounts that this frame moved can have passed their limit. */
    for (size_t at = 0; at < verify->postings.size; at += sizeof sum) {
        memcpy(&sum, verify->postings.data + at, sizeof sum);
        if (verify_limit(verify, sum.debit, fault) != ST_OK ||
            verify_limit(verify, sum.credit, fault) != ST_OK)
            return ST_CORRUPT;
    }
    if (verify->accounts.size != verify->frame.next_account)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": its header says that the next account is %" PRIu64
                         ", its openings say %zu",
                         verify->frame.frame, verify->frame.next_account, verify->accounts.size);
    return verify_closings(verify, fault);
}

/* ---- records, in their order ---- */

/*
 * Check 11: the state that a segment's first frame names is the one that the replay has.  Where the
 * replay begins, its state was made of the account rows, and this is what proves them.
 */
static enum status verify_state(const struct verify *verify, const struct frame_header *header,
                                struct fault *fault)
{
    struct hash state;

    if (!header_record_has_state(header))
        return ST_OK;
    state = accounts_state(&verify->accounts, verify->hasher);
    if (hash_equal(&state, &header->state))
        return ST_OK;
    if (header->frame == verify->first)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": the account rows, less the lines from there on, are "
                         "not the accounts that it names as those before it",
                         header->frame);
    return fault_set(fault, ST_CORRUPT,
                     "frame %" PRIu64 ": the accounts that it names as those before it are not "
                     "those that the frames before it give",
                     header->frame);
}

/* Check 2 of docs/records.md, "What an audit checks": site time never falls. */
static enum status verify_frame(void *context, const struct frame_header *header,
                                struct fault *fault)
{
    struct verify *verify = context;
    enum status status = verify_frame_end(verify, fault);

    if (status == ST_OK)
        status = verify_state(verify, header, fault);
    if (status != ST_OK)
        return status;
    if (header->site_time_us < verify->site_time_us)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": site time fell from %" PRIu64 " to %" PRIu64 " us",
                         header->frame, verify->site_time_us, header->site_time_us);
    verify->site_time_us = header->site_time_us;
    verify->frame = *header;
    bytes_clear(&verify->postings);
    verify->report->frames++;
    verify->report->last_frame = header->frame;
    verify->report->chunks += header->chunks;
    verify->report->head = header->head;
    if (verify->audit != NULL && verify->audit->progress != NULL)
        verify->audit->progress(verify->audit->progress_context, header->frame, verify->last_frame);
    return ST_OK;
}

/*
 * Check 4 of docs/records.md, "What an audit checks": an account opens once, in order of its
 * number.
 */
static enum status verify_opened(struct verify *verify, const struct journal_opening *opening,
                                 struct fault *fault)
{
    struct account account = journal_opened_account(opening);
    enum status status = accounts_add(&verify->accounts, &account);

    if (status == ST_NOMEM)
        return fault_set(fault, ST_NOMEM, "account %" PRIu64 ": no memory for it", account.id);
    if (status != ST_OK)
        return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 ": account %" PRIu64 " %s",
                         opening->frame, account.id,
                         status == ST_EXISTS ? "is opened a second time" : "is out of order");
    accounts_set_last_frame(&verify->accounts, account.id, opening->frame);
    return ST_OK;
}

/* Check 4 again: a closing waits for the end of its frame, where the account must be empty. */
static enum status verify_opening(void *context, const struct journal_opening *opening,
                                  struct fault *fault)
{
    struct verify *verify = context;
    struct account *account = accounts_find(&verify->accounts, opening->account);
    char name[ACCOUNT_NAME_BYTES];

    if (!opening->closing)
        return verify_opened(verify, opening, fault);
    if (account == NULL || account->closed || account->id < ACCOUNT_FIRST_FREE)
        return fault_set(fault, ST_CORRUPT, "frame %" PRIu64 ": %s is closed but was not open",
                         opening->frame, verify_name(verify, name, opening->account));
    if (account->kind != opening->kind || account->customer != opening->customer)
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": %s is closed as another kind or customer",
                         opening->frame, verify_name(verify, name, opening->account));
    bytes_append(&verify->closings, &opening->account, sizeof opening->account);
    if (verify->closings.failed)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": no memory", opening->frame);
    accounts_set_last_frame(&verify->accounts, account->id, opening->frame);
    return ST_OK;
}

/* A turn pays for its entry in the journal; and a change of prices has a check of its own. */
static enum status verify_event(void *context, const struct journal_event *event,
                                struct fault *fault)
{
    struct verify *verify = context;

    verify->report->events++;
    if (charges_event(&verify->charges, event, price_history_last(&verify->prices), fault) != ST_OK)
        return ST_CORRUPT;
    return event->kind == EVENT_PRICES ? price_history_event(&verify->prices, event, fault) : ST_OK;
}

/* Checks 9 and 10: the book that a line names, and what it charges. */
static enum status verify_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct verify *verify = context;
    enum status status = price_history_line(&verify->prices, line, fault);

    verify->report->lines++;
    return status == ST_OK ? charges_check(&verify->charges, &verify->accounts, line, fault)
                           : status;
}

/* What lines move is replayed when their frame ends. */
static enum status verify_posting(void *context, const struct journal_posting *posting,
                                  struct fault *fault)
{
    struct verify *verify = context;

    bytes_append(&verify->postings, posting, sizeof *posting);
    if (verify->postings.failed)
        return fault_set(fault, ST_NOMEM, "frame %" PRIu64 ": no memory for what its lines move",
                         posting->frame);
    return ST_OK;
}

/* ---- rows ---- */

/* The first field in which a row differs from the replay; NULL: in none. */
static const char *verify_row_difference(const struct account *row, const struct account *replay)
{
    if (row->debits != replay->debits)
        return "debits";
    if (row->credits != replay->credits)
        return "credits";
    if (row->class != replay->class || row->kind != replay->kind)
        return "kind";
    if (row->customer != replay->customer)
        return "customer";
    if (row->opened_frame != replay->opened_frame)
        return "frame of opening";
    if (row->closed != replay->closed)
        return "closed or open";
    return NULL;
}

/* Check 6: the row is what the replay gives, as of the last frame that changed the account. */
static enum status verify_row(struct verify *verify, const struct store_row *stored,
                              struct fault *fault)
{
    const struct account *replay;
    const struct account *expected;
    const char *difference;
    struct account row;
    char name[ACCOUNT_NAME_BYTES];
    uint64_t frame;
    enum status status;

    status = account_decode(&row, &frame, stored, fault);
    if (status != ST_OK)
        return status;
    /* Rows come in order of id, so a gap shows at the row after it. */
    replay = accounts_find(&verify->accounts, row.id);
    if (replay == NULL)
        return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": the journal never opened it",
                         row.id);
    expected = accounts_from(&verify->accounts, verify->rows);
    if (expected->id != row.id)
        return fault_set(fault, ST_CORRUPT, "%s: its account row is missing",
                         verify_name(verify, name, expected->id));
    verify->rows = row.id + 1;
    difference = verify_row_difference(&row, replay);
    if (difference != NULL) {
        char debits[U128_TEXT_BYTES];
        char credits[U128_TEXT_BYTES];

        return fault_set(fault, ST_CORRUPT,
                         "%s: the row differs from the journal in: %s (the journal gives debits "
                         "%s and credits %s nanos)",
                         verify_name(verify, name, row.id), difference,
                         u128_print(debits, replay->debits), u128_print(credits, replay->credits));
    }
    if (frame < accounts_last_frame(&verify->accounts, row.id) || frame > verify->frame.frame)
        return fault_set(fault, ST_CORRUPT,
                         "%s: the row is of frame %" PRIu64
                         ", the last that changed it is %" PRIu64,
                         verify_name(verify, name, row.id), frame,
                         accounts_last_frame(&verify->accounts, row.id));
    return ST_OK;
}

/* Check 6 to its end: after the last row no account is left. */
static enum status verify_rows(struct verify *verify, const struct store_read *read,
                               struct fault *fault)
{
    const struct account *expected;
    char name[ACCOUNT_NAME_BYTES];
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    verify->rows = 0;
    store_cursor_open(&cursor, read, STORE_ACCOUNT, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = verify_row(verify, &stored, fault);
    status = store_cursor_close(&cursor, status);
    if (status != ST_OK)
        return status;
    expected = accounts_from(&verify->accounts, verify->rows);
    if (expected != NULL)
        return fault_set(fault, ST_CORRUPT, "%s: its account row is missing",
                         verify_name(verify, name, expected->id));
    return ST_OK;
}

/* ---- sums ---- */

/*
 * Check 7 of docs/records.md, "What an audit checks": each held and deposit account has exactly the
 * money that rows claim ("What rows claim").
 */
static enum status verify_claims(struct verify *verify, const struct store_read *read,
                                 struct fault *fault)
{
    struct ledger_claims *claims;
    enum status status;

    if (verify->audit == NULL || verify->audit->claims == NULL)
        return ST_OK;
    claims = calloc(1, sizeof *claims);
    if (claims == NULL)
        return fault_set(fault, ST_NOMEM, "verify: no memory for the claims on accounts");
    status = verify->audit->claims(verify->audit->context, read, claims, fault);
    /* Accounts that hold nothing for rows must be claimed by none, too. */
    for (uint64_t id = 0; id < ACCOUNT_LINKS && status == ST_OK; id++) {
        const struct account *account = accounts_find(&verify->accounts, id);
        bool held =
            account != NULL && (account->kind == KIND_HELD || account->kind == KIND_DEPOSIT);
        u128 balance = held ? account->credits - account->debits : 0;
        char name[ACCOUNT_NAME_BYTES];
        char rows_text[U128_TEXT_BYTES];
        char balance_text[U128_TEXT_BYTES];

        if (claims->by_account[id] != balance)
            status = fault_set(
                fault, ST_CORRUPT,
                "%s: the rows that it is held for sum to %s nanos, its balance is %s",
                verify_name(verify, name, id), u128_print(rows_text, claims->by_account[id]),
                u128_print(balance_text, balance));
    }
    free(claims);
    return status;
}

/* Add an account to the figures of the report. */
static void verify_report_account(struct verify_report *report, const struct account *account)
{
    u128 credit = account->credits > account->debits ? account->credits - account->debits : 0;
    u128 debit = account->debits > account->credits ? account->debits - account->credits : 0;

    report->accounts++;
    if (account->class == ACCOUNT_NO_OVERDRAFT)
        report->by_kind_credit[account->kind] += credit;
    switch ((enum account_kind)account->kind) {
    case KIND_TREASURY:
        report->treasury_debit += debit;
        break;
    case KIND_SUSPENSE:
        report->suspense_credit += credit;
        report->suspense_debit += debit;
        break;
    case KIND_LINK_OUT:
        report->link_out += credit;
        break;
    case KIND_LINK_IN:
        report->link_in += debit;
        break;
    case KIND_LINK_SETTLING:
        report->link_settling_credit += credit;
        report->link_settling_debit += debit;
        break;
    case KIND_UNCLAIMED:
    case KIND_REVENUE:
    case KIND_HELD:
    case KIND_DEPOSIT:
    case KIND_CUSTOMER:
    case KIND_AGENT:
        break;
    }
}

/* Check 8, and the figures of the report. */
static enum status verify_sums(struct verify *verify, struct fault *fault)
{
    const struct account *account = accounts_from(&verify->accounts, 0);
    char debit_text[U128_TEXT_BYTES];
    char credit_text[U128_TEXT_BYTES];
    u128 debits = 0;
    u128 credits = 0;

    for (; account != NULL; account = accounts_from(&verify->accounts, account->id + 1))
        verify_report_account(verify->report, account);
    if (!accounts_sum(&verify->accounts, &debits, &credits) || debits != credits)
        return fault_set(fault, ST_CORRUPT,
                         "accounts: the sum is not 0, debits are %s and credits %s nanos",
                         u128_print(debit_text, debits), u128_print(credit_text, credits));
    return ST_OK;
}

/* As many threads as there are processors to run them, unless the caller says. */
static unsigned verify_threads(const struct audit_env *audit)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (audit != NULL && audit->threads > 0)
        return audit->threads;
    if (processors < 1)
        return 1;
    return processors > JOURNAL_THREADS_MAX ? JOURNAL_THREADS_MAX : (unsigned)processors;
}

/* Begin with the first frame that the store or its archives have, and the state before it. */
static enum status verify_begin(struct verify *verify, const struct store_read *read,
                                const struct frame_header *header, struct fault *fault)
{
    struct start start = {.read = read,
                          .past = verify->past,
                          .header = header,
                          .threads = verify_threads(verify->audit)};
    struct books_kept kept;
    enum status status = books_kept(read, &kept, fault);

    verify->first = kept.first;
    if (verify->past != NULL && verify->past->first < kept.first)
        verify->first = verify->past->first;
    verify->report->first_frame = verify->first;
    if (status != ST_OK || verify->first == 1)
        return status;
    start.first = verify->first;
    verify->charges.first_frame = verify->first;
    status = start_accounts(&verify->accounts, &start, fault);
    return status == ST_OK ? price_history_begin(&verify->prices, verify->first, fault) : status;
}

/*
 * All checks, by one read of the store.  Prices are read first, as the journal names them; sums and
 * claims come last, once the replay is known to be what the rows are.
 */
static enum status verify_all(struct verify *verify, const struct store_read *read,
                              struct fault *fault)
{
    struct frame_header header;
    struct journal_reader reader = {.frame = verify_frame,
                                    .opening = verify_opening,
                                    .event = verify_event,
                                    .line = verify_line,
                                    .posting = verify_posting,
                                    .context = verify};
    enum status status = books_header(read, &header, fault);

    verify->last_frame = status == ST_OK ? header.frame : 0;
    if (status == ST_OK)
        status = price_history_read(&verify->prices, read, fault);
    if (status == ST_OK)
        status = charges_init(&verify->charges, verify->audit, read, fault);
    if (status == ST_OK)
        status = verify_begin(verify, read, &header, fault);
    if (status == ST_OK)
        status = books_read_journal(read, verify->past, &header, &reader,
                                    verify_threads(verify->audit), fault);
    if (status == ST_OK)
        status = charges_end(&verify->charges, fault); /* of the last event, and frame */
    if (status == ST_OK)
        status = verify_frame_end(verify, fault);
    if (status == ST_OK)
        status = price_history_end(&verify->prices, fault);
    if (status == ST_OK)
        status = verify_rows(verify, read, fault);
    if (status == ST_OK)
        status = verify_sums(verify, fault);
    if (status == ST_OK)
        status = verify_claims(verify, read, fault);
    return status;
}

enum status audit_verify_all(const struct store_read *read, const struct journal_past *past,
                             const struct audit_env *audit, struct verify_report *report,
                             struct fault *fault)
{
    struct verify verify = {.audit = audit, .report = report, .past = past};
    enum status status;

    memset(report, 0, sizeof *report);
    verify.hasher = hasher_new();
    if (verify.hasher == NULL || accounts_init(&verify.accounts) != ST_OK) {
        hasher_free(verify.hasher);
        return fault_set(fault, ST_NOMEM, "verify: no memory for the accounts");
    }
    status = verify_all(&verify, read, fault);
    hasher_free(verify.hasher);
    accounts_fini(&verify.accounts);
    bytes_fini(&verify.postings);
    bytes_fini(&verify.closings);
    price_history_fini(&verify.prices);
    charges_fini(&verify.charges);
    return status;
}

enum status audit_verify(const struct store_read *read, const struct audit_env *audit,
                         struct verify_report *report, struct fault *fault)
{
    return audit_verify_all(read, NULL, audit, report, fault);
}
