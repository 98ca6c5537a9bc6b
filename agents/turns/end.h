/* The end of a turn.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_END_H
#define SERAI_AGENTS_TURNS_END_H

#include "agents/turns/turn.h"

/*
 * End a turn that stands: its state is final, its transfers, fees and `fuel` are booked, and those
 * that it paid may thaw.
 */
void turn_commit(struct turn *turn, uint64_t fuel);

/* End a turn that is undone: only its fees and `fuel` are booked. */
void turn_undo_all(struct turn *turn, uint64_t fuel);

/* End the ledger event of a turn, with the hashes of what came and of what it drew. */
void turn_event_end(struct turn *turn);

#endif
