/*
 * Do two sites agree about the money that crossed their link?
 *
 * Each message with money makes exactly one line in both books: sent over a link, received over a
 * link, with the message's sequence as object.  Sequences count all messages of a direction, so
 * those of money may skip numbers; what decides is which of them each side has.  Works from
 * exports of the journals alone: no store, no site.
 */
#ifndef SERAI_AUDIT_RECONCILE_H
#define SERAI_AUDIT_RECONCILE_H

#include <stddef.h>

#include "base/int128.h"
#include "base/money.h"

/* A line of one direction as one of the two books has it. */
struct reconcile_line {
    uint64_t seq;
    uint64_t frame; /* of that book */
    struct money amount;
};

/*
 * What a sender lost with its power and took over in one line: messages up to `last`, which only
 * the receiver's book has one by one.
 */
struct reconcile_loss {
    uint64_t last;
    uint64_t messages;
    struct reconcile_line line; /* its frame and the sum */
};

/* The lines of one direction in one book, in any order.  All-zero is an empty one. */
struct reconcile_lines {
    struct reconcile_line *items;
    size_t count;
    size_t capacity;
    struct reconcile_loss *losses; /* of a sender */
    size_t loss_count;
    size_t loss_capacity;
    /*
     * Both sites accepted a loss (docs/links.md): up to this sequence, 0 if they never did, sums
     * count and single messages do not.  The second is what the book has in lines of its own for
     * it.
     */
    uint64_t accepted;
    u128 accepted_nanos;
    /* The book holds all up to this sequence, if it is known; raised to that of the last line. */
    uint64_t through;
};

/* Add a line, copied.  False when out of memory. */
MUST_CHECK bool reconcile_add(struct reconcile_lines *lines, const struct reconcile_line *line);

/* Add a loss of the sender's, copied.  False when out of memory. */
MUST_CHECK bool reconcile_add_loss(struct reconcile_lines *lines,
                                   const struct reconcile_loss *loss);

/* Free the lines.  Leaves an empty set. */
void reconcile_lines_fini(struct reconcile_lines *lines);

enum reconcile_finding {
    RECONCILE_MATCHED,        /* both have it, with the same amount */
    RECONCILE_IN_FLIGHT,      /* sent, and past the end of what was received */
    RECONCILE_NOT_RECEIVED,   /* sent, and later ones were received: a gap */
    RECONCILE_NOT_SENT,       /* received, and the sender's book has none such */
    RECONCILE_AMOUNT_DIFFERS, /* both have it */
    RECONCILE_SENT_TWICE,     /* the sender's book has it more than once */
    RECONCILE_RECEIVED_TWICE,
    RECONCILE_ACCEPTED,    /* what would be one of these, of a loss that both accepted */
    RECONCILE_SUMS_DIFFER, /* up to a loss that both accepted */
};
enum { RECONCILE_FINDINGS = 9 };

/* The finding in a few words. */
const char *reconcile_text(enum reconcile_finding finding);

/* Whether the finding is a fault: all are but matches, what is in flight and what was accepted. */
bool reconcile_is_fault(enum reconcile_finding finding);

/* One finding that is not a match.  The side that does not have the line is NULL. */
struct reconcile_note {
    enum reconcile_finding finding;
    uint64_t seq;
    const struct reconcile_line *sent;
    const struct reconcile_line *received;
    /* Received, and past the end of the sender's book, which may only be the older export. */
    bool past_end;
};

struct reconcile_totals {
    uint64_t counts[RECONCILE_FINDINGS];
    u128 matched_nanos;
    u128 in_flight_nanos;
    u128 sent_nanos;     /* all lines of the sender */
    u128 received_nanos; /* all lines of the receiver */
    uint64_t faults;
};

/*
 * Compare one direction.  A loss of the sender's first gets the receiver's lines of its messages,
 * if these come to its sum; else it is compared as one message, its last.  Out of memory is
 * INVARIANT. Sorts both, visits everything but the matches in order of sequence. `visit` may be
 * NULL.  Linear but for the sorting.
 */
void reconcile_direction(struct reconcile_lines *sent, struct reconcile_lines *received,
                         void (*visit)(void *context, const struct reconcile_note *note),
                         void *context, struct reconcile_totals *totals);

#endif
