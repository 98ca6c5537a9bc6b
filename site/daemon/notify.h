/*
 * Messages to the service manager that started the daemon: sd_notify(3) of systemd, one datagram
 * each to the socket that NOTIFY_SOCKET names.  By hand, see docs/decisions/067-notify-by-hand.md.
 *
 * Without such a socket every call does nothing.  A message that the manager does not take within a
 * second is left out, a beat that it does not take at once: there is another one soon.  Used by the
 * edge's thread, and before there are others.
 */
#ifndef SERAI_SITE_DAEMON_NOTIFY_H
#define SERAI_SITE_DAEMON_NOTIFY_H

#include "base/status.h"

struct notify {
    int fd;               /* -1: nobody listens */
    uint64_t watchdog_us; /* a beat is wanted within that time; 0: none is */
};

/*
 * Connect to the manager that the environment names.  A name that cannot be used is logged, and the
 * site serves without.
 */
void notify_open(struct notify *notify);

void notify_close(struct notify *notify);

/* Whether a manager listens. */
bool notify_is_open(const struct notify *notify);

/*
 * Send fields such as "READY=1", one a line, and last the line STATUS=..., which `status` and what
 * follows make.  A control character in that text becomes a question mark, so that no text of
 * others is a field of its own.  `fields` may be "".
 */
void notify_send(const struct notify *notify, const char *fields, const char *status, ...)
    PRINTF_LIKE(3, 4);

#endif
