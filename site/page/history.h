/*
 * What accounts took in and gave out over time, out of the journal, the latest frames first: the
 * balance of one of them as a curve, and the burn of many.
 */
#ifndef SERAI_SITE_PAGE_HISTORY_H
#define SERAI_SITE_PAGE_HISTORY_H

#include "base/clock.h"
#include "site/page/json.h"

struct store;

/*
 * Append the account's past up to frame `before`, 0: the last one.  An object: `account`, as it
 * stands, with the last frame, if `before` is 0; `points`, the latest first, each with the last of
 * its frames, that one's times, what came in and went out; and `next`, the frame to go on with,
 * unless the account's first frame was reached.  ST_MISSING: there is no such account; ST_CORRUPT,
 * ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status history_answer(struct json *json, const struct store *store,
                                      const struct clock_source *clock, uint64_t account,
                                      uint64_t before, struct fault *fault);

/*
 * Append the burn of the accounts `from` to `to` over the last minutes: an object with the frames
 * and the site time that it was measured over, and `accounts`, each with what running cost it
 * (`used`) and what it was paid (`earned`).  What was brought, taken back or deposited is in
 * neither.  ST_CORRUPT, ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status burn_answer(struct json *json, const struct store *store,
                                   const struct clock_source *clock, uint64_t from, uint64_t to,
                                   struct fault *fault);

#endif
