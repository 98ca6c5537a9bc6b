/*
 * The edge thread: the control socket, the links' sockets and the signals.  All that waits on the
 * outside world waits here.
 */
#ifndef SERAI_SITE_DAEMON_EDGE_H
#define SERAI_SITE_DAEMON_EDGE_H

#include "site/control/place.h"
#include "site/daemon/access.h"
#include "site/daemon/files.h"
#include "site/daemon/places.h"
#include "site/daemon/pulse.h"
#include "site/daemon/reload.h"
#include "site/daemon/signals.h"
#include "site/daemon/wires.h"

struct edge {
    struct parts *parts;
    struct wires *wires; /* NULL: this daemon has no links */
    uint64_t swept_us;
    struct signals *signals;
    struct reload reload;
    struct pulse pulse;
    int listen_fd;
    const char *socket_path;   /* where it is bound; NULL: nowhere */
    struct place_socket place; /* what was bound there */
    uint64_t accept_us;        /* no client is taken before */
    bool stopping;
    bool done; /* the last frame is durable */
    struct places places;
};

/*
 * Listen at `socket_path`, which place_clear_socket() has cleared, with `access`; the caller holds
 * the site's lock.  `files` says how many clients it serves at once.  ST_IO; ST_BUSY: somebody
 * bound it meanwhile.  `socket_path` is borrowed, so is `wires` (NULL: no links), and `signals`,
 * which is open and taken by the edge's thread alone.
 */
MUST_CHECK enum status edge_init(struct edge *edge, struct parts *parts, const char *socket_path,
                                 const struct socket_access *access, const struct files *files,
                                 struct wires *wires, struct signals *signals, struct fault *fault);

/* Stop listening, remove the socket, and close what is left of clients.  The core has ended. */
void edge_fini(struct edge *edge);

/* Serve until a signal came, the last frame is durable and its answers are out. */
void edge_run(struct edge *edge);

#endif
