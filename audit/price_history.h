/*
 * The books of prices of a site, as the journal puts them into force and as their rows hold them:
 * check 9 of docs/records.md, "What an audit checks".  Private to audit/.
 *
 * A fault is ST_CORRUPT and names the record, or ST_NOMEM.
 */
#ifndef SERAI_AUDIT_PRICE_HISTORY_H
#define SERAI_AUDIT_PRICE_HISTORY_H

#include "base/bytes.h"
#include "ledger/journal.h"

/* All-zero is the beginning; to be ended with price_history_fini(). */
struct price_history {
    struct bytes seen; /* struct prices_seen for each book that came into force */
    struct bytes rows; /* the same for each row */
};

/* Read the rows, before the journal: they are numbered from 1 without a gap. */
MUST_CHECK enum status price_history_read(struct price_history *history,
                                          const struct store_read *read, struct fault *fault);

/*
 * Begin with this frame and not with the first: the books that came into force before it are taken
 * from their rows.  ST_NOMEM.
 */
MUST_CHECK enum status price_history_begin(struct price_history *history, uint64_t frame,
                                           struct fault *fault);

/* Check an event of kind EVENT_PRICES: the next book comes into force, and its row holds it. */
MUST_CHECK enum status price_history_event(struct price_history *history,
                                           const struct journal_event *event, struct fault *fault);

/*
 * Check that a line names the last book that came into force before its event, or none.  The events
 * of its frame were given to price_history_event() before.
 */
MUST_CHECK enum status price_history_line(const struct price_history *history,
                                          const struct journal_line *line, struct fault *fault);

/* The book that came into force last; 0 before the first. */
uint64_t price_history_last(const struct price_history *history);

/* Check, after the journal, that no row is of a book that never came into force. */
MUST_CHECK enum status price_history_end(const struct price_history *history, struct fault *fault);

/* Free what was read. */
void price_history_fini(struct price_history *history);

#endif
