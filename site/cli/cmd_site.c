/* serai site init | run | status */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/descriptors.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/guard.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/setup.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/control/place.h"
#include "site/core/core.h"
#include "site/daemon/signals.h"
#include "store/store.h"

/* ---- init ---- */

/* Make a key and the file of its public half next to it. */
static enum status site_make_key(const char *dir, const char *name, const char *name_public,
                                 const char *what, uint8_t key[CONTROL_KEY_BYTES],
                                 struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, dir, name, fault);

    if (status == ST_OK)
        status = keyfile_create(path, what, key, fault);
    if (status == ST_OK)
        status = file_path(path, dir, name_public, fault);
    if (status == ST_OK)
        status = keyfile_create_public(path, what, key, fault);
    return status;
}

/* An empty store, so that a site that never ran can be audited and listed. */
static enum status site_make_store(const struct cli *cli, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct store_lmdb *lmdb = NULL;
    enum status status = file_path(path, cli->dir, SITE_STORE, fault);

    if (status == ST_OK)
        status = store_lmdb_open(&lmdb, path, STORE_CREATE, cli->map_bytes, fault);
    store_lmdb_close(lmdb);
    return status;
}

/* The keys are what a person needs next: peers ask for the first, the second signs. */
static void site_print_made(const struct cli *cli, const uint8_t *site, const uint8_t *operator)
{
    char site_hex[2 * CONTROL_KEY_BYTES + 1];
    char operator_hex[2 * CONTROL_KEY_BYTES + 1];

    hex_print(site_hex, site, CONTROL_KEY_BYTES);
    hex_print(operator_hex, operator, CONTROL_KEY_BYTES);
    if (cli->args.given[OPT_JSON]) {
        fputs("{\"dir\":", stdout);
        render_json_text(stdout, cli->dir);
        printf(",\"site\":\"%s\",\"operator\":\"%s\"}\n", site_hex, operator_hex);
        return;
    }
    render_field(stdout, "site", site_hex);
    render_field(stdout, "operator", operator_hex);
    render_field(stdout, "directory", cli->dir);
    fputs("next             look at ", stdout);
    render_escaped(stdout, cli->dir);
    fputs("/" SITE_PRICES ", then: serai site run --site ", stdout);
    render_escaped(stdout, cli->dir);
    putchar('\n');
}

int cmd_site_init(struct cli *cli)
{
    uint8_t site[CONTROL_KEY_BYTES];
    uint8_t operator[CONTROL_KEY_BYTES];
    const char *name = cli_value(cli, OPT_NAME, "site");
    struct fault fault = {0};
    enum status status;

    if (cli->args.operand_count > 0)
        cli->dir = cli->args.operands[0];
    /* Everything that was given is checked before anything is made or changed. */
    if (!config_is_name(name))
        return cli_fail(EXIT_BAD_DATA,
                        "\"%.40s\" is no name of a site: 1 to 32 of a-z, 0-9 and '-'", name);
    if (strlen(cli->dir) + sizeof "/" SITE_OPERATOR ".pending.new" > FILE_PATH_BYTES)
        return cli_fail(EXIT_BAD_DATA, "the path of the site is too long: %.100s...", cli->dir);
    status = place_make_folder(cli->dir, &fault);
    if (status == ST_OK)
        status = config_write_new(cli->dir, name, &core_order_names, &fault);
    if (status == ST_OK)
        status = site_make_key(cli->dir, SITE_KEY, SITE_KEY_PUBLIC, "site", site, &fault);
    if (status == ST_OK)
        status = site_make_key(cli->dir, SITE_OPERATOR, SITE_OPERATOR_PUBLIC,
                               "operator", operator, & fault);
    if (status == ST_OK)
        status = site_make_store(cli, &fault);
    if (status == ST_EXISTS)
        return cli_fail(EXIT_REFUSED, "%s; choose another directory", fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    site_print_made(cli, site, operator);
    return EXIT_OK;
}

/* ---- run ---- */

static void site_print_fault(void *context, const struct fault *fault)
{
    (void)context;
    (void)cli_fail(EXIT_CONFIG, "%s", fault->text); /* the code is that of the first */
}

/* All that a start refuses, and nothing is changed or opened for writing. */
static int site_check_start(const struct cli *cli, const struct setup *setup)
{
    struct fault running;
    int code = daemon_check(&setup->options, site_print_fault, NULL, &running);

    if (code != EXIT_OK)
        return code;
    render_escaped(stdout, cli->dir);
    puts(": the configuration is good");
    if (running.text[0] != '\0') {
        fputs("a daemon runs this site, so its sockets were not tried: ", stdout);
        render_escaped(stdout, running.text);
        putchar('\n');
    }
    return EXIT_OK;
}

/* A socket that may not be made here is a fault of the configuration, before anything is opened. */
static enum status site_check_places(const struct cli *cli, const struct site_config *config,
                                     struct fault *fault)
{
    const char *link = place_of_endpoint(config->link_listen);
    enum status status = place_check_socket(cli->dir, "control.socket", config->socket, fault);

    if (status == ST_OK && link != NULL)
        status = place_check_socket(cli->dir, "link.listen", link, fault);
    if (status == ST_OK && config->metrics.place == METRICS_UNIX)
        status = place_check_socket(cli->dir, "metrics.listen", config->metrics.path, fault);
    return status;
}

/*
 * Find the descriptor where `ready` is written.  This comes before any file of ours is open: a
 * number that nobody gave us could be the store's by then.  A stdout that is closed, the default,
 * is nowhere:  -1.
 */
static int site_find_ready_fd(const struct cli *cli, int *ready_fd)
{
    struct fault fault;
    uint64_t number;
    int code = cli_number(cli_value(cli, OPT_READY_FD, "1"), "--ready-fd", &number);

    if (code != EXIT_OK)
        return code;
    if (number > INT16_MAX)
        return cli_fail(EXIT_USAGE, "--ready-fd: there is no descriptor %" PRIu64, number);
    *ready_fd = (int)number;
    if (descriptor_check_output(*ready_fd, &fault) == ST_OK)
        return guard_is_own(cli, *ready_fd) ? EXIT_USAGE : EXIT_OK;
    *ready_fd = -1;
    return cli->args.given[OPT_READY_FD] ? cli_fail(EXIT_USAGE, "--ready-fd: %s", fault.text)
                                         : EXIT_OK;
}

/* The form of the log, before the first line of it. */
static int site_set_log_form(const struct cli *cli)
{
    const char *form = cli_value(cli, OPT_LOG_FORM, "text");

    if (strcmp(form, "text") != 0 && strcmp(form, "json") != 0)
        return cli_fail(EXIT_USAGE, "--log: \"%.40s\" is neither text nor json", form);
    log_set_form(strcmp(form, "json") == 0 ? LOG_AS_JSON : LOG_AS_TEXT);
    return EXIT_OK;
}

int cmd_site_run(struct cli *cli)
{
    struct setup setup;
    struct fault fault = {0};
    int ready_fd = -1;
    int code = site_find_ready_fd(cli, &ready_fd);

    if (code == EXIT_OK)
        code = site_set_log_form(cli);
    if (code != EXIT_OK)
        return code;
    signals_hold(); /* a SIGHUP that comes now is about files that are read below, or later */
    code = setup_read_config(cli, &setup);
    if (code != EXIT_OK)
        return code;
    code = setup_fill_options(cli, &setup);
    if (code != EXIT_OK)
        return code;
    if (cli->args.given[OPT_CHECK_CONFIG])
        return site_check_start(cli, &setup);
    if (site_check_places(cli, &setup.config, &fault) != ST_OK)
        return cli_fail(EXIT_CONFIG, "%s", fault.text);
    /*
     * What the command line adds to the files.  A frozen site runs no links, so it listens for
     * none.
     */
    setup.options.ready_fd = ready_fd;
    setup.options.frozen = cli->args.given[OPT_FROZEN];
    if (setup.options.frozen)
        setup.options.link_listen = NULL;
    setup.options.sandbox = !cli->args.given[OPT_NO_SANDBOX];
    log_set_level(setup.config.log_level);
    return daemon_run(&setup.options);
}

/* ---- status ---- */

/* One line for each link, under the fields of the status. */
static void site_show_link(void *context, const uint8_t *item, size_t size)
{
    char name[RENDER_TEXT_BYTES];
    char state[RENDER_TEXT_BYTES];
    char reason[RENDER_TEXT_BYTES];

    (void)context;
    (void)!render_text(item, size, "name", name); /* missing: empty */
    (void)!render_text(item, size, "state", state);
    (void)!render_text(item, size, "reason", reason);
    fputs("link             ", stdout);
    render_escaped(stdout, name);
    putchar(' ');
    render_escaped(stdout, state);
    fputs(*reason == '\0' ? "" : ": ", stdout);
    render_escaped(stdout, reason);
    putchar('\n');
}

int cmd_site_status(struct cli *cli)
{
    struct bytes args = {0};
    struct cli_answer answer;
    int code;

    cbor_put_array(&args, 0);
    if (cli->args.given[OPT_JSON])
        return cli_read_print(cli, "status", &args);
    code = cli_read(cli, "status", &args, &answer);
    if (code == EXIT_OK) {
        const struct control_reply *reply = &answer.reply;

        render_fields(stdout, reply->result, reply->result_size, cli->currency);
        render_each(reply->result, reply->result_size, site_show_link, NULL);
    }
    cli_answer_fini(&answer);
    return code;
}
