/* serai site init | run | status */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/descriptors.h"
#include "ledger/store/store.h"
#include "sdk/loader/loader_wasm.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/config/config.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/control/place.h"
#include "site/core/core.h"
#include "site/daemon/daemon.h"
#include "site/daemon/signals.h"

/* ---- init ---- */

static enum status make_key(const char *dir, const char *name, const char *name_public,
                            const char *what, uint8_t key[CONTROL_KEY_BYTES], struct fault *fault)
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

static enum status make_store(const struct cli *cli, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct store_lmdb *lmdb = NULL;
    enum status status = file_path(path, cli->dir, SITE_STORE, fault);

    if (status == ST_OK)
        status = store_lmdb_open(&lmdb, path, STORE_CREATE, cli->map_bytes, fault);
    store_lmdb_close(lmdb);
    return status;
}

static void say_made(const struct cli *cli, const uint8_t *site, const uint8_t *operator)
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
    /* All that was given is looked at before anything is made or changed. */
    if (!config_is_name(name))
        return cli_fail(CLI_BAD_DATA, "\"%.40s\" is no name of a site: 1 to 32 of a-z, 0-9 and '-'",
                        name);
    if (strlen(cli->dir) + sizeof "/" SITE_OPERATOR ".pending.new" > FILE_PATH_BYTES)
        return cli_fail(CLI_BAD_DATA, "the path of the site is too long: %.100s...", cli->dir);
    status = place_make_folder(cli->dir, &fault);
    if (status == ST_OK)
        status = config_write_new(cli->dir, name, &core_order_names, &fault);
    if (status == ST_OK)
        status = make_key(cli->dir, SITE_KEY, SITE_KEY_PUBLIC, "site", site, &fault);
    if (status == ST_OK)
        status =
            make_key(cli->dir, SITE_OPERATOR, SITE_OPERATOR_PUBLIC, "operator", operator, & fault);
    if (status == ST_OK)
        status = make_store(cli, &fault);
    if (status == ST_EXISTS)
        return cli_fail(CLI_REFUSED, "%s; choose another directory", fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    say_made(cli, site, operator);
    return CLI_OK;
}

/* ---- run ---- */

static void report_error(void *context, const struct config_error *error)
{
    const struct cli *cli = context;

    render_escaped(stderr, cli->dir);
    fprintf(stderr, "/%s:%" PRIu32 ":%" PRIu32 ": ", error->file, error->line, error->column);
    render_escaped(stderr, error->text);
    putc('\n', stderr);
}

static int load_config(struct cli *cli, struct site_config *config, struct pricebook *book)
{
    const struct config_reader reader = {
        .orders = &core_order_names,
        .report = report_error,
        .context = cli,
    };
    struct fault fault = {0};
    enum status status;

    site_config_default(config);
    pricebook_default(book, &core_order_names);
    status = config_load(cli->dir, &reader, config, book, &fault);
    if (status == ST_MISSING)
        return cli_fail(CLI_CONFIG, "%s; make a site first: serai site init %s", fault.text,
                        cli->dir);
    if (status != ST_OK)
        return cli_fail(CLI_CONFIG, "%s", fault.text);
    return CLI_OK;
}

static void log_price_error(void *context, const struct config_error *error)
{
    (void)context;
    log_write(LOG_ERROR, "prices.refused",
              "file=%s line=%" PRIu32 " column=%" PRIu32 " reason=\"%s\" "
              "next=\"the old book stays in force: mend the file and send SIGHUP again\"",
              error->file, error->line, error->column, error->text);
}

/* On SIGHUP; the same checks as in a start. */
static bool read_prices(const char *dir, struct pricebook *book)
{
    const struct config_reader reader = {.orders = &core_order_names, .report = log_price_error};
    struct fault fault = {0};
    enum status status = config_load_prices(dir, &reader, book, &fault);

    if (status != ST_OK && status != ST_INVALID) /* of that each error was logged */
        log_write(LOG_ERROR, "prices.refused", "reason=\"%s\"", fault.text);
    return status == ST_OK;
}

/* What a start would say of the books that are there; a site that never ran has none. */
static int check_books(const struct cli *cli, const struct pricebook *book)
{
    char path[FILE_PATH_BYTES];
    struct store_lmdb *lmdb = NULL;
    struct store store;
    struct fault fault = {0};
    enum status status = file_path(path, cli->dir, SITE_STORE, &fault);

    if (status == ST_OK)
        status = store_lmdb_open(&lmdb, path, STORE_READ_ONLY, cli->map_bytes, &fault);
    if (status == ST_MISSING)
        return CLI_OK;
    if (status != ST_OK)
        return cli_fault(&fault);
    store = store_from_lmdb(lmdb);
    status = core_check_book(&store, book, &fault);
    store_lmdb_close(lmdb);
    if (status == ST_INVALID)
        return cli_fail(CLI_CONFIG, "%s", fault.text);
    return status == ST_OK ? CLI_OK : cli_fault(&fault);
}

static enum status verify_books(const struct store *store, struct fault *fault)
{
    struct verify_report report;

    return ledger_verify(store, core_claims, NULL, &report, fault);
}

static enum status load_keys(const struct cli *cli, struct daemon_options *options,
                             struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, cli->dir, SITE_KEY_PUBLIC, fault);

    if (status == ST_OK)
        status = keyfile_read_public(path, options->site_key, fault);
    if (status == ST_OK)
        status = file_path(path, cli->dir, SITE_OPERATOR_PUBLIC, fault);
    if (status == ST_OK)
        status = keyfile_read_public(path, options->operator_key, fault);
    return status;
}

static struct tier1_options tier1_of(const struct config_engine *engine)
{
    static_assert((int)TIER1_NAMED == (int)CONFIG_TIER1_NAMED &&
                      (int)TIER1_ALL == (int)CONFIG_TIER1_ALL,
                  "one setting");
    return (struct tier1_options){
        .mode = (enum tier1_mode)engine->tier1,
        .codes = engine->codes,
        .code_count = engine->code_count,
        .hot_fuel = engine->hot_fuel,
        .effort_fuel = engine->effort_fuel,
        .module_bytes_max = engine->module_bytes,
        .objects_max = engine->objects,
        .compiler = engine->compiler,
        .weak_jail = engine->weak_jail,
        .compile_s = engine->compile_seconds,
        .compile_memory_bytes = engine->compile_memory,
        .object_bytes_max = engine->object_bytes,
        .cache_bytes_max = engine->cache_bytes,
        .cache_objects_max = engine->cache_objects,
    };
}

/* The places that the daemon will listen at, before it is started. */
static enum status check_places(const struct cli *cli, const struct site_config *config,
                                struct fault *fault)
{
    const char *link = place_of_endpoint(config->link_listen);
    enum status status = place_check_socket(cli->dir, "control.socket", config->socket, fault);

    if (status == ST_OK && link != NULL)
        status = place_check_socket(cli->dir, "link.listen", link, fault);
    return status;
}

/*
 * Where `ready` is written; looked at before any file of ours is open, so that a number that nobody
 * gave us cannot turn out to be the store's.  A stdout that is closed, the default, is nowhere.
 */
static int find_ready_fd(const struct cli *cli, int *ready_fd)
{
    struct fault fault;
    uint64_t number;
    int code = cli_number(cli_value(cli, OPT_READY_FD, "1"), "--ready-fd", &number);

    if (code != CLI_OK)
        return code;
    if (number > INT16_MAX)
        return cli_fail(CLI_USAGE, "--ready-fd: there is no descriptor %" PRIu64, number);
    *ready_fd = (int)number;
    if (descriptor_check_output(*ready_fd, &fault) == ST_OK)
        return CLI_OK;
    *ready_fd = -1;
    return cli->args.given[OPT_READY_FD] ? cli_fail(CLI_USAGE, "--ready-fd: %s", fault.text)
                                         : CLI_OK;
}

int cmd_site_run(struct cli *cli)
{
    struct site_config config;
    struct pricebook book;
    struct daemon_options options = {
        .dir = cli->dir,
        .socket_path = config.socket,
        .link_listen = config.link_listen,
        .book = &book,
        .read_prices = read_prices,
        .loader = loader_wasm,
        .loader_size = loader_wasm_size,
        .verify = verify_books,
        .sandbox = !cli->args.given[OPT_NO_SANDBOX],
    };
    struct fault fault = {0};
    int code = find_ready_fd(cli, &options.ready_fd);

    if (code != CLI_OK)
        return code;
    signals_hold(); /* a SIGHUP that comes now is about files that are read below, or later */
    code = load_config(cli, &config, &book);
    if (code != CLI_OK)
        return code;
    if (check_places(cli, &config, &fault) != ST_OK)
        return cli_fail(CLI_CONFIG, "%s", fault.text);
    if (cli->args.given[OPT_CHECK_CONFIG]) {
        code = check_books(cli, &book);
        if (code != CLI_OK)
            return code;
        render_escaped(stdout, cli->dir);
        puts(": the configuration is good");
        return CLI_OK;
    }
    if (load_keys(cli, &options, &fault) != ST_OK)
        return cli_fail(CLI_CONFIG, "%s", fault.text);
    options.socket_access = (struct socket_access){
        .mode = config.socket_mode, .has_group = config.has_group, .group = config.socket_group};
    options.map_bytes = config.map_bytes;
    options.disk_low_percent = config.disk_low_percent;
    options.disk_full_percent = config.disk_full_percent;
    options.tier1 = tier1_of(&config.engine);
    log_set_level(config.log_level);
    return daemon_run(&options);
}

/* ---- status ---- */

static void show_link(void *context, const uint8_t *item, size_t size)
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
    if (code == CLI_OK) {
        const struct control_reply *reply = &answer.reply;

        render_fields(stdout, reply->result, reply->result_size, cli->currency);
        render_each(reply->result, reply->result_size, show_link, NULL);
    }
    cli_answer_fini(&answer);
    return code;
}
