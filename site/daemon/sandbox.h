/* The daemon gives up what it does not need, so that a break-in finds little to use. */
#ifndef SERAI_SITE_DAEMON_SANDBOX_H
#define SERAI_SITE_DAEMON_SANDBOX_H

#include "base/status.h"

/*
 * Lock all threads in for good: no new privileges, no programs or processes started, no
 * sockets but those of the machine and of IP, no tracing, no mounts or modules.  Refused calls fail
 * with EPERM.  Sanitizers need some of these, so in their builds this does nothing.  ST_IO when the
 * kernel refuses.
 */
MUST_CHECK enum status sandbox_enter(struct fault *fault);

/*
 * From here on no core file of this process is written and nobody but root looks into it: before a
 * secret key is read.  libsodium keeps those in its own memory out of core files, but libzmq has
 * copies.  ST_IO.
 */
MUST_CHECK enum status sandbox_hide(struct fault *fault);

/* Whether sandbox_enter() does anything: false in builds with sanitizers. */
bool sandbox_is_built(void);

#endif
