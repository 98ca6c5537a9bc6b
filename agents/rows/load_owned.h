/* Reading back what agents own.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_OWNED_H
#define SERAI_AGENTS_ROWS_LOAD_OWNED_H

#include "base/store.h"

struct agents;

/*
 * Read the rows of objects, capabilities, messages, heap entries and log lines, once all agents are
 * there.  Each is decoded and added if its owner is there.  ST_CORRUPT names the row; ST_IO.
 */
MUST_CHECK enum status rows_load_owned(struct agents *agents, const struct store_read *read,
                                       struct fault *fault);

#endif
