#include "site/daemon/opened.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "site/control/file.h"
#include "site/control/paths.h"
#include "site/daemon/fatal.h"

enum { EXIT_IO = 74 };

static void mark(void *context, uint64_t agent, uint64_t message)
{
    struct opened *opened = context;

    marker_set(opened->marker, agent, message);
    if (opened->options->before_turn != NULL && agent != 0)
        opened->options->before_turn(agent, message);
}

static enum status open_store(struct opened *opened, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, opened->options->dir, SITE_STORE, fault);

    if (status != ST_OK)
        return status;
    return store_lmdb_open(&opened->lmdb, path, STORE_WRITE, opened->options->map_bytes, fault);
}

static enum status open_marker(struct opened *opened, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, opened->options->dir, SITE_MARKER, fault);

    if (status == ST_OK)
        status = marker_open(&opened->marker, path, &opened->verdict, fault);
    if (status == ST_OK)
        status = fatal_install(opened->marker, fault);
    return status;
}

void opened_store_failed(void *context)
{
    const struct opened *opened = context;

    marker_commit_failed(opened->marker);
}

/* The next start verifies the books, and says what is wrong with them. */
static void page_lost(void *context)
{
    opened_store_failed(context);
    _exit(EXIT_IO);
}

/* After a disk that failed nothing is served before every record has been read and has held. */
static enum status verify_after_failure(struct opened *opened, const struct store *store,
                                        struct fault *fault)
{
    enum status status = ST_OK;

    if (!opened->verdict.store_failed)
        return ST_OK;
    log_write(LOG_WARN, "site.verifying", "reason=\"the store failed when the site last ran\"");
    if (opened->options->verify != NULL)
        status = opened->options->verify(store, fault);
    if (status != ST_OK)
        return status;
    marker_store_verified(opened->marker);
    log_write(LOG_INFO, "site.verified", "result=\"the books hold\"");
    return ST_OK;
}

static void quarantine(struct opened *opened)
{
    const struct marker_verdict *verdict = &opened->verdict;
    char reason[160];

    if (!verdict->died)
        return;
    log_write(LOG_WARN, "site.died-in-turn",
              "agent=%" PRIu64 " message=%" PRIu64 " crashes=%" PRIu64 " by_signal=%" PRIu64,
              verdict->agent, verdict->message, verdict->crashes, verdict->by_signal);
    if (!verdict->quarantine)
        return;
    (void)snprintf(reason, sizeof reason,
                   "quarantine: its message %" PRIu64 " ended the site %" PRIu64 " times",
                   verdict->message, verdict->crashes);
    if (core_quarantine(opened->core, verdict->agent, reason) == ST_OK)
        log_write(LOG_ERROR, "agent.quarantined", "agent=%" PRIu64 " reason=\"%s\"", verdict->agent,
                  reason);
    else /* it died or never became durable: then its event will not come again either */
        log_write(LOG_WARN, "agent.quarantine-missed", "agent=%" PRIu64, verdict->agent);
}

static enum status open_core(struct opened *opened, struct fault *fault)
{
    const struct daemon_options *options = opened->options;
    struct core_options core = {
        .random = random_system(),
        .loader = options->loader,
        .loader_size = options->loader_size,
        .book = *options->book,
        .mark = mark,
        .mark_context = opened,
        .page_log_bytes = options->page_log_bytes,
        .pages_cached = options->pages_cached,
        .page_lost = page_lost,
        .page_lost_context = opened,
    };
    struct store lmdb = store_from_lmdb(opened->lmdb);
    struct store store = start_store_init(&opened->start_store, &lmdb, opened->signals);
    enum status status;

    memcpy(core.site_key, options->site_key, sizeof core.site_key);
    memcpy(core.operator_key, options->operator_key, sizeof core.operator_key);
    status = verify_after_failure(opened, &store, fault);
    if (status != ST_OK)
        return status;
    status = core_new(&opened->core, &core, fault);
    if (status != ST_OK)
        return status;
    status = core_load(opened->core, &store, fault);
    start_store_done(&opened->start_store);
    if (status != ST_OK)
        return status;
    quarantine(opened);
    return ST_OK;
}

enum status opened_open(struct opened *opened, struct fault *fault)
{
    enum status status = open_store(opened, fault);

    if (status == ST_OK)
        status = open_marker(opened, fault);
    if (status == ST_OK)
        status = open_core(opened, fault);
    return status;
}

void opened_close(struct opened *opened)
{
    core_free(opened->core);
    fatal_release();
    marker_close(opened->marker);
    store_lmdb_close(opened->lmdb);
}

void opened_measure(const struct opened *opened, struct core_disk *disk)
{
    struct store_room room;

    store_lmdb_room(opened->lmdb, &room);
    disk->free_bytes = room.free_bytes;
    disk->low_bytes = room.total_bytes / 100 * opened->options->disk_low_percent;
    disk->full_bytes = room.total_bytes / 100 * opened->options->disk_full_percent;
}
