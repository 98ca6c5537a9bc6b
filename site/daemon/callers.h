/*
 * Connections at link.listen that have shown no key of a link yet.  Each has one of few places, for
 * a few seconds: when one more comes the oldest gives its place up, so that many silent ones keep
 * nobody out.  A silent one costs a descriptor; with the first byte it gets a socket of libzmq,
 * and with it a handshake.  A connection of a link that was removed has a place here, too, until
 * its last word has left, and so has one that showed the key of an invitation: one for each,
 * and few in all, which strangers do not push out.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_CALLERS_H
#define SERAI_SITE_DAEMON_CALLERS_H

#include "site/daemon/call.h"
#include "site/daemon/listener.h"

struct callers {
    struct listener listener;
    struct call *calls[CALLERS_MAX]; /* the oldest first */
    size_t count;
    size_t max; /* CALLERS_MIN to CALLERS_MAX */
};

/*
 * Take the call, which ends at due_us at the latest.  The oldest is ended when there is no place.
 */
void callers_keep(struct callers *callers, struct call *call, uint64_t due_us);

/* Remove the call of that number from its place: it is the caller's now.  NULL: it has ended. */
struct call *callers_take(struct callers *callers, uint64_t number);

/* The call of that number, borrowed.  NULL: it has ended. */
const struct call *callers_find(const struct callers *callers, uint64_t number);

/*
 * Record that the call of that number has shown the key of an invitation, and give it until due_us.
 * Another of the same key, and the oldest of more than a quarter of the places, are ended.  NULL:
 * it has ended.
 */
struct call *callers_invited(struct callers *callers, uint64_t number,
                             const uint8_t key[CURVE_KEY_BYTES], uint64_t due_us);

/* Serve the calls that the poll found something of. */
void callers_serve(struct callers *callers, const zmq_pollitem_t *items, void *context,
                   const struct call_keys *keys, uint64_t now_us);

/* Accept the connections that wait at the listener. */
void callers_accept(struct callers *callers, uint64_t now_us);

/* End the calls whose time or connection is over. */
void callers_sweep(struct callers *callers, uint64_t now_us);

/* End all calls, and the listener. */
void callers_close(struct callers *callers);

#endif
