/*
 * crashy AGENT MESSAGES [PAGES]: a daemon for the site in SERAI_SITE that dies of SIGSEGV in the
 * event of the agent that comes after so many others of its own: a fault of the engine, as seen
 * from outside.  It keeps PAGES of its agents' memory in RAM, writes the images of all soon, and
 * reads the others when they are wanted.
 *
 * crashy ORDER: dies in the first order of that name, whoever gives it.  The order is one on an
 * agent's log: only order_log() is watched.
 */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/turns/turn.h"
#include "base/file.h"
#include "sdk/loader/loader_wasm.h"
#include "site/config/config.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/core/core.h"
#include "site/daemon/daemon.h"

enum { LOG_BYTES = 1024 }; /* of changed pages, until images are written */

static int crash_order = -1;
static uint64_t crash_agent;
static uint64_t crash_after;

static void crash(uint64_t agent, uint64_t message)
{
    static uint64_t seen;

    (void)message;
    if (agent == crash_agent && seen++ == crash_after)
        (void)!raise(SIGSEGV);
}

/* The names are the linker's: --wrap=order_log makes them of order_log. */
int64_t __real_order_log(struct turn *turn, enum serai_order order, const uint64_t *args);
int64_t __wrap_order_log(struct turn *turn, enum serai_order order, const uint64_t *args);

int64_t __wrap_order_log(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    if ((int)order == crash_order)
        (void)!raise(SIGSEGV);
    return __real_order_log(turn, order, args);
}

static void report(void *context, const struct config_error *error)
{
    (void)context;
    (void)error;
}

static bool read_key(const char *dir, const char *name, uint8_t key[CONTROL_KEY_BYTES])
{
    char path[FILE_PATH_BYTES];

    return file_path(path, dir, name, NULL) == ST_OK &&
           keyfile_read_public(path, key, NULL) == ST_OK;
}

int main(int argc, char **argv)
{
    const struct config_reader reader = {.orders = &core_order_names, .report = report};
    const char *dir = getenv("SERAI_SITE");
    struct site_config config;
    struct pricebook book;
    struct fault fault = {0};
    struct daemon_options options = {
        .dir = dir,
        .socket_path = config.socket,
        .book = &book,
        .loader = loader_wasm,
        .loader_size = loader_wasm_size,
        .ready_fd = 1,
        .sandbox = true,
        .before_turn = crash,
    };

    if (argc < 2 || argc > 4 || dir == NULL || sodium_init() < 0)
        return 64;
    if (argc == 2 && (crash_order = core_order_names.number(argv[1])) < 0)
        return 64;
    if (argc > 2) {
        crash_agent = strtoull(argv[1], NULL, 10);
        crash_after = strtoull(argv[2], NULL, 10);
    }
    if (argc == 4) {
        options.pages_cached = strtoull(argv[3], NULL, 10);
        options.page_log_bytes = LOG_BYTES;
    }
    site_config_default(&config);
    pricebook_default(&book, &core_order_names);
    if (config_load(dir, &reader, &config, &book, &fault) != ST_OK ||
        !read_key(dir, SITE_KEY_PUBLIC, options.site_key) ||
        !read_key(dir, SITE_OPERATOR_PUBLIC, options.operator_key)) {
        fprintf(stderr, "crashy: %s\n", fault.text);
        return 78;
    }
    options.map_bytes = config.map_bytes;
    options.max_bytes = config.max_bytes;
    return daemon_run(&options);
}
