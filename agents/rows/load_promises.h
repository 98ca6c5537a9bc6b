/* Promises, once all rows are read.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_PROMISES_H
#define SERAI_AGENTS_ROWS_LOAD_PROMISES_H

#include "base/status.h"

struct agents;

/*
 * Check promises against each other, count the places of what they are resolved to, and put the
 * queues that wait in others' into their places.  ST_CORRUPT names the object.
 */
MUST_CHECK enum status rows_load_promises(struct agents *agents, struct fault *fault);

#endif
