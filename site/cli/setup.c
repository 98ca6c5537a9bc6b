#include "site/cli/setup.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "ledger/ledger.h"
#include "sdk/loader/loader_wasm.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/core/core.h"

/* One error of the configuration as compilers print theirs: file, line, column. */
static void setup_report_error(void *context, const struct config_error *error)
{
    const struct cli *cli = context;

    render_escaped(stderr, cli->dir);
    fprintf(stderr, "/%s:%" PRIu32 ":%" PRIu32 ": ", error->file, error->line, error->column);
    render_escaped(stderr, error->text);
    putc('\n', stderr);
}

int setup_read_config(struct cli *cli, struct setup *setup)
{
    const struct config_reader reader = {
        .orders = &core_order_names,
        .report = setup_report_error,
        .context = cli,
    };
    struct fault fault = {0};
    enum status status;

    site_config_default(&setup->config);
    pricebook_default(&setup->book, &core_order_names);
    status = config_load(cli->dir, &reader, &setup->config, &setup->book, &fault);
    if (status == ST_MISSING)
        return cli_fail(EXIT_CONFIG, "%s; make a site first: serai site init %s", fault.text,
                        cli->dir);
    if (status != ST_OK)
        return cli_fail(EXIT_CONFIG, "%s", fault.text);
    return EXIT_OK;
}

static void setup_log_price_error(void *context, const struct config_error *error)
{
    (void)context;
    log_write(LOG_ERROR, "prices.refused",
              "file=%s line=%" PRIu32 " column=%" PRIu32 " reason=\"%s\" "
              "next=\"the old book stays in force: mend the file and send SIGHUP again\"",
              error->file, error->line, error->column, error->text);
}

/*
 * Read prices.toml again, on SIGHUP, by the same checks as in a start.  The daemon calls this, so
 * errors go to the log.
 */
static bool setup_read_prices(const char *dir, struct pricebook *book)
{
    const struct config_reader reader = {.orders = &core_order_names,
                                         .report = setup_log_price_error};
    struct fault fault = {0};
    enum status status = config_load_prices(dir, &reader, book, &fault);

    if (status != ST_OK && status != ST_INVALID) /* each error of an invalid one is logged */
        log_write(LOG_ERROR, "prices.refused", "reason=\"%s\"", fault.text);
    return status == ST_OK;
}

/* The whole audit, which a start runs if the daemon before could not write its books. */
static enum status setup_verify(const struct store_read *read, struct fault *fault)
{
    struct verify_report report;

    return audit_verify(read, &core_audit, &report, fault);
}

/* Public halves only: the daemon reads the site's secret itself, once its compiler is forked. */
static enum status setup_load_keys(const struct cli *cli, struct daemon_options *options,
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

int setup_fill_options(struct cli *cli, struct setup *setup)
{
    const struct site_config *config = &setup->config;
    struct fault fault = {0};

    setup->options = (struct daemon_options){
        .dir = cli->dir,
        .socket_path = config->socket,
        .socket_access = {.mode = config->socket_mode,
                          .has_group = config->has_group,
                          .group = config->socket_group},
        .link_listen = config->link_listen,
        .map_bytes = config->map_bytes,
        .max_bytes = config->max_bytes,
        .log_bytes = config->log_bytes,
        .disk_low_percent = config->disk_low_percent,
        .disk_full_percent = config->disk_full_percent,
        .book = &setup->book,
        .read_prices = setup_read_prices,
        .loader = loader_wasm,
        .loader_size = loader_wasm_size,
        .verify = setup_verify,
        .tier1 = &config->engine,
        .metrics = &config->metrics,
        .ready_fd = -1,
        .sandbox = true,
    };
    if (setup_load_keys(cli, &setup->options, &fault) != ST_OK)
        return cli_fail(EXIT_CONFIG, "%s", fault.text);
    return EXIT_OK;
}
