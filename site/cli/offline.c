#include "site/cli/offline.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "site/cli/cli.h"
#include "site/cli/setup.h"
#include "site/daemon/offline.h"

struct cli_offline {
    struct setup setup;
    struct offline *books;
};

/* Print why the books could not be opened, with what to do next.  Returns the exit code. */
static int offline_failed(const struct fault *fault)
{
    if (fault->status == ST_BUSY)
        return cli_fail(EXIT_TRY_AGAIN,
                        "nothing was done: %s. While a daemon runs, the command without --offline "
                        "asks it",
                        fault->text);
    if (fault->status == ST_INVALID)
        return cli_fail(EXIT_CONFIG, "%s", fault->text);
    return cli_fault(fault);
}

int cli_offline_begin(struct cli *cli)
{
    struct fault fault = {0};
    int code;

    if (cli->by_socket)
        return cli_fail(EXIT_USAGE,
                        "--offline: --site must name the site's directory, and %s is a "
                        "socket",
                        cli->dir);
    cli->offline = calloc(1, sizeof *cli->offline);
    if (cli->offline == NULL)
        return cli_fail(EXIT_INTERNAL, "out of memory");
    /*
     * The same configuration and keys as a daemon's start, so that the books end as if it had run.
     */
    code = setup_read_config(cli, &cli->offline->setup);
    if (code == EXIT_OK)
        code = setup_fill_options(cli, &cli->offline->setup);
    if (code != EXIT_OK)
        return code;
    log_set_level(LOG_WARN); /* what a start logs is no part of this command's output */
    if (offline_open(&cli->offline->books, &cli->offline->setup.options, &fault) != ST_OK)
        return offline_failed(&fault);
    return EXIT_OK;
}

void cli_offline_end(struct cli *cli)
{
    if (cli->offline == NULL)
        return;
    offline_close(cli->offline->books);
    free(cli->offline);
    cli->offline = NULL;
}

const struct store *cli_offline_store(const struct cli *cli)
{
    return offline_store(cli->offline->books);
}

enum status cli_offline_ask(const struct cli *cli, const struct bytes *request,
                            struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES],
                            struct fault *fault)
{
    memcpy(site, cli->offline->setup.options.site_key, CONTROL_KEY_BYTES);
    return offline_ask(cli->offline->books, request, answer, fault);
}
