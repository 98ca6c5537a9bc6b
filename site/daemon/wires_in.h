/*
 * What comes from peers: each message is looked at for its form and passed on to the core, or ends
 * here.  wires_give_back() is in wires.h.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_WIRES_IN_H
#define SERAI_SITE_DAEMON_WIRES_IN_H

#include "site/daemon/wires.h"

struct wire;

/* Read a bounded number of messages over each of the wire's connections. */
void wires_read(struct wires *wires, struct wire *wire);

/*
 * Read what comes of a caller: of one that was let in by an invitation's key one message, which is
 * passed on as JOIN; over a connection that is no link's any more it is refused.
 */
void wires_read_caller(struct wires *wires, struct call *call);

/* End the peer's connection, after what was whole of it was read. */
void wires_end_called(struct wires *wires, struct wire *wire);

#endif
