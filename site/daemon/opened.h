/*
 * A site as a daemon has it before it serves: the store with the site's lock, the
 * marker page, and the core as the books say it.  A request without a daemon needs no more
 * (offline.h).
 */
#ifndef SERAI_SITE_DAEMON_OPENED_H
#define SERAI_SITE_DAEMON_OPENED_H

#include <stdatomic.h>

#include "site/core/core.h"
#include "site/daemon/daemon.h"
#include "site/daemon/marker.h"
#include "site/daemon/redo.h"
#include "site/daemon/signals.h"
#include "store/store.h"

/* In the order in which it is opened. */
struct opened {
    const struct daemon_options *options; /* borrowed */
    struct signals *signals;              /* borrowed; they end a start that takes long */
    struct store_lmdb *lmdb;
    struct store store; /* the same, for reading and committing */
    bool told_map_held; /* that it can grow no further */
    struct redo *redo;
    struct redo_finding redo_finding;
    struct marker *marker;
    struct marker_finding finding;
    /* CONTROL_SECRET_BYTES of sodium_malloc(); NULL: no links, none to sign. */
    uint8_t *site_secret;
    struct core *core;
    /* Percent, low and full of struct daemon_options: the edge sets them, the core reads them. */
    _Atomic uint64_t disk_low_percent;
    _Atomic uint64_t disk_full_percent;
};

/* Make one of which nothing is open; both pointers are borrowed. */
void opened_init(struct opened *opened, const struct daemon_options *options,
                 struct signals *signals);

/* What a core of this site is made with, whoever loads it. */
struct core_options opened_core_options(const struct daemon_options *options);

/*
 * Open what opened_init() was given; it must stay where it is. What
 * the last daemon left is judged, so an agent may be in quarantine now: that is in the core's first
 * frame.  ST_BUSY: another process has the site, or a signal ended the start (signals->stop).
 * ST_INVALID, ST_IO, ST_CORRUPT, ST_NOMEM: the fault says what.  opened_close() in any case.
 */
MUST_CHECK enum status opened_open(struct opened *opened, struct fault *fault);

/*
 * Keep a copy of the site's secret key, with which the core signs what it says about links; before
 * any link connects.  ST_NOMEM.
 */
MUST_CHECK enum status opened_keep_secret(struct opened *opened,
                                          const uint8_t secret[CONTROL_SECRET_BYTES],
                                          struct fault *fault);

/* Close what was opened, in reverse order.  `clean`: every frame of the core is durable. */
void opened_close(struct opened *opened, bool clean);

/*
 * Measure the room that the store has, bound its log by that, and log once when the system holds
 * its map back.  Nothing may be written meanwhile.
 */
void opened_measure(struct opened *opened, struct core_disk *disk);

/*
 * Record a failed commit before the process gives up, so that the next start verifies the books.
 * `opened` is a struct opened.
 */
void opened_store_failed(void *opened);

#endif
