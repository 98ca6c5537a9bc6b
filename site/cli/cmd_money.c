/* serai money in | out, serai customer add | claim | share */
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/signed.h"
#include "site/control/keyfile.h"

/* Without --customer the money is the operator's own: account 0 in the command. */
static int money_command(struct cli *cli, const char *command)
{
    struct bytes args = {0};
    struct money amount = money_zero();
    uint64_t customer = 0; /* the operator's own */
    int code = EXIT_OK;

    code = cli_money(cli->args.operands[0], &amount);
    if (code == EXIT_OK && cli->args.given[OPT_CUSTOMER])
        code = cli_customer(cli, cli->args.values[OPT_CUSTOMER], &customer);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, customer);
    cbor_put_money(&args, amount);
    return cli_signed_print(cli, command, &args);
}

int cmd_money_in(struct cli *cli)
{
    return money_command(cli, "money.in");
}

int cmd_money_out(struct cli *cli)
{
    return money_command(cli, "money.out");
}

/*
 * Find the key that the new customer is to have: one that is made now, or one that it has already.
 */
static int customer_key(struct cli *cli, uint8_t key[CONTROL_KEY_BYTES])
{
    struct fault fault = {0};
    const char *hex = cli->args.values[OPT_PUBLIC];
    enum status status;

    if (cli->args.given[OPT_PUBLIC] == cli->args.given[OPT_NEW])
        return cli_fail(EXIT_USAGE,
                        "say either --new FILE, to make a key, or --public HEX, the key "
                        "that the customer has");
    if (cli->args.given[OPT_PUBLIC]) {
        if (strlen(hex) != 2 * CONTROL_KEY_BYTES || !hex_parse(key, CONTROL_KEY_BYTES, hex))
            return cli_fail(EXIT_USAGE, "--public: a key has %d hex digits", 2 * CONTROL_KEY_BYTES);
        return EXIT_OK;
    }
    status = keyfile_create(cli->args.values[OPT_NEW], "customer", key, &fault);
    /*
     * A first try may have made the key and then failed to reach the site, so a key that is there
     * is used.
     */
    if (status == ST_EXISTS)
        status = keyfile_read_public(cli->args.values[OPT_NEW], key, &fault);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

int cmd_customer_add(struct cli *cli)
{
    struct bytes args = {0};
    uint8_t key[CONTROL_KEY_BYTES];
    int code;

    if (strlen(cli->args.operands[0]) > CONTROL_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "a name has at most %d bytes", CONTROL_NAME_BYTES_MAX);
    code = customer_key(cli, key);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 2);
    cbor_put_text(&args, cli->args.operands[0]);
    cbor_put_bytes(&args, key, sizeof key);
    return cli_signed_print(cli, "customer.add", &args);
}

int cmd_customer_claim(struct cli *cli)
{
    struct bytes args = {0};

    cbor_put_array(&args, 0);
    return cli_signed_print(cli, "customer.claim", &args);
}

int cmd_customer_share(struct cli *cli)
{
    struct bytes args = {0};
    uint64_t customer = 0;
    uint64_t share = 0;
    int code;

    /* Plain words first: the daemon is not asked for a name that leads nowhere. */
    code = cli_number(cli->args.operands[1], "SHARE", &share);
    if (code == EXIT_OK)
        code = cli_customer(cli, cli->args.operands[0], &customer);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, customer);
    cbor_put_uint(&args, share);
    return cli_signed_print(cli, "customer.share", &args);
}
