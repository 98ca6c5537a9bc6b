#include "site/cli/site.h"

#include <string.h>
#include <sys/stat.h>

#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/who.h"
#include "site/config/config.h"
#include "site/control/paths.h"
#include "site/core/core.h"

static bool site_is_socket(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISSOCK(info.st_mode);
}

/* For commands that are not about the configuration. */
static void site_ignore_error(void *context, const struct config_error *error)
{
    (void)context;
    (void)error;
}

/* Only the socket is known, so the site itself is asked for the rest. */
static int site_by_socket(struct cli *cli)
{
    int code;

    if (strlen(cli->dir) >= sizeof cli->socket)
        return cli_fail(EXIT_USAGE, "--site: the path is too long");
    memcpy(cli->socket, cli->dir, strlen(cli->dir) + 1);
    if (cli->args.command->needs_folder)
        return cli_fail(EXIT_USAGE,
                        "%s %s reads the site's own files, which are its operator's: --site must "
                        "name the site's directory, and %s is a socket",
                        cli->args.command->group, cli->args.command->verb, cli->dir);
    code = cli_facts(cli);
    memcpy(cli->currency, cli->facts.currency, sizeof cli->currency);
    return code;
}

int cli_site(struct cli *cli, const char *dir)
{
    const struct config_reader reader = {.orders = &core_order_names, .report = site_ignore_error};
    struct site_config config;
    struct pricebook book;
    struct fault fault = {0};

    cli->dir = dir == NULL || *dir == '\0' ? SITE_DIR_DEFAULT : dir;
    cli->by_socket = site_is_socket(cli->dir);
    if (cli->by_socket)
        return site_by_socket(cli);
    site_config_default(&config);
    pricebook_default(&book, NULL);
    /* Errors are left to `site run`: a daemon that started before they were made is still asked. */
    if (config_load(cli->dir, &reader, &config, &book, &fault) != ST_OK) {
        if (file_path(cli->socket, cli->dir, SITE_SOCKET, &fault) != ST_OK)
            return cli_fault(&fault);
    } else {
        (void)snprintf(cli->socket, sizeof cli->socket, "%s", config.socket);
    }
    (void)snprintf(cli->currency, sizeof cli->currency, "%s", book.currency);
    cli->map_bytes = config.map_bytes;
    return EXIT_OK;
}

bool cli_answers(const struct cli *cli)
{
    struct client_connection *client;
    bool answers = client_open(&client, cli->socket, NULL) == ST_OK;

    client_close(client);
    return answers;
}
