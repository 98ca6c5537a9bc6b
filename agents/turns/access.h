/* The running turn as orders of this part see it, besides agents/turn.h.  Private to this part. */
#ifndef SERAI_AGENTS_TURNS_ACCESS_H
#define SERAI_AGENTS_TURNS_ACCESS_H

#include "base/status.h"

struct turn;

/* Keep a slot as it is when the turn commits, if it was lent. */
void turn_keep_slot(struct turn *turn, uint64_t slot);

/*
 * Write to guest memory what the `size` bytes at `from` have from `offset` on, at most `wanted`.
 * Returns how many, or a refusal: INVALID when the offset is past them, MEMORY as turn_write().
 */
int64_t turn_write_part(struct turn *turn, uint64_t address, const uint8_t *from, size_t size,
                        uint64_t offset, uint64_t wanted);

#endif
