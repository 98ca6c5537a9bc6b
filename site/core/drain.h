/*
 * Leaving with ease: a site that is drained bears nothing, tells the agents that asked for it,
 * lets them go, and stops at a time that its operator gave (docs/join.md, "Leaving").
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_DRAIN_H
#define SERAI_SITE_CORE_DRAIN_H

#include "base/store.h"

struct core;
struct map;

/* Fixed numbers. */
enum drain_state {
    DRAIN_NONE = 0,
    DRAIN_LEAVING = 1, /* until its time: agents run, and none is born */
    DRAIN_OVER = 2,    /* no turn runs and site time stands still until the drain is called off */
};

struct drain {
    enum drain_state state;
    uint64_t until_us; /* site time; 0: none */
    bool dirty;        /* the row must be written */
    bool ends;         /* the frame that fills is the last of this run */
};

/* Read the row back; none is DRAIN_NONE.  After the agents.  ST_CORRUPT. */
MUST_CHECK enum status core_drain_load(struct core *core, const struct store_read *read,
                                       struct fault *fault);

/* Write the row if it changed. */
void core_drain_save(struct core *core, struct store_batch *batch);

/* Look whether the time has come, after site time has moved. */
void core_drain_step(struct core *core);

/* Whether the site pays all that it owes now, as its end is near. */
bool core_drain_settles(const struct core *core);

/* Add `drain` (no, leaving, over) and `drain_left_s` to the read `status`. */
void core_drain_entries(const struct core *core, struct map *map);

#endif
