/*
 * One connection: a stream of the system, a socket of libzmq, and between them a relay that counts.
 *
 * libzmq bounds the messages that wait in a socket, but neither the parts of one that has no end
 * nor the connections of one key.  So it gets no connection of its own: each has a socket to
 * itself, and what comes is handed over only up to CALL_BYTES_MAX beyond what came out again as
 * whole messages. What more is sent waits at the sender.  The other way round, what the far side
 * does not take is counted, too, and more of it than the caller allows is not even given to libzmq.
 *
 * What passes is sealed, so a relay cannot see which bytes are messages.  Signs of life of ZMTP
 * never come out; they are forgiven by time (CALL_FREE_S).  The count is never too low by more than
 * that.
 *
 * The edge thread's.
 */
#ifndef SERAI_SITE_DAEMON_CALL_H
#define SERAI_SITE_DAEMON_CALL_H

#include <zmq.h>

#include "base/endpoint.h"
#include "site/daemon/curve.h"
#include "site/daemon/limits.h"

/* What all connections of a site share. */
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
    int outer;       /* the neighbour's; -1: it is over */
    int door;        /* where libzmq's socket calls us; -1: it has, or does not yet */
    int inner;       /* to libzmq's socket; -1: not yet, or over */
    void *socket;    /* a DEALER; NULL: whoever calls has said nothing yet */
    bool connecting; /* we dial, and nobody has answered */
    bool dialled;    /* by us */
    bool known;      /* it has shown whose it is, by its key */
    bool outer_over; /* nothing more comes from there */
    bool inner_over;
    char address[CALL_ADDRESS_BYTES]; /* of who calls, for the log */
    struct way in;
    struct way out;
    uint64_t in_held;     /* bytes handed to libzmq that did not come out of it yet */
    uint64_t out_held;    /* bytes given to libzmq that it did not hand on yet */
    uint64_t forgiven_us; /* until when `in_held` was forgiven */
    uint64_t since_us;
    uint64_t heard_us; /* the last whole message, or since it is known */
    uint64_t due_us;   /* when it is ended in any case; 0: not */
    size_t place;      /* of its first item among what is polled */
};

/* Items that one call polls. */
enum { CALL_POLL_OUTER, CALL_POLL_INNER, CALL_POLL_SOCKET, CALL_POLL_ITEMS };

/*
 * A call that we make: to `address`, a number (in brackets where IPv6), or of an ipc:// endpoint
 * its path.  *error is 0, or why it cannot even begin, an errno; the call is to be freed in any
 * case but ST_NOMEM.
 */
MUST_CHECK enum status call_dial(struct call **call, const struct endpoint *endpoint,
                                 const char *address, uint64_t now_us, int *error);
/* One that somebody makes; takes `fd`, unless ST_NOMEM. */
MUST_CHECK enum status call_take(struct call **call, int fd, uint64_t now_us);
/* Closes all of it; what libzmq has not handed on is lost.  NULL allowed. */
void call_free(struct call *call);

/*
 * Give it a socket of libzmq: for a call of ours, to a neighbour whose CURVE key is `server`; for
 * one that comes, NULL, and its ZAP domain is the call's number.  ST_IO.
 */
MUST_CHECK enum status call_join(struct call *call, void *context, const struct call_keys *keys,
                                 const uint8_t *server, struct fault *fault);

/* Then let the two find each other, and the relay begins.  ST_IO. */
MUST_CHECK enum status call_open(struct call *call, struct fault *fault);

/* Fill in CALL_POLL_ITEMS items; with `reads` also whether messages are there. */
void call_poll(const struct call *call, zmq_pollitem_t *items, bool reads);
/* Whether the poll found something to move. */
bool call_moves(const struct call *call, const zmq_pollitem_t *items);
/* Move what can be moved, after a poll or any receipt. */
void call_pump(struct call *call, uint64_t now_us);
/* An errno of the dialling that ended; 0: the neighbour's system has answered. */
int call_answered(struct call *call);
/* Nothing more will pass; whole messages may still wait in the socket. */
bool call_is_over(const struct call *call);
/* More came than the largest parcel has. */
bool call_is_choked(const struct call *call);

/* False: there is no message.  Each part comes alone; zmq_msg_more() tells of another. */
MUST_CHECK bool call_receive(struct call *call, zmq_msg_t *message, uint64_t now_us);
/* False: there is no connection, or it would hold more than `most` bytes. */
MUST_CHECK bool call_send(struct call *call, const uint8_t *bytes, size_t size, uint64_t most);

#endif
