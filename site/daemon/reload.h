/*
 * SIGHUP: prices.toml is read and checked again, and a book that differs goes to the core.  The
 * edge's, so that the core waits for no file.
 */
#ifndef SERAI_SITE_DAEMON_RELOAD_H
#define SERAI_SITE_DAEMON_RELOAD_H

#include "base/ring.h"
#include "market/market.h"

struct reload {
    const char *dir;
    /* As struct daemon_options has it; NULL: there is nothing to read. */
    bool (*read)(const char *dir, struct pricebook *book);
    struct pricebook book; /* in force, or on its way */
};

/*
 * Read the book of prices again, and log what became of it.  A new book, allocated, goes into `to`:
 * whoever pops it frees it.
 */
void reload_prices(struct reload *reload, struct ring *to);

#endif
