/*
 * Where neighbours dial us: the ROUTER, and what keeps strangers from taking the last descriptors.
 * With none left libzmq would ask for the next caller for ever, and nothing else of the daemon
 * could open anything.  So some are kept as spares.  When a caller finds none, the listener goes
 * deaf: who calls is not heard and calls again, who is connected stays; the spares are let go, for
 * those that wait already and for ourselves.  It hears again once there are as many spares as
 * before: at the latest when who connected and said nothing is shown out (HANDSHAKE_MS).
 *
 * The edge thread's.
 */
#ifndef SERAI_SITE_DAEMON_LISTENER_H
#define SERAI_SITE_DAEMON_LISTENER_H

#include "site/daemon/files.h"
#include "site/daemon/limits.h"
#include "site/daemon/wire.h"

struct listener {
    void *router;  /* NULL: neighbours cannot dial us */
    void *monitor; /* of the router */
    int fd;        /* where libzmq listens; libzmq's own.  -1: not over TCP */
    int spares[FILES_SPARE_MAX];
    size_t spare_count;
    size_t spares_wanted;
    bool deaf;
    uint64_t hear_us; /* when it is tried to hear again */
};

/*
 * Listen at `endpoint`; "": nowhere.  `files` NULL: none are kept.  ST_INVALID: the endpoint;
 * ST_IO.  In any case end it with listener_close().
 */
MUST_CHECK enum status listener_open(struct listener *listener, void *context,
                                     const struct wire_keys *keys, const char *endpoint,
                                     const struct files *files, struct fault *fault);
void listener_close(struct listener *listener);

/* The monitor has something to say. */
void listener_watch(struct listener *listener, uint64_t now_us);
/* Somebody of ours found no descriptor. */
void listener_rest(struct listener *listener, uint64_t now_us);
/* At least once a second. */
void listener_sweep(struct listener *listener, uint64_t now_us);

#endif
