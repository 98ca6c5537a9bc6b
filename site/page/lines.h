/*
 * Lines of the journal, the latest first: what a figure is made of.  The store is read frame by
 * frame backwards, each copied before it is looked at, so no snapshot is held; a request looks for
 * SEARCH_US and then says how far it came.
 */
#ifndef SERAI_SITE_PAGE_LINES_H
#define SERAI_SITE_PAGE_LINES_H

#include "base/clock.h"
#include "ledger/journal.h"
#include "site/page/accounts.h"

/* Where a line stands; lines are in the order of these. */
struct line_place {
    uint64_t frame;
    uint32_t event;
    uint32_t line;
};

struct lines_wanted {
    struct account_filter accounts; /* of either side */
    uint64_t code;                  /* enum transfer_code; 0: all */
    uint64_t from;                  /* the first frame that is looked at */
    struct line_place before;       /* only what stands before it */
    size_t limit;                   /* 1 to SEARCH_LINES_MAX */
};

/*
 * Read a place as lines_answer() writes it, "FRAME:EVENT:LINE", or "FRAME", which is all of that
 * frame and what stands before it.  False: it is neither.
 */
MUST_CHECK bool line_place_read(struct line_place *place, const char *text);

/*
 * Append the answer: an object with `lines`, with `account` if one is wanted and exists, and with
 * `next`, where to go on, unless all was looked at.  ST_CORRUPT, ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status lines_answer(struct json *json, const struct store *store,
                                    const struct clock_source *clock,
                                    const struct lines_wanted *wanted, struct fault *fault);

#endif
