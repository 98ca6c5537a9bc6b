/*
 * The connection that this site makes for one link, and what became of it.  libzmq makes it anew by
 * itself when it breaks, but gives up for good when a handshake or a parcel was refused, as it is
 * while the neighbour does not know us yet: then it is dialled again from here.
 */
#ifndef SERAI_SITE_DAEMON_WIRE_H
#define SERAI_SITE_DAEMON_WIRE_H

#include "site/core/core.h"
#include "site/daemon/curve.h"
#include "site/daemon/zap.h"

enum { ROUTE_BYTES = 5 }; /* of a routing id that libzmq chose */

/* What all connections of a site share. */
struct wire_keys {
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t *secret; /* memory of sodium_malloc */
};

struct wire {
    struct core_link link;
    char user_id[ZAP_USER_ID_BYTES]; /* of the neighbour, as zap.h gives it */
    uint8_t curve[CURVE_KEY_BYTES];
    /* The connection that we make; NULL: the neighbour makes it, or it is to be dialled again. */
    void *dealer;
    void *monitor;
    uint64_t dials; /* so far */
    bool connected;
    bool tell_core;             /* that it is, once there is room */
    bool told;                  /* the log, of a failure; until it is connected again */
    uint64_t redial_us;         /* when; 0: libzmq sees to it */
    size_t place;               /* of the monitor among what is polled; the dealer's is the next */
    uint8_t route[ROUTE_BYTES]; /* the last connection that the neighbour made */
    bool has_route;
};

/* What every socket of a link gets, whichever side it is on.  ST_IO. */
MUST_CHECK enum status wire_limits(void *socket, struct fault *fault);

/* ST_INVALID: key or endpoint cannot be used; ST_IO: the system refuses a socket. */
MUST_CHECK enum status wire_dial(struct wire *wire, void *context, const struct wire_keys *keys,
                                 struct fault *fault);
void wire_close(struct wire *wire);

/* Take what became of the connection: `connected`, `tell_core` and `redial_us` follow. */
void wire_watch(struct wire *wire, uint64_t now_us);

#endif
