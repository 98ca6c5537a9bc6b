/* serai agent call, call drop, cap name | drop */
#include <stdio.h>
#include <string.h>

#include "sdk/abi.h"
#include "site/cli/calling.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/signed.h"

/* ---- asking ---- */

/* The words as one text with a space between two, and the capabilities that they name. */
struct words {
    struct bytes text;
    const char *caps[SERAI_MESSAGE_CAPS_MAX];
    size_t cap_count;
};

/* "@car" is a capability, and becomes its place among those of the message: "@0". */
static int words_add_cap(struct words *words, const char *name)
{
    char place[16];

    if (words->cap_count == SERAI_MESSAGE_CAPS_MAX)
        return cli_fail(EXIT_USAGE, "a call takes at most %d capabilities along",
                        SERAI_MESSAGE_CAPS_MAX);
    (void)snprintf(place, sizeof place, "@%zu", words->cap_count);
    words->caps[words->cap_count++] = name;
    bytes_append(&words->text, place, strlen(place));
    return EXIT_OK;
}

static int words_read(const struct cli *cli, struct words *words)
{
    int code = EXIT_OK;

    for (size_t i = 1; i < cli->args.operand_count && code == EXIT_OK; i++) {
        const char *word = cli->args.operands[i];

        if (i > 1)
            bytes_append(&words->text, " ", 1);
        if (word[0] == '@' && word[1] != '@')
            code = words_add_cap(words, word + 1);
        else /* "@@x" is the word "@x" */
            bytes_append(&words->text, word + (word[0] == '@'), strlen(word + (word[0] == '@')));
    }
    if (code == EXIT_OK && words->text.size > SERAI_MESSAGE_BYTES_MAX)
        code = cli_fail(EXIT_USAGE, "a message has at most %d bytes", SERAI_MESSAGE_BYTES_MAX);
    return code;
}

/* Whom to call: a capability, "@car", or an agent of one's own. */
static int call_put_target(struct cli *cli, struct bytes *args)
{
    const char *target = cli->args.operands[0];
    uint64_t agent;
    int code;

    if (target[0] == '@') {
        cbor_put_text(args, target + 1);
        return EXIT_OK;
    }
    code = cli_agent(cli, target, &agent);
    if (code == EXIT_OK)
        cbor_put_uint(args, agent);
    return code;
}

static int call_put_args(struct cli *cli, struct bytes *args)
{
    struct money money = money_zero();
    struct words words = {0};
    int code = cli_money(cli_value(cli, OPT_MONEY, "0"), &money);

    if (code == EXIT_OK)
        code = words_read(cli, &words);
    cbor_put_array(args, 4);
    if (code == EXIT_OK)
        code = call_put_target(cli, args);
    cbor_put_bytes(args, words.text.data, words.text.size);
    cbor_put_array(args, words.cap_count);
    for (size_t i = 0; i < words.cap_count; i++)
        cbor_put_text(args, words.caps[i]);
    cbor_put_money(args, money);
    bytes_fini(&words.text);
    return code;
}

static int call_ask(struct cli *cli, struct calling *calling)
{
    struct bytes args = {0};
    int code;

    if (cli->args.operand_count == 0)
        return cli_fail(EXIT_USAGE, "usage: serai agent call AGENT|@CAP WORDS..., or --again CALL");
    code = call_put_args(cli, &args);
    if (code == EXIT_OK)
        return cli_signed_show(cli, "agent.call", &args, calling_show, calling);
    bytes_fini(&args);
    return code;
}

int cmd_agent_call(struct cli *cli)
{
    struct calling calling = {.code = EXIT_OK};
    uint64_t wait_s;
    int code = calling_options(cli, &calling, &wait_s);

    if (code != EXIT_OK)
        return code;
    if (cli_is_kept(&cli->args)) {
        code = cli_kept_show(cli, calling_show, &calling);
        if (code != EXIT_OK || cli->args.given[OPT_FORGET])
            return code;
    } else if (!cli->args.given[OPT_AGAIN]) {
        code = call_ask(cli, &calling);
        if (code != EXIT_OK)
            return code;
    }
    if (calling.taken)
        return (int)calling.code;
    /* In the books of a site at rest no agent runs, so what was asked just now waits. */
    if (cli->args.given[OPT_OFFLINE] && !cli->args.given[OPT_AGAIN])
        return calling_still_waits(cli, calling.call, EXIT_WAITING);
    code = calling_wait(cli, calling.call, wait_s);
    if (code != EXIT_OK)
        return calling_still_waits(cli, calling.call, code);
    return calling_take(cli, &calling);
}

/* ---- what is kept ---- */

int cmd_call_drop(struct cli *cli)
{
    struct bytes args = {0};
    uint64_t call;
    int code = cli_number(cli->args.operands[0], "CALL", &call);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, call);
    return cli_signed_print(cli, "call.drop", &args);
}

/* Names are written with or without their @. */
static const char *cap_operand(const struct cli *cli, size_t index)
{
    const char *word = cli->args.operands[index];

    return word[0] == '@' ? word + 1 : word;
}

int cmd_cap_name(struct cli *cli)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, cap_operand(cli, 0));
    cbor_put_text(&args, cap_operand(cli, 1));
    return cli_signed_print(cli, "cap.name", &args);
}

int cmd_cap_drop(struct cli *cli)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, cap_operand(cli, 0));
    return cli_signed_print(cli, "cap.drop", &args);
}
