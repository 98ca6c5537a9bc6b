/*
 * The journal as plain-text accounting.  A credit is written as a plus and a debit as a minus, so
 * that what an agent owns reads as a positive balance and what the treasury minted as a negative.
 *
 * hledger before 1.44 balances a transaction at the commodity's displayed precision, so that is
 * declared with all nine decimals.  Accounts are declared before they are used, as strict checks
 * want; that takes a first pass over the journal.
 */
#include <inttypes.h>
#include <string.h>

#include "audit/export.h"

struct hledger {
    const struct export_options *options;
    FILE *out;
    struct accounts accounts;
    uint64_t wall_us; /* of the transaction: a wall clock may step back, the dates do not */
    uint64_t frame;
    struct journal_event event; /* the last one */
};

/* ---- first pass: accounts ---- */

static enum status hledger_declare_opening(void *context, const struct journal_opening *opening,
                                           struct fault *fault)
{
    struct hledger *hledger = context;

    return export_opening(&hledger->accounts, opening, fault);
}

/* Books of prices are comments at the head, in the order in which they came into force. */
static enum status hledger_declare_event(void *context, const struct journal_event *event,
                                         struct fault *fault)
{
    const struct hledger *hledger = context;
    struct hash hash;
    uint64_t id;

    if (event->kind != EVENT_PRICES || hledger->options->prices == NULL)
        return ST_OK;
    prices_event_get(event, &id, &hash);
    return hledger->options->prices(hledger->options->prices_context, hledger->out, id, fault);
}

/* Commodity and accounts come first: hledger checks names strictly (docs/records.md, "Exports"). */
static void hledger_write_declarations(const struct hledger *hledger)
{
    const struct account *account = accounts_from(&hledger->accounts, 0);
    char name[ACCOUNT_NAME_BYTES];

    (void)fprintf(hledger->out, "; A Serai site's journal. Plus is a credit, minus a debit.\n");
    (void)fprintf(hledger->out, "commodity 1.000000000 %s\n\n", hledger->options->commodity);
    for (; account != NULL; account = accounts_from(&hledger->accounts, account->id + 1))
        (void)fprintf(hledger->out, "account %s\n", account_name(name, account->id, account->kind));
}

/* ---- second pass: transactions ---- */

/* Begin a frame; its transaction too, unless each event has its own. */
static enum status hledger_write_frame(void *context, const struct frame_header *header,
                                       struct fault *fault)
{
    struct hledger *hledger = context;
    char date[DATE_TEXT_BYTES];

    (void)fault;
    /* hledger checks that dates do not fall; a wall clock may be set back. */
    if (header->wall_us > hledger->wall_us)
        hledger->wall_us = header->wall_us;
    hledger->frame = header->frame;
    if (!hledger->options->by_event && header->lines > 0)
        (void)fprintf(hledger->out, "\n%s frame %" PRIu64 "\n", export_date(date, hledger->wall_us),
                      header->frame);
    return ST_OK;
}

/* One movement as two lines of a transaction, which sum to 0. */
static void hledger_write_transfer(const struct hledger *hledger, uint64_t debit, uint64_t credit,
                                   u128 amount, uint64_t code)
{
    const char *commodity = hledger->options->commodity;
    char name[ACCOUNT_NAME_BYTES];
    char total[TOTAL_TEXT_BYTES];

    (void)export_total(total, amount);
    (void)fprintf(hledger->out, "    %s  -%s %s  ; %s\n",
                  export_name(name, &hledger->accounts, debit), total, commodity,
                  transfer_code_text(code));
    (void)fprintf(hledger->out, "    %s  %s %s\n", export_name(name, &hledger->accounts, credit),
                  total, commodity);
}

/* Add to the totals that the assertions at the end state. */
static enum status hledger_add_totals(struct hledger *hledger, uint64_t debit_id,
                                      uint64_t credit_id, u128 amount, struct fault *fault)
{
    struct account *debit = accounts_find(&hledger->accounts, debit_id);
    struct account *credit = accounts_find(&hledger->accounts, credit_id);

    if (debit == NULL || credit == NULL || !u128_add(&debit->debits, debit->debits, amount) ||
        !u128_add(&credit->credits, credit->credits, amount))
        return fault_set(fault, ST_CORRUPT,
                         "frame %" PRIu64 ": account %" PRIu64 " or %" PRIu64
                         " is missing or overflows",
                         hledger->frame, debit_id, credit_id);
    return ST_OK;
}

/* Postings give the totals in either form; they are written when a frame is one transaction. */
static enum status hledger_write_posting(void *context, const struct journal_posting *posting,
                                         struct fault *fault)
{
    struct hledger *hledger = context;

    if (!hledger->options->by_event)
        hledger_write_transfer(hledger, posting->debit, posting->credit, posting->amount,
                               posting->code);
    return hledger_add_totals(hledger, posting->debit, posting->credit, posting->amount, fault);
}

/* Keep the event until its first line: an event that moved nothing has no transaction. */
static enum status hledger_note_event(void *context, const struct journal_event *event,
                                      struct fault *fault)
{
    struct hledger *hledger = context;

    (void)fault;
    hledger->event = *event;
    return ST_OK;
}

/* Begin the transaction of the last event. */
static void hledger_begin_event(struct hledger *hledger)
{
    const struct journal_event *event = &hledger->event;
    char date[DATE_TEXT_BYTES];
    char hash[HASH_TEXT_BYTES];

    (void)fprintf(hledger->out,
                  "\n%s frame %" PRIu64 " event %" PRIu32 " %s of %" PRIu64 "  ; hash: %s\n",
                  export_date(date, hledger->wall_us), hledger->frame, event->index,
                  event_kind_name(event->kind), event->subject, hash_print(hash, &event->hash));
}

/* The first line of an event begins its transaction. */
static enum status hledger_write_line(void *context, const struct journal_line *line,
                                      struct fault *fault)
{
    struct hledger *hledger = context;
    const struct transfer *transfer = &line->transfer;

    (void)fault;
    if (!hledger->options->by_event)
        return ST_OK;
    if (line->index == 0)
        hledger_begin_event(hledger);
    hledger_write_transfer(hledger, transfer->debit, transfer->credit,
                           money_nanos(transfer->amount), transfer->code);
    return ST_OK;
}

/* ---- the end: what every account must stand at ---- */

/* At the end the balance of each account is asserted, and hledger checks the whole export. */
static void hledger_write_balances(const struct hledger *hledger)
{
    const struct account *account = accounts_from(&hledger->accounts, 0);
    const char *commodity = hledger->options->commodity;
    char name[ACCOUNT_NAME_BYTES];
    char total[TOTAL_TEXT_BYTES];
    char date[DATE_TEXT_BYTES];

    if (account == NULL)
        return;
    (void)fprintf(hledger->out, "\n%s balances after frame %" PRIu64 "\n",
                  export_date(date, hledger->wall_us), hledger->frame);
    for (; account != NULL; account = accounts_from(&hledger->accounts, account->id + 1)) {
        bool minus = account->debits > account->credits;
        u128 balance =
            minus ? account->debits - account->credits : account->credits - account->debits;

        (void)fprintf(hledger->out, "    %s  0.000000000 %s = %s%s %s\n",
                      account_name(name, account->id, account->kind), commodity, minus ? "-" : "",
                      export_total(total, balance), commodity);
    }
}

/*
 * Read the same frames twice: those up to the one that is the last now.  A daemon may add more
 * while this runs.
 */
static enum status hledger_write(struct hledger *hledger, const struct store *store,
                                 struct fault *fault)
{
    struct frame_header header;
    struct journal_reader declare = {
        .opening = hledger_declare_opening, .event = hledger_declare_event, .context = hledger};
    struct journal_reader write = {.frame = hledger_write_frame,
                                   .event = hledger_note_event,
                                   .line = hledger_write_line,
                                   .posting = hledger_write_posting,
                                   .context = hledger};
    enum status status;

    status = books_header_now(store, &header, fault);
    if (status == ST_OK)
        status = books_read_frames(store, hledger->options->past, &header, &declare, fault);
    if (status != ST_OK)
        return status;
    hledger_write_declarations(hledger);
    status = books_read_frames(store, hledger->options->past, &header, &write, fault);
    if (status != ST_OK)
        return status;
    hledger_write_balances(hledger);
    return export_end(hledger->out, fault);
}

enum status audit_export_hledger(const struct store *store, const struct export_options *options,
                                 FILE *out, struct fault *fault)
{
    struct hledger hledger = {.options = options, .out = out};
    enum status status;

    if (accounts_init(&hledger.accounts) != ST_OK)
        return fault_set(fault, ST_NOMEM, "export: no memory for the accounts");
    status = hledger_write(&hledger, store, fault);
    accounts_fini(&hledger.accounts);
    return status;
}
