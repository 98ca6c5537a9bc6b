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

/* ---- reading the files again ---- */

static void setup_socket_access(const struct site_config *config, struct socket_access *access)
{
    *access = (struct socket_access){.mode = config->socket_mode,
                                     .has_group = config->socket_group != CONFIG_NO_GROUP,
                                     .group = config->socket_group};
}

/* Where findings of a reading go. */
struct setup_findings {
    daemon_found *found;
    void *context;
    bool reported; /* an error of a line */
};

static void setup_pass_error(void *context, const struct config_error *error)
{
    struct setup_findings *to = context;

    to->reported = true;
    to->found(to->context, &(struct daemon_finding){.file = error->file,
                                                    .wrong = error->text,
                                                    .line = error->line,
                                                    .column = error->column});
}

static void setup_pass_change(void *context, const struct config_change *change)
{
    const struct setup_findings *to = context;

    to->found(to->context, &(struct daemon_finding){.file = "site.toml",
                                                    .key = change->key,
                                                    .old = change->old,
                                                    .new = change->new,
                                                    .at_start = !change->reloads});
}

/* By the same checks as in a start.  The daemon calls this. */
static bool setup_read_again(void *context, struct daemon_files *files, daemon_found *found,
                             void *found_context)
{
    struct setup_findings to = {.found = found, .context = found_context};
    const struct config_reader reader = {
        .orders = &core_order_names, .report = setup_pass_error, .context = &to};
    struct setup *setup = context;
    struct fault fault = {0};
    enum status status = config_load(setup->dir, &reader, &setup->next, &files->book, &fault);

    /* Each error of a line was reported; what concerns a whole file is in the fault alone. */
    if (status != ST_OK && !to.reported)
        found(found_context, &(struct daemon_finding){.file = "site.toml", .wrong = fault.text});
    if (status != ST_OK)
        return false;
    files->log_level = setup->next.log_level;
    setup_socket_access(&setup->next, &files->socket_access);
    files->disk_low_percent = setup->next.disk_low_percent;
    files->disk_full_percent = setup->next.disk_full_percent;
    return true;
}

static void setup_take(void *context, daemon_found *found, void *found_context)
{
    struct setup_findings to = {.found = found, .context = found_context};
    struct setup *setup = context;

    config_each_change(&setup->config, &setup->next, setup_pass_change, &to);
    config_take_reloads(&setup->config, &setup->next);
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
        .link_listen = config->link_listen,
        .map_bytes = config->map_bytes,
        .max_bytes = config->max_bytes,
        .segment_bytes = config->segment_bytes,
        .log_bytes = config->log_bytes,
        .disk_low_percent = config->disk_low_percent,
        .disk_full_percent = config->disk_full_percent,
        .book = &setup->book,
        .reader = &setup->reader,
        .loader = loader_wasm,
        .loader_size = loader_wasm_size,
        .verify = setup_verify,
        .tier1 = &config->engine,
        .metrics = &config->metrics,
        .ready_fd = -1,
        .sandbox = true,
    };
    setup_socket_access(config, &setup->options.socket_access);
    setup->dir = cli->dir;
    setup->reader =
        (struct daemon_reader){.read = setup_read_again, .take = setup_take, .context = setup};
    if (setup_load_keys(cli, &setup->options, &fault) != ST_OK)
        return cli_fail(EXIT_CONFIG, "%s", fault.text);
    return EXIT_OK;
}
