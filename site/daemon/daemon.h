/*
 * The daemon of a site: three threads around the core, its store, the control socket and the links.
 * Runs in the foreground until SIGTERM or SIGINT; signals.h says what other signals do.
 */
#ifndef SERAI_SITE_DAEMON_DAEMON_H
#define SERAI_SITE_DAEMON_DAEMON_H

#include "base/store.h"
#include "market/market.h"
#include "site/compiler/tier1.h"
#include "site/control/control.h"
#include "site/daemon/access.h"
#include "site/metrics/settings.h"

struct daemon_options {
    const char *dir;         /* the site's directory */
    const char *socket_path; /* of the control socket */
    struct socket_access socket_access;
    /* Where peers dial us; "": nowhere, we dial them; NULL: no links, and no key is read. */
    const char *link_listen;
    uint64_t map_bytes; /* the first size of the store's map */
    uint64_t max_bytes; /* how large it may grow, store_lmdb_let_grow(); 0: not at all */
    uint64_t log_bytes; /* the bound of its log, store_lmdb_bound_log(); 0: as it is by itself */
    /* Percent of max_bytes, or of what the disk has: with less than the first free the site warns,
     * with less than the second it holds back those that write most (core_set_disk()).  0: never.
     */
    uint64_t disk_low_percent;
    uint64_t disk_full_percent;
    const struct pricebook *book;
    /* Reads the site's price book again, on SIGHUP.  False: it cannot be used, and why was logged.
     * NULL: SIGHUP does nothing. */
    bool (*read_prices)(const char *dir, struct pricebook *book);
    uint8_t site_key[CONTROL_KEY_BYTES];
    uint8_t operator_key[CONTROL_KEY_BYTES];
    const uint8_t *loader; /* module bytes of the loader */
    size_t loader_size;
    /* Reads the books through after the disk had failed.  NULL: they are taken as they are. */
    enum status (*verify)(const struct store_read *read, struct fault *fault);
    const struct tier1_settings *tier1;     /* NULL: off */
    const struct metrics_settings *metrics; /* where figures are served; NULL: nowhere */
    int ready_fd; /* "ready\n" is written here once requests are served; -1: nowhere */
    bool sandbox;
    /* No turn is run and site time stands still, so nothing is owed; requests are served.  Best
     * with link_listen NULL. */
    bool frozen;
    /* For tests, as agents_set_pages() takes them.  0 in the daemon: its own numbers. */
    uint64_t page_log_bytes;
    uint64_t pages_cached;
    /* For tests: called in each turn, before it runs.  NULL in the daemon. */
    void (*before_turn)(uint64_t agent, uint64_t message);
};

/*
 * Returns an exit code of docs/control.md: 0 after a signal and a last frame, or after a signal in
 * the start, which changes nothing; 74 when the disk failed or the books are damaged (the log says
 * which record); 75 when another daemon runs here; 78 when the machine gives too little (files.h,
 * machine.h); 70 when it refuses later what it had then.  libsodium is initialised by the caller.
 */
MUST_CHECK int daemon_run(const struct daemon_options *options);

#endif
