/* Access to the control socket: its mode and group, as site.toml says. */
#ifndef SERAI_SITE_DAEMON_ACCESS_H
#define SERAI_SITE_DAEMON_ACCESS_H

#include <sys/types.h>

#include "base/status.h"

struct socket_access {
    mode_t mode;    /* 0: as 0600 */
    bool has_group; /* else the daemon's own */
    gid_t group;
};

/*
 * Give the socket at `path`, which was bound with mode 0600 and does not listen yet, its group and
 * then its mode: so at no moment may anybody connect who should not.  ST_INVALID: this user may not
 * give it that group.  ST_IO: it is no socket of this user's any more, or the system refuses.
 */
MUST_CHECK enum status access_set(const char *path, const struct socket_access *access,
                                  struct fault *fault);

/*
 * Change the group and the mode of the socket at `path`, at which the daemon listens; it is closed
 * to all but this user for the moment between the two.  Fails as access_set() does, and the socket
 * is as it was.
 */
MUST_CHECK enum status access_change(const char *path, const struct socket_access *access,
                                     struct fault *fault);

/* Check that this user may give a socket its group, and change nothing.  ST_INVALID. */
MUST_CHECK enum status access_look(const struct socket_access *access, struct fault *fault);

/* Whether the user at the other end of a connection runs the daemon, or is root. */
bool access_is_own(int fd);

#endif
