/*
 * What belongs to the site as a whole: site time, the price book in force and its number, and the
 * price indexes that rent is computed by.  What others call is in core.h.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_META_H
#define SERAI_SITE_CORE_META_H

#include "base/store.h"

struct core;

/* Read site time, the price book in force and the indexes of rent back.  ST_CORRUPT. */
MUST_CHECK enum status core_meta_load(struct core *core, const struct store_read *read,
                                      struct fault *fault);

/* Write the price book in force, its number and the indexes of rent, if they changed. */
void core_meta_save(struct core *core, struct store_batch *batch);

#endif
