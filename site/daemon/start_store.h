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
 * Wrap `store` for a start that signals can end.  The result borrows *start and may be kept by
 * whoever loads.  A walk that a signal ends returns ST_BUSY.
 */
struct store start_store_init(struct start_store *start, const struct store *store,
                              struct signals *signals);

/* End the start: the signals are another thread's from now on, and no walk is ended any more. */
void start_store_done(struct start_store *start);

#endif
