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

/* A clock that tests and the simulator set by hand. */
struct clock_manual {
    uint64_t now_us;
    uint64_t wall_us;
};

/*
 * A clock that shows what stands in *manual, which the caller keeps for as long as the clock is
 * used.
 */
struct clock_source clock_from_manual(struct clock_manual *manual);

#endif
