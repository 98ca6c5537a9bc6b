#include "site/cli/follow.h"

#include <time.h>

#include "base/clock.h"

void follow_begin(struct follow *follow, uint64_t seconds, uint64_t pause_us, uint64_t pause_us_max)
{
    struct clock_source clock = clock_system();
    uint64_t now_us = clock.now_us(clock.context);

    *follow =
        (struct follow){.until_us = UINT64_MAX, .pause_us = pause_us, .pause_us_max = pause_us_max};
    if (seconds < (UINT64_MAX - now_us) / 1000000)
        follow->until_us = now_us + seconds * 1000000;
}

bool follow_pause(struct follow *follow)
{
    struct clock_source clock = clock_system();
    uint64_t now_us = clock.now_us(clock.context);
    uint64_t us = follow->pause_us;
    struct timespec pause;

    if (now_us >= follow->until_us)
        return false;
    if (us > follow->until_us - now_us)
        us = follow->until_us - now_us;
    pause =
        (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
    (void)!nanosleep(&pause, NULL); /* a signal ends it early: then the look comes early */
    follow->pause_us =
        follow->pause_us * 2 < follow->pause_us_max ? follow->pause_us * 2 : follow->pause_us_max;
    return true;
}
