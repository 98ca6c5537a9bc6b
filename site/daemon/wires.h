/*
 * The connections of all links: parcels in and out, over ZeroMQ with CURVE.  A peer has at most
 * two, the one that we dial and the last that it dialled; a caller that has shown no key of a link
 * has one of few places for a few seconds.  What each may make us hold is counted (call.h).  It
 * moves bytes: what they mean is the core's.  Order, loss and repetition are the core's too, so a
 * parcel that cannot be sent now is dropped, and so is what an older connection of the same peer
 * still held.
 *
 * Used by the edge thread alone.  libzmq has threads of its own underneath.
 */
#ifndef SERAI_SITE_DAEMON_WIRES_H
#define SERAI_SITE_DAEMON_WIRES_H

#include <zmq.h>

#include "site/core/core.h"
#include "site/daemon/call.h"
#include "site/daemon/files.h"
#include "site/daemon/parts.h"
#include "site/daemon/resolver.h"

/* The authenticator, names that were looked up, the listener, two calls and a monitor for each
 * link, and callers. */
enum { WIRES_POLL_MAX = 3 + (2 * CALL_POLL_ITEMS + 1) * LINKS_MAX + CALL_POLL_ITEMS * CALLERS_MAX };

struct wires; /* opaque */

struct wires_options {
    const uint8_t *site_key;    /* Ed25519, CONTROL_KEY_BYTES; used by wires_new() only */
    const uint8_t *site_secret; /* CONTROL_SECRET_BYTES; the same */
    const char *listen;         /* tcp:// or ipc:// endpoint; "": peers cannot dial us */
    struct ring *arrivals;      /* to the core: struct arrival; borrowed */
    const struct files *files;  /* used by wires_new() only; NULL: as many as are wanted */
    resolve_name resolve;       /* NULL: resolve_by_system() */
};

/*
 * Make the wires, without links.  On ST_OK the caller ends *wires with wires_free().  ST_INVALID:
 * key or endpoint; ST_IO: the endpoint cannot be bound; ST_NOMEM.
 */
MUST_CHECK enum status wires_new(struct wires **wires, const struct wires_options *options,
                                 struct fault *fault);

/* Close all connections and free, when the core has ended; NULL is allowed. */
void wires_free(struct wires *wires);

/* Set the links, all that there ever were.  Those that did not change go on undisturbed. */
void wires_configure(struct wires *wires, const struct core_link *links, size_t count,
                     uint64_t now_us);

/* Send a parcel, or drop it when the peer is not there or takes no more. */
void wires_send(struct wires *wires, const struct core_parcel *parcel);

/* Let in who shows one of these keys of invitations, in place of those before. */
void wires_invite(struct wires *wires, const struct core_invited *invited, size_t count);

/* Tell all peers that this site was drained and stops. */
void wires_say_drained(struct wires *wires);

/* Send a caller that came with an invitation its answer, and end it soon, if it is still there. */
void wires_answer(struct wires *wires, const struct core_joined *joined);

/* Take back an arrival that the core has read. */
void wires_give_back(struct wires *wires, struct arrival *arrival);

/* Whether there is no place for what comes until an arrival is given back. */
MUST_CHECK bool wires_is_full(const struct wires *wires);

/* Fill in what to poll for (WIRES_POLL_MAX places); returns how many.  `reads`: also what comes. */
size_t wires_poll(struct wires *wires, zmq_pollitem_t *items, bool reads);

/* Serve what that poll found: `items` as filled, with nothing done to `wires` in between. */
void wires_serve(struct wires *wires, const zmq_pollitem_t *items, uint64_t now_us);

/*
 * Send peers a sign of life, notice which of them are silent, and dial again what gave up.  At
 * least once a second.
 */
void wires_sweep(struct wires *wires, uint64_t now_us);

/* Accept no calls for a while: something of ours found no descriptor. */
void wires_rest(struct wires *wires, uint64_t now_us);

/* When there is something to do before the next second is over; UINT64_MAX when there is not. */
uint64_t wires_due_us(const struct wires *wires);

/* Whether something that was sent has perhaps not gone out to a peer yet. */
bool wires_is_sending(const struct wires *wires);

struct wires_counters {
    uint64_t received;
    uint64_t sent;
    uint64_t dropped;      /* outgoing, with no connection that takes them */
    uint64_t refused;      /* incoming of the wrong shape */
    uint64_t unknown_keys; /* handshakes that showed the key of no link */
    size_t called;         /* connections now that peers have made */
    uint64_t bytes_in;     /* that libzmq holds now of what came, but for parcels at the core */
    uint64_t bytes_out;    /* that peers have not taken yet */
};

/* The counters as they are now. */
struct wires_counters wires_count(const struct wires *wires);

#endif
