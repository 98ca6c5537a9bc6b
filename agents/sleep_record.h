/* The record of a packed agent.  Private to this part. */
#ifndef SERAI_AGENTS_SLEEP_RECORD_H
#define SERAI_AGENTS_SLEEP_RECORD_H

#include "base/status.h"

struct agent;

/* The bytes that a record of this agent takes at most. */
size_t sleep_record_bound(const struct agent *agent);

/*
 * Write the record of an agent with an empty inbox, no row to write and no turn.  Returns where it
 * ends; the caller sets its size in the first two bytes, in grains of the slab.
 */
const uint8_t *sleep_record_pack(uint8_t *to, const struct agent *agent);

/*
 * Fill a new agent from a record.  Its pages and log lines become those that the record names,
 * which must not be unpacked into a second agent that frees them.
 */
void sleep_record_unpack(struct agent *agent, const uint8_t *from);

/* The bytes of a record, as its first two bytes say. */
size_t sleep_record_size(const uint8_t *record);

#endif
