/* Random bytes of a turn.  Private to this part. */
#ifndef SERAI_AGENTS_ORDERS_RANDOM_H
#define SERAI_AGENTS_ORDERS_RANDOM_H

#include "base/status.h"

struct turn;

/* Draw random bytes, which are remembered for the event's hash.  False past the bound of a turn. */
bool turn_random(struct turn *turn, void *to, size_t size);

#endif
