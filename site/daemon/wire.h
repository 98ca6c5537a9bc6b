/*
 * The wire to one peer: the connection that this site makes, if it dials, and the last one
 * that the peer made, which ends the one before; and whether anything comes over either.
 *
 * Each side sends a sign of life every BEAT_US.  A site that gets nothing for SILENCE_US takes the
 * peer for dead, whatever the connection looks like: so a stopped process and a cut cable are
 * noticed on both sides alike.  libzmq is not left to connect again by itself, for it would look
 * names up in the thread that carries all links.
 */
#ifndef SERAI_SITE_DAEMON_WIRE_H
#define SERAI_SITE_DAEMON_WIRE_H

#include "base/endpoint.h"
#include "site/core/core.h"
#include "site/daemon/call.h"
#include "site/daemon/resolver.h"
#include "site/daemon/zap.h"

enum { WIRE_TROUBLE_BYTES = 192 };

struct wire {
    struct core_link link;
    struct endpoint endpoint;        /* of a link that is dialled */
    char user_id[ZAP_USER_ID_BYTES]; /* of the peer, as zap.h gives it */
    uint8_t curve[CURVE_KEY_BYTES];
    /* The connection that we make; NULL: the peer makes it, or it is to be dialled again. */
    struct call *dialled;
    void *monitor;               /* of its socket */
    bool monitor_touched;        /* for poller_socket() */
    size_t place;                /* of the monitor among what is polled */
    struct call *called;         /* the last connection that the peer made; NULL: none */
    uint64_t dials;              /* so far; also which address of a name is next */
    char address[ADDRESS_BYTES]; /* that is dialled; empty: the endpoint as it is */
    uint64_t dial_us;
    bool connected;
    uint64_t connected_us;
    uint64_t redial_us; /* when to dial again; 0: it is being done, or not wanted */
    uint64_t delay_us;  /* before dialling again the next time; 0: the least */
    uint64_t ticket;    /* of the look-up that goes on; 0: none */
    uint64_t lookup_us; /* when that began; 0: it was logged that no answer comes */
    bool live;          /* something came within SILENCE_US */
    bool drained;       /* the last that came was that the peer was drained */
    uint64_t received_us;
    /* To be reported to the core, once a place is free. */
    bool connected_unreported;
    bool trouble_unreported;
    char trouble[WIRE_TROUBLE_BYTES]; /* why nothing comes; empty: nothing to report */
    uint64_t
        logged_us; /* when a failure to connect was logged; 0: not since it last was connected */
};

/*
 * Connect to `address`, a number, or with "" to the endpoint as it is.  Whether somebody answers
 * shows later.  ST_IO: the system refuses a socket; ST_NOMEM.
 */
MUST_CHECK enum status wire_dial(struct wire *wire, void *context, const struct call_keys *keys,
                                 const char *address, uint64_t now_us, struct fault *fault);

/* Go on after the dialling ended, with an answer or without. */
void wire_answered(struct wire *wire, void *context, const struct call_keys *keys, uint64_t now_us);

/* Report no more of the connection that we make; the caller may take it. */
void wire_unwatch(struct wire *wire);

/* Close the connection that we make. */
void wire_close(struct wire *wire);

/* Dial again after a while, each time a longer one. */
void wire_redial_later(struct wire *wire, uint64_t now_us);

/* Take what became of the connection. */
void wire_watch(struct wire *wire, uint64_t now_us);

/* Give up dialling without an answer, and a peer that is silent.  At least once a second. */
void wire_tire(struct wire *wire, uint64_t now_us);

/* Record that something of the peer came now: it lives. */
void wire_lives(struct wire *wire, uint64_t now_us);

/*
 * Record that the peer cannot be reached, or no more.  It is reported to the core when it is news.
 */
void wire_trouble(struct wire *wire, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Record that the connection is no more.  After a silence it was libzmq that gave it up, on either
 * side and at about the same time as we would: the reason then is the silence.
 */
void wire_broken(struct wire *wire, uint64_t now_us);

/* Record that the peer was not connected to, and why: for the log and for the core. */
void wire_failed(struct wire *wire, uint64_t now_us, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
