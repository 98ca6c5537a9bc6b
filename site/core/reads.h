/*
 * Reads, and who is shown what.  Keys of each result: docs/control.md, "Reads".
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_READS_H
#define SERAI_SITE_CORE_READS_H

#include "site/core/outcome.h"

struct core;
struct viewer;

/* Carry out a read for whom it is shown to; fills in `outcome`. */
void core_read(struct core *core, const struct viewer *viewer,
               const struct control_request *request, struct outcome *outcome);

/*
 * deploy.c: core_read_deploy(), the read of what agent.deploy with the same arguments would cost
 * and whether it would be refused.  `in` is at its arguments, `outcome` is filled in.
 */
void core_read_deploy(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome);

#endif
