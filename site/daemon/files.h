/*
 * File descriptors: how many the system allows, and who gets them.  libzmq ends the process where
 * it can open none, and so does a poll() of more items than are allowed: so they are shared out
 * before anything is opened.
 */
#ifndef SERAI_SITE_DAEMON_FILES_H
#define SERAI_SITE_DAEMON_FILES_H

#include <stddef.h>

#include "base/status.h"

struct files {
    size_t allowed;     /* less what was open when the daemon began */
    size_t wanted;      /* enough that nothing is cut */
    size_t connections; /* places at the control socket, up to CONNECTIONS_MAX */
    size_t callers;     /* connections at link.listen that show no key yet, up to CALLERS_MAX */
};

/* Share out `allowed`.  ST_INVALID: fewer than FILES_MIN, with which no site works. */
MUST_CHECK enum status files_share(struct files *files, size_t allowed, bool listens,
                                   struct fault *fault);

/* Whether that many descriptors could be opened now; `fd` is any that is open. */
MUST_CHECK bool files_left(int fd, size_t count);

/*
 * Raise our limit as far as it goes, up to FILES_MAX, and share out what there is; a shortage is
 * logged.  `listens`: peers can dial us.  `others` are kept for parts that are not counted here.
 * ST_INVALID as above; ST_IO.
 */
MUST_CHECK enum status files_ask(struct files *files, bool listens, size_t others,
                                 struct fault *fault);

#endif
