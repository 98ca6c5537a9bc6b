/*
 * Dialling: the connections that this site makes, each time with the address that the peer's name
 * has then, and again after a while where one did not come about.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_DIALLER_H
#define SERAI_SITE_DAEMON_DIALLER_H

#include "site/daemon/resolver.h"
#include "site/daemon/wire.h"

struct dialler {
    void *context;                /* of ZeroMQ; borrowed */
    const struct call_keys *keys; /* borrowed */
    struct resolver *resolver;    /* owned by whoever made it */
    uint64_t ticket;              /* of the last look-up */
};

/*
 * Dial the peer of a wire that has no connection of ours: a number at once, a name when it was
 * looked up.  What goes wrong is recorded with the wire, and it is dialled again later.
 */
void dialler_dial(struct dialler *dialler, struct wire *wire, uint64_t now_us);

/* Dial those of the `count` wires whose names were looked up meanwhile. */
void dialler_take_answers(struct dialler *dialler, struct wire *wires, size_t count,
                          uint64_t now_us);

/*
 * What time brings: a wire that is due is dialled again, and a name that nobody answers for is
 * recorded as trouble.  At least once a second.
 */
void dialler_sweep(struct dialler *dialler, struct wire *wire, uint64_t now_us);

#endif
