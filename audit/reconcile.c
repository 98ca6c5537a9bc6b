#include "audit/reconcile.h"

#include <stdlib.h>

#include "base/array.h"

bool reconcile_add(struct reconcile_lines *lines, const struct reconcile_line *line)
{
    struct reconcile_line *items =
        array_grow(lines->items, &lines->capacity, lines->count + 1, sizeof *items);

    if (items == NULL)
        return false;
    lines->items = items;
    lines->items[lines->count++] = *line;
    return true;
}

bool reconcile_add_loss(struct reconcile_lines *lines, const struct reconcile_loss *loss)
{
    struct reconcile_loss *losses =
        array_grow(lines->losses, &lines->loss_capacity, lines->loss_count + 1, sizeof *losses);

    if (losses == NULL)
        return false;
    lines->losses = losses;
    lines->losses[lines->loss_count++] = *loss;
    return true;
}

void reconcile_lines_fini(struct reconcile_lines *lines)
{
    free(lines->items);
    free(lines->losses);
    *lines = (struct reconcile_lines){0};
}

const char *reconcile_text(enum reconcile_finding finding)
{
    switch (finding) {
    case RECONCILE_MATCHED:
        return "matched";
    case RECONCILE_IN_FLIGHT:
        return "in flight";
    case RECONCILE_NOT_RECEIVED:
        return "sent and never received";
    case RECONCILE_NOT_SENT:
        return "received and never sent";
    case RECONCILE_AMOUNT_DIFFERS:
        return "the amount differs";
    case RECONCILE_SENT_TWICE:
        return "sent twice";
    case RECONCILE_RECEIVED_TWICE:
        return "received twice";
    case RECONCILE_ACCEPTED:
        return "part of a loss that both accepted";
    case RECONCILE_SUMS_DIFFER:
        return "the sums up to the loss that both accepted differ";
    }
    invariant_failed("a finding", __FILE__, __LINE__);
}

bool reconcile_is_fault(enum reconcile_finding finding)
{
    return finding != RECONCILE_MATCHED && finding != RECONCILE_IN_FLIGHT &&
           finding != RECONCILE_ACCEPTED;
}

/* ---- comparing ---- */

/* One direction of a link: both books' lines of it, and where findings go. */
struct comparison {
    const struct reconcile_lines *sent;
    const struct reconcile_lines *received;
    void (*visit)(void *context, const struct reconcile_note *note);
    void *context;
    struct reconcile_totals *totals;
    uint64_t accepted; /* up to this sequence no message by itself is a fault */
};

/* By sequence, as both books name a message; within one, by the frame of the book. */
static int reconcile_compare_lines(const void *left, const void *right)
{
    const struct reconcile_line *a = left;
    const struct reconcile_line *b = right;

    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    return a->frame < b->frame ? -1 : a->frame > b->frame; /* of two, the first is the real one */
}

/*
 * Sort the lines and set the end of the book.  Returns their sum, which fits: 2^64 lines of 2^63
 * nanos would.
 */
static u128 reconcile_prepare(struct reconcile_lines *lines)
{
    u128 sum = 0;

    if (lines->count == 0)
        return 0;
    qsort(lines->items, lines->count, sizeof *lines->items, reconcile_compare_lines);
    for (size_t i = 0; i < lines->count; i++)
        sum += money_nanos(lines->items[i].amount);
    if (lines->items[lines->count - 1].seq > lines->through)
        lines->through = lines->items[lines->count - 1].seq;
    return sum;
}

static int reconcile_compare_losses(const void *left, const void *right)
{
    const struct reconcile_loss *a = left;
    const struct reconcile_loss *b = right;

    return (a->last > b->last) - (a->last < b->last);
}

/*
 * The sender's book gets the messages of a loss from the receiver's, where they come to its sum;
 * else the loss itself, as one message.  The receiver's lines of it are those from `from` to `to`.
 */
static void reconcile_fill_loss(struct reconcile_lines *sent, const struct reconcile_loss *loss,
                                const struct reconcile_lines *received, size_t from, size_t to)
{
    struct reconcile_line line = loss->line;
    u128 sum = 0;

    for (size_t i = from; i < to; i++)
        sum += money_nanos(received->items[i].amount);
    line.seq = loss->last;
    if (sum != money_nanos(loss->line.amount)) {
        INVARIANT(reconcile_add(sent, &line));
        return;
    }
    for (size_t i = from; i < to; i++) {
        line.seq = received->items[i].seq;
        line.amount = received->items[i].amount;
        INVARIANT(reconcile_add(sent, &line));
    }
}

/* The first line from `at` on that is after message `seq`. */
static size_t reconcile_pass(const struct reconcile_lines *lines, size_t at, uint64_t seq)
{
    while (at < lines->count && lines->items[at].seq <= seq)
        at++;
    return at;
}

/*
 * The losses of a book follow each other, so each line of the receiver's is looked at once.  One
 * that overlaps another, or has more messages than there were, has no lines of its own.
 */
static void reconcile_fill(struct reconcile_lines *sent, const struct reconcile_lines *received)
{
    uint64_t before = 0; /* the last message of the loss before */
    size_t at = 0;

    if (sent->loss_count > 0)
        qsort(sent->losses, sent->loss_count, sizeof *sent->losses, reconcile_compare_losses);
    for (size_t i = 0; i < sent->loss_count; i++) {
        const struct reconcile_loss *loss = &sent->losses[i];
        size_t from = at;

        if (loss->messages <= loss->last - before) {
            from = reconcile_pass(received, at, loss->last - loss->messages);
            at = reconcile_pass(received, from, loss->last);
        }
        reconcile_fill_loss(sent, loss, received, from, at);
        before = loss->last;
        if (loss->last > sent->through)
            sent->through = loss->last;
    }
}

/* Count a finding and visit it, unless it is a match: matches are most lines, and only counted. */
static void reconcile_report(const struct comparison *comparison, enum reconcile_finding finding,
                             const struct reconcile_line *sent,
                             const struct reconcile_line *received)
{
    struct reconcile_totals *totals = comparison->totals;
    struct reconcile_note found = {
        .finding = finding,
        .seq = sent != NULL ? sent->seq : received->seq,
        .sent = sent,
        .received = received,
        .past_end = sent == NULL && received->seq > comparison->sent->through,
    };

    if (finding != RECONCILE_MATCHED && finding != RECONCILE_SUMS_DIFFER &&
        found.seq <= comparison->accepted)
        found.finding = finding = RECONCILE_ACCEPTED;
    totals->counts[finding]++;
    if (finding == RECONCILE_MATCHED) {
        totals->matched_nanos += money_nanos(sent->amount);
        return;
    }
    if (finding == RECONCILE_IN_FLIGHT)
        totals->in_flight_nanos += money_nanos(sent->amount);
    if (reconcile_is_fault(finding))
        totals->faults++;
    if (comparison->visit != NULL)
        comparison->visit(comparison->context, &found);
}

/*
 * Compare the first lines of one sequence; one of the two may be NULL.  A line that was sent and
 * not received is in flight only past the end of what was received: before it, later ones arrived.
 */
static void reconcile_compare_one(const struct comparison *comparison,
                                  const struct reconcile_line *sent,
                                  const struct reconcile_line *received)
{
    if (sent == NULL)
        reconcile_report(comparison, RECONCILE_NOT_SENT, NULL, received);
    else if (received != NULL)
        reconcile_report(comparison,
                         money_compare(sent->amount, received->amount) == 0
                             ? RECONCILE_MATCHED
                             : RECONCILE_AMOUNT_DIFFERS,
                         sent, received);
    else
        reconcile_report(comparison,
                         sent->seq > comparison->received->through ? RECONCILE_IN_FLIGHT
                                                                   : RECONCILE_NOT_RECEIVED,
                         sent, NULL);
}

/* All that a book has up to a loss that was accepted, with its own lines for it. */
static u128 reconcile_sum_to(const struct reconcile_lines *lines, uint64_t seq)
{
    u128 sum = lines->accepted_nanos;

    for (size_t i = 0; i < lines->count && lines->items[i].seq <= seq; i++)
        sum += money_nanos(lines->items[i].amount);
    return sum;
}

/*
 * A loss that both accepted: the books differ by messages up to it, and must not by their sums.
 * Where one book does not know of it, it is the older export, and everything is compared.
 */
static void reconcile_accept(struct comparison *comparison)
{
    uint64_t seq = comparison->sent->accepted;
    struct reconcile_line at = {.seq = seq};

    if (seq == 0 || seq != comparison->received->accepted)
        return;
    comparison->accepted = seq;
    if (reconcile_sum_to(comparison->sent, seq) != reconcile_sum_to(comparison->received, seq))
        reconcile_report(comparison, RECONCILE_SUMS_DIFFER, &at, NULL);
}

/* Take the line at *at if it is of this sequence, and move past it; else NULL. */
static const struct reconcile_line *reconcile_take(const struct reconcile_lines *lines, size_t *at,
                                                   uint64_t seq)
{
    if (*at == lines->count || lines->items[*at].seq != seq)
        return NULL;
    return &lines->items[(*at)++];
}

void reconcile_direction(struct reconcile_lines *sent, struct reconcile_lines *received,
                         void (*visit)(void *context, const struct reconcile_note *note),
                         void *context, struct reconcile_totals *totals)
{
    struct comparison comparison = {
        .sent = sent, .received = received, .visit = visit, .context = context, .totals = totals};
    size_t s = 0;
    size_t r = 0;

    *totals = (struct reconcile_totals){0};
    totals->received_nanos = reconcile_prepare(received);
    reconcile_fill(sent, received);
    totals->sent_nanos = reconcile_prepare(sent);
    reconcile_accept(&comparison);
    totals->sent_nanos += sent->accepted_nanos;
    totals->received_nanos += received->accepted_nanos;
    while (s < sent->count || r < received->count) {
        bool sent_first = r == received->count ||
                          (s < sent->count && sent->items[s].seq <= received->items[r].seq);
        uint64_t seq = sent_first ? sent->items[s].seq : received->items[r].seq;
        const struct reconcile_line *first = reconcile_take(sent, &s, seq);
        const struct reconcile_line *second = reconcile_take(received, &r, seq);
        const struct reconcile_line *again;

        /*
         * Further lines of the sequence are faults of the book that has them, whatever the first
         * ones are.
         */
        reconcile_compare_one(&comparison, first, second);
        while ((again = reconcile_take(sent, &s, seq)) != NULL)
            reconcile_report(&comparison, RECONCILE_SENT_TWICE, again, NULL);
        while ((again = reconcile_take(received, &r, seq)) != NULL)
            reconcile_report(&comparison, RECONCILE_RECEIVED_TWICE, NULL, again);
    }
}
