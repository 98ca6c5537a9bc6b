/*
 * The store while a site starts: the real one, but a walk through a table ends when a signal asks
 * for the end.  All that takes long in a start, verifying and loading, is such a walk.
 */
#ifndef SERAI_SITE_DAEMON_START_STORE_H
#define SERAI_SITE_DAEMON_START_STORE_H

#include "base/store.h"

struct signals;

struct start_store {
    struct store store;
    struct signals *signals; /* looked at between rows; NULL: no longer */
    uint32_t rows;           /* since the last look */
};

/*
 * The store to start from, which whoever loads may keep: it borrows *start.  A walk that is ended
 * returns ST_BUSY.
 */
struct store start_store_init(struct start_store *start, const struct store *store,
                              struct signals *signals);

/* The start is over, and the signals are another thread's: from now on it is the real store. */
void start_store_done(struct start_store *start);

#endif
