/* serai ledger accounts | transfers | export: read from the store, with the daemon up or down. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "ledger/account.h"
#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/price_books.h"
#include "site/cli/render.h"
#include "site/cli/site.h"
#include "site/cli/statement.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- accounts ---- */

/* How accounts are listed: as JSON, or as a table. */
struct account_list {
    bool json;
    struct table_text *table;
};

static void accounts_show(void *context, const struct account *account)
{
    struct account_list *accounts = context;
    char name[ACCOUNT_NAME_BYTES];
    char debits[64];
    char credits[64];
    char balance[64];
    char customer[24] = "";

    account_name(name, account->id, account->kind);
    render_total(debits, account->debits);
    render_total(credits, account->credits);
    books_balance(balance, account);
    if (account->customer != 0)
        (void)snprintf(customer, sizeof customer, "%" PRIu64, account->customer);
    if (accounts->json) {
        printf("{\"id\":%" PRIu64 ",\"name\":\"%s\",\"debits\":\"%s\",\"credits\":\"%s\","
               "\"balance\":\"%s\",\"customer\":%" PRIu64 ",\"closed\":%s}\n",
               account->id, name, debits, credits, balance, account->customer,
               account->closed ? "true" : "false");
        return;
    }
    if (account->debits == 0 && account->credits == 0 && account->customer == 0)
        return; /* one of the site's own that nothing used yet */
    table_text_row(accounts->table, (const char *[]){name, debits, credits, balance, customer,
                                                     account->closed ? "closed" : ""});
}

/* On any status the caller ends *ledger with ledger_free(). */
static enum status ledger_of_books(const struct books *books, struct ledger **ledger,
                                   struct fault *fault)
{
    struct store_read read;
    enum status status;

    if (ledger_new(ledger) != ST_OK)
        return fault_set(fault, ST_NOMEM, "load the ledger: out of memory");
    status = store_read_begin(&read, &books->store, fault);
    if (status != ST_OK)
        return status;
    status = ledger_load(*ledger, &read, fault);
    store_read_end(&read);
    return status;
}

int cmd_ledger_accounts(struct cli *cli)
{
    static const char *const headers[] = {"ACCOUNT", "DEBITS",   "CREDITS",
                                          "BALANCE", "CUSTOMER", "STATE"};
    struct account_list accounts = {.json = cli->args.given[OPT_JSON]};
    struct books books;
    struct ledger *ledger = NULL;
    struct fault fault = {0};
    int code = books_open(cli, &books);
    enum status status;

    if (code != EXIT_OK)
        return code;
    status = ledger_of_books(&books, &ledger, &fault);
    if (status == ST_OK) {
        if (!accounts.json)
            accounts.table = table_text_new(headers, COUNT(headers));
        ledger_each_account(ledger, accounts_show, &accounts);
        table_text_print(accounts.table, stdout);
    } else {
        code = cli_fault(&fault);
    }
    ledger_free(ledger);
    books_close(&books);
    return code;
}

/* ---- transfers ---- */

/*
 * The lines that are wanted, and what has to be remembered to print them: kinds of accounts for
 * their names, the event for the cause.
 */
struct transfers {
    bool json;
    struct table_text *table;
    uint64_t account; /* 0: all */
    uint64_t code;    /* 0: all */
    uint64_t since;
    uint64_t limit;
    uint64_t shown;
    struct account_kinds kinds;
    struct journal_event event; /* the last one, whose lines follow it */
};

/*
 * Openings of all frames are kept, whatever the filter: a line names accounts that opened long
 * before.
 */
static enum status transfers_keep_opening(void *context, const struct journal_opening *opening,
                                          struct fault *fault)
{
    struct transfers *transfers = context;

    if (opening->closing || account_kinds_add(&transfers->kinds, opening->account, opening->kind))
        return ST_OK;
    return fault_set(fault, ST_NOMEM, "list transfers: out of memory");
}

static enum status transfers_keep_event(void *context, const struct journal_event *event,
                                        struct fault *fault)
{
    struct transfers *transfers = context;

    (void)fault;
    transfers->event = *event;
    return ST_OK;
}

/* ---- which account, which code ---- */

/* An account as lists print it, "customer:4096", or its number. */
struct wanted {
    const char *text;
    uint64_t account; /* 0: not found */
};

static void wanted_compare(void *context, const struct account *account)
{
    struct wanted *wanted = context;
    char name[ACCOUNT_NAME_BYTES];
    char number[24];

    (void)snprintf(number, sizeof number, "%" PRIu64, account->id);
    if (strcmp(wanted->text, account_name(name, account->id, account->kind)) == 0 ||
        strcmp(wanted->text, number) == 0)
        wanted->account = account->id;
}

/* Look for the account in the books.  Not found is EXIT_OK with account 0. */
static int wanted_find(const struct books *books, struct wanted *wanted)
{
    struct ledger *ledger = NULL;
    struct fault fault = {0};
    enum status status = ledger_of_books(books, &ledger, &fault);

    if (status == ST_OK)
        ledger_each_account(ledger, wanted_compare, wanted);
    ledger_free(ledger);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

/*
 * Find an account by what lists print, or by a name.  The books hold numbers alone: names are asked
 * of the daemon, if one runs.
 */
static int transfers_find_account(struct cli *cli, const struct books *books, const char *text,
                                  uint64_t *account)
{
    struct wanted wanted = {.text = text};
    int code = wanted_find(books, &wanted);

    if (code == EXIT_OK && wanted.account == 0 && !cli_answers(cli))
        return cli_fail(EXIT_MISSING,
                        "there is no account \"%s\" in the books; `serai ledger accounts` lists "
                        "them, and names are known while the site runs",
                        text);
    if (code == EXIT_OK && wanted.account == 0)
        code = cli_account(cli, text, &wanted.account);
    *account = wanted.account;
    return code;
}

/* Find a reason by its text or its number. */
static int transfers_find_code(const char *text, uint64_t *code)
{
    char number[24];

    for (uint64_t i = 1; i <= UINT8_MAX; i++) {
        (void)snprintf(number, sizeof number, "%" PRIu64, i);
        if (!transfer_code_known(i) ||
            (strcmp(text, transfer_code_text(i)) != 0 && strcmp(text, number) != 0))
            continue;
        *code = i;
        return EXIT_OK;
    }
    return cli_fail(EXIT_MISSING,
                    "--code: there is no reason \"%s\" for a transfer; `serai ledger transfers` "
                    "shows them under WHY",
                    text);
}

/* Print one line with the event that caused it, which was read before it. */
static void transfers_print(struct transfers *transfers, const struct journal_line *line,
                            const char *debit, const char *credit)
{
    const struct transfer *transfer = &line->transfer;
    const struct journal_event *event = &transfers->event;
    const char *kind = event_kind_name(event->kind);
    const char *code = transfer_code_text((uint64_t)transfer->code);
    char amount[MONEY_TEXT_BYTES];
    char frame[24];
    char quantity[24];
    char object[24];
    char cause[64];

    money_print(amount, transfer->amount);
    if (transfers->json) {
        printf("{\"frame\":%" PRIu64 ",\"event\":%" PRIu32 ",\"line\":%" PRIu32
               ",\"kind\":\"%s\",\"subject\":%" PRIu64 ",\"site_time_us\":%" PRIu64
               ",\"debit\":\"%s\",\"credit\":\"%s\",\"amount\":\"%s\","
               "\"code\":\"%s\",\"quantity\":%" PRIu64 ",\"price_id\":%" PRIu64
               ",\"object\":%" PRIu64 "}\n",
               line->frame, line->event, line->index, kind, event->subject, event->site_time_us,
               debit, credit, amount, code, transfer->quantity, transfer->price_id,
               transfer->object);
        return;
    }
    (void)snprintf(frame, sizeof frame, "%" PRIu64, line->frame);
    (void)snprintf(quantity, sizeof quantity, "%" PRIu64, transfer->quantity);
    (void)snprintf(object, sizeof object, "%" PRIu64, transfer->object);
    (void)snprintf(cause, sizeof cause, "%s %" PRIu64, kind, event->subject);
    table_text_row(transfers->table, (const char *[]){frame, cause, debit, credit, amount, code,
                                                      transfer->quantity == 0 ? "" : quantity,
                                                      transfer->object == 0 ? "" : object});
}

/*
 * Filters are cheap first; a line past the limit is still read, as the whole journal is checked on
 * the way.
 */
static enum status transfers_show_line(void *context, const struct journal_line *line,
                                       struct fault *fault)
{
    struct transfers *transfers = context;
    const struct transfer *transfer = &line->transfer;
    char debit[ACCOUNT_NAME_BYTES];
    char credit[ACCOUNT_NAME_BYTES];

    (void)fault;
    if (line->frame < transfers->since || transfers->shown == transfers->limit)
        return ST_OK;
    account_name(debit, transfer->debit, account_kinds_find(&transfers->kinds, transfer->debit));
    account_name(credit, transfer->credit, account_kinds_find(&transfers->kinds, transfer->credit));
    if (transfers->account != 0 && transfers->account != transfer->debit &&
        transfers->account != transfer->credit)
        return ST_OK;
    if (transfers->code != 0 && transfers->code != (uint64_t)transfer->code)
        return ST_OK;
    transfers->shown++;
    transfers_print(transfers, line, debit, credit);
    return ST_OK;
}

static int transfers_take_filters(struct cli *cli, struct transfers *transfers)
{
    int code = cli_number(cli_value(cli, OPT_SINCE, "0"), "--since", &transfers->since);

    transfers->json = cli->args.given[OPT_JSON];
    transfers->limit = UINT64_MAX;
    if (code == EXIT_OK && cli->args.given[OPT_LIMIT])
        code = cli_number(cli->args.values[OPT_LIMIT], "--limit", &transfers->limit);
    if (code == EXIT_OK && cli->args.given[OPT_CODE])
        code = transfers_find_code(cli->args.values[OPT_CODE], &transfers->code);
    return code;
}

int cmd_ledger_transfers(struct cli *cli)
{
    static const char *const headers[] = {"FRAME",  "CAUSE", "FROM",     "TO",
                                          "AMOUNT", "WHY",   "QUANTITY", "OBJECT"};
    struct transfers transfers = {0};
    const struct journal_reader reader = {
        .opening = transfers_keep_opening,
        .event = transfers_keep_event,
        .line = transfers_show_line,
        .context = &transfers,
    };
    struct books books;
    struct fault fault = {0};
    int code = transfers_take_filters(cli, &transfers);

    if (code == EXIT_OK)
        code = books_open(cli, &books);
    if (code != EXIT_OK)
        return code;
    code = books_open_archives(cli, &books, cli_value(cli, OPT_ARCHIVE, NULL));
    /* Before the journal is read: an account that does not exist is a message and not an empty
     * list. */
    if (code == EXIT_OK && cli->args.given[OPT_ACCOUNT])
        code =
            transfers_find_account(cli, &books, cli->args.values[OPT_ACCOUNT], &transfers.account);
    if (code != EXIT_OK) {
        books_close(&books);
        return code;
    }
    books_note_missing(&books, transfers.since);
    if (!transfers.json)
        transfers.table = table_text_new(headers, COUNT(headers));
    if (journal_read(&books.store, books.past, &reader, &fault) != ST_OK)
        code = cli_fault(&fault);
    table_text_print(transfers.table, stdout);
    account_kinds_fini(&transfers.kinds);
    books_close(&books);
    return code;
}

/* ---- export ---- */

int cmd_ledger_export(struct cli *cli)
{
    const char *format = cli_value(cli, OPT_FORMAT, "hledger");
    bool hledger = strcmp(format, "hledger") == 0;
    struct books books;
    struct price_books prices = {.store = &books.store};
    struct export_options options = {
        .commodity = books.currency,
        .by_event = cli->args.given[OPT_BY_EVENT],
        .prices = hledger ? price_books_export_comment : price_books_export_json,
        .prices_context = &prices,
    };
    struct fault fault = {0};
    enum status status = ST_OK;
    int code;

    if (!hledger && strcmp(format, "jsonl") != 0)
        return cli_fail(EXIT_USAGE, "--format: \"%s\" is neither hledger nor jsonl", format);
    code =
        books_open_whole(cli, &books, cli_value(cli, OPT_ARCHIVE, NULL), "an export", "--archive");
    if (code != EXIT_OK)
        return code;
    options.past = books.past;
    /* hledger has no place for whose books these are; JSON begins with it (statement.h). */
    if (hledger)
        status = audit_export_hledger(&books.store, &options, stdout, &fault);
    else
        status = statement_write_head(cli, &books, stdout, &fault);
    if (!hledger && status == ST_OK)
        status = audit_export_jsonl(&books.store, &options, stdout, &fault);
    core_books_fini(&prices.books);
    if (status != ST_OK)
        code = cli_fault(&fault);
    books_close(&books);
    return code;
}
