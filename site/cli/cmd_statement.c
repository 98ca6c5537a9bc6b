/*
 * serai agent statement: what came into one agent's account and went out of it in a while, by
 * reason, with the balance before and after; added up from the lines of the journal.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/account.h"
#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/render.h"
#include "site/cli/times.h"

enum { REASONS = 256 }; /* a code of a transfer is a byte */

/* What one reason moved. */
struct reason_sums {
    u128 in;
    u128 out;
    uint64_t lines;
};

struct agent_statement {
    uint64_t agent;
    struct cli_moment from;
    struct cli_moment to;
    bool counts; /* the frame that is being read lies between the two */
    bool ended;  /* it lies behind them */
    bool known;  /* the account is an agent's */
    uint64_t closed_frame;
    uint64_t first_frame; /* that counts; 0: none */
    uint64_t last_frame;
    uint64_t first_wall_us;
    uint64_t last_wall_us;
    u128 before[2]; /* in and out, of the lines before */
    struct reason_sums sums[REASONS];
};

/* ---- reading the journal ---- */

static enum status agent_statement_take_frame(void *context, const struct frame_header *header,
                                              struct fault *fault)
{
    struct agent_statement *statement = context;

    (void)fault;
    statement->ended = cli_moment_is_after(&statement->to, header->frame, header->wall_us);
    statement->counts = !statement->ended &&
                        !cli_moment_is_before(&statement->from, header->frame, header->wall_us);
    if (!statement->counts)
        return ST_OK;
    if (statement->first_frame == 0) {
        statement->first_frame = header->frame;
        statement->first_wall_us = header->wall_us;
    }
    statement->last_frame = header->frame;
    statement->last_wall_us = header->wall_us;
    return ST_OK;
}

static enum status agent_statement_take_opening(void *context,
                                                const struct journal_opening *opening,
                                                struct fault *fault)
{
    struct agent_statement *statement = context;

    (void)fault;
    if (opening->account != statement->agent || statement->ended)
        return ST_OK;
    if (opening->closing)
        statement->closed_frame = opening->frame;
    else
        statement->known = opening->kind == KIND_AGENT;
    return ST_OK;
}

static enum status agent_statement_take_line(void *context, const struct journal_line *line,
                                             struct fault *fault)
{
    struct agent_statement *statement = context;
    const struct transfer *transfer = &line->transfer;
    struct reason_sums *sums = &statement->sums[(uint8_t)transfer->code];
    uint64_t nanos = money_nanos(transfer->amount);
    bool in = transfer->credit == statement->agent;
    u128 *sum = in ? &sums->in : &sums->out;

    if (statement->ended || (!in && transfer->debit != statement->agent))
        return ST_OK;
    if (statement->counts)
        sums->lines++;
    else
        sum = &statement->before[in ? 0 : 1];
    if (!u128_add(sum, *sum, nanos))
        return fault_set(fault, ST_CORRUPT, "the lines move more than there can be");
    return ST_OK;
}

/* ---- showing it ---- */

/* Each sum was added with a check, and all lines of the books together hold no more than that. */
static struct reason_sums agent_statement_total(const struct agent_statement *statement)
{
    struct reason_sums total = {0};

    for (size_t code = 0; code < REASONS; code++) {
        total.in += statement->sums[code].in;
        total.out += statement->sums[code].out;
        total.lines += statement->sums[code].lines;
    }
    return total;
}

static void agent_statement_print_json(const struct agent_statement *statement,
                                       const char *currency)
{
    const struct reason_sums total = agent_statement_total(statement);
    u128 opening = statement->before[0] - statement->before[1];
    char one[64];
    char other[64];

    for (size_t code = 0; code < REASONS; code++) {
        const struct reason_sums *sums = &statement->sums[code];

        if (sums->lines == 0)
            continue;
        printf("{\"why\":\"%s\",\"in\":\"%s\",\"out\":\"%s\",\"unit\":", transfer_code_text(code),
               render_total(one, sums->in), render_total(other, sums->out));
        render_json_text(stdout, currency);
        printf(",\"lines\":%" PRIu64 "}\n", sums->lines);
    }
    printf("{\"agent\":%" PRIu64 ",\"opening\":\"%s\"", statement->agent,
           render_total(one, opening));
    printf(",\"in\":\"%s\",\"out\":\"%s\"", render_total(one, total.in),
           render_total(other, total.out));
    printf(",\"closing\":\"%s\",\"unit\":", render_total(one, opening + total.in - total.out));
    render_json_text(stdout, currency);
    printf(",\"lines\":%" PRIu64 ",\"first_frame\":%" PRIu64 ",\"last_frame\":%" PRIu64
           ",\"first_wall_us\":%" PRIu64 ",\"last_wall_us\":%" PRIu64 ",\"ended\":%s}\n",
           total.lines, statement->first_frame, statement->last_frame, statement->first_wall_us,
           statement->last_wall_us, statement->closed_frame == 0 ? "false" : "true");
}

static void agent_statement_print_moment(const char *label, uint64_t frame, uint64_t wall_us)
{
    char wall[RENDER_WALL_BYTES];
    char text[80];

    (void)snprintf(text, sizeof text, "frame %" PRIu64 ", %s", frame, render_wall(wall, wall_us));
    render_field(stdout, label, text);
}

static void agent_statement_print_money(const char *label, u128 total, const char *currency)
{
    char number[64];
    char text[96];

    (void)snprintf(text, sizeof text, "%s %s", render_total(number, total), currency);
    render_field(stdout, label, text);
}

static void agent_statement_print_text(const struct agent_statement *statement,
                                       const char *currency)
{
    static const char *const headers[] = {"WHY", "IN", "OUT", "LINES"};
    struct table_text *table = table_text_new(headers, sizeof headers / sizeof headers[0]);
    const struct reason_sums total = agent_statement_total(statement);
    u128 opening = statement->before[0] - statement->before[1];
    char in[64];
    char out[64];
    char lines[24];

    printf("agent            %" PRIu64 "%s\n", statement->agent,
           statement->closed_frame == 0 ? "" : ", ended");
    if (statement->first_frame != 0) {
        agent_statement_print_moment("from", statement->first_frame, statement->first_wall_us);
        agent_statement_print_moment("to", statement->last_frame, statement->last_wall_us);
    }
    agent_statement_print_money("opening", opening, currency);
    putchar('\n');
    for (size_t code = 0; code < REASONS; code++) {
        const struct reason_sums *sums = &statement->sums[code];

        if (sums->lines == 0)
            continue;
        (void)snprintf(lines, sizeof lines, "%" PRIu64, sums->lines);
        table_text_row(table, (const char *[]){transfer_code_text(code), render_total(in, sums->in),
                                               render_total(out, sums->out), lines});
    }
    (void)snprintf(lines, sizeof lines, "%" PRIu64, total.lines);
    table_text_row(table, (const char *[]){"all", render_total(in, total.in),
                                           render_total(out, total.out), lines});
    table_text_print(table, stdout);
    putchar('\n');
    agent_statement_print_money("closing", opening + total.in - total.out, currency);
    printf("\nEach line of it: serai ledger transfers --account agent:%" PRIu64 "\n",
           statement->agent);
}

/* ---- the command ---- */

static int agent_statement_take_options(struct cli *cli, struct agent_statement *statement)
{
    bool month = cli->args.given[OPT_MONTH];
    int code = EXIT_OK;

    if (month && (cli->args.given[OPT_FROM] || cli->args.given[OPT_TO]))
        return cli_fail(EXIT_USAGE, "--month is a while by itself: leave out --from and --to");
    if (month)
        code = cli_month(cli->args.values[OPT_MONTH], "--month", &statement->from, &statement->to);
    if (code == EXIT_OK && cli->args.given[OPT_FROM])
        code = cli_moment(cli->args.values[OPT_FROM], "--from", &statement->from);
    if (code == EXIT_OK && cli->args.given[OPT_TO])
        code = cli_moment(cli->args.values[OPT_TO], "--to", &statement->to);
    return code == EXIT_OK ? cli_agent(cli, cli->args.operands[0], &statement->agent) : code;
}

int cmd_agent_statement(struct cli *cli)
{
    struct agent_statement statement = {0};
    const struct journal_reader reader = {.frame = agent_statement_take_frame,
                                          .opening = agent_statement_take_opening,
                                          .line = agent_statement_take_line,
                                          .context = &statement};
    struct books books;
    struct fault fault = {0};
    int code = agent_statement_take_options(cli, &statement);

    if (code == EXIT_OK)
        code = books_open_whole(cli, &books, cli_value(cli, OPT_ARCHIVE, NULL),
                                "what it had before", "--archive");
    if (code != EXIT_OK)
        return code;
    if (journal_read(&books.store, books.past, &reader, &fault) != ST_OK)
        code = cli_fault(&fault);
    else if (!statement.known)
        code = cli_fail(EXIT_MISSING, "these books have no agent %" PRIu64 " up to then",
                        statement.agent);
    else
        (cli->args.given[OPT_JSON] ? agent_statement_print_json
                                   : agent_statement_print_text)(&statement, books.currency);
    books_close(&books);
    return code;
}
