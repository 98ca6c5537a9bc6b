/*
 * The system's clocks.  CLOCK_MONOTONIC drives the site: it never falls, whatever somebody sets the
 * wall clock to.
 */
#include "base/clock.h"

#include <time.h>

static uint64_t clock_read_us(clockid_t id)
{
    struct timespec time;

    INVARIANT(clock_gettime(id, &time) == 0);
    INVARIANT(time.tv_sec >= 0);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static uint64_t clock_system_now_us(void *context)
{
    (void)context;
    return clock_read_us(CLOCK_MONOTONIC);
}

static uint64_t clock_system_wall_us(void *context)
{
    (void)context;
    return clock_read_us(CLOCK_REALTIME);
}

struct clock_source clock_system(void)
{
    return (struct clock_source){.now_us = clock_system_now_us, .wall_us = clock_system_wall_us};
}
