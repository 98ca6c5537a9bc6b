/*
 * What comes over links on its way to the core: a fixed number of places, each with the message
 * that holds a parcel's bytes.  A place is lent to the core and comes back; with all of them out
 * nothing is read, so the peers wait in their sockets.
 *
 * Used by the edge thread alone, but for what is lent.
 */
#ifndef SERAI_SITE_DAEMON_ARRIVALS_H
#define SERAI_SITE_DAEMON_ARRIVALS_H

#include <zmq.h>

#include "site/daemon/parts.h"
#include "site/daemon/wire.h"

/* One place; a parcel's bytes are those of the message. */
struct held {
    struct arrival arrival; /* first: a pointer to it is one to its place */
    zmq_msg_t message;
    bool full; /* the message is ours to close */
    char trouble[WIRE_TROUBLE_BYTES];
};

struct arrivals {
    struct ring *ring; /* to the core; borrowed */
    struct held pool[ARRIVALS_MAX];
    struct held *spare[ARRIVALS_MAX];
    size_t spare_count;
};

/* Make all places free; what is passed on goes into `ring`. */
void arrivals_init(struct arrivals *arrivals, struct ring *ring);

/* Free what the places hold, when the core has ended; an all-zero one is allowed. */
void arrivals_fini(struct arrivals *arrivals);

/* Take a free place, which is passed on or given back; NULL: all are out. */
struct held *arrivals_take(struct arrivals *arrivals);

/* Take back a place that was taken, or passed on and read by the core. */
void arrivals_give_back(struct arrivals *arrivals, struct arrival *arrival);

/* Pass the parcel that is in this place on to the core, as one of this wire's peer. */
void arrivals_pass_parcel(struct arrivals *arrivals, struct held *held, const struct wire *wire);

/* Pass what an invited caller sent first, which is in this place, on to the core. */
void arrivals_pass_join(struct arrivals *arrivals, struct held *held, const struct call *call);

/*
 * Report to the core what it does not know of the wire yet: a loss first, then the connection that
 * came after it.  What finds no free place is reported by a later call.
 */
void arrivals_report(struct arrivals *arrivals, struct wire *wire);

#endif
