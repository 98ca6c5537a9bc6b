/* What an agent says when it fails.  Private to this part. */
#ifndef SERAI_AGENTS_ORDERS_FAILING_H
#define SERAI_AGENTS_ORDERS_FAILING_H

#include <stdint.h>

struct failure;
struct turn;

/*
 * Read the arguments code, reason and size, the second to fourth of an order.  0, or INVALID: the
 * code is below SERAI_FAIL_CODE_MIN or the reason too long; MEMORY.  The reason is borrowed from
 * guest memory.
 */
int64_t turn_read_failure(struct turn *turn, const uint64_t *args, struct failure *failure);

#endif
