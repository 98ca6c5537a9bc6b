/*
 * A library to preload: the clocks of its process are those of the system and so much more, as a
 * file says (CLOCK_STEP_FILE: two little-endian i64 of nanoseconds, for wall-clock and monotonic
 * time), which the test changes while the process runs.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SECOND_NS = 1000000000 };

static const volatile int64_t *steps; /* wall, monotonic */
static int (*real_gettime)(clockid_t id, struct timespec *time);

/* Also called by libraries that begin before this one, and look at the time. */
static void find_real(void)
{
    if (real_gettime == NULL)
        *(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
}

/* Mapped before the daemon narrows itself; afterwards it could open nothing. */
__attribute__((constructor)) static void find_steps(void)
{
    const char *path = getenv("CLOCK_STEP_FILE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *mapped;

    find_real();
    if (file < 0)
        return;
    mapped = mmap(NULL, 2 * sizeof *steps, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        steps = mapped;
    (void)close(file);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    int64_t more;
    int result;

    find_real();
    result = real_gettime(id, time);

    if (result != 0 || steps == NULL)
        return result;
    more = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ? steps[0]
           : id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_MONOTONIC_RAW ||
                   id == CLOCK_BOOTTIME
               ? steps[1]
               : 0;
    time->tv_sec += (time_t)(more / SECOND_NS);
    time->tv_nsec += (long)(more % SECOND_NS);
    if (time->tv_nsec < 0) {
        time->tv_nsec += SECOND_NS;
        time->tv_sec--;
    } else if (time->tv_nsec >= SECOND_NS) {
        time->tv_nsec -= SECOND_NS;
        time->tv_sec++;
    }
    return 0;
}
