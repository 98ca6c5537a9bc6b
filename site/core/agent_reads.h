/*
 * Reads of agents and of what they made.  Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_AGENT_READS_H
#define SERAI_SITE_CORE_AGENT_READS_H

#include "base/cbor.h"

struct core;
struct outcome;
struct viewer;

/*
 * Carry out the reads of the same names: rows of the table in reads.c.  `in` is at the arguments,
 * and `outcome` is filled in with what the viewer is shown: core_read_agents(), core_read_agent(),
 * core_read_logs(), core_read_heap().
 */
void core_read_agents(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome);
void core_read_agent(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome);
void core_read_logs(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);
void core_read_heap(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome);

#endif
