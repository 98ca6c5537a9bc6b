#include "site/cli/site_key.h"

#include <stdio.h>

#include "site/cli/cli.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

const char *cli_key_path(const struct cli *cli)
{
    return cli_value(cli, OPT_SIGN_WITH, cli_value(cli, OPT_KEY, NULL));
}

enum status cli_pin_path(char path[FILE_PATH_BYTES], const char *key_path, struct fault *fault)
{
    int size = snprintf(path, FILE_PATH_BYTES, "%s.site", key_path);

    if (size < 0 || size >= FILE_PATH_BYTES)
        return fault_set(fault, ST_INVALID, "the path of the key is too long");
    return ST_OK;
}

enum status cli_meant_site(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES], bool *known,
                           struct fault *fault)
{
    const char *given = cli_value(cli, OPT_SITE_KEY, NULL);
    const char *key_path = cli_key_path(cli);
    char path[FILE_PATH_BYTES];
    enum status status = ST_MISSING;

    if (given != NULL && hex_parse(key, CONTROL_KEY_BYTES, given)) {
        *known = true;
        return ST_OK;
    }
    /* The first of these three that applies decides; a path that is too long names no file. */
    if (given != NULL)
        status = keyfile_read_public(given, key, fault);
    else if (!cli->by_socket && file_path(path, cli->dir, SITE_KEY_PUBLIC, fault) == ST_OK)
        status = keyfile_read_public(path, key, fault);
    else if (cli->by_socket && key_path != NULL && cli_pin_path(path, key_path, fault) == ST_OK)
        status = keyfile_read_public(path, key, fault);
    *known = status == ST_OK;
    return status == ST_MISSING ? ST_OK : status;
}
