/* serai audit verify */
#include <inttypes.h>

#include "ledger/journal.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/core/core.h"

/*
 * The equation of a site's money: all that was brought in is with someone or on its way.  A part
 * that may be either, such as suspense, has two sides; only their difference counts.
 */
struct part {
    const char *name;
    const char *key; /* in JSON */
    u128 plus;
    u128 minus;
};

enum { PARTS = 8 };

static void take_parts(const struct verify_report *report, struct part parts[PARTS])
{
    const u128 *kind = report->by_kind_credit;
    const struct part all[PARTS] = {
        {"customers", "customers", kind[KIND_CUSTOMER], 0},
        {"agents", "agents", kind[KIND_AGENT], 0},
        {"deposits", "deposits", kind[KIND_DEPOSIT], 0},
        {"held", "held", kind[KIND_HELD], 0},
        {"revenue", "revenue", kind[KIND_REVENUE], 0},
        {"in flight", "in_flight", report->link_out + report->link_settling_credit,
         report->link_in + report->link_settling_debit},
        {"suspense", "suspense", report->suspense_credit, report->suspense_debit},
        {"unclaimed", "unclaimed", kind[KIND_UNCLAIMED], 0},
    };

    for (size_t i = 0; i < PARTS; i++)
        parts[i] = all[i];
}

static char *signed_total(char text[64], u128 plus, u128 minus)
{
    text[0] = '-';
    (void)!render_total(plus >= minus ? text : text + 1,
                        plus >= minus ? plus - minus : minus - plus);
    return text;
}

static void print_json(const struct verify_report *report, uint64_t rows,
                       const struct part parts[PARTS], bool equal)
{
    char text[64];
    char head[HASH_TEXT_BYTES];

    printf("{\"ok\":%s,\"frames\":%" PRIu64 ",\"chunks\":%" PRIu64 ",\"events\":%" PRIu64
           ",\"lines\":%" PRIu64 ",\"postings\":%" PRIu64 ",\"accounts\":%" PRIu64
           ",\"rows\":%" PRIu64 ",\"head\":\"%s\",\"minted\":\"%s\"",
           equal ? "true" : "false", report->frames, report->chunks, report->events, report->lines,
           report->postings, report->accounts, rows, hash_print(head, &report->head),
           render_total(text, report->treasury_debit));
    for (size_t i = 0; i < PARTS; i++)
        printf(",\"%s\":\"%s\"", parts[i].key, signed_total(text, parts[i].plus, parts[i].minus));
    printf("}\n");
}

static void print_text(const struct cli *cli, const struct verify_report *report, uint64_t rows,
                       const struct part parts[PARTS], bool equal)
{
    char text[64];
    char head[HASH_TEXT_BYTES];

    printf("frames           %" PRIu64 "\nchunks           %" PRIu64 "\nevents           %" PRIu64
           "\nlines            %" PRIu64 "\npostings         %" PRIu64 "\naccounts         %" PRIu64
           "\nother rows       %" PRIu64 "\nhead             %s\n\n",
           report->frames, report->chunks, report->events, report->lines, report->postings,
           report->accounts, rows, hash_print(head, &report->head));
    for (size_t i = 0; i < PARTS; i++)
        printf("  %-12s %28s %s\n", parts[i].name,
               signed_total(text, parts[i].plus, parts[i].minus), cli->currency);
    printf("%s %-12s %28s %s\n", equal ? "=" : "!", "minted",
           render_total(text, report->treasury_debit), cli->currency);
}

static bool is_equal(const struct verify_report *report, const struct part parts[PARTS])
{
    u128 plus = 0;
    u128 minus = report->treasury_debit;

    for (size_t i = 0; i < PARTS; i++)
        if (!u128_add(&plus, plus, parts[i].plus) || !u128_add(&minus, minus, parts[i].minus))
            return false;
    return plus == minus;
}

static enum status see_row(void *context, const uint8_t *key, size_t key_size, const uint8_t *value,
                           size_t value_size, struct fault *fault)
{
    uint64_t *rows = context;

    (void)key;
    (void)key_size;
    (void)value;
    (void)value_size;
    (void)fault;
    (*rows)++;
    return ST_OK;
}

/* Every row reads back as it was written: the walk checks each against its own hash. */
static enum status check_rows(const struct store *store, uint64_t *rows, struct fault *fault)
{
    enum status status = ST_OK;

    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++)
        if (table != STORE_JOURNAL) /* read by ledger_verify() anyway */
            status =
                store->walk(store->context, (enum store_table)table, NULL, 0, see_row, rows, fault);
    return status;
}

int cmd_audit_verify(struct cli *cli)
{
    struct verify_report report = {0};
    uint64_t rows = 0;
    struct part parts[PARTS];
    struct books books;
    struct fault fault = {0};
    bool equal;
    enum status status;
    int code = books_open(cli, &books);

    if (code != CLI_OK)
        return code;
    status = check_rows(&books.store, &rows, &fault);
    if (status == ST_OK)
        status = ledger_verify(&books.store, core_claims, NULL, &report, &fault);
    books_close(&books);
    if (status == ST_CORRUPT)
        return cli_fail(CLI_REFUSED,
                        "the books do not agree: %s; restore a copy, or keep this one "
                        "as it is and ask for help",
                        fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    take_parts(&report, parts);
    equal = is_equal(&report, parts);
    if (cli->args.given[OPT_JSON])
        print_json(&report, rows, parts, equal);
    else
        print_text(cli, &report, rows, parts, equal);
    if (!equal)
        return cli_fail(CLI_REFUSED, "the parts do not add up to what was brought in");
    return CLI_OK;
}
