#include "site/cli/top_books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/account.h"
#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"

/* The books while frames of them are read. */
struct top_booking {
    struct books *books;
    struct top *top;
    bool only_lines;      /* what they move is counted by another reading */
    uint64_t lines_after; /* a frame: lines up to it are there already */
};

/* ---- lines ---- */

/* What kind of account it is; agents that are shown need no look into the books. */
static enum account_kind booking_kind(const struct top_booking *booking, uint64_t id)
{
    struct store_read read;
    struct store_row stored;
    struct account account = {.kind = KIND_SUSPENSE};
    enum account_kind kind;
    uint8_t key[ACCOUNT_KEY_BYTES];
    uint32_t interface;
    uint64_t frame;

    if (account_own_kind(id, &kind) || account_link(id, &interface, &kind))
        return kind;
    if (table_get(&booking->top->by_id, id) != NULL)
        return KIND_AGENT;
    be64_put(key, id);
    if (store_read_begin(&read, &booking->books->store, NULL) != ST_OK)
        return KIND_SUSPENSE;
    if (store_get(&read, STORE_ACCOUNT, key, sizeof key, &stored, NULL) != ST_OK ||
        account_decode(&account, &frame, &stored, NULL) != ST_OK)
        account.kind = KIND_SUSPENSE; /* shown by its number alone */
    store_read_end(&read);
    return (enum account_kind)account.kind;
}

/* Rent out of a burial reserve is the agent's that it was held for. */
static uint64_t booking_payer(const struct transfer *line)
{
    return line->code == TRANSFER_BURIAL_RENT ? line->object : line->debit;
}

static void booking_note_line(const struct top_booking *booking, const struct journal_line *line)
{
    const struct transfer *transfer = &line->transfer;
    bool is_out = transfer->debit == booking->top->choice.followed;
    uint64_t other = is_out ? transfer->credit : transfer->debit;
    struct top_line seen = {.frame = line->frame,
                            .is_out = is_out,
                            .amount = money_nanos(transfer->amount),
                            .why = transfer_code_text((uint64_t)transfer->code),
                            .quantity = transfer->quantity};
    enum account_kind kind = booking_kind(booking, other);

    if (kind == KIND_SUSPENSE && other != ACCOUNT_SUSPENSE)
        (void)snprintf(seen.other, sizeof seen.other, "account:%llu", (unsigned long long)other);
    else
        (void)account_name(seen.other, other, kind);
    top_line_add(booking->top, &seen);
}

static enum status booking_take_line(void *context, const struct journal_line *line,
                                     struct fault *fault)
{
    const struct top_booking *booking = context;
    const struct transfer *transfer = &line->transfer;
    uint64_t followed = booking->top->choice.followed;
    struct top_agent *payer;
    enum account_kind kind;

    (void)fault;
    if (followed != 0 && line->frame > booking->lines_after &&
        (transfer->debit == followed || transfer->credit == followed))
        booking_note_line(booking, line);
    if (booking->only_lines || !account_own_kind(transfer->credit, &kind) || kind != KIND_REVENUE)
        return ST_OK;
    payer = table_get(&booking->top->by_id, booking_payer(transfer));
    if (payer != NULL)
        payer->paid_total += money_nanos(transfer->amount);
    return ST_OK;
}

/* ---- the store ---- */

void top_books_close(struct books *books)
{
    if (books == NULL)
        return;
    books_close(books);
    free(books);
}

/* NULL: why not is in top->books_fault. */
static struct books *booking_open(const struct cli *cli, struct top *top)
{
    struct books *books = calloc(1, sizeof *books);
    char said[TOP_FAULT_BYTES];

    if (books == NULL)
        return NULL;
    if (books_open_quietly(cli, books, said, sizeof said) == EXIT_OK)
        return books;
    (void)text_escape(top->books_fault, sizeof top->books_fault, said, strlen(said));
    free(books);
    return NULL;
}

/* The lines that the agent who is followed had before. */
static enum status booking_fill(struct top_source *source, struct top_booking *booking,
                                struct fault *fault)
{
    struct journal_reader reader = {.line = booking_take_line, .context = booking};
    uint64_t after = 0;
    enum status status;

    booking->only_lines = true;
    booking->lines_after = 0;
    status = journal_read_after(&booking->books->store, &after, TOP_LINES_MAX, &reader, fault);
    source->lines_frame = after;
    booking->top->wants_lines = false;
    return status;
}

/* The frames that are new: from the first read on, so nothing before it counts. */
static enum status booking_read(struct top_source *source, struct top_booking *booking,
                                struct fault *fault)
{
    struct journal_reader reader = {.line = booking_take_line, .context = booking};
    uint64_t before = source->frame;
    enum status status = journal_read_after(&booking->books->store, &source->frame,
                                            before == 0 ? 0 : TOP_FRAMES_MAX, &reader, fault);

    if (before != 0 && source->frame > before && source->frame - before > TOP_FRAMES_MAX)
        booking->top->skipped_frames += source->frame - before - TOP_FRAMES_MAX;
    return status;
}

void top_books_read(struct top_source *source, struct top *top, uint64_t now_us)
{
    /* Of an agent that is followed from now on, the filling notes all lines, the newest too. */
    struct top_booking booking = {
        .top = top, .lines_after = top->wants_lines ? UINT64_MAX : source->lines_frame};
    struct fault fault = {0};
    enum status status;

    if (source->cli->by_socket) {
        (void)snprintf(top->books_fault, sizeof top->books_fault, "%s",
                       "what each agent paid, and its lines, stand in the site's own files: "
                       "--site must name its directory");
        return;
    }
    if (source->books == NULL)
        source->books = booking_open(source->cli, top);
    top->has_books = source->books != NULL;
    if (!top->has_books)
        return;
    booking.books = source->books;
    status = booking_read(source, &booking, &fault);
    if (status == ST_OK && top->wants_lines)
        status = booking_fill(source, &booking, &fault);
    top->books_fault[0] = '\0';
    if (status != ST_OK) {
        (void)text_escape(top->books_fault, sizeof top->books_fault, fault.text,
                          strlen(fault.text));
        top_books_close(source->books);
        source->books = NULL;
        return;
    }
    for (size_t i = 0; i < top->row_count; i++)
        top_series_add(&top->rows[i]->paid, now_us, top->rows[i]->paid_total);
}
