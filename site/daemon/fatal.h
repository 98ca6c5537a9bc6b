/* Deaths of the daemon by its own fault: written to stderr, and into the marker page for the
 * quarantine. */
#ifndef SERAI_SITE_DAEMON_FATAL_H
#define SERAI_SITE_DAEMON_FATAL_H

#include "base/status.h"

struct marker;

/*
 * From now on SIGSEGV, SIGABRT, SIGFPE and SIGILL mark the running event and then kill the process
 * as usual.  SIGBUS, a page of the store that cannot be read, exits with 74.  `marker` is borrowed
 * for the life of the process.
 */
MUST_CHECK enum status fatal_install(struct marker *marker, struct fault *fault);

/* Forget the marker, before it is closed. */
void fatal_release(void);

#endif
