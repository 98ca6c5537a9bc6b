/* serai link settle | settled, and the terms of `link set` that they go by */
#include <string.h>

#include "links/settlement.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

/* Begin the arguments of a command whose first one is the link that the line names. */
static int settle_begin(struct cli *cli, struct bytes *args, uint64_t count)
{
    char name[CLI_LINK_BYTES];
    int code = cli_link(cli, cli->args.operands[0], name);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(args, count);
    cbor_put_text(args, name);
    return EXIT_OK;
}

/* An amount, or null when it is not given: then what it names stays as it is. */
static int settle_put_amount(struct bytes *args, const char *text)
{
    struct money amount;
    int code;

    if (text == NULL) {
        cbor_put_null(args);
        return EXIT_OK;
    }
    code = cli_money(text, &amount);
    if (code == EXIT_OK)
        cbor_put_money(args, amount);
    return code;
}

bool cli_has_terms(const struct cli *cli)
{
    return cli->args.given[OPT_SETTLE_BY] || cli->args.given[OPT_SETTLE_THRESHOLD] ||
           cli->args.given[OPT_SETTLE_TO];
}

int cli_set_terms(struct cli *cli)
{
    const char *by = cli_value(cli, OPT_SETTLE_BY, NULL);
    struct bytes args = {0};
    int code = settle_begin(cli, &args, 4);

    if (code == EXIT_OK && by != NULL)
        cbor_put_text(&args, by);
    else if (code == EXIT_OK)
        cbor_put_null(&args);
    if (code == EXIT_OK)
        code = settle_put_amount(&args, cli_value(cli, OPT_SETTLE_THRESHOLD, NULL));
    if (code == EXIT_OK)
        code = settle_put_amount(&args, cli_value(cli, OPT_SETTLE_TO, NULL));
    if (code == EXIT_OK)
        return cli_signed_print(cli, "link.terms", &args);
    bytes_fini(&args);
    return code;
}

int cmd_link_settle(struct cli *cli)
{
    struct bytes args = {0};
    int code = settle_begin(cli, &args, 2);

    if (code == EXIT_OK)
        code = settle_put_amount(&args, cli->args.operand_count > 1 ? cli->args.operands[1] : NULL);
    if (code == EXIT_OK)
        return cli_signed_print(cli, "link.settle", &args);
    bytes_fini(&args);
    return code;
}

int cmd_link_settled(struct cli *cli)
{
    const char *reference = cli_value(cli, OPT_REFERENCE, "");
    struct bytes args = {0};
    uint64_t index = 0;
    int code = EXIT_OK;

    if (*reference == '\0' || strlen(reference) > SETTLEMENT_TEXT_BYTES_MAX)
        code = cli_fail(EXIT_USAGE,
                        "--reference TEXT: how the payment is found, 1 to %d bytes, such as the "
                        "number that the bank gives it",
                        SETTLEMENT_TEXT_BYTES_MAX);
    if (code == EXIT_OK)
        code = cli_number(cli->args.operands[1], "the settlement", &index);
    if (code == EXIT_OK)
        code = settle_begin(cli, &args, 4);
    if (code == EXIT_OK) {
        cbor_put_uint(&args, index);
        cbor_put_bool(&args, !cli->args.given[OPT_REFUSE]);
        cbor_put_text(&args, reference);
        return cli_signed_print(cli, "link.settled", &args);
    }
    bytes_fini(&args);
    return code;
}
