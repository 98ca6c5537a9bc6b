/* Reading messages back.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_MESSAGES_H
#define SERAI_AGENTS_ROWS_LOAD_MESSAGES_H

#include "base/store.h"

struct agent;
struct rows_loader;

/*
 * Read a row of an agent's inbox, of which the key's form was checked.  The agent is in the set: it
 * may become ready.  ST_CORRUPT names the row.
 */
MUST_CHECK enum status load_agent_message(struct rows_loader *loader, struct agent *agent,
                                          const struct store_row *stored, struct fault *fault);

/* Read a row of a promise's queue, once all agents are there.  ST_CORRUPT names the row. */
MUST_CHECK enum status load_waiting_message(struct rows_loader *loader,
                                            const struct store_row *stored, struct fault *fault);

#endif
