/* Time as an interface.  Monotonic microseconds drive the site; wall time is only written down. */
#ifndef SERAI_BASE_CLOCK_H
#define SERAI_BASE_CLOCK_H

#include "base/status.h"

struct clock_source {
    /* Monotonic, from any start. */
    uint64_t (*now_us)(void *context);
    /* Microseconds since 1970 UTC; for people, never for rules. */
    uint64_t (*wall_us)(void *context);
    void *context;
};

/*
 * The machine's clocks.  Any thread may read them; a clock that cannot be read stops the program
 * (INVARIANT).
 */
struct clock_source clock_system(void);

#endif
