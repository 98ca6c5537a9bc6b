/* Private to site/core: the read `figures`. */
#ifndef SERAI_SITE_CORE_FIGURES_READ_H
#define SERAI_SITE_CORE_FIGURES_READ_H

#include "base/cbor.h"

struct core;
struct outcome;
struct viewer;

/* All that core_figures() tells, of one moment, in one answer.  As the rows of reads.c. */
void core_read_figures(struct core *core, const struct viewer *viewer, struct cbor *in,
                       struct outcome *outcome);

#endif
