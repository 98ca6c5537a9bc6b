#include "audit/start.h"

#include <inttypes.h>

/* The rows are taken as they stand now, and then each frame is taken back. */
struct starting {
    struct accounts *accounts;
    const struct start *start;
};

/* Accounts that opened later are left out: they begin with nothing. */
static enum status start_take_row(struct starting *starting, const struct store_row *stored,
                                  struct fault *fault)
{
    struct account account;
    uint64_t frame;
    enum status status = account_decode(&account, &frame, stored, fault);

    if (status != ST_OK || account.opened_frame >= starting->start->first)
        return status;
    status = accounts_add(starting->accounts, &account);
    if (status == ST_NOMEM)
        return fault_set(fault, ST_NOMEM, "account %" PRIu64 ": no memory for it", account.id);
    if (status != ST_OK)
        return fault_set(fault, ST_CORRUPT, "account %zu: its account row is missing",
                         starting->accounts->size);
    return ST_OK;
}

static enum status start_take_rows(struct starting *starting, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, starting->start->read, STORE_ACCOUNT, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = start_take_row(starting, &stored, fault);
    return store_cursor_close(&cursor, status);
}

static enum status start_too_little(const struct starting *starting, const struct account *account,
                                    struct fault *fault)
{
    char name[ACCOUNT_NAME_BYTES];

    return fault_set(fault, ST_CORRUPT,
                     "%s: its row has less than the lines from frame %" PRIu64 " on move",
                     account_name(name, account->id, account->kind), starting->start->first);
}

static enum status start_take_posting(void *context, const struct journal_posting *posting,
                                      struct fault *fault)
{
    struct starting *starting = context;
    struct account *debit = accounts_find(starting->accounts, posting->debit);
    struct account *credit = accounts_find(starting->accounts, posting->credit);

    if (debit != NULL && debit->debits < posting->amount)
        return start_too_little(starting, debit, fault);
    if (credit != NULL && credit->credits < posting->amount)
        return start_too_little(starting, credit, fault);
    if (debit != NULL)
        debit->debits -= posting->amount;
    if (credit != NULL)
        credit->credits -= posting->amount;
    return ST_OK;
}

/* An account that closes from here on was open. */
static enum status start_take_opening(void *context, const struct journal_opening *opening,
                                      struct fault *fault)
{
    const struct starting *starting = context;
    struct account *account = accounts_find(starting->accounts, opening->account);

    (void)fault;
    if (opening->closing && account != NULL)
        account->closed = false;
    return ST_OK;
}

enum status start_accounts(struct accounts *accounts, const struct start *start,
                           struct fault *fault)
{
    struct starting starting = {.accounts = accounts, .start = start};
    const struct journal_reader reader = {
        .opening = start_take_opening, .posting = start_take_posting, .context = &starting};
    enum status status = start_take_rows(&starting, fault);

    if (status != ST_OK)
        return status;
    return books_read_journal(start->read, start->past, start->header, &reader, start->threads,
                              fault);
}
