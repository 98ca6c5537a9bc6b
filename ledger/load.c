/*
 * Starting from a store: what must agree before the first transfer.  All is read into memory of its
 * own, and becomes the ledger's only when every check has passed.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/record.h"

struct ledger_loading {
    struct accounts accounts;
    struct frame_header last;
    struct books_kept kept;
};

/* One row (docs/records.md, "Account row"): none of a later frame, and no number left out. */
static enum status load_account(struct ledger_loading *loading, const struct store_row *stored,
                                struct fault *fault)
{
    struct account account;
    uint64_t frame;
    enum status status;

    status = account_decode(&account, &frame, stored, fault);
    if (status != ST_OK)
        return status;
    if (frame > loading->last.frame)
        return fault_set(fault, ST_CORRUPT,
                         "account %" PRIu64 ": it is of frame %" PRIu64
                         ", after the last frame, %" PRIu64,
                         account.id, frame, loading->last.frame);
    status = accounts_add(&loading->accounts, &account);
    if (status == ST_NOMEM)
        return fault_set(fault, ST_NOMEM, "account %" PRIu64 ": no memory for it", account.id);
    if (status == ST_INVALID)
        return fault_set(fault, ST_CORRUPT, "account %zu: missing, the next row is %" PRIu64,
                         loading->accounts.size, account.id);
    if (status != ST_OK)
        return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": %s", account.id,
                         status_name(status));
    return ST_OK;
}

/* The accounts of docs/records.md, "Accounts", which the first frame opened. */
static enum status load_check_own_accounts(const struct accounts *accounts, struct fault *fault)
{
    enum account_kind kind = KIND_TREASURY;
    char name[ACCOUNT_NAME_BYTES];

    for (uint64_t id = account_own_next(0, &kind); id != ACCOUNT_NONE;
         id = account_own_next(id, &kind))
        if (accounts_find(accounts, id) == NULL)
            return fault_set(fault, ST_CORRUPT, "account %" PRIu64 ": missing, it is %s", id,
                             account_name(name, id, kind));
    return ST_OK;
}

/* All numbers up to the counter, and the sum of all accounts 0: the books balance. */
static enum status load_check_accounts(const struct accounts *accounts,
                                       const struct frame_header *last, struct fault *fault)
{
    char debit_text[U128_TEXT_BYTES];
    char credit_text[U128_TEXT_BYTES];
    u128 debits = 0;
    u128 credits = 0;

    if (load_check_own_accounts(accounts, fault) != ST_OK)
        return ST_CORRUPT;
    if (accounts->size != last->next_account)
        return fault_set(fault, ST_CORRUPT,
                         "account %zu: missing, the frame header says that the next is %" PRIu64,
                         accounts->size, last->next_account);
    if (!accounts_sum(accounts, &debits, &credits) || debits != credits)
        return fault_set(fault, ST_CORRUPT,
                         "accounts: the sum is not 0, debits are %s and credits %s nanos",
                         u128_print(debit_text, debits), u128_print(credit_text, credits));
    return ST_OK;
}

/* All rows of `account`, in order of number. */
static enum status load_accounts(struct ledger_loading *loading, const struct store_read *read,
                                 struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_ACCOUNT, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = load_account(loading, &stored, fault);
    return store_cursor_close(&cursor, status);
}

/*
 * Rows and their sums; then the last frame alone is read again, for its chunks must hash to the
 * head. The whole chain is the audit's to check.
 */
static enum status load_all(struct ledger_loading *loading, const struct store_read *read,
                            struct fault *fault)
{
    enum status status = books_header(read, &loading->last, fault);

    if (status != ST_OK || loading->last.frame == 0)
        return status;
    status = load_accounts(loading, read, fault);
    if (status == ST_OK)
        status = load_check_accounts(&loading->accounts, &loading->last, fault);
    if (status == ST_OK)
        status = books_check_frame(read, &loading->last, fault);
    if (status == ST_OK)
        status = books_kept(read, &loading->kept, fault);
    if (status == ST_OK && loading->kept.first > loading->last.frame)
        return fault_set(fault, ST_CORRUPT,
                         "meta row 8: the journal begins with frame %" PRIu64
                         ", after the last frame, %" PRIu64,
                         loading->kept.first, loading->last.frame);
    return status;
}

/* What an opening of the journal would say of an account. */
static struct journal_opening load_opening(const struct account *account)
{
    return (struct journal_opening){.frame = account->opened_frame,
                                    .event = NO_EVENT,
                                    .account = account->id,
                                    .class = (enum account_class)account->class,
                                    .kind = (enum account_kind)account->kind,
                                    .customer = account->customer};
}

enum status books_tell_accounts(const struct store_read *read, uint64_t frame,
                                const struct journal_reader *reader, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_ACCOUNT, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored)) {
        struct journal_opening opening;
        struct account account;
        uint64_t changed;

        status = account_decode(&account, &changed, &stored, fault);
        opening = load_opening(&account);
        if (status == ST_OK && account.opened_frame < frame)
            status = reader->opening(reader->context, &opening, fault);
    }
    return store_cursor_close(&cursor, status);
}

enum status ledger_load(struct ledger *ledger, const struct store_read *read, struct fault *fault)
{
    struct ledger_loading loading = {.last = {.frame = 0}};
    enum status status;

    INVARIANT(ledger->last.frame == 0 && ledger->chunks.events == 0 && !ledger->in_event);
    if (accounts_init(&loading.accounts) != ST_OK)
        return fault_set(fault, ST_NOMEM, "ledger: no memory for its accounts");
    status = load_all(&loading, read, fault);
    if (status != ST_OK || loading.last.frame == 0) {
        accounts_fini(&loading.accounts); /* the ledger stays the fresh one that it was */
        return status;
    }
    accounts_fini(&ledger->accounts);
    ledger->accounts = loading.accounts;
    ledger->last = loading.last;
    ledger->kept = loading.kept;
    chunks_begin(&ledger->chunks, books_frame(ledger)); /* its own accounts are open already */
    bytes_clear(&ledger->changed);
    books_end_segment(ledger);
    return ST_OK;
}
