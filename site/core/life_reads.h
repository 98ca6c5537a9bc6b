/*
 * Reads for those who watch agents: what happened to them, and what became of a message.  Used by
 * the core thread alone.
 */
#ifndef SERAI_SITE_CORE_LIFE_READS_H
#define SERAI_SITE_CORE_LIFE_READS_H

#include "base/cbor.h"

struct core;
struct outcome;
struct viewer;

/*
 * Carry out the reads `events` and `turn`, rows of the table in reads.c, as those of agent_reads.h:
 * core_read_events(), core_read_turn().
 */
void core_read_events(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome);
void core_read_turn(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);

#endif
