/*
 * Where peers dial us, over TCP or at a path of the machine.  It is the site's own and not
 * libzmq's, so that a caller is counted before it costs anything, callers wait while descriptors
 * are short, and at a path nothing is removed but the socket that was bound there.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_LISTENER_H
#define SERAI_SITE_DAEMON_LISTENER_H

#include "base/endpoint.h"
#include "site/control/place.h"
#include "site/daemon/limits.h"

struct listener {
    int fd; /* -1: peers cannot dial us */
    struct endpoint endpoint;
    struct place_socket place; /* of a path */
    uint64_t closed_until_us;  /* until then no call is taken */
    uint64_t log_us;           /* when it may be logged again that it rests */
    uint64_t second_us;        /* calls are counted since then */
    uint32_t calls;
};

/*
 * Check that a daemon may listen at `endpoint`, as listener_open() would, and take nothing: the
 * address is bound for a moment, and no call is taken.  A path is left to place_look_at_socket().
 */
MUST_CHECK enum status listener_look(const char *endpoint, struct fault *fault);

/* Listen at `endpoint`; "": nowhere.  ST_INVALID: the endpoint; ST_IO.  End it with
 * listener_close() in any case. */
MUST_CHECK enum status listener_open(struct listener *listener, const char *endpoint,
                                     struct fault *fault);

/* Stop listening, and remove the socket that was bound at a path. */
void listener_close(struct listener *listener);

/* Whether connections are accepted now; else they wait at the system. */
bool listener_is_open(const struct listener *listener, uint64_t now_us);

/* Accept the next connection; its descriptor is the caller's. -1: there is none now. */
int listener_accept(struct listener *listener, uint64_t now_us);

/* Accept nothing for a while: descriptors are short. */
void listener_rest(struct listener *listener, uint64_t now_us);

#endif
