/* serai site drain: docs/join.md, "Leaving" */
#include "base/bytes.h"
#include "base/cbor.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/signed.h"
#include "site/cli/times.h"

int cmd_site_drain(struct cli *cli)
{
    bool cancels = cli->args.given[OPT_CANCEL];
    struct bytes args = {0};
    uint64_t lasts_us = 0;
    int code = EXIT_OK;

    if (cancels == cli->args.given[OPT_UNTIL])
        return cli_fail(EXIT_USAGE, "when it stops, --until TIME, or --cancel: one of the two");
    if (!cancels)
        code = cli_until(cli->args.values[OPT_UNTIL], "--until", &lasts_us);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    if (cancels)
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, lasts_us);
    return cli_signed_print(cli, "site.drain", &args);
}
