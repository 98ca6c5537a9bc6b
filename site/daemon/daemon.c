/*
 * A daemon's run: what is opened, in which order, the threads, and how it ends.
 */
#include "site/daemon/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/outlet_way.h"
#include "site/control/exit_code.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/control/place.h"
#include "site/core/core.h"
#include "site/daemon/edge.h"
#include "site/daemon/exit_of_start.h"
#include "site/daemon/files.h"
#include "site/daemon/machine.h"
#include "site/daemon/metrics_socket.h"
#include "site/daemon/opened.h"
#include "site/daemon/readers.h"
#include "site/daemon/sandbox.h"
#include "site/daemon/signals.h"
#include "site/daemon/wires.h"
#include "site/metrics/metrics.h"
#include "site/page/page.h"

enum { CORE_STACK_BYTES = 16 * 1024 * 1024 };

/* All that is open, in the order in which it is opened. */
struct site {
    const struct daemon_options *options;
    struct files files;
    struct signals signals;
    struct metrics_socket metrics_socket;
    struct metrics *metrics; /* NULL: nobody watches */
    struct page *page;       /* NULL: it is not served */
    struct opened opened;
    struct readers readers;
    struct parts parts;
    struct wires *wires;
    struct edge edge;
    bool has_edge;
    bool served; /* up to the last frame */
    struct notify notify;
};

static void site_measure(void *context, struct core_disk *disk)
{
    struct site *site = context;

    opened_measure(&site->opened, disk);
    readers_watch(&site->readers, site->opened.lmdb, clock_system());
}

/* Before any thread runs, so nothing here needs a lock. */
static enum status site_open_parts(struct site *site, struct fault *fault)
{
    struct parts *parts = &site->parts;
    enum status status;

    parts->core = site->opened.core;
    parts->frozen = site->options->frozen;
    parts->site_key = site->options->site_key;
    parts->store = site->opened.store;
    parts->redo = site->opened.redo;
    parts->clock = clock_system();
    parts->measure = site_measure;
    parts->measure_context = site;
    parts->store_failed = opened_store_failed;
    parts->store_failed_context = &site->opened;
    status = wake_init(&parts->core_wake, fault);
    if (status == ST_OK)
        status = wake_init(&parts->writer_wake, fault);
    if (status == ST_OK)
        status = wake_init(&parts->edge_wake, fault);
    ring_init(&parts->requests, &parts->core_wake);
    ring_init(&parts->books, &parts->core_wake);
    ring_init(&parts->arrivals, &parts->core_wake);
    ring_init(&parts->arrivals_done, &parts->edge_wake);
    ring_init(&parts->frames, &parts->writer_wake);
    ring_init(&parts->durable, &parts->edge_wake);
    ring_init(&parts->early, &parts->edge_wake);
    ring_init(&parts->spent, &parts->core_wake);
    tier1_connect(parts->tier1, &parts->core_wake);
    return status;
}

/* The site's secret key is read here; its image for CURVE stays, and a copy to sign with. */
static enum status site_open_wires(struct site *site, struct fault *fault)
{
    const struct daemon_options *options = site->options;
    struct wires_options wires = {
        .site_key = options->site_key,
        .listen = options->link_listen,
        .arrivals = &site->parts.arrivals,
        .files = &site->files,
    };
    struct keyfile *key = NULL;
    char path[FILE_PATH_BYTES];
    const char *place;
    enum status status = ST_OK;

    if (options->link_listen == NULL)
        return ST_OK;
    place = place_of_endpoint(options->link_listen);
    if (place != NULL) /* a socket that a killed daemon left; nothing else is removed */
        status = place_clear_socket(options->dir, "link.listen", place, fault);
    if (status == ST_OK)
        status = file_path(path, options->dir, SITE_KEY, fault);
    if (status == ST_OK)
        status = keyfile_open(&key, path, fault);
    if (status != ST_OK)
        return status;
    wires.site_secret = keyfile_secret(key);
    if (memcmp(keyfile_public(key), options->site_key, CONTROL_KEY_BYTES) != 0)
        status = fault_set(fault, ST_INVALID, "%s is not the key of " SITE_KEY_PUBLIC, path);
    else
        status = wires_new(&site->wires, &wires, fault);
    if (status == ST_OK)
        status = opened_keep_secret(&site->opened, wires.site_secret, fault);
    keyfile_close(key);
    return status;
}

/* Before the books are read, so that a start which takes long can be watched. */
static enum status site_open_metrics(struct site *site, struct fault *fault)
{
    const struct metrics_settings *settings = site->options->metrics;
    struct metrics_options metrics = {.site_key = site->options->site_key, .clock = clock_system()};
    enum status status;

    if (!metrics_are_served(settings))
        return ST_OK;
    if (page_is_served(settings)) {
        if (page_new(&site->page, site->options->socket_path, clock_system()) != ST_OK)
            return fault_set(fault, ST_NOMEM, "metrics.page: out of memory");
        metrics.more = page_table(site->page);
    }
    status = metrics_socket_open(&site->metrics_socket, settings, site->options->dir, fault);
    if (status != ST_OK)
        return status;
    metrics.listen_fd = site->metrics_socket.fd;
    metrics.own_names = settings->place == METRICS_TCP && !settings->remote;
    status = metrics_new(&site->metrics, &metrics, fault);
    if (status != ST_OK)
        (void)!close(site->metrics_socket.fd); /* else the server's; nobody was let in */
    else if (settings->place == METRICS_UNIX)
        log_write(LOG_INFO, "metrics.ready", "socket=%s", settings->path);
    else
        log_write(LOG_INFO, "metrics.ready", "address=%s port=%u", settings->host,
                  (unsigned)settings->port);
    site->parts.board = metrics_board(site->metrics);
    if (status == ST_OK && site->page != NULL)
        page_watch(site->page, site->parts.board);
    return status;
}

static void site_set_phase(const struct site *site, enum board_phase phase)
{
    if (site->parts.board != NULL)
        board_set_phase(site->parts.board, phase);
}

static enum status site_open(struct site *site, struct fault *fault)
{
    /* First: what it forks may know nothing of what follows. */
    enum status status =
        tier1_new(&site->parts.tier1, site->options->tier1, site->options->dir, fault);

    notify_open(&site->notify);
    notify_send(&site->notify, "", "opening the books");
    if (status == ST_OK && site->options->sandbox)
        status = sandbox_hide(fault);
    if (status == ST_OK)
        status = site_open_metrics(site, fault);
    if (status == ST_OK)
        status = opened_open(&site->opened, fault);
    if (status == ST_OK)
        status = site_open_parts(site, fault);
    if (status == ST_OK)
        status = site_open_wires(site, fault);
    if (status == ST_OK)
        status = place_clear_socket(site->options->dir, "control.socket",
                                    site->options->socket_path, fault);
    if (status == ST_OK)
        status = edge_init(&site->edge, &site->parts, site->options->socket_path,
                           &site->options->socket_access, &site->files, site->wires, &site->signals,
                           fault);
    site->has_edge = status == ST_OK;
    if (!site->has_edge)
        return status;
    if (site->page != NULL)
        page_open(site->page, &site->opened.store);
    reload_init(&site->edge.reload, site->options->reader, &site->opened, &site->parts,
                site->options->socket_path, site->options->book);
    pulse_init(&site->edge.pulse, &site->notify, &site->parts.pulse, &site->parts.core_wake,
               site->options->frozen ? "frozen" : "serving",
               site->parts.clock.now_us(site->parts.clock.context));
    return ST_OK;
}

/* In any state of opening; the threads have ended or never began. */
static void site_close(struct site *site)
{
    struct pricebook *book;

    page_stop(site->page);
    if (site->has_edge)
        edge_fini(&site->edge);
    for (size_t i = 0; i < FRAMES_MAX; i++)
        core_frame_fini(&site->parts.pool[i].core);
    while ((book = ring_pop(&site->parts.books)) != NULL)
        free(book);
    wires_free(site->wires);
    metrics_free(site->metrics); /* its threads read the page's store */
    page_free(site->page);
    metrics_socket_remove(&site->metrics_socket);
    wake_fini(&site->parts.core_wake);
    wake_fini(&site->parts.writer_wake);
    wake_fini(&site->parts.edge_wake);
    opened_close(&site->opened, site->served);
    tier1_free(site->parts.tier1);
    signals_close(&site->signals);
    notify_close(&site->notify);
}

static void site_log_ready(struct site *site)
{
    pulse_give(&site->parts.pulse, core_count(site->opened.core).agents,
               ledger_last_frame(core_ledger(site->opened.core))->frame);
    pulse_tell(&site->edge.pulse, "READY=1");
    log_write(LOG_INFO, "site.ready", "socket=%s agents=%" PRIu64 " frame=%" PRIu64,
              site->options->socket_path, core_count(site->opened.core).agents,
              ledger_last_frame(core_ledger(site->opened.core))->frame);
    if (core_is_drained(site->opened.core))
        log_write(LOG_WARN, "site.is-drained",
                  "effect=\"no turn runs and nothing is born\" "
                  "next=\"serai site drain --cancel\"");
    if (site->options->frozen)
        log_write(
            LOG_WARN, "site.frozen",
            "effect=\"no turns, no rent, no links; commands are served\" next=\"freeze or end "
            "who should not run, then start the site without --frozen\"");
    if (site->options->ready_fd >= 0)
        (void)!outlet_write_once(site->options->ready_fd, "ready\n", 6); /* nobody listens: fine */
}

/* Code in tier 1 calls on the native stack (engine/native.c), whatever `ulimit -s` says. */
static int site_start_core(pthread_t *core, struct parts *parts)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_attr_setstacksize(&attributes, CORE_STACK_BYTES);
    if (error == 0)
        error = pthread_create(core, &attributes, core_thread, parts);
    (void)pthread_attr_destroy(&attributes); /* cannot fail: it was made above */
    return error;
}

/* The threads run from here to the last frame; the edge is this one. */
static enum status site_serve(struct site *site, struct fault *fault)
{
    pthread_t core;
    pthread_t writer;
    pthread_t compiler;
    bool compiles = tier1_has_thread(site->parts.tier1);
    enum status status = ST_OK;

    /* After all that was opened, and before anything from outside is read. */
    if (site->options->sandbox)
        status = sandbox_enter(fault);
    if (status != ST_OK)
        return status;
    site_log_ready(site); /* here, while the core is still this thread's to look at */
    if (pthread_create(&writer, NULL, writer_thread, &site->parts) != 0 ||
        site_start_core(&core, &site->parts) != 0 ||
        (compiles && pthread_create(&compiler, NULL, tier1_thread, site->parts.tier1) != 0)) {
        /* With one of them running there is no clean way back, and nothing was done yet. */
        log_write(LOG_ERROR, "site.no-thread", "reason=\"the system refuses a thread\"");
        _exit(EXIT_INTERNAL);
    }
    site_set_phase(site, BOARD_SERVING);
    edge_run(&site->edge);
    (void)!pthread_join(core, NULL);   /* ended with the last frame */
    (void)!pthread_join(writer, NULL); /* the same */
    site->served = true;
    tier1_stop(site->parts.tier1);
    if (compiles)
        (void)!pthread_join(compiler, NULL);
    return ST_OK;
}

/* A signal ended the start, or came before anything was served.  Other failures are failures. */
static bool site_was_stopped(struct site *site, enum status status)
{
    signals_take(&site->signals);
    return site->signals.stop != 0 && (status == ST_OK || status == ST_BUSY);
}

static void site_log_end(const struct site *site, enum status status, const struct fault *fault)
{
    if (status != ST_OK) {
        log_write(LOG_ERROR, status == ST_CORRUPT ? "site.damaged" : "site.cannot-run",
                  "dir=%s status=%s reason=\"%s\"", site->options->dir, status_name(status),
                  fault->text);
        notify_send(&site->notify, "", "%s", fault->text);
    } else {
        log_write(LOG_INFO, "site.stopped", "frame=%" PRIu64,
                  ledger_last_frame(core_ledger(site->opened.core))->frame);
    }
}

static enum status site_run(struct site *site, struct fault *fault)
{
    enum status status = site_open(site, fault);

    if (site_was_stopped(site, status)) {
        log_write(LOG_INFO, "site.stopped", "signal=%d during=start", site->signals.stop);
        return ST_OK;
    }
    if (status == ST_OK)
        status = site_serve(site, fault);
    site_log_end(site, status, fault);
    return status;
}

int daemon_run(const struct daemon_options *options)
{
    struct site *site = calloc(1, sizeof *site);
    struct fault fault = {0};
    enum status status;

    if (site == NULL)
        return EXIT_INTERNAL;
    site->options = options;
    opened_init(&site->opened, options, &site->signals);
    site->signals.fd = -1;
    site->notify.fd = -1;
    site->parts.core_wake.fd = site->parts.writer_wake.fd = site->parts.edge_wake.fd = -1;
    /* Before any thread starts: each inherits that these signals are held. */
    signals_hold();
    status =
        files_ask(&site->files, options->link_listen != NULL && options->link_listen[0] != '\0',
                  metrics_are_served(options->metrics) ? (size_t)HTTP_FILES : 0, &fault);
    if (status == ST_OK)
        status = machine_check(options, &fault);
    if (status == ST_OK)
        status = signals_open(&site->signals, &fault);
    if (status == ST_OK)
        status = site_run(site, &fault);
    else
        site_log_end(site, status, &fault);
    site_close(site);
    free(site);
    return exit_of_start(status);
}
