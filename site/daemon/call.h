/*
 * One connection: a stream of the system, a socket of libzmq, and between them a relay that counts.
 *
 * libzmq bounds the messages that wait in a socket, but neither the parts of one that has no end
 * nor the connections of one key.  So it gets no connection of its own: each has a socket to
 * itself, and what comes is handed over only up to CALL_BYTES_MAX beyond what came out again as
 * whole messages. What more is sent waits at the sender.  The other way round, what the far side
 * does not take is counted, too, and more of it than the caller allows is not even given to libzmq.
 *
 * The bytes that pass are sealed, so a relay cannot see which of them are messages.  Signs of life
 * of ZMTP never come out; they are forgiven by time (CALL_FREE_S).  The count is never too low by
 * more than that.
 *
 * Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_CALL_H
#define SERAI_SITE_DAEMON_CALL_H

#include <zmq.h>

#include "base/endpoint.h"
#include "site/daemon/curve.h"
#include "site/daemon/limits.h"

/* The keys that all connections of a site share. */
struct call_keys {
    uint8_t public[CURVE_KEY_BYTES];
    uint8_t *secret; /* memory of sodium_malloc */
};

/* Bytes that were read on one side and not written on the other yet. */
struct way {
    uint8_t *bytes; /* CALL_WAY_BYTES */
    size_t first;
    size_t size;
};

enum { CALL_ADDRESS_BYTES = 64 };

struct call {
    uint64_t number; /* of this run */
    int outer;       /* the peer's; -1: it is over */
    int door;        /* where libzmq's socket calls us; -1: it has, or does not yet */
    int inner;       /* to libzmq's socket; -1: not yet, or over */
    void *socket;    /* a DEALER; NULL: the caller has sent nothing yet */
    bool touched;    /* the socket may have something to read of which it will not tell: poller.h */
    bool connecting; /* we dial, and nobody has answered */
    bool dialled;    /* by us */
    bool known;      /* it has shown whose it is, by its key */
    bool invited;    /* it has shown the key of an invitation; then `known` is false */
    bool asked;      /* ... and said something */
    uint8_t invitation[CURVE_KEY_BYTES]; /* whose key it has shown */
    bool outer_over;                     /* nothing more comes from there */
    bool outer_broken;                   /* it takes nothing more; what came is still read */
    bool inner_over;
    char address[CALL_ADDRESS_BYTES]; /* of the caller, for the log */
    struct way in;
    struct way out;
    uint64_t in_held;     /* bytes handed to libzmq that did not come out of it yet */
    uint64_t out_held;    /* bytes given to libzmq that it did not hand on yet */
    uint64_t forgiven_us; /* until when `in_held` was forgiven */
    uint64_t since_us;
    uint64_t received_us; /* when the last whole message came, or its key was known */
    uint64_t due_us;      /* when it is ended in any case; 0: not */
    size_t place;         /* of its first item among what is polled */
};

/* Items that one call polls. */
enum { CALL_POLL_OUTER, CALL_POLL_INNER, CALL_POLL_SOCKET, CALL_POLL_ITEMS };

/*
 * Begin a call of ours: to `address`, a number (in brackets where IPv6), or the path of an ipc://
 * endpoint.  *error is 0, or the errno for which it cannot even begin.  Unless ST_NOMEM, the caller
 * ends *call with call_free().
 */
MUST_CHECK enum status call_dial(struct call **call, const struct endpoint *endpoint,
                                 const char *address, uint64_t now_us, int *error);

/* Make a call of a connection that was accepted; takes `fd`, unless ST_NOMEM. */
MUST_CHECK enum status call_take(struct call **call, int fd, uint64_t now_us);

/* Close all of it; it may take some milliseconds.  What libzmq has not handed on is lost.  NULL is
 * allowed. */
void call_free(struct call *call);

/*
 * Give the call a socket of libzmq: for a call of ours, to a peer whose CURVE key is `server`;
 * for one that came in, NULL, and its ZAP domain is the call's number.  ST_IO.
 */
MUST_CHECK enum status call_join(struct call *call, void *context, const struct call_keys *keys,
                                 const uint8_t *server, struct fault *fault);

/*
 * Let libzmq's socket and the call find each other, after call_join(); then the relay begins.
 * ST_IO.
 */
MUST_CHECK enum status call_open(struct call *call, struct fault *fault);

/* Fill in CALL_POLL_ITEMS items to poll; with `reads` also for messages that came. */
void call_poll(struct call *call, zmq_pollitem_t *items, bool reads);

/*
 * Whether the poll found something in the socket.  What the caller leaves there now is found again.
 */
MUST_CHECK bool call_has_messages(struct call *call, const zmq_pollitem_t *items);

/* Whether the poll found something to move. */
bool call_moves(const struct call *call, const zmq_pollitem_t *items);

/* Move what can be moved, after a poll or any receipt. */
void call_pump(struct call *call, uint64_t now_us);

/* How our dialling ended: an errno, or 0 when the peer's system has answered. */
int call_answered(struct call *call);

/* Whether nothing more will pass; whole messages may still wait in the socket. */
bool call_is_over(const struct call *call);

/* Whether more came than the largest parcel has, so that no whole message can come out. */
bool call_is_choked(const struct call *call);

/*
 * Take the next part of a message.  False: there is none.  Parts come one by one; zmq_msg_more()
 * says whether there is another.
 */
MUST_CHECK bool call_receive(struct call *call, zmq_msg_t *message, uint64_t now_us);

/*
 * Send a message.  False: there is no connection, or it would hold more than `most` bytes; nothing
 * is sent then.
 */
MUST_CHECK bool call_send(struct call *call, const uint8_t *bytes, size_t size, uint64_t most);

#endif
