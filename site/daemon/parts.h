/*
 * The three threads of the daemon and what passes between them.  A thing belongs to the thread that
 * took it from a ring; a request and a frame go round and come back to where they were made.
 *
 *     edge --requests, arrivals, books--> core --frames--> writer --durable--> edge --spent--> core
 *     core --early, arrivals done--> edge
 */
#ifndef SERAI_SITE_DAEMON_PARTS_H
#define SERAI_SITE_DAEMON_PARTS_H

#include "base/clock.h"
#include "base/ring.h"
#include "site/compiler/tier1.h"
#include "site/core/core.h"
#include "site/daemon/limits.h"
#include "site/daemon/pulse.h"
#include "site/daemon/redo.h"
#include "site/metrics/board.h"

/* One request on its way to the core: the connection's own, lent until the answer is back. */
struct request {
    uint64_t token;
    enum core_peer peer;
    struct bytes bytes;
};

enum arrival_kind {
    ARRIVAL_PARCEL,    /* bytes and size */
    ARRIVAL_CONNECTED, /* a connection that we dial was made */
    ARRIVAL_TROUBLE,   /* there is none, or it was lost: `trouble` says why */
    ARRIVAL_JOIN,      /* bytes and size, of a caller with the key of an invitation */
};

/* An arrival over a link, on its way to the core: the edge's own, lent until it comes back. */
struct arrival {
    enum arrival_kind kind;
    uint32_t interface;
    uint8_t key[CONTROL_KEY_BYTES]; /* the link's; of a JOIN, the invitation's */
    uint64_t call;                  /* of a JOIN: who is to be answered */
    const uint8_t *bytes;
    size_t size;
    const char *trouble;
};

/* One frame on its way to the disk and, with its replies and parcels, to the edge. */
struct parts_frame {
    struct core_frame core;
    bool last; /* nothing comes after it */
};

struct parts {
    struct core *core;       /* the core thread's */
    bool frozen;             /* no turns, and time stands still */
    struct tier1 *tier1;     /* the core thread's, but for its own thread; may be NULL */
    struct store store;      /* the writer's */
    struct redo *redo;       /* the core thread's */
    const uint8_t *site_key; /* CONTROL_KEY_BYTES; goes before each answer */
    struct clock_source clock;
    /* How much room the store has; called by the core thread while no frame is written. */
    void (*measure)(void *context, struct core_disk *disk);
    void *measure_context;
    void (*store_failed)(void *context); /* called by the writer before it ends the process */
    void *store_failed_context;
    struct board *board;         /* where the core leaves figures; NULL: nobody watches */
    _Atomic uint64_t durable_us; /* monotonic: when the last frame was durable */

    struct wake core_wake;
    struct wake writer_wake;
    struct wake edge_wake;
    struct ring requests;         /* struct request */
    struct ring books;            /* struct pricebook, from the edge to the core, which frees it */
    struct ring arrivals;         /* struct arrival */
    struct ring arrivals_done;    /* struct arrival */
    struct ring frames;           /* struct parts_frame */
    struct ring durable;          /* struct parts_frame */
    struct ring early;            /* struct parts_frame, with nothing but early parcels */
    struct ring spent;            /* struct parts_frame */
    _Atomic uint32_t books_taken; /* of `books`, counted by the core */
    _Atomic bool book_refused;    /* one of them was no use; the log says why */
    struct pulse_line pulse;
    _Atomic bool writer_busy;
    _Atomic bool stopping; /* set once by the edge, then the core is woken */

    struct parts_frame pool[FRAMES_MAX];
};

/*
 * core_thread() and writer_thread() are the bodies of two threads; the argument is a struct parts.
 * Both end after the last frame.
 */
void *core_thread(void *parts);
void *writer_thread(void *parts);

#endif
