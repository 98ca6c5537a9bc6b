/*
 * Which event is running, and which order of it, kept where a crash cannot lose it, so that an
 * event which kills the site does so twice and no more; and whether the store failed.
 *
 * The marker is one page of a mapped file: the kernel keeps it when the process dies.  It survives
 * deaths of the daemon, not of the machine, and nothing else depends on it.  On start the last
 * daemon's death is counted against the event that ran then, if any.  A death by our own fatal
 * signals (the turn itself is the likely cause) counts towards CRASHES_BY_SIGNAL_MAX, any other,
 * such as a kill, towards CRASHES_MAX.  The last DEATHS_KEPT events that daemons died in are
 * remembered, so that two which die in turn are both found, and other agents that die of the same
 * order as well.
 */
#ifndef SERAI_SITE_DAEMON_MARKER_H
#define SERAI_SITE_DAEMON_MARKER_H

#include "base/status.h"

enum { CRASHES_BY_SIGNAL_MAX = 2, CRASHES_MAX = 3, DEATHS_KEPT = 32, MARKER_NO_ORDER = -1 };

struct marker; /* opaque; set by the core thread, blamed by any */

/* The findings about the last daemon's end. */
struct marker_finding {
    bool died;       /* in the middle of a turn */
    bool quarantine; /* once too often in this one: freeze the agent before it runs */
    uint64_t agent;
    uint64_t message;
    int order; /* that it was giving; MARKER_NO_ORDER: none */
    uint64_t crashes;
    uint64_t by_signal;
    /* Other agents that died of a signal in the same order, each once; none if this one did not. */
    uint64_t alike[DEATHS_KEPT];
    size_t alike_count;
    bool store_failed; /* the disk failed since the books were last verified */
};

/* Open or make the page and judge.  The caller holds the site's lock.  ST_IO, ST_NOMEM. */
MUST_CHECK enum status marker_open(struct marker **marker, const char *path,
                                   struct marker_finding *finding, struct fault *fault);

/* Close the page; NULL is allowed. */
void marker_close(struct marker *marker);

/* Record the turn that begins, by its agent and message; zeroes after it.  It is in no order. */
void marker_set(struct marker *marker, uint64_t agent, uint64_t message);

/*
 * The place that holds the order which the turn gives: its number + 1, else 0.  It belongs to the
 * marker.
 */
volatile uint64_t *marker_order(struct marker *marker);

/*
 * Record that the store failed: whoever starts next reads all the books before anything else, and
 * calls marker_store_verified() when they hold.  Async-signal-safe.
 */
void marker_store_failed(struct marker *marker);

/*
 * Record a failed commit as marker_store_failed() does.  It ends the daemon whatever turn runs
 * then, so none is blamed.
 */
void marker_commit_failed(struct marker *marker);

/* Record that the books were read and hold. */
void marker_store_verified(struct marker *marker);

/* Blame the running event for a fatal signal, from its handler.  Async-signal-safe. */
void marker_blame_signal(struct marker *marker);

#endif
