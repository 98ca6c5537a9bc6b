/* Counting holders, and what waits on promises, again.  Private to this part. */
#ifndef SERAI_AGENTS_CHECK_HOLDERS_H
#define SERAI_AGENTS_CHECK_HOLDERS_H

#include "base/status.h"

struct agents;

/*
 * Compare each count of holders, and of what agents have waiting on promises, with a look at
 * everything; and each promise with its reply and its queue.  ST_CORRUPT.
 */
MUST_CHECK enum status agents_check_holders(const struct agents *agents, struct fault *fault);

/* Compare each promise with its reply and its queue, as agents_check_holders() does.  ST_CORRUPT.
 */
MUST_CHECK enum status agents_check_promises(const struct agents *agents, struct fault *fault);

#endif
