/* Looking again and again: pauses, and an end by time.  Shared by what follows and what waits. */
#ifndef SERAI_SITE_CLI_FOLLOW_H
#define SERAI_SITE_CLI_FOLLOW_H

#include "base/status.h"

/* A run of looks.  Begin with follow_begin(). */
struct follow {
    uint64_t until_us; /* monotonic; UINT64_MAX: without end */
    uint64_t pause_us; /* before the next look */
    uint64_t pause_us_max;
};

/*
 * Begin to look for so many seconds (UINT64_MAX: without end), first after `pause_us` and then
 * after twice as long each time, up to `pause_us_max`.
 */
void follow_begin(struct follow *follow, uint64_t seconds, uint64_t pause_us,
                  uint64_t pause_us_max);

/* Wait for the next look.  False: the time is over. */
MUST_CHECK bool follow_pause(struct follow *follow);

#endif
