/* serai agent upgrade */
#include <stdio.h>
#include <string.h>

#include "site/cli/calling.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

static int upgrade_put_args(struct cli *cli, uint64_t agent, struct bytes *args)
{
    int code;

    cbor_put_array(args, 3);
    cbor_put_uint(args, agent);
    code = cli_append_module(args, cli->args.operands[1]);
    cbor_put_bool(args, cli->args.given[OPT_TRY]);
    return code;
}

/* Whether the agent runs the new program now: that alone shows whether it became it. */
static int upgrade_look(struct cli *cli, uint64_t agent, const struct calling *calling,
                        bool *is_new)
{
    char module[RENDER_TEXT_BYTES];
    struct cli_answer answer;
    struct bytes args = {0};
    int code;

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, agent);
    code = cli_read(cli, "agent", &args, &answer);
    *is_new = code == EXIT_OK &&
              render_text(answer.reply.result, answer.reply.result_size, "code", module) &&
              strcmp(module, calling->module) == 0;
    cli_answer_fini(&answer);
    return code;
}

/* The end of the question, and of what it asked for. */
static int upgrade_tell(struct cli *cli, uint64_t agent, const struct calling *calling)
{
    bool is_new = false;
    int code = upgrade_look(cli, agent, calling, &is_new);

    if (code != EXIT_OK)
        return code;
    if (is_new && calling->code == EXIT_BROKEN)
        return cli_fail(EXIT_BROKEN,
                        "the agent is the new program, and the first turn of that failed");
    if (is_new && !cli->args.given[OPT_JSON])
        render_field(stdout, "code", calling->module);
    if (is_new)
        return EXIT_OK;
    if (calling->code == EXIT_SILENT)
        return cli_fail(EXIT_SILENT,
                        "it is the program that it was: it did not follow the request");
    return cli_fail(calling->code == EXIT_OK ? EXIT_REFUSED : calling->code,
                    "it is the program that it was");
}

int cmd_agent_upgrade(struct cli *cli)
{
    struct calling calling = {.code = EXIT_OK};
    struct bytes args = {0};
    uint64_t agent = 0;
    uint64_t wait_s;
    int code = calling_options(cli, &calling, &wait_s);

    if (code == EXIT_OK && cli->args.operand_count > 0)
        code = cli_agent(cli, cli->args.operands[0], &agent);
    if (code != EXIT_OK)
        return code;
    if (cli_is_kept(&cli->args)) {
        code = cli_kept_show(cli, calling_show, &calling);
    } else {
        code = upgrade_put_args(cli, agent, &args);
        if (code == EXIT_OK)
            code = cli_signed_show(cli, "agent.upgrade", &args, calling_show, &calling);
        else
            bytes_fini(&args);
    }
    if (code != EXIT_OK || cli->args.given[OPT_FORGET])
        return code;
    if (!cli->args.given[OPT_OFFLINE])
        code = calling_wait(cli, calling.call, wait_s);
    if (code != EXIT_OK || cli->args.given[OPT_OFFLINE])
        return calling_still_waits(cli, calling.call, code != EXIT_OK ? code : EXIT_WAITING);
    code = calling_take(cli, &calling);
    if (code != EXIT_OK && code != (int)calling.code)
        return code;
    return agent == 0 ? code : upgrade_tell(cli, agent, &calling);
}
