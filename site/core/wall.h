/*
 * When it was by the calendar, for people: the journal has the wall clock of each frame.  Nothing
 * is decided by it.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_WALL_H
#define SERAI_SITE_CORE_WALL_H

#include "base/store.h"

struct core;

/* Several times are asked for, best in order: the journal is looked through once for each frame. */
struct wall {
    const struct core *core;
    struct store_read read;
    bool reads;            /* the read has begun */
    uint64_t site_time_us; /* the last one that was asked for */
    uint64_t wall_us;      /* ... and what it was */
};

/* Begin; the caller ends it with wall_end(), before the core does anything else. */
void wall_begin(struct wall *wall, const struct core *core);
void wall_end(struct wall *wall);

/*
 * When the frame was closed that has this site time, in microseconds since 1970; of a frame that is
 * not durable yet, about.  0: not known, as nothing was written yet.
 */
uint64_t wall_at(struct wall *wall, uint64_t site_time_us);

#endif
