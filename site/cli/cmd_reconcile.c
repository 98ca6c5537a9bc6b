/* serai audit reconcile A B: two sites' books about the link between them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/evidence.h"
#include "site/cli/render.h"
#include "site/cli/statement.h"

enum { NOTES_PRINTED_MAX = 1000 }; /* of each direction; past that only their number */

/* One direction of the link as it is compared and shown. */
struct direction {
    const char *name; /* "A to B" */
    const char *key;  /* in JSON */
    char from;
    char to;
    bool json;
    const char *currency;
    uint64_t printed;
    uint64_t last_in_flight;
    uint64_t first_in_flight;
    uint64_t accepted; /* the last message of a loss that both accepted; 0: there was none */
    FILE *notes;       /* memory: the summary is printed first */
    struct reconcile_totals totals;
};

/* The amount of a line; "-" where a book has none. */
static void direction_amount(char text[MONEY_TEXT_BYTES], const struct reconcile_line *line)
{
    if (line == NULL)
        (void)snprintf(text, MONEY_TEXT_BYTES, "-");
    else
        (void)money_print(text, line->amount);
}

/* The book that lacks a line or has one too many, A or B; NUL when that cannot be known. */
static char direction_book_at_fault(const struct direction *direction,
                                    const struct reconcile_note *note)
{
    switch (note->finding) {
    case RECONCILE_NOT_RECEIVED:
    case RECONCILE_RECEIVED_TWICE:
        return direction->to;
    case RECONCILE_NOT_SENT:
    case RECONCILE_SENT_TWICE:
        return direction->from;
    case RECONCILE_MATCHED:
    case RECONCILE_IN_FLIGHT:
    case RECONCILE_AMOUNT_DIFFERS:
    case RECONCILE_ACCEPTED:
    case RECONCILE_SUMS_DIFFER:
        break;
    }
    return '\0';
}

/* Print one fault; the book that is named is the one to look into. */
static void direction_print_note(struct direction *direction, const struct reconcile_note *note)
{
    char sent[MONEY_TEXT_BYTES];
    char received[MONEY_TEXT_BYTES];
    const char book[2] = {direction_book_at_fault(direction, note), '\0'};
    const char *sign =
        note->finding == RECONCILE_SENT_TWICE || note->finding == RECONCILE_RECEIVED_TWICE
            ? "too many in"
            : "missing in";

    direction_amount(sent, note->sent);
    direction_amount(received, note->received);
    if (direction->json) {
        fprintf(direction->notes,
                "%s{\"direction\":\"%s\",\"seq\":%" PRIu64
                ",\"fault\":\"%s\",\"book\":\"%s\",\"sent\":\"%s\",\"received\":\"%s\"}",
                direction->printed == 0 ? "" : ",", direction->key, note->seq,
                reconcile_text(note->finding), book, sent, received);
        return;
    }
    fprintf(direction->notes, "! %s  seq %" PRIu64 "  %s", direction->name, note->seq,
            reconcile_text(note->finding));
    if (book[0] != '\0')
        fprintf(direction->notes, ": %s %s", sign, book);
    fprintf(direction->notes, "  sent %s  received %s %s\n", sent, received, direction->currency);
    if (note->past_end)
        fprintf(direction->notes,
                "  (past the end of %c's book: if that is the older export, export it again)\n",
                direction->from);
}

/* Messages in flight are many and are no faults: only their range is kept. */
static void direction_see_note(void *context, const struct reconcile_note *note)
{
    struct direction *direction = context;

    if (note->finding == RECONCILE_IN_FLIGHT) {
        if (direction->first_in_flight == 0)
            direction->first_in_flight = note->seq;
        direction->last_in_flight = note->seq;
        return;
    }
    if (note->finding == RECONCILE_ACCEPTED || direction->printed == NOTES_PRINTED_MAX)
        return;
    direction_print_note(direction, note);
    direction->printed++;
}

/* ---- which link ---- */

/* The interface of `from` that leads to the site of `to`, by its key; 0: none does. */
static uint64_t interface_to(const struct statement *from, const struct statement *to)
{
    for (uint64_t i = 1; i <= LINK_INTERFACES_MAX; i++)
        if (from->links[i].known && memcmp(from->links[i].key, to->key, LINK_KEY_BYTES) == 0)
            return i;
    return 0;
}

/*
 * Choose the link of one book: the one that the person names, or the one that leads to the other
 * site.
 */
static int interface_choose(struct cli *cli, enum cli_option_id option, const char *name,
                            const struct statement *from, const struct statement *to,
                            uint64_t *interface)
{
    if (cli->args.given[option]) {
        int code = cli_number(cli->args.values[option], name, interface);

        if (code == EXIT_OK && (*interface == 0 || *interface > LINK_INTERFACES_MAX))
            return cli_fail(EXIT_USAGE, "%s: interfaces of links are 1 to %d", name,
                            LINK_INTERFACES_MAX);
        return code;
    }
    if (!from->known || !to->known)
        return cli_fail(EXIT_BAD_DATA,
                        "%s does not say whose books it is; say which link with "
                        "--interface-a and --interface-b",
                        (from->known ? to : from)->path);
    *interface = interface_to(from, to);
    if (*interface == 0)
        return cli_fail(EXIT_MISSING, "the site of %s has no link to that of %s", from->path,
                        to->path);
    return EXIT_OK;
}

/* Refuse books that cannot be of two ends of one link. */
static int statements_check(const struct statement *a, const struct statement *b)
{
    if (a->known && b->known && strcmp(a->currency, b->currency) != 0)
        return cli_fail(EXIT_BAD_DATA, "%s counts in %s and %s in %s: there is nothing to compare",
                        a->path, a->currency, b->path, b->currency);
    if (a->known && b->known && memcmp(a->key, b->key, LINK_KEY_BYTES) == 0)
        return cli_fail(EXIT_USAGE, "%s and %s are books of one site", a->path, b->path);
    return EXIT_OK;
}

/* ---- the report ---- */

static void direction_print(const struct direction *direction)
{
    const struct reconcile_totals *totals = &direction->totals;
    char text[64];

    printf("%s  matched      %12" PRIu64 " %28s %s\n", direction->name,
           totals->counts[RECONCILE_MATCHED], render_total(text, totals->matched_nanos),
           direction->currency);
    printf("%s  in flight    %12" PRIu64 " %28s %s", direction->name,
           totals->counts[RECONCILE_IN_FLIGHT], render_total(text, totals->in_flight_nanos),
           direction->currency);
    if (direction->first_in_flight != 0)
        printf("  seq %" PRIu64 " to %" PRIu64, direction->first_in_flight,
               direction->last_in_flight);
    if (direction->accepted != 0)
        printf("\n%s  accepted     %12" PRIu64 "  up to seq %" PRIu64, direction->name,
               totals->counts[RECONCILE_ACCEPTED], direction->accepted);
    printf("\n%s  faults       %12" PRIu64 "\n", direction->name, totals->faults);
}

static void direction_print_json(const struct direction *direction)
{
    const struct reconcile_totals *totals = &direction->totals;
    char text[64];

    printf(",\"%s\":{\"matched\":%" PRIu64 ",\"matched_sum\":\"%s\"", direction->key,
           totals->counts[RECONCILE_MATCHED], render_total(text, totals->matched_nanos));
    printf(",\"in_flight\":%" PRIu64 ",\"in_flight_sum\":\"%s\",\"in_flight_first\":%" PRIu64
           ",\"in_flight_last\":%" PRIu64,
           totals->counts[RECONCILE_IN_FLIGHT], render_total(text, totals->in_flight_nanos),
           direction->first_in_flight, direction->last_in_flight);
    printf(",\"accepted\":%" PRIu64 ",\"accepted_last\":%" PRIu64,
           totals->counts[RECONCILE_ACCEPTED], direction->accepted);
    printf(",\"sent_sum\":\"%s\"", render_total(text, totals->sent_nanos));
    printf(",\"received_sum\":\"%s\",\"faults\":%" PRIu64 "}",
           render_total(text, totals->received_nanos), totals->faults);
}

/* What is printed of both directions. */
struct reconcile_report {
    struct direction directions[2];
    char *notes[2];  /* findings of each direction */
    char *evidence;  /* what was signed */
    uint64_t faults; /* of all */
};

static void statements_print(const struct cli *cli, const struct reconcile_report *report,
                             uint64_t interface_a, uint64_t interface_b)
{
    const struct direction *directions = report->directions;
    char *const *notes = report->notes;

    if (cli->args.given[OPT_JSON]) {
        printf("{\"ok\":%s,\"interface_a\":%" PRIu64 ",\"interface_b\":%" PRIu64,
               report->faults == 0 ? "true" : "false", interface_a, interface_b);
        direction_print_json(&directions[0]);
        direction_print_json(&directions[1]);
        printf(",\"notes\":[%s%s%s],\"signed\":[%s]}\n", notes[0],
               *notes[0] != '\0' && *notes[1] != '\0' ? "," : "", notes[1], report->evidence);
        return;
    }
    fputs("A                ", stdout);
    render_escaped(stdout, cli->args.operands[0]);
    printf(", interface %" PRIu64 "\nB                ", interface_a);
    render_escaped(stdout, cli->args.operands[1]);
    printf(", interface %" PRIu64 "\n", interface_b);
    direction_print(&directions[0]);
    direction_print(&directions[1]);
    printf("%s%s%s", report->evidence, notes[0], notes[1]);
}

/* The statement that one book holds, with the lines of both books that it is about. */
static struct evidence statements_evidence(const struct statement *holder,
                                           const struct statement_link *link,
                                           const struct statement *signer)
{
    return (struct evidence){
        .signed_by_peer = link->has_evidence ? &link->evidence : NULL,
        .loss = link->has_loss ? &link->loss : NULL,
        .holder_key = holder->known ? holder->key : NULL,
        .signer_key = signer->known ? signer->key : NULL,
        .signer_head =
            link->has_evidence ? statement_head_at(signer, link->evidence.statement.frame) : NULL,
    };
}

/* Check what each site signed; after the directions, which sorts the lines. */
static int statements_check_signed(const struct cli *cli, struct reconcile_report *report,
                                   struct evidence evidence[2])
{
    size_t size;
    FILE *out = open_memstream(&report->evidence, &size);
    bool json = cli->args.given[OPT_JSON];

    if (out == NULL)
        return cli_fail(EXIT_INTERNAL, "out of memory");
    report->faults += evidence_check(&evidence[0], json, out);
    fputs(json ? "," : "", out);
    report->faults += evidence_check(&evidence[1], json, out);
    return fclose(out) == 0 ? EXIT_OK : cli_fail(EXIT_INTERNAL, "out of memory");
}

/*
 * Compare both directions.  `a_later` is A read once more: of two sites that run, what one has
 * received by now the other had sent by a little later.
 */
static int statements_compare(const struct cli *cli, struct statement *a, struct statement *b,
                              struct statement *a_later, uint64_t interface_a, uint64_t interface_b)
{
    struct reconcile_lines *sent[2] = {&a_later->links[interface_a].sent,
                                       &b->links[interface_b].sent};
    struct reconcile_lines *received[2] = {&b->links[interface_b].received,
                                           &a->links[interface_a].received};
    struct reconcile_report report = {
        .directions = {{.name = "A to B", .key = "a_to_b", .from = 'A', .to = 'B'},
                       {.name = "B to A", .key = "b_to_a", .from = 'B', .to = 'A'}},
    };
    struct direction *directions = report.directions;
    struct evidence evidence[2] = {
        statements_evidence(a, &a->links[interface_a], b),
        statements_evidence(b, &b->links[interface_b], a),
    };
    size_t sizes[2];
    int code = EXIT_OK;

    for (size_t i = 0; i < 2; i++) {
        directions[i].json = cli->args.given[OPT_JSON];
        directions[i].currency = a->known ? a->currency : cli->currency;
        /* Findings go to memory: the totals, which are known last, are printed first. */
        directions[i].notes = open_memstream(&report.notes[i], &sizes[i]);
        if (directions[i].notes == NULL)
            return cli_fail(EXIT_INTERNAL, "out of memory");
        reconcile_direction(sent[i], received[i], direction_see_note, &directions[i],
                            &directions[i].totals);
        if (fclose(directions[i].notes) != 0)
            return cli_fail(EXIT_INTERNAL, "out of memory");
        directions[i].accepted = sent[i]->accepted == received[i]->accepted ? sent[i]->accepted : 0;
        report.faults += directions[i].totals.faults;
    }
    for (size_t i = 0; i < 2; i++) {
        evidence[i].holder = i == 0 ? 'A' : 'B';
        evidence[i].signer = i == 0 ? 'B' : 'A';
        evidence[i].holder_sent = sent[i];
        evidence[i].holder_received = received[1 - i];
        evidence[i].signer_sent = sent[1 - i];
        evidence[i].signer_received = received[i];
    }
    code = statements_check_signed(cli, &report, evidence);
    if (code == EXIT_OK)
        statements_print(cli, &report, interface_a, interface_b);
    /* The report is printed in any case; the exit code is for scripts. */
    if (code == EXIT_OK && report.faults > 0)
        code = cli_fail(EXIT_REFUSED, "the two books do not agree");
    for (size_t i = 0; i < 2; i++)
        free(report.notes[i]);
    free(report.evidence);
    return code;
}

int cmd_audit_reconcile(struct cli *cli)
{
    struct statement *a = NULL;
    struct statement *b = NULL;
    struct statement *a_later = NULL;
    uint64_t interface_a = 0;
    uint64_t interface_b = 0;
    const char *archives_a = cli_value(cli, OPT_ARCHIVE_A, NULL);
    int code = statement_read(cli, cli->args.operands[0], archives_a, &a);

    if (code == EXIT_OK)
        code = statement_read(cli, cli->args.operands[1], cli_value(cli, OPT_ARCHIVE_B, NULL), &b);
    /* A twice, around B: see statements_compare(). */
    if (code == EXIT_OK)
        code = statement_read(cli, cli->args.operands[0], archives_a, &a_later);
    if (code == EXIT_OK)
        code = statements_check(a, b);
    if (code == EXIT_OK)
        code = interface_choose(cli, OPT_INTERFACE_A, "--interface-a", a, b, &interface_a);
    if (code == EXIT_OK)
        code = interface_choose(cli, OPT_INTERFACE_B, "--interface-b", b, a, &interface_b);
    if (code == EXIT_OK)
        code = statements_compare(cli, a, b, a_later, interface_a, interface_b);
    statement_free(a);
    statement_free(b);
    statement_free(a_later);
    return code;
}
