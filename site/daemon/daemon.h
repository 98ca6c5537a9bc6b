/*
 * The daemon of a site: three threads around the core, its store, the control socket and the links.
 * Runs in the foreground until SIGTERM or SIGINT; signals.h says what other signals do.
 */
#ifndef SERAI_SITE_DAEMON_DAEMON_H
#define SERAI_SITE_DAEMON_DAEMON_H

#include "base/log.h"
#include "base/store.h"
#include "market/market.h"
#include "site/compiler/tier1.h"
#include "site/control/control.h"
#include "site/daemon/access.h"
#include "site/metrics/settings.h"

/* What a daemon takes over from its files while it runs. */
struct daemon_files {
    struct pricebook book;
    enum log_level log_level;
    struct socket_access socket_access;
    uint64_t disk_low_percent;
    uint64_t disk_full_percent;
};

/* One thing that reading them again has shown; its texts are borrowed for the call. */
struct daemon_finding {
    const char *file; /* "site.toml" or "prices.toml" */
    /* What is wrong with it, and where, from 1 (line 0: in the file as a whole).  NULL: nothing,
     * the value of a key has changed. */
    const char *wrong;
    uint32_t line;
    uint32_t column;
    const char *key;
    const char *old; /* "": there was none */
    const char *new; /* "": there is none any more */
    bool at_start;   /* it takes effect when the site starts next, and not now */
};

typedef void daemon_found(void *found_context, const struct daemon_finding *finding);

/* How the daemon reads its files again, for SIGHUP and for the read `reload`. */
struct daemon_reader {
    /* Read them.  False: they cannot be used, and each error was reported. */
    bool (*read)(void *context, struct daemon_files *files, daemon_found *found,
                 void *found_context);
    /* What was read last is taken over: report the keys of site.toml that it changes, and compare
     * the next reading with it. */
    void (*take)(void *context, daemon_found *found, void *found_context);
    void *context;
};

struct daemon_options {
    const char *dir;         /* the site's directory */
    const char *socket_path; /* of the control socket */
    struct socket_access socket_access;
    /* Where peers dial us; "": nowhere, we dial them; NULL: no links, and no key is read. */
    const char *link_listen;
    uint64_t map_bytes;     /* the first size of the store's map */
    uint64_t max_bytes;     /* how large it may grow, store_lmdb_let_grow(); 0: not at all */
    uint64_t segment_bytes; /* of the journal, core_options.segment_bytes; 0: as it is by itself */
    uint64_t log_bytes; /* the bound of its log, store_lmdb_bound_log(); 0: as it is by itself */
    /* Percent of max_bytes, or of what the disk has: with less than the first free the site warns,
     * with less than the second it holds back those that write most (core_set_disk()).  0: never.
     */
    uint64_t disk_low_percent;
    uint64_t disk_full_percent;
    const struct pricebook *book;
    const struct daemon_reader *reader; /* NULL: no file is read again */
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
    bool skip_books; /* daemon_check() does not load them */
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

/*
 * Find all that daemon_run() would refuse to start for, and change nothing.  Each is reported, in
 * the order of a start: the limits of the system, the keys, the files, the books whole, the sockets
 * and addresses.  Returns the exit code of the first, or EXIT_OK.  *running: a daemon runs this
 * site, so its lock, its sockets and its address are no faults; `running` says whose.
 */
MUST_CHECK int daemon_check(const struct daemon_options *options,
                            void (*found)(void *context, const struct fault *fault), void *context,
                            struct fault *running);

#endif
