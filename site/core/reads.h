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

#endif
