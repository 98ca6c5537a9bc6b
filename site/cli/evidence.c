#include "site/cli/evidence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "site/cli/render.h"

/* What is found is printed as it is found: as lines of text, or as the items of an array. */
struct evidence_report {
    const struct evidence *evidence;
    bool json;
    FILE *out;
    uint64_t faults;
};

PRINTF_LIKE(2, 3)
static void evidence_fault(struct evidence_report *report, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a long one is cut */
    va_end(arguments);
    if (report->json) {
        fputs(report->faults == 0 ? "" : ",", report->out);
        render_json_text(report->out, text);
    } else {
        fprintf(report->out, "! what %c signed: %s\n", report->evidence->signer, text);
    }
    report->faults++;
}

/* ---- a book up to a sequence ---- */

/* What a book has of one direction up to a sequence, as a statement says it. */
static struct specie_side evidence_book_at(const struct reconcile_lines *lines, uint64_t seq)
{
    struct specie_side side = {.seq = seq, .total = lines->accepted_nanos};

    for (size_t i = 0; i < lines->count && lines->items[i].seq <= seq; i++) {
        side.total += money_nanos(lines->items[i].amount);
        /* A loss that was accepted begins the digest anew. */
        if (lines->accepted == 0 || lines->items[i].seq > lines->accepted)
            digest_add(&side.digest, lines->items[i].seq, lines->items[i].amount);
    }
    return side;
}

static bool evidence_side_equal(const struct specie_side *a, const struct specie_side *b)
{
    return a->total == b->total && digest_equal(&a->digest, &b->digest);
}

/*
 * The one line of a book that was not signed, where it is one line that differs.  NULL: it is not.
 */
static const struct reconcile_line *evidence_find_line(const struct reconcile_lines *lines,
                                                       const struct specie_side *book,
                                                       const struct specie_side *theirs)
{
    for (size_t i = 0; i < lines->count && lines->items[i].seq <= theirs->seq; i++)
        if (digest_differs_by(&book->digest, &theirs->digest, lines->items[i].seq,
                              lines->items[i].amount))
            return &lines->items[i];
    return NULL;
}

/*
 * Compare one book with one direction of what was signed.  A book that ends before the sequence
 * says nothing yet: its messages are in flight, or the export is an older one.
 */
static void evidence_compare(struct evidence_report *report, char book, const char *direction,
                             const struct reconcile_lines *lines, const struct specie_side *theirs)
{
    struct specie_side ours = evidence_book_at(lines, theirs->seq);
    const struct reconcile_line *line;
    char signed_text[64];
    char book_text[64];
    char amount[MONEY_TEXT_BYTES];

    if (theirs->seq < lines->accepted) /* of before a loss that both accepted */
        return;
    if (lines->through < theirs->seq || evidence_side_equal(&ours, theirs))
        return;
    line = evidence_find_line(lines, &ours, theirs);
    if (line != NULL)
        evidence_fault(report,
                       "%s up to message %" PRIu64 ": the book of %c has message %" PRIu64
                       " of %s, which was not signed for",
                       direction, theirs->seq, book, line->seq, money_print(amount, line->amount));
    else if (ours.total != theirs->total)
        evidence_fault(report,
                       "%s up to message %" PRIu64 ": %s was signed for, and the book of %c has %s",
                       direction, theirs->seq, render_total(signed_text, theirs->total), book,
                       render_total(book_text, ours.total));
    else
        evidence_fault(report,
                       "%s up to message %" PRIu64
                       ": the book of %c has %s in all, as was signed for, but of other messages",
                       direction, theirs->seq, book, render_total(book_text, ours.total));
}

/* ---- one statement ---- */

/* Whether the signer signed it, and about this link.  Only then it says anything. */
static bool evidence_is_genuine(struct evidence_report *report)
{
    const struct evidence *evidence = report->evidence;
    const struct specie_signed *theirs = evidence->signed_by_peer;

    if (!specie_is_signed(theirs))
        evidence_fault(report, "the signature in the book of %c is false", evidence->holder);
    else if ((evidence->signer_key != NULL &&
              memcmp(theirs->statement.signer, evidence->signer_key, LINK_KEY_BYTES) != 0) ||
             (evidence->holder_key != NULL &&
              memcmp(theirs->statement.peer, evidence->holder_key, LINK_KEY_BYTES) != 0))
        evidence_fault(report, "the statement in the book of %c is of another link",
                       evidence->holder);
    else
        return true;
    return false;
}

/*
 * The chain of the signer's book has every line up to the frame that it named, so one that was
 * changed later has another head there, be it a line of no link at all.
 */
static void evidence_compare_head(struct evidence_report *report)
{
    const struct evidence *evidence = report->evidence;
    const struct specie *statement = &evidence->signed_by_peer->statement;
    char signed_text[HASH_TEXT_BYTES];
    char book_text[HASH_TEXT_BYTES];

    if (evidence->signer_head == NULL || hash_equal(evidence->signer_head, &statement->head))
        return;
    evidence_fault(report,
                   "the head of its books at frame %" PRIu64
                   " is %.16s..., and the book of %c has %.16s... there: lines of it were changed",
                   statement->frame, hash_print(signed_text, &statement->head), evidence->signer,
                   hash_print(book_text, evidence->signer_head));
}

/* The signer's own book first: it is the one that was signed for. */
static void evidence_compare_books(struct evidence_report *report)
{
    const struct evidence *evidence = report->evidence;
    const struct specie *statement = &evidence->signed_by_peer->statement;

    evidence_compare_head(report);
    evidence_compare(report, evidence->signer, "what it received", evidence->signer_received,
                     &statement->received);
    evidence_compare(report, evidence->signer, "what it sent", evidence->signer_sent,
                     &statement->sent);
    evidence_compare(report, evidence->holder, "what it received", evidence->holder_sent,
                     &statement->received);
    evidence_compare(report, evidence->holder, "what it sent", evidence->holder_received,
                     &statement->sent);
}

uint64_t evidence_check(const struct evidence *evidence, bool json, FILE *out)
{
    struct evidence_report report = {.evidence = evidence, .json = json, .out = out};
    const struct specie_signed *theirs = evidence->signed_by_peer;

    if (json)
        fprintf(out, "{\"holder\":\"%c\",\"signer\":\"%c\",\"frame\":%" PRIu64 ",\"faults\":[",
                evidence->holder, evidence->signer, theirs == NULL ? 0 : theirs->statement.frame);
    if (evidence->loss != NULL && loss_record_error(evidence->loss) != NULL)
        evidence_fault(&report, "the loss that is accepted in the book of %c: %s", evidence->holder,
                       loss_record_error(evidence->loss));
    if (theirs != NULL && evidence_is_genuine(&report))
        evidence_compare_books(&report);
    if (json)
        fputs("]}", out);
    else if (theirs == NULL)
        fprintf(out, "%c signed      nothing that %c has kept\n", evidence->signer,
                evidence->holder);
    else if (report.faults == 0)
        fprintf(out,
                "%c signed      in its frame %" PRIu64 ": received up to %" PRIu64
                ", sent up to %" PRIu64 "; both books agree\n",
                evidence->signer, theirs->statement.frame, theirs->statement.received.seq,
                theirs->statement.sent.seq);
    return report.faults;
}
