/* What a start finds (docs/architecture.md, "After a crash" and "Quarantine"). */
#include "site/daemon/opened.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "site/control/exit_code.h"
#include "site/control/paths.h"
#include "site/daemon/fatal.h"
#include "site/daemon/limits.h"
#include "site/daemon/start_poll.h"

/* That many agents of a customer that die of the same order are enough to freeze all it has. */
enum { ALIKE_MAX = 3 };

static void opened_mark(void *context, uint64_t agent, uint64_t message)
{
    struct opened *opened = context;

    marker_set(opened->marker, agent, message);
    if (opened->options->before_turn != NULL && agent != 0)
        opened->options->before_turn(agent, message);
}

static enum status opened_open_store(struct opened *opened, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, opened->options->dir, SITE_STORE, fault);

    if (status != ST_OK)
        return status;
    status = store_lmdb_open(&opened->lmdb, path, STORE_WRITE, opened->options->map_bytes, fault);
    if (status != ST_OK)
        return status;
    if (opened->options->max_bytes > 0)
        store_lmdb_let_grow(opened->lmdb, opened->options->max_bytes);
    if (opened->options->log_bytes > 0)
        store_lmdb_bound_log(opened->lmdb, opened->options->log_bytes);
    opened->store = store_from_lmdb(opened->lmdb);
    return ST_OK;
}

/* Frames that a killed daemon had let out come first: all else reads the store as it is then. */
static enum status opened_open_redo(struct opened *opened, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, opened->options->dir, SITE_REDO, fault);

    if (status == ST_OK)
        status = redo_open(&opened->redo, path, &opened->store, &opened->redo_finding, fault);
    if (status == ST_OK && opened->redo_finding.frames > 0)
        log_write(LOG_INFO, "redo.applied", "frames=%" PRIu64, opened->redo_finding.frames);
    return status;
}

static enum status opened_open_marker(struct opened *opened, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, opened->options->dir, SITE_MARKER, fault);

    if (status == ST_OK)
        status = marker_open(&opened->marker, path, &opened->finding, fault);
    if (status == ST_OK)
        status = fatal_install(opened->marker, fault);
    return status;
}

void opened_store_failed(void *context)
{
    const struct opened *opened = context;

    marker_commit_failed(opened->marker);
}

/* The next start verifies the books, and logs what is wrong with them. */
static void opened_page_lost(void *context)
{
    opened_store_failed(context);
    _exit(EXIT_IO);
}

/* After a disk that failed nothing is served before every record has been read and has held. */
static enum status opened_verify_after_failure(struct opened *opened, const struct store_read *read,
                                               struct progress *progress, struct fault *fault)
{
    enum status status = ST_OK;

    if (!opened->finding.store_failed)
        return ST_OK;
    log_write(LOG_WARN, "site.verifying", "reason=\"the store failed when the site last ran\"");
    progress_part(progress, "verifying the books", 0);
    if (opened->options->verify != NULL)
        status = opened->options->verify(read, fault);
    progress_part(progress, "", 0); /* the next line of the log begins a line */
    if (status != ST_OK)
        return status;
    marker_store_verified(opened->marker);
    log_write(LOG_INFO, "site.verified", "result=\"the books hold\"");
    return ST_OK;
}

/* How many other agents of its customer died of the same order. */
static size_t quarantine_count_alike(const struct opened *opened)
{
    const struct marker_finding *finding = &opened->finding;
    size_t count = 0;

    for (size_t i = 0; i < finding->alike_count; i++)
        if (core_same_customer(opened->core, finding->agent, finding->alike[i]))
            count++;
    return count;
}

static const char *quarantine_order_text(int order, char *words, size_t size)
{
    const char *name = order == MARKER_NO_ORDER ? NULL : core_order_names.name(order);

    if (name == NULL)
        return "its own code";
    (void)snprintf(words, size, "the order %s", name);
    return words;
}

/* Enough of one customer's agents have died of one order: the rest of them are frozen, too. */
static void quarantine_customer(struct opened *opened, const char *words)
{
    uint64_t agent = opened->finding.agent;
    char reason[160];

    (void)snprintf(reason, sizeof reason,
                   "quarantine: %d agents of its customer ended the site in %s", ALIKE_MAX, words);
    if (core_quarantine_customer(opened->core, agent, reason) == ST_OK)
        log_write(LOG_ERROR, "customer.quarantined",
                  "agent=%" PRIu64
                  " reason=\"%s\" effect=\"all agents of its customer are frozen\"",
                  agent, reason);
}

/* Freeze what killed the last daemon too often, before any turn runs. */
static void opened_quarantine(struct opened *opened)
{
    const struct marker_finding *finding = &opened->finding;
    size_t alike = quarantine_count_alike(opened);
    char order[64];
    const char *words = quarantine_order_text(finding->order, order, sizeof order);
    char reason[160];

    if (!finding->died)
        return;
    log_write(LOG_WARN, "site.died-in-turn",
              "agent=%" PRIu64 " message=%" PRIu64 " in=\"%s\" crashes=%" PRIu64
              " by_signal=%" PRIu64 " alike=%zu",
              finding->agent, finding->message, words, finding->crashes, finding->by_signal, alike);
    if (!finding->quarantine && alike == 0)
        return;
    (void)snprintf(reason, sizeof reason,
                   "quarantine: its message %" PRIu64 " ended the site in %s; deaths: %" PRIu64,
                   finding->message, words, finding->crashes);
    if (alike + 1 >= ALIKE_MAX)
        quarantine_customer(opened, words);
    if (core_quarantine(opened->core, finding->agent, reason) == ST_OK)
        log_write(LOG_ERROR, "agent.quarantined", "agent=%" PRIu64 " reason=\"%s\"", finding->agent,
                  reason);
    else /* it died or never became durable: then its event will not come again either */
        log_write(LOG_WARN, "agent.quarantine-missed", "agent=%" PRIu64, finding->agent);
}

/* Only a link that is up has anything signed, and without the secret none connects. */
static void opened_sign(void *context, const void *bytes, size_t size,
                        uint8_t signature[CONTROL_SIGNATURE_BYTES])
{
    const struct opened *opened = context;

    INVARIANT(opened->site_secret != NULL);
    INVARIANT(crypto_sign_detached(signature, NULL, bytes, size, opened->site_secret) == 0);
}

enum status opened_keep_secret(struct opened *opened, const uint8_t secret[CONTROL_SECRET_BYTES],
                               struct fault *fault)
{
    opened->site_secret = sodium_malloc(CONTROL_SECRET_BYTES);
    if (opened->site_secret == NULL)
        return fault_set(fault, ST_NOMEM, "no memory for the site's key");
    memcpy(opened->site_secret, secret, CONTROL_SECRET_BYTES);
    return ST_OK;
}

struct core_options opened_core_options(const struct daemon_options *options)
{
    struct core_options core = {
        .random = random_system(),
        .loader = options->loader,
        .loader_size = options->loader_size,
        .frozen = options->frozen,
        .book = *options->book,
        .segment_bytes = options->segment_bytes,
    };

    memcpy(core.site_key, options->site_key, sizeof core.site_key);
    memcpy(core.operator_key, options->operator_key, sizeof core.operator_key);
    return core;
}

static enum status opened_open_core(struct opened *opened, const struct store_read *read,
                                    struct fault *fault)
{
    const struct daemon_options *options = opened->options;
    struct core_options core = opened_core_options(options);
    enum status status;

    core.mark = opened_mark;
    core.mark_context = opened;
    core.order_mark = marker_order(opened->marker);
    core.page_log_bytes = options->page_log_bytes;
    core.pages_cached = options->pages_cached;
    core.page_lost = opened_page_lost;
    core.page_lost_context = opened;
    core.sign = opened_sign;
    core.sign_context = opened;
    status = core_new(&opened->core, &core, fault);
    return status == ST_OK ? core_load(opened->core, read, fault) : status;
}

/*
 * The books are read through before the core takes anything of them for true.  One read for both:
 * what was verified is what is loaded.
 */
static enum status opened_open_books(struct opened *opened, struct fault *fault)
{
    struct clock_source clock = clock_system();
    struct progress progress;
    struct start_poll poll = {
        .signals = opened->signals, .progress = &progress, .core = &opened->core};
    struct store_read read;
    enum status status = store_read_begin(&read, &opened->store, fault);

    if (status != ST_OK)
        return status;
    progress_begin(&progress, STDERR_FILENO, "site.starting", clock.now_us(clock.context));
    read.poll = start_poll;
    read.poll_context = &poll;
    status = opened_verify_after_failure(opened, &read, &progress, fault);
    progress_part(&progress, "reading the books", store_lmdb_rows(opened->lmdb));
    if (status == ST_OK)
        status = opened_open_core(opened, &read, fault);
    progress_end(&progress);
    store_read_end(&read);
    return status;
}

void opened_init(struct opened *opened, const struct daemon_options *options,
                 struct signals *signals)
{
    *opened = (struct opened){.options = options, .signals = signals};
    atomic_store(&opened->disk_low_percent, options->disk_low_percent);
    atomic_store(&opened->disk_full_percent, options->disk_full_percent);
}

enum status opened_open(struct opened *opened, struct fault *fault)
{
    enum status status = opened_open_store(opened, fault);

    if (status == ST_OK)
        status = opened_open_redo(opened, fault);
    if (status == ST_OK)
        status = opened_open_marker(opened, fault);
    if (status == ST_OK)
        status = opened_open_books(opened, fault);
    if (status == ST_OK && !opened->redo_finding.sure)
        core_lost_memory(opened->core);
    if (status == ST_OK)
        opened_quarantine(opened);
    return status;
}

void opened_close(struct opened *opened, bool clean)
{
    core_free(opened->core);
    sodium_free(opened->site_secret); /* it wipes; NULL is allowed */
    fatal_release();
    marker_close(opened->marker);
    redo_close(opened->redo, clean);
    store_lmdb_close(opened->lmdb);
}

/* The system said no, so the map stays as it is until the next start. */
static void opened_tell_map_held(struct opened *opened, const struct store_room *room)
{
    if (!room->map_held || opened->told_map_held)
        return;
    opened->told_map_held = true;
    log_write(
        LOG_WARN, "store.map-held",
        "bytes=%" PRIu64 " reason=\"the system gives no addresses for a larger map, so the "
        "books can grow no further\" next=\"raise the limit (ulimit -v, LimitAS=), then start "
        "the site again\"",
        room->total_bytes);
}

/* A log that the disk has room for: the map may be larger than that. */
static void opened_bound_log(struct opened *opened, const struct store_room *room)
{
    uint64_t bytes = opened->options->log_bytes;
    uint64_t part = room->total_bytes / DISK_LOG_PART;

    if (bytes > 0)
        store_lmdb_bound_log(opened->lmdb, bytes < part ? bytes : part);
}

/* Of a small disk the share may be less than the last frames take: then it is that, but not all. */
static uint64_t opened_full_bytes(uint64_t total_bytes, uint64_t percent)
{
    uint64_t share = total_bytes / 100 * percent;
    uint64_t least = total_bytes / 3 < DISK_RESERVE_BYTES ? total_bytes / 3 : DISK_RESERVE_BYTES;

    return percent == 0 || share > least ? share : least;
}

void opened_measure(struct opened *opened, struct core_disk *disk)
{
    struct store_room room;

    store_lmdb_room(opened->lmdb, &room);
    opened_tell_map_held(opened, &room);
    opened_bound_log(opened, &room);
    disk->free_bytes = room.free_bytes;
    disk->total_bytes = room.total_bytes;
    disk->low_bytes = room.total_bytes / 100 * atomic_load(&opened->disk_low_percent);
    disk->full_bytes = opened_full_bytes(room.total_bytes, atomic_load(&opened->disk_full_percent));
    if (disk->low_bytes < disk->full_bytes)
        disk->low_bytes = disk->full_bytes;
}
