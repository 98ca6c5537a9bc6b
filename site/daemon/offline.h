/*
 * Control requests while no daemon runs: the site is opened as a daemon opens it, but for its
 * sockets and threads, and no turn is run.  Each request is in a frame of its own, durable when its
 * answer comes.  What needs a peer is sent after the next start of the daemon.
 */
#ifndef SERAI_SITE_DAEMON_OFFLINE_H
#define SERAI_SITE_DAEMON_OFFLINE_H

#include "site/daemon/daemon.h"

struct offline; /* opaque; holds the site's lock */

/*
 * `options` is borrowed until offline_close().  A start that this stands for changes what it finds,
 * as any does (a quarantine, a new book of prices); that is durable now.  From here on SIGTERM,
 * SIGINT and SIGHUP end nothing but this call.  ST_BUSY: a daemon runs here, or a signal came, and
 * the fault says which; ST_INVALID, ST_IO, ST_CORRUPT, ST_NOMEM: it cannot be opened.
 */
MUST_CHECK enum status offline_open(struct offline **offline, const struct daemon_options *options,
                                    struct fault *fault);

/*
 * Close the site, so that a daemon can open it, and let signals end the process again.  NULL is
 * allowed.
 */
void offline_close(struct offline *offline);

/* The store, to read from between requests. */
const struct store *offline_store(const struct offline *offline);

/*
 * One request of whoever can read the store; the answer is appended.  ST_UNKNOWN: its frame could
 * not be written, and the next start shows what became of it; nothing more can be asked then.
 */
MUST_CHECK enum status offline_ask(struct offline *offline, const struct bytes *request,
                                   struct bytes *answer, struct fault *fault);

#endif
