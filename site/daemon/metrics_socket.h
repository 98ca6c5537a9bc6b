/* The socket where a site's figures are served: bound, with its access set, before it listens. */
#ifndef SERAI_SITE_DAEMON_METRICS_SOCKET_H
#define SERAI_SITE_DAEMON_METRICS_SOCKET_H

#include "base/status.h"
#include "site/control/place.h"
#include "site/metrics/settings.h"

struct metrics_socket {
    int fd;                    /* -1: none */
    const char *path;          /* where it is bound, if it is a unix socket; NULL: nowhere */
    struct place_socket place; /* what was bound there */
};

/*
 * Open what the settings say, which are borrowed and name a place.  `dir` is the site's.  On ST_OK
 * the descriptor is the caller's to close.  ST_BUSY: the port is taken, or somebody answers at the
 * path.  ST_INVALID: the path; ST_IO.  *socket is all that metrics_socket_remove() needs.
 */
MUST_CHECK enum status metrics_socket_open(struct metrics_socket *socket,
                                           const struct metrics_settings *settings, const char *dir,
                                           struct fault *fault);

/*
 * Check that metrics_socket_open() would work at an address, and take nothing: it is bound for a
 * moment, and nobody is let in.  A path is left to place_look_at_socket().  Fails as that does.
 */
MUST_CHECK enum status metrics_socket_look(const struct metrics_settings *settings,
                                           struct fault *fault);

/* Remove the socket from the file system, if there is one. */
void metrics_socket_remove(struct metrics_socket *socket);

#endif
