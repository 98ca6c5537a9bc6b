/*
 * Who calls at link.listen and has shown no key of a link yet.  Each has one of few places, for a
 * few seconds: when one more comes the oldest gives its place up, so that many who say nothing keep
 * nobody out.  Who says nothing at all costs a descriptor; with the first byte it gets a socket of
 * libzmq, and with it a handshake.  Links' connections that have said their last stay here, too,
 * until it has left.
 *
 * The edge thread's.
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

/* Takes the call, which ends at `due_us` at the latest. */
void callers_keep(struct callers *callers, struct call *call, uint64_t due_us);
/* The one of that number leaves its place: the caller takes it.  NULL: it has ended. */
struct call *callers_take(struct callers *callers, uint64_t number);
/* NULL: it has ended.  Borrowed. */
const struct call *callers_find(const struct callers *callers, uint64_t number);

/* What the poll found of those that are there. */
void callers_serve(struct callers *callers, const zmq_pollitem_t *items, void *context,
                   const struct call_keys *keys, uint64_t now_us);
/* The listener can be read. */
void callers_accept(struct callers *callers, uint64_t now_us);
/* Those whose time is over, or whose connection is. */
void callers_sweep(struct callers *callers, uint64_t now_us);
/* All of them, and the listener. */
void callers_close(struct callers *callers);

#endif
