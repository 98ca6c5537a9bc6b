/* All that the wires of a site have; private to the wires_*.c files. */
#ifndef SERAI_SITE_DAEMON_WIRES_STATE_H
#define SERAI_SITE_DAEMON_WIRES_STATE_H

#include "site/daemon/arrivals.h"
#include "site/daemon/callers.h"
#include "site/daemon/dialler.h"
#include "site/daemon/wire.h"
#include "site/daemon/wires.h"

struct wires {
    void *context; /* of ZeroMQ */
    struct zap *zap;
    struct dialler dialler;
    struct callers callers;
    struct call_keys keys;
    struct arrivals arrivals;
    struct wire list[LINK_INTERFACES_MAX]; /* by interface - 1 */
    size_t count;
    bool configured; /* before that no peer is known, so no call is taken */
    size_t turn;     /* which wire is read first */
    struct wires_counters counters;
    uint64_t beat_us;    /* when peers get the next sign of life */
    uint64_t swept_us;   /* the last time */
    uint64_t now_us;     /* of the round that goes on */
    uint64_t leave_us;   /* until then a last word may be under way */
    uint64_t unknown_us; /* when parcels that come from no link may be logged again */
};

#endif
