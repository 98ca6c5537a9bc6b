/* Reading pages back.  Private to this part. */
#ifndef SERAI_AGENTS_PAGES_PAGE_LOAD_H
#define SERAI_AGENTS_PAGES_PAGE_LOAD_H

#include "base/store.h"

struct agents;
struct fault;
struct store;

/*
 * Read images, then the log, after the agents and objects, and after the counters, which say how
 * many rows there must be.  ST_CORRUPT names the row.
 */
MUST_CHECK enum status page_log_load(struct agents *agents, const struct store_read *read,
                                     struct fault *fault);

#endif
