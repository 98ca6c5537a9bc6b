/*
 * Private to audit/: the accounts before the first frame that is there, where earlier frames are
 * not.
 */
#ifndef SERAI_AUDIT_START_H
#define SERAI_AUDIT_START_H

#include "ledger/accounts.h"
#include "ledger/reading.h"

/* What is read, and from where on. */
struct start {
    const struct store_read *read;
    const struct journal_past *past; /* NULL: none */
    const struct frame_header *header;
    uint64_t first; /* frame */
    unsigned threads;
};

/*
 * Fill an empty table with the accounts as they were before the frame: their rows, less all that
 * the journal has moved since.  Only the state in the frame's header proves them.  ST_CORRUPT names
 * the account, or is the journal's; ST_NOMEM, ST_IO.
 */
MUST_CHECK enum status start_accounts(struct accounts *accounts, const struct start *start,
                                      struct fault *fault);

#endif
