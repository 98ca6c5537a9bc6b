/*
 * Accounts and transfers in memory: what a turn changes at once.  frame.c makes it durable.
 *
 * A transfer moves both totals now and appends a line; when its event ends, event, openings and
 * lines become bytes of the journal.  There is no undo here: whoever may change its mind (a turn)
 * stages its transfers and books them when it ends well.
 */
#include "ledger/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/books.h"
#include "ledger/record.h"

uint64_t books_frame(const struct ledger *ledger)
{
    return ledger->last.frame + 1;
}

/* ---- life ---- */

/* An account was changed by the frame being filled, so its row is to be written. */
static void ledger_note_change(struct ledger *ledger, struct account *account)
{
    /* Once a frame: its row is written from the totals at the end. */
    if (account->changed)
        return;
    account->changed = true;
    bytes_append(&ledger->changed, &account->id, sizeof account->id);
}

static_assert(FRAME_LINES_FULL + LEDGER_EVENT_LINES_MAX <= FRAME_LINES_MAX,
              "the last event of a frame fits");

/*
 * Record that an account begins or ends; its row changes, too.  The site's own accounts have no
 * event.
 */
static void ledger_append_opening(struct ledger *ledger, struct account *account, bool closing)
{
    struct journal_opening opening = {.closing = closing,
                                      .account = account->id,
                                      .class = account->class,
                                      .kind = account->kind,
                                      .customer = account->customer};

    if (ledger->in_event)
        bytes_append(&ledger->openings, &opening, sizeof opening);
    else
        chunks_add_opening(&ledger->chunks, &opening);
    ledger_note_change(ledger, account);
}

/* Add an account to the table and record its opening.  A failure has recorded nothing. */
static enum status ledger_add_account(struct ledger *ledger, uint64_t id, enum account_kind kind,
                                      uint64_t customer)
{
    struct account account = {.id = id,
                              .class = (uint8_t)account_class_of(kind),
                              .kind = (uint8_t)kind,
                              .customer = customer,
                              .opened_frame = books_frame(ledger)};
    enum status status = accounts_add(&ledger->accounts, &account);

    if (status == ST_OK)
        ledger_append_opening(ledger, accounts_find(&ledger->accounts, id), false);
    return status;
}

/* The first frame opens the site's own accounts. */
static enum status ledger_open_own(struct ledger *ledger)
{
    enum account_kind kind = KIND_TREASURY;
    enum status status = ST_OK;

    /* Without an event: as docs/records.md, "Chunks", allows in frame 1 alone. */
    for (uint64_t id = account_own_next(0, &kind); id != ACCOUNT_NONE && status == ST_OK;
         id = account_own_next(id, &kind))
        status = ledger_add_account(ledger, id, kind, ACCOUNT_NONE);
    if (ledger->changed.failed)
        status = ST_NOMEM;
    return status;
}

enum status ledger_new(struct ledger **ledger)
{
    struct ledger *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    made->last.next_account = ACCOUNT_FIRST_FREE;
    made->segment_bytes = LEDGER_SEGMENT_BYTES;
    made->kept = (struct books_kept){.first = 1, .rows = 1};
    chunks_begin(&made->chunks, books_frame(made));
    made->hasher = hasher_new();
    made->chain = hasher_new();
    if (made->hasher == NULL || made->chain == NULL || accounts_init(&made->accounts) != ST_OK ||
        ledger_open_own(made) != ST_OK) {
        ledger_free(made);
        return ST_NOMEM;
    }
    *ledger = made;
    return ST_OK;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    accounts_fini(&ledger->accounts);
    bytes_fini(&ledger->openings);
    bytes_fini(&ledger->lines);
    bytes_fini(&ledger->changed);
    bytes_fini(&ledger->scratch);
    store_batch_fini(&ledger->price_rows);
    chunks_fini(&ledger->chunks);
    hasher_free(ledger->hasher);
    hasher_free(ledger->chain);
    free(ledger);
}

void ledger_set_segment_bytes(struct ledger *ledger, uint64_t bytes)
{
    INVARIANT(bytes > 0 && ledger->last.frame == 0);
    ledger->segment_bytes = bytes;
}

/* ---- reading ---- */

const struct account *ledger_account(const struct ledger *ledger, uint64_t id)
{
    return accounts_find(&ledger->accounts, id);
}

struct money ledger_balance(const struct ledger *ledger, uint64_t id)
{
    const struct account *account = accounts_find(&ledger->accounts, id);
    struct money balance = money_zero();

    if (account == NULL)
        return balance;
    /* Only of accounts that cannot be overdrawn is the balance an amount. */
    INVARIANT(account->class == ACCOUNT_NO_OVERDRAFT);
    INVARIANT(account->credits >= account->debits);
    INVARIANT(money_from_total(&balance, account->credits - account->debits));
    return balance;
}

uint64_t ledger_frame(const struct ledger *ledger)
{
    return books_frame(ledger);
}

struct hash ledger_head(const struct ledger *ledger)
{
    return ledger->last.head;
}

size_t ledger_event_lines(const struct ledger *ledger)
{
    return ledger->lines.size / sizeof(struct transfer);
}

static size_t ledger_event_openings(const struct ledger *ledger)
{
    return ledger->openings.size / sizeof(struct journal_opening);
}

uint64_t ledger_counted_bytes(uint64_t lines)
{
    INVARIANT(lines <= FRAME_LINES_MAX);
    return LEDGER_EVENT_BYTES + lines * LEDGER_LINE_BYTES;
}

size_t ledger_frame_lines(const struct ledger *ledger)
{
    return ledger->chunks.lines + ledger_event_lines(ledger);
}

/* The bounds of ledger/limits.h: far below the hard ones, so that the running event always fits. */
bool ledger_frame_is_full(const struct ledger *ledger)
{
    return ledger_frame_lines(ledger) >= FRAME_LINES_FULL ||
           ledger->chunks.events >= FRAME_EVENTS_FULL ||
           ledger->chunks.openings + ledger_event_openings(ledger) >= FRAME_OPENINGS_FULL;
}

void ledger_each_account(const struct ledger *ledger,
                         void (*visit)(void *context, const struct account *account), void *context)
{
    const struct account *account = accounts_from(&ledger->accounts, 0);

    for (; account != NULL; account = accounts_from(&ledger->accounts, account->id + 1))
        visit(context, account);
}

/* What the running event has is not bytes yet: at most this much, an entry for each. */
size_t ledger_frame_bytes(const struct ledger *ledger)
{
    return chunks_bytes(&ledger->chunks) +
           (ledger_event_lines(ledger) + ledger_event_openings(ledger)) * ENTRY_BYTES_MAX;
}

void ledger_sums(const struct ledger *ledger, u128 *debits, u128 *credits)
{
    INVARIANT(accounts_sum(&ledger->accounts, debits, credits));
}

const struct frame_header *ledger_last_frame(const struct ledger *ledger)
{
    return &ledger->last;
}

/* ---- events ---- */

void ledger_event_begin(struct ledger *ledger)
{
    INVARIANT(!ledger->in_event);
    ledger->in_event = true;
}

/* The event with what it caused, as entries of the frame. */
static void ledger_add_entries(struct ledger *ledger, const struct journal_event *event)
{
    chunks_add_event(&ledger->chunks, event);
    for (size_t at = 0; at < ledger->openings.size; at += sizeof(struct journal_opening)) {
        struct journal_opening opening;

        memcpy(&opening, ledger->openings.data + at, sizeof opening);
        chunks_add_opening(&ledger->chunks, &opening);
    }
    for (size_t at = 0; at < ledger->lines.size; at += sizeof(struct transfer)) {
        struct transfer line;

        memcpy(&line, ledger->lines.data + at, sizeof line);
        chunks_add_line(&ledger->chunks, &line);
    }
    bytes_clear(&ledger->openings);
    bytes_clear(&ledger->lines);
}

struct hash ledger_event_end(struct ledger *ledger, const struct event *event)
{
    struct journal_event entry = {.hash = event_hash(&ledger->scratch, event),
                                  .kind = event->kind,
                                  .subject = event->subject,
                                  .site_time_us = event->site_time_us,
                                  .source = event->source};

    INVARIANT(ledger->in_event);
    ledger->in_event = false;
    /* An event that caused nothing leaves no record, so idle turns cost no journal. */
    if (ledger->openings.size != 0 || ledger->lines.size != 0 || event->kind == EVENT_PRICES)
        ledger_add_entries(ledger, &entry);
    return entry.hash;
}

enum status ledger_open(struct ledger *ledger, enum account_kind kind, uint64_t customer,
                        uint64_t *id)
{
    uint64_t next = ledger->accounts.size;
    enum status status;

    INVARIANT(ledger->in_event);
    INVARIANT(kind == KIND_CUSTOMER || kind == KIND_AGENT || kind == KIND_UNCLAIMED);
    status = ledger_add_account(ledger, next, kind, customer);
    if (status != ST_OK)
        return status == ST_FULL ? ST_FULL : ST_NOMEM;
    INVARIANT(!ledger->openings.failed && !ledger->changed.failed);
    *id = next;
    return ST_OK;
}

enum status ledger_open_link(struct ledger *ledger, uint32_t interface)
{
    static const enum account_kind kinds[] = {KIND_LINK_OUT, KIND_LINK_IN, KIND_LINK_SETTLING};

    INVARIANT(ledger->in_event);
    if (interface > ACCOUNT_LINK_INTERFACE_MAX)
        return ST_INVALID;
    /* The three are opened together, so the first stands for the others. */
    if (accounts_find(&ledger->accounts, account_of_link(interface, KIND_LINK_OUT)) != NULL)
        return ST_EXISTS;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        enum status status = ledger_add_account(ledger, account_of_link(interface, kinds[i]),
                                                kinds[i], ACCOUNT_NONE);

        if (status != ST_OK)
            return ST_NOMEM;
    }
    INVARIANT(!ledger->openings.failed && !ledger->changed.failed);
    return ST_OK;
}

void ledger_close(struct ledger *ledger, uint64_t id)
{
    struct account *account = accounts_find(&ledger->accounts, id);

    INVARIANT(ledger->in_event);
    INVARIANT(account != NULL);
    INVARIANT(id >= ACCOUNT_FIRST_FREE);
    INVARIANT(!account->closed);
    INVARIANT(account->debits == account->credits);
    /* The row stays, closed: its number is never used again. */
    account->closed = true;
    ledger_append_opening(ledger, account, true);
    INVARIANT(!ledger->openings.failed && !ledger->changed.failed);
}

void ledger_unopen(struct ledger *ledger, uint64_t id)
{
    struct account *account = accounts_find(&ledger->accounts, id);
    uint64_t changed;

    INVARIANT(ledger->in_event);
    INVARIANT(account != NULL && id + 1 == ledger->accounts.size);
    INVARIANT(account->debits == 0 && account->credits == 0 && !account->closed);
    INVARIANT(ledger->openings.size >= sizeof(struct journal_opening));
    /* The opening is the last record and the last change: taking both back leaves no trace. */
    INVARIANT(ledger->changed.size >= sizeof changed);
    memcpy(&changed, ledger->changed.data + ledger->changed.size - sizeof changed, sizeof changed);
    INVARIANT(changed == id);
    ledger->changed.size -= sizeof changed;
    ledger->openings.size -= sizeof(struct journal_opening);
    accounts_drop_last(&ledger->accounts);
}

/* ---- transfers ---- */

/*
 * Memory that runs out here stops the program: the caller has begun to change its own state, and
 * books that lack a line are worse than a site that starts again from its last frame.
 */
static void ledger_append_line(struct ledger *ledger, const struct transfer *transfer)
{
    INVARIANT(ledger_frame_lines(ledger) < FRAME_LINES_MAX);
    bytes_append(&ledger->lines, transfer, sizeof *transfer);
    INVARIANT(!ledger->lines.failed);
}

enum transfer_result ledger_transfer(struct ledger *ledger, const struct transfer *transfer)
{
    struct account *debit = accounts_find(&ledger->accounts, transfer->debit);
    struct account *credit = accounts_find(&ledger->accounts, transfer->credit);
    enum transfer_result result;

    INVARIANT(ledger->in_event);
    INVARIANT(transfer_code_known(transfer->code));
    /* The refusals first, and none of them has changed anything. */
    if (transfer->debit == transfer->credit)
        return TRANSFER_SAME_ACCOUNT;
    if (debit == NULL || credit == NULL)
        return TRANSFER_NO_ACCOUNT;
    result = account_transfer(debit, credit, money_nanos(transfer->amount));
    if (result != TRANSFER_DONE)
        return result;
    /* Both totals stand; what follows records it: a line, and the rows of the frame. */
    if (money_is_zero(transfer->amount) && transfer->quantity == 0)
        return TRANSFER_DONE;
    ledger_append_line(ledger, transfer);
    /* A line of no money only says what was used: no row changes. */
    if (!money_is_zero(transfer->amount)) {
        ledger_note_change(ledger, debit);
        ledger_note_change(ledger, credit);
        INVARIANT(!ledger->changed.failed);
    }
    return TRANSFER_DONE;
}

void ledger_transfer_checked(struct ledger *ledger, const struct transfer *transfer)
{
    enum transfer_result result = ledger_transfer(ledger, transfer);
    char amount[MONEY_TEXT_BYTES];

    if (result == TRANSFER_DONE)
        return;
    (void)fprintf(stderr, "ledger: %s of %s from account %" PRIu64 " to %" PRIu64 " refused: %s\n",
                  transfer_code_text(transfer->code), money_print(amount, transfer->amount),
                  transfer->debit, transfer->credit, transfer_result_text(result));
    invariant_failed("a checked transfer is done", __FILE__, __LINE__);
}

void ledger_move(struct ledger *ledger, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object)
{
    const struct transfer transfer = {
        .debit = from, .credit = to, .amount = amount, .code = code, .object = object};

    /* Callers move what is held, which is often nothing. */
    if (!money_is_zero(amount))
        ledger_transfer_checked(ledger, &transfer);
}
