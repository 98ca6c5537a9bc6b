/*
 * The reads of a start, which a signal can end: verifying and loading take long, and they are
 * nothing but reads of the store.
 */
#ifndef SERAI_SITE_DAEMON_START_POLL_H
#define SERAI_SITE_DAEMON_START_POLL_H

#include "base/store.h"

struct core;
struct signals;
struct progress;

struct start_poll {
    struct signals *signals;
    struct progress *progress; /* NULL: nobody is told */
    struct core *const *core;  /* that is loaded, once it is made; NULL with `progress` */
    uint32_t rows;             /* since the last look */
};

/*
 * For store_read.poll: take signals every few rows, and tell how far the start is; `context` is a
 * struct start_poll.  ST_BUSY: a signal asked for the end.
 */
enum status start_poll(void *context, struct fault *fault);

#endif
