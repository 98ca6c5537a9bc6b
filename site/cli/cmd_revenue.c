/*
 * serai revenue: what the site earned, by what was paid for or by who paid, and what it owes; all
 * of it added up from the lines of the journal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/table.h"
#include "ledger/account.h"
#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"
#include "site/cli/times.h"

/* What the sums are taken by. */
enum revenue_by {
    BY_RESOURCE,
    BY_CUSTOMER,
    BY_AGENT,
};

/* One sum. */
struct earned {
    uint64_t account; /* of revenue, or the payer */
    u128 total;
    uint64_t lines;
};

struct owner {
    uint64_t agent;
    uint64_t customer;
};

struct revenue {
    enum revenue_by by;
    struct cli_moment from;
    struct cli_moment to;
    bool counts; /* the frame that is being read lies between the two */
    bool ended;  /* it lies behind them */
    uint64_t last_frame;
    struct account_kinds kinds;
    struct owner *owners; /* of agents, by rising number of the agent */
    size_t owner_count;
    size_t owner_capacity;
    struct earned **earned; /* each of memory of its own, and in `by_account` too */
    size_t earned_count;
    size_t earned_capacity;
    struct table by_account;
    u128 plus[ACCOUNT_KINDS]; /* credits and debits of all accounts of a kind, up to the end */
    u128 minus[ACCOUNT_KINDS];
};

static enum status revenue_no_memory(struct fault *fault)
{
    return fault_set(fault, ST_NOMEM, "revenue: out of memory");
}

static enum status revenue_too_much(struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "revenue: the lines move more than there can be");
}

/* ---- reading the journal ---- */

static enum status revenue_take_frame(void *context, const struct frame_header *header,
                                      struct fault *fault)
{
    struct revenue *revenue = context;

    (void)fault;
    revenue->ended = cli_moment_is_after(&revenue->to, header->frame, header->wall_us);
    revenue->counts =
        !revenue->ended && !cli_moment_is_before(&revenue->from, header->frame, header->wall_us);
    if (!revenue->ended)
        revenue->last_frame = header->frame;
    return ST_OK;
}

/* Agents are opened in order of their numbers, so the list is sorted. */
static enum status revenue_take_opening(void *context, const struct journal_opening *opening,
                                        struct fault *fault)
{
    struct revenue *revenue = context;
    struct owner *owners;

    if (opening->closing)
        return ST_OK;
    if (!account_kinds_add(&revenue->kinds, opening->account, opening->kind))
        return revenue_no_memory(fault);
    if (opening->kind != KIND_AGENT)
        return ST_OK;
    owners = array_grow(revenue->owners, &revenue->owner_capacity, revenue->owner_count + 1,
                        sizeof *owners);
    if (owners == NULL)
        return revenue_no_memory(fault);
    revenue->owners = owners;
    owners[revenue->owner_count++] = (struct owner){opening->account, opening->customer};
    return ST_OK;
}

static int owner_compare(const void *left, const void *right)
{
    const struct owner *a = left;
    const struct owner *b = right;

    return (a->agent > b->agent) - (a->agent < b->agent);
}

/*
 * Who pays a line: rent out of a burial reserve is the agent's; fees of a birth come out of what is
 * held for it, and are shown so.
 */
static uint64_t revenue_payer(const struct revenue *revenue, const struct transfer *line)
{
    const struct owner wanted = {.agent = line->code == TRANSFER_BURIAL_RENT ? line->object
                                                                             : line->debit};
    const struct owner *found = NULL;

    if (revenue->by == BY_CUSTOMER && revenue->owner_count > 0)
        found =
            bsearch(&wanted, revenue->owners, revenue->owner_count, sizeof wanted, owner_compare);
    return found == NULL || found->customer == ACCOUNT_NONE ? wanted.agent : found->customer;
}

static enum status revenue_add(struct revenue *revenue, uint64_t account, uint64_t nanos,
                               struct fault *fault)
{
    struct earned *earned = table_get(&revenue->by_account, account);

    if (earned == NULL) {
        struct earned **list = array_grow(revenue->earned, &revenue->earned_capacity,
                                          revenue->earned_count + 1, sizeof *list);

        if (list != NULL)
            revenue->earned = list;
        earned = list == NULL ? NULL : calloc(1, sizeof *earned);
        if (earned == NULL)
            return revenue_no_memory(fault);
        earned->account = account;
        list[revenue->earned_count++] = earned;
        (void)table_put(&revenue->by_account, account, earned);
    }
    earned->lines++;
    return u128_add(&earned->total, earned->total, nanos) ? ST_OK : revenue_too_much(fault);
}

static enum status revenue_take_line(void *context, const struct journal_line *line,
                                     struct fault *fault)
{
    struct revenue *revenue = context;
    const struct transfer *transfer = &line->transfer;
    enum account_kind credit = account_kinds_find(&revenue->kinds, transfer->credit);
    u128 *minus = &revenue->minus[account_kinds_find(&revenue->kinds, transfer->debit)];
    u128 *plus = &revenue->plus[credit];
    uint64_t nanos = money_nanos(transfer->amount);

    if (revenue->ended)
        return ST_OK;
    if (!u128_add(minus, *minus, nanos) || !u128_add(plus, *plus, nanos))
        return revenue_too_much(fault);
    if (!revenue->counts || credit != KIND_REVENUE)
        return ST_OK;
    return revenue_add(
        revenue, revenue->by == BY_RESOURCE ? transfer->credit : revenue_payer(revenue, transfer),
        nanos, fault);
}

/* ---- showing it ---- */

/* The most first; of two alike, the lower number. */
static int earned_compare(const void *left, const void *right)
{
    const struct earned *a = *(const struct earned *const *)left;
    const struct earned *b = *(const struct earned *const *)right;

    if (a->total != b->total)
        return a->total < b->total ? 1 : -1;
    return (a->account > b->account) - (a->account < b->account);
}

/* What the site owes, by who may ask for it. */
struct liability {
    const char *name;
    const char *key; /* in JSON */
    enum account_kind kind;
};

static const struct liability liabilities[] = {
    {"customers", "customers", KIND_CUSTOMER},  {"agents", "agents", KIND_AGENT},
    {"deposits", "deposits", KIND_DEPOSIT},     {"held", "held", KIND_HELD},
    {"unclaimed", "unclaimed", KIND_UNCLAIMED},
};
enum { LIABILITIES = sizeof liabilities / sizeof liabilities[0] };

static u128 revenue_owed(const struct revenue *revenue, enum account_kind kind)
{
    return revenue->plus[kind] - revenue->minus[kind]; /* none of these accounts can be overdrawn */
}

static void revenue_print_json(const struct revenue *revenue, const char *currency, u128 total)
{
    char text[64];

    for (size_t i = 0; i < revenue->earned_count; i++) {
        const struct earned *earned = revenue->earned[i];
        char name[ACCOUNT_NAME_BYTES];

        (void)account_name(name, earned->account,
                           account_kinds_find(&revenue->kinds, earned->account));
        printf("{\"account\":\"%s\",\"account_id\":%" PRIu64 ",\"amount\":\"%s\",\"unit\":", name,
               earned->account, render_total(text, earned->total));
        render_json_text(stdout, currency);
        printf(",\"lines\":%" PRIu64 "}\n", earned->lines);
    }
    printf("{\"total\":\"%s\",\"unit\":", render_total(text, total));
    render_json_text(stdout, currency);
    printf(",\"frame\":%" PRIu64 ",\"liabilities\":{", revenue->last_frame);
    for (size_t i = 0; i < LIABILITIES; i++)
        printf("%s\"%s\":\"%s\"", i == 0 ? "" : ",", liabilities[i].key,
               render_total(text, revenue_owed(revenue, liabilities[i].kind)));
    puts("}}");
}

static void revenue_print_text(const struct revenue *revenue, const char *currency, u128 total)
{
    static const char *const headers[] = {"ACCOUNT", "AMOUNT", "LINES"};
    struct table_text *table = table_text_new(headers, sizeof headers / sizeof headers[0]);
    char text[64];

    for (size_t i = 0; i < revenue->earned_count; i++) {
        const struct earned *earned = revenue->earned[i];
        char name[ACCOUNT_NAME_BYTES];
        char lines[24];

        (void)account_name(name, earned->account,
                           account_kinds_find(&revenue->kinds, earned->account));
        (void)snprintf(lines, sizeof lines, "%" PRIu64, earned->lines);
        table_text_row(table, (const char *[]){name, render_total(text, earned->total), lines});
    }
    table_text_print(table, stdout);
    printf("\nrevenue          %s %s\n\nowed by the site after frame %" PRIu64 ":\n",
           render_total(text, total), currency, revenue->last_frame);
    for (size_t i = 0; i < LIABILITIES; i++)
        printf("%-16s %s %s\n", liabilities[i].name,
               render_total(text, revenue_owed(revenue, liabilities[i].kind)), currency);
    puts("\nThe lines of one of them: serai ledger transfers --account ACCOUNT");
}

/* ---- the command ---- */

static int revenue_take_options(const struct cli *cli, struct revenue *revenue)
{
    const char *by = cli_value(cli, OPT_BY, "resource");
    int code = EXIT_OK;

    if (strcmp(by, "resource") == 0)
        revenue->by = BY_RESOURCE;
    else if (strcmp(by, "customer") == 0)
        revenue->by = BY_CUSTOMER;
    else if (strcmp(by, "agent") == 0)
        revenue->by = BY_AGENT;
    else
        return cli_fail(EXIT_USAGE, "--by: \"%.40s\" is not resource, customer or agent", by);
    if (cli->args.given[OPT_FROM])
        code = cli_moment(cli->args.values[OPT_FROM], "--from", &revenue->from);
    if (code == EXIT_OK && cli->args.given[OPT_TO])
        code = cli_moment(cli->args.values[OPT_TO], "--to", &revenue->to);
    return code;
}

int cmd_revenue_show(struct cli *cli)
{
    struct revenue revenue = {0};
    const struct journal_reader reader = {.frame = revenue_take_frame,
                                          .opening = revenue_take_opening,
                                          .line = revenue_take_line,
                                          .context = &revenue};
    struct books books;
    struct fault fault = {0};
    u128 total = 0;
    int code = revenue_take_options(cli, &revenue);

    if (code == EXIT_OK)
        code = books_open_whole(cli, &books, cli_value(cli, OPT_ARCHIVE, NULL), "what is owed",
                                "--archive");
    if (code != EXIT_OK)
        return code;
    if (journal_read(&books.store, books.past, &reader, &fault) != ST_OK) {
        code = cli_fault(&fault);
    } else {
        if (revenue.earned_count > 0)
            qsort(revenue.earned, revenue.earned_count, sizeof *revenue.earned, earned_compare);
        for (size_t i = 0; i < revenue.earned_count; i++)
            total += revenue.earned[i]->total; /* each line was added to `plus`, checked */
        (cli->args.given[OPT_JSON] ? revenue_print_json
                                   : revenue_print_text)(&revenue, books.currency, total);
    }
    account_kinds_fini(&revenue.kinds);
    free(revenue.owners);
    for (size_t i = 0; i < revenue.earned_count; i++)
        free(revenue.earned[i]);
    free(revenue.earned);
    table_fini(&revenue.by_account);
    books_close(&books);
    return code;
}
