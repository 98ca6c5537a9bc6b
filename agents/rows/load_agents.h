/* Reading agents back.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_AGENTS_H
#define SERAI_AGENTS_ROWS_LOAD_AGENTS_H

#include "base/store.h"

struct rows_loader;

/*
 * Read the rows of agents with their slots, messages and log lines, and messages that wait on
 * promises, once modules and objects are there.  All that an agent's row counts must be found.
 * ST_CORRUPT names the row, or the agent that has lost one; ST_IO.
 */
MUST_CHECK enum status rows_load_agents(struct rows_loader *loader, const struct store_read *read,
                                        struct fault *fault);

#endif
