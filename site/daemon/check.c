/*
 * What a start finds, found without one: the same checks in the same order as daemon_run(), with
 * nothing opened for writing, nothing bound for longer than a look, and nothing taken over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "site/control/exit_code.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/control/place.h"
#include "site/core/core.h"
#include "site/daemon/access.h"
#include "site/daemon/daemon.h"
#include "site/daemon/exit_of_start.h"
#include "site/daemon/files.h"
#include "site/daemon/listener.h"
#include "site/daemon/machine.h"
#include "site/daemon/metrics_socket.h"
#include "site/daemon/opened.h"
#include "site/metrics/metrics.h"
#include "store/store.h"

struct check {
    const struct daemon_options *options;
    void (*found)(void *context, const struct fault *fault);
    void *context;
    int code; /* of the first fault */
};

/* Report a fault, if it is one. */
static void check_note(struct check *check, enum status status, const struct fault *fault)
{
    if (status == ST_OK)
        return;
    if (check->code == EXIT_OK)
        check->code = exit_of_start(status);
    check->found(check->context, fault);
}

/* The secret key: its mode, its form, and whether it is the one that peers know. */
static void check_key(struct check *check)
{
    struct keyfile *key = NULL;
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    enum status status = file_path(path, check->options->dir, SITE_KEY, &fault);

    if (check->options->link_listen == NULL)
        return;
    if (status == ST_OK)
        status = keyfile_open(&key, path, &fault);
    if (status == ST_OK &&
        memcmp(keyfile_public(key), check->options->site_key, CONTROL_KEY_BYTES) != 0)
        status = fault_set(&fault, ST_INVALID, "%s is not the key of " SITE_KEY_PUBLIC, path);
    keyfile_close(key);
    check_note(check, status, &fault);
}

/* Whether this user may write what a daemon writes.  A file that is not there yet is made. */
static void check_writable(struct check *check, const char *name, int how)
{
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    enum status status = file_path(path, check->options->dir, name, &fault);

    if (status == ST_OK && faccessat(AT_FDCWD, path, how, AT_EACCESS) != 0 && errno != ENOENT)
        status =
            fault_set(&fault, ST_IO, "%s: this user may not write it: %s", path, strerror(errno));
    check_note(check, status, &fault);
}

/* What cannot be read back has been logged. */
_Noreturn static void check_page_lost(void *context)
{
    (void)context;
    _exit(EXIT_IO);
}

/* The books, loaded as a start loads them: each row, what is held for it, and the price book. */
static enum status check_load(const struct check *check, const struct store_read *read,
                              struct fault *fault)
{
    struct core_options wanted = opened_core_options(check->options);
    struct core *core = NULL;
    enum status status;

    wanted.page_lost = check_page_lost;
    status = core_new(&core, &wanted, fault);
    if (status == ST_OK)
        status = core_load(core, read, fault);
    core_free(core);
    return status;
}

static void check_books(struct check *check)
{
    char path[FILE_PATH_BYTES];
    struct store_lmdb *lmdb = NULL;
    struct store_read read;
    struct store store;
    struct fault fault = {0};
    enum status status = file_path(path, check->options->dir, SITE_STORE, &fault);

    if (status == ST_OK)
        status = store_lmdb_open(&lmdb, path, STORE_READ_ONLY, check->options->map_bytes, &fault);
    if (status == ST_OK) {
        store = store_from_lmdb(lmdb);
        status = store_read_begin(&read, &store, &fault);
    }
    if (status == ST_OK) {
        status = check_load(check, &read, &fault);
        store_read_end(&read);
    }
    store_lmdb_close(lmdb);
    check_note(check, status, &fault);
}

/* Where the daemon would listen.  While one runs here it is its own that it would find. */
static void check_places(struct check *check, bool runs)
{
    const struct daemon_options *options = check->options;
    const char *listen = options->link_listen == NULL ? "" : options->link_listen;
    const char *link = place_of_endpoint(listen);
    struct fault fault = {0};
    enum status (*look)(const char *dir, const char *setting, const char *path,
                        struct fault *fault) = runs ? place_check_socket : place_look_at_socket;

    check_note(check, look(options->dir, "control.socket", options->socket_path, &fault), &fault);
    if (link != NULL)
        check_note(check, look(options->dir, "link.listen", link, &fault), &fault);
    else if (!runs)
        check_note(check, listener_look(listen, &fault), &fault);
    check_note(check, access_look(&options->socket_access, &fault), &fault);
    if (!metrics_are_served(options->metrics))
        return;
    if (options->metrics->place == METRICS_UNIX)
        check_note(check, look(options->dir, "metrics.listen", options->metrics->path, &fault),
                   &fault);
    else if (!runs)
        check_note(check, metrics_socket_look(options->metrics, &fault), &fault);
}

/* Whether a daemon runs: *running says which process. */
static bool check_lock(struct check *check, struct fault *running)
{
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    enum status status = file_path(path, check->options->dir, SITE_STORE, &fault);

    *running = (struct fault){0};
    if (status == ST_OK)
        status = store_lmdb_look(path, &fault);
    if (status == ST_BUSY) {
        *running = fault;
        return true;
    }
    check_note(check, status, &fault);
    return false;
}

int daemon_check(const struct daemon_options *options,
                 void (*found)(void *context, const struct fault *fault), void *context,
                 struct fault *running)
{
    struct check check = {.options = options, .found = found, .context = context, .code = EXIT_OK};
    bool listens = options->link_listen != NULL && options->link_listen[0] != '\0';
    struct fault fault = {0};
    struct files files;
    bool runs;

    check_note(&check,
               files_ask(&files, listens,
                         metrics_are_served(options->metrics) ? (size_t)HTTP_FILES : 0, &fault),
               &fault);
    check_note(&check, machine_check(options, &fault), &fault);
    check_key(&check);
    runs = check_lock(&check, running);
    check_writable(&check, "", W_OK | X_OK);
    check_writable(&check, SITE_STORE, W_OK | X_OK);
    check_writable(&check, SITE_STORE "/data.mdb", R_OK | W_OK);
    check_writable(&check, SITE_MARKER, R_OK | W_OK);
    check_writable(&check, SITE_REDO, R_OK | W_OK);
    if (!options->skip_books)
        check_books(&check);
    check_places(&check, runs);
    return check.code;
}
