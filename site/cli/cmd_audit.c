/* serai audit verify | network */
#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "site/cli/audited.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"
#include "site/cli/site.h"
#include "site/core/core.h"

/*
 * The equation of a site's money: all that was brought in is with someone or went over links.  A
 * part that may be either has two sides and only their difference counts: more may come in over
 * links than goes out, and then what is here is more than what was brought in here.
 */
struct part {
    const char *name;
    const char *key; /* in JSON */
    u128 plus;
    u128 minus;
};

/* PART_LINKS: the row of links in the table of parts_take(). */
enum { PARTS = 8, PART_LINKS = 5 };

/* The parts of a site's money, from the sums that the audit made. */
static void parts_take(const struct verify_report *report, struct part parts[PARTS])
{
    const u128 *kind = report->by_kind_credit;
    const struct part all[PARTS] = {
        {"customers", "customers", kind[KIND_CUSTOMER], 0},
        {"agents", "agents", kind[KIND_AGENT], 0},
        {"deposits", "deposits", kind[KIND_DEPOSIT], 0},
        {"held", "held", kind[KIND_HELD], 0},
        {"revenue", "revenue", kind[KIND_REVENUE], 0},
        {"over links", "in_flight", report->link_out + report->link_settling_credit,
         report->link_in + report->link_settling_debit},
        {"suspense", "suspense", report->suspense_credit, report->suspense_debit},
        {"unclaimed", "unclaimed", kind[KIND_UNCLAIMED], 0},
    };

    for (size_t i = 0; i < PARTS; i++)
        parts[i] = all[i];
}

/* The difference of two sides with its sign.  Returns `text`. */
static char *parts_total(char text[64], u128 plus, u128 minus)
{
    text[0] = '-';
    (void)!render_total(plus >= minus ? text : text + 1,
                        plus >= minus ? plus - minus : minus - plus);
    return text;
}

static void audited_print_json(const struct audited *audited, const struct part parts[PARTS],
                               bool equal)
{
    const struct verify_report *report = &audited->report;
    char text[64];
    char head[HASH_TEXT_BYTES];

    printf(
        "{\"ok\":%s,\"first_frame\":%" PRIu64 ",\"last_frame\":%" PRIu64 ",\"frames\":%" PRIu64
        ",\"chunks\":%" PRIu64 ",\"events\":%" PRIu64 ",\"lines\":%" PRIu64 ",\"postings\":%" PRIu64
        ",\"accounts\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"head\":\"%s\",\"minted\":\"%s\"",
        equal ? "true" : "false", report->first_frame, report->last_frame, report->frames,
        report->chunks, report->events, report->lines, report->postings, report->accounts,
        audited->rows, hash_print(head, &report->head), render_total(text, report->treasury_debit));
    for (size_t i = 0; i < PARTS; i++)
        printf(",\"%s\":\"%s\"", parts[i].key, parts_total(text, parts[i].plus, parts[i].minus));
    printf("}\n");
}

static void parts_print(const struct part parts[PARTS], u128 minted, const char *currency,
                        bool equal)
{
    char text[64];

    for (size_t i = 0; i < PARTS; i++)
        printf("  %-12s %28s %s\n", parts[i].name, parts_total(text, parts[i].plus, parts[i].minus),
               currency);
    printf("%s %-12s %28s %s\n", equal ? "=" : "!", "minted", render_total(text, minted), currency);
}

/* What is not known of books that begin later, in the words of docs/operate.md, "Archives". */
static void audited_print_unchecked(uint64_t first_frame)
{
    printf("\n"
           "frames 1 to %" PRIu64 " were not checked: they are in archives. --archive DIR checks\n"
           "them, too. The balances before frame %" PRIu64
           " are those that the chain names there.\n"
           "Books of prices from before it were taken from their rows, and the remainder of each\n"
           "payer's first charge by each meter from that charge.\n",
           first_frame - 1, first_frame);
}

static void audited_print_text(const struct audited *audited, const struct part parts[PARTS],
                               bool equal)
{
    const struct verify_report *report = &audited->report;
    char head[HASH_TEXT_BYTES];

    printf("frames           %" PRIu64 "\nchunks           %" PRIu64 "\nevents           %" PRIu64
           "\nlines            %" PRIu64 "\npostings         %" PRIu64 "\naccounts         %" PRIu64
           "\nother rows       %" PRIu64 "\nhead             %s\n\n",
           report->frames, report->chunks, report->events, report->lines, report->postings,
           report->accounts, audited->rows, hash_print(head, &report->head));
    parts_print(parts, report->treasury_debit, audited->currency, equal);
    if (report->first_frame > 1)
        audited_print_unchecked(report->first_frame);
}

/*
 * Whether the parts add up to what was minted.  Both sides are kept positive, as the type has no
 * sign.
 */
static bool parts_are_equal(u128 minted, const struct part parts[PARTS])
{
    u128 plus = 0;
    u128 minus = minted;

    for (size_t i = 0; i < PARTS; i++)
        if (!u128_add(&plus, plus, parts[i].plus) || !u128_add(&minus, minus, parts[i].minus))
            return false;
    return plus == minus;
}

int cmd_audit_verify(struct cli *cli)
{
    struct audited audited = {0};
    struct part parts[PARTS];
    bool equal;
    int code = audited_verify(cli, &audited);

    if (code != EXIT_OK)
        return code;
    parts_take(&audited.report, parts);
    equal = parts_are_equal(audited.report.treasury_debit, parts);
    if (cli->args.given[OPT_JSON])
        audited_print_json(&audited, parts, equal);
    else
        audited_print_text(&audited, parts, equal);
    if (!equal)
        return cli_fail(EXIT_REFUSED, "the parts do not add up to what was brought in");
    return EXIT_OK;
}

/* ---- several sites ---- */

/*
 * Add one site to the sums of all.  Together they must cancel over links: what one sent another
 * received, and the difference is in flight.
 */
static int network_add_site(const struct cli *cli, const struct audited *audited,
                            struct part sums[PARTS], u128 *minted)
{
    struct part parts[PARTS];

    parts_take(&audited->report, parts);
    if (!parts_are_equal(audited->report.treasury_debit, parts))
        return cli_fail(EXIT_REFUSED, "%s: the parts do not add up to what was brought in",
                        cli->dir);
    if (!u128_add(minted, *minted, audited->report.treasury_debit))
        return cli_fail(EXIT_REFUSED, "%s: more was minted than can be said", cli->dir);
    for (size_t i = 0; i < PARTS; i++) {
        sums[i].name = parts[i].name;
        sums[i].key = parts[i].key;
        if (!u128_add(&sums[i].plus, sums[i].plus, parts[i].plus) ||
            !u128_add(&sums[i].minus, sums[i].minus, parts[i].minus))
            return cli_fail(EXIT_REFUSED, "%s: the sums are more than can be said", cli->dir);
    }
    return EXIT_OK;
}

static void network_print(const struct cli *cli, const struct part sums[PARTS], u128 minted,
                          const char *currency, bool good)
{
    char text[64];

    if (cli->args.given[OPT_JSON]) {
        printf("{\"ok\":%s,\"sites\":%zu,\"minted\":\"%s\"", good ? "true" : "false",
               cli->args.operand_count, render_total(text, minted));
        for (size_t i = 0; i < PARTS; i++)
            printf(",\"%s\":\"%s\"", sums[i].key, parts_total(text, sums[i].plus, sums[i].minus));
        printf("}\n");
        return;
    }
    for (size_t i = 0; i < cli->args.operand_count; i++)
        render_field(stdout, "site", cli->args.operands[i]);
    putchar('\n');
    parts_print(sums, minted, currency, good);
}

int cmd_audit_network(struct cli *cli)
{
    struct part sums[PARTS] = {0};
    u128 minted = 0;
    char currency[sizeof cli->currency] = "";
    bool good;

    for (size_t i = 0; i < cli->args.operand_count; i++) {
        struct cli site = *cli;
        struct audited audited = {0};
        int code = cli_site(&site, cli->args.operands[i]);

        for (size_t j = 0; j < i; j++) /* its money would count twice */
            if (strcmp(cli->args.operands[i], cli->args.operands[j]) == 0)
                return cli_fail(EXIT_USAGE, "%s is given twice", cli->args.operands[i]);
        if (code == EXIT_OK)
            code = audited_verify(&site, &audited);
        /* Sums of two currencies would mean nothing. */
        if (code == EXIT_OK && i > 0 && strcmp(currency, audited.currency) != 0)
            return cli_fail(EXIT_BAD_DATA, "%s counts in %s, and not in %s", site.dir,
                            audited.currency, currency);
        if (code == EXIT_OK)
            code = network_add_site(&site, &audited, sums, &minted);
        if (code != EXIT_OK)
            return code;
        memcpy(currency, audited.currency, sizeof currency);
    }
    /* More received than sent is impossible among sites that are all here. */
    sums[PART_LINKS].name = "in flight";
    good = parts_are_equal(minted, sums) && sums[PART_LINKS].plus >= sums[PART_LINKS].minus;
    network_print(cli, sums, minted, currency, good);
    if (!good)
        return cli_fail(EXIT_REFUSED, "more came in over links than was sent: a peer is left "
                                      "out, or the books of two disagree (serai audit reconcile)");
    return EXIT_OK;
}
