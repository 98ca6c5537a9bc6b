/* Booking a transfer now or with the turn.  Private to this part. */
#ifndef SERAI_AGENTS_POST_H
#define SERAI_AGENTS_POST_H

#include "ledger/ledger.h"

struct turn;

/* Stage a transfer that is covered already. */
void turn_stage(struct turn *turn, const struct transfer *transfer);

#endif
