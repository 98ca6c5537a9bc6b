/*
 * Readers of the store in other processes, which keep pages from being used again: an export that
 * waits for its output, a process that was stopped.  Each is logged once, by process id.
 */
#ifndef SERAI_SITE_DAEMON_READERS_H
#define SERAI_SITE_DAEMON_READERS_H

#include "base/clock.h"
#include "site/daemon/limits.h"

struct store_lmdb;

struct readers {
    struct reader {
        long pid;
        uint64_t transaction; /* that it sees */
        uint64_t since_us;    /* when it was first seen at that */
        bool logged;
        bool seen; /* in the look that goes on */
    } list[READERS_MAX];
    size_t count;
    uint64_t looked_us;
};

/* Look at the readers, if it is time to.  All-zero readers are none. */
void readers_watch(struct readers *readers, struct store_lmdb *lmdb, struct clock_source clock);

#endif
