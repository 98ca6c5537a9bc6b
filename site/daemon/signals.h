/*
 * The signals that a daemon acts on: taken off a descriptor, by one thread, when it looks.
 *
 * SIGTERM and SIGINT ask for an orderly end, also of a start that takes long (start_poll.h).
 * SIGHUP is an event for the edge (reload.h).  SIGUSR1 and SIGUSR2 mean nothing here, and a daemon
 * does not die of them; nor of a pipe that nobody reads, a file at its limit, or a terminal that it
 * may not use.
 */
#ifndef SERAI_SITE_DAEMON_SIGNALS_H
#define SERAI_SITE_DAEMON_SIGNALS_H

#include "base/status.h"

struct signals {
    int fd;   /* poll it for reading; -1: closed */
    int stop; /* the signal that asked for the end; 0: none did.  A second one changes nothing */
    bool hang_up; /* SIGHUP came; whoever acts on it takes it back */
};

/*
 * From here on no signal of those above ends the process: call it before anything is opened, and
 * before any thread starts, so that all threads leave them to the descriptor.
 */
void signals_hold(void);

/*
 * Open the descriptor.  What came since signals_hold() is not lost.  ST_IO when the system has no
 * more descriptors.
 */
MUST_CHECK enum status signals_open(struct signals *signals, struct fault *fault);

/* Close the descriptor.  The signals stay held. */
void signals_close(struct signals *signals);

/* Take what has come, without waiting.  One thread at a time. */
void signals_take(struct signals *signals);

#endif
