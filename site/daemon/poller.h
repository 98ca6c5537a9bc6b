/*
 * One poll for descriptors and sockets of libzmq.
 *
 * zmq_poll() asks each socket twice whenever it is called, and each question is two calls of the
 * system, though nearly all sockets have nothing to say.  Here a socket is asked only when its
 * descriptor is readable, or when somebody has used it since it last had nothing: libzmq's
 * descriptor tells of news once, and whoever uses the socket may have taken that.
 */
#ifndef SERAI_SITE_DAEMON_POLLER_H
#define SERAI_SITE_DAEMON_POLLER_H

#include <zmq.h>

#include "base/status.h"

enum { POLLER_ITEMS_MAX = 4096 }; /* more than the edge ever polls */

/*
 * An item that polls a socket for reading, if `reads`.  *touched belongs to the socket: its owner
 * sets it with each use after which there may be something to read, and when the socket was found
 * readable; it is true at first.  Here it is cleared once it is in the item.
 */
zmq_pollitem_t poller_socket(void *socket, bool reads, bool *touched);

/*
 * Fill in `revents` as zmq_poll() does, and wait as long: timeout_ms, -1 without end.  A signal
 * ends the wait early, and what sockets had is in `revents` all the same.  `items` are at most
 * POLLER_ITEMS_MAX (INVARIANT), those of sockets from poller_socket().
 */
void poller_poll(zmq_pollitem_t *items, size_t count, int timeout_ms);

#endif
