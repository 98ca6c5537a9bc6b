/*
 * Frames that somebody has in an archive leave the store (docs/operate.md, "Archives").
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_DROPPING_H
#define SERAI_SITE_CORE_DROPPING_H

#include "base/store.h"

struct core;

/* Add a slice of what is left of a drop to the frame's batch, if anything is. */
void core_drop_save(struct core *core, struct store_batch *batch);

#endif
