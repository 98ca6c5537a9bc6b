/*
 * The reads of a start, which a signal can end: verifying and loading take long, and they are
 * nothing but reads of the store.
 */
#ifndef SERAI_SITE_DAEMON_START_POLL_H
#define SERAI_SITE_DAEMON_START_POLL_H

#include "base/store.h"

struct signals;

struct start_poll {
    struct signals *signals;
    uint32_t rows; /* since the signals were last taken */
};

/*
 * For store_read.poll: take signals every few rows; `context` is a struct start_poll.  ST_BUSY: one
 * of them asked for the end.
 */
enum status start_poll(void *context, struct fault *fault);

#endif
