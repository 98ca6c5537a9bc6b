/* serai agent deploy | show | fund | send | rename | freeze | thaw | withdraw | stop | end */
#include <string.h>

#include "sdk/abi.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"
#include "site/cli/turn_wait.h"

enum { GIFTS_MAX = 8 };

/*
 * A capability that a person may give an agent beyond the usual ones (docs/control.md, "Commands").
 */
struct gift {
    const char *name;
    enum serai_kind kind;
};

static const struct gift gifts[] = {
    {"spawner", SERAI_KIND_SPAWNER},
    {"timer", SERAI_KIND_TIMER},
    {"clock", SERAI_KIND_CLOCK},
    {"random", SERAI_KIND_RANDOM},
};

static const struct gift *deploy_find_gift(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof gifts / sizeof gifts[0]; i++)
        if (strlen(gifts[i].name) == length && strncmp(gifts[i].name, name, length) == 0)
            return &gifts[i];
    return NULL;
}

/*
 * Append the list "timer,clock" as an array of kinds.  It is read whole before anything is
 * appended: the array's head has the count.
 */
static int deploy_put_gifts(struct bytes *args, const char *list)
{
    uint64_t kinds[GIFTS_MAX];
    size_t count = 0;

    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        const struct gift *gift = deploy_find_gift(list, length);

        if (gift == NULL)
            return cli_fail(EXIT_USAGE,
                            "--give: there is no \"%.*s\"; there are spawner, timer, "
                            "clock and random",
                            (int)length, list);
        if (count == GIFTS_MAX)
            return cli_fail(EXIT_USAGE, "--give: at most %d", GIFTS_MAX);
        kinds[count++] = (uint64_t)gift->kind;
        list += length + (list[length] == ',' ? 1 : 0);
    }
    cbor_put_array(args, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_uint(args, kinds[i]);
    return EXIT_OK;
}

/*
 * Append the bytes of a module.  Whether they are one is for the site to say, whose rules may be
 * newer.
 */
int cli_append_module(struct bytes *args, const char *path)
{
    struct bytes module = {0};
    struct fault fault = {0};
    int code = EXIT_OK;

    if (file_read(path, CONTROL_BYTES_MAX, &module, &fault) != ST_OK)
        code = cli_fault(&fault);
    else if (module.size == 0)
        code = cli_fail(EXIT_BAD_DATA, "%s is empty", path);
    else
        cbor_put_bytes(args, module.data, module.size);
    bytes_fini(&module);
    return code;
}

/* The name of an agent that is given none: its file's name without folder and ending. */
static void deploy_default_name(const char *path, char name[CONTROL_NAME_BYTES_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    size_t length = strcspn(base, ".");

    if (length > CONTROL_NAME_BYTES_MAX)
        length = CONTROL_NAME_BYTES_MAX;
    memcpy(name, base, length);
    name[length] = '\0';
}

/*
 * Append the args of agent.deploy.  Bounds that the site has too are checked here, where a message
 * can name the option.
 */
static int deploy_put_args(struct cli *cli, struct bytes *args)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    const char *text = cli_value(cli, OPT_ARGS, "");
    struct money endowment = money_zero();
    int code;

    deploy_default_name(cli->args.operands[0], name);
    if (strlen(cli_value(cli, OPT_NAME, name)) > CONTROL_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "a name has at most %d bytes", CONTROL_NAME_BYTES_MAX);
    if (strlen(text) > SERAI_ARGS_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "--args: at most %d bytes", SERAI_ARGS_BYTES_MAX);
    if (!cli->args.given[OPT_MONEY])
        return cli_fail(EXIT_USAGE, "an agent needs money to live: --money AMOUNT");
    code = cli_money(cli->args.values[OPT_MONEY], &endowment);
    if (code != EXIT_OK)
        return code;
    /* From here on a failure leaves *args unfinished; the caller frees it unsent. */
    cbor_put_array(args, 7);
    cbor_put_text(args, cli_value(cli, OPT_NAME, name));
    code = cli_append_module(args, cli->args.operands[0]);
    cbor_put_bytes(args, text, strlen(text));
    cbor_put_money(args, endowment);
    if (code == EXIT_OK)
        code = deploy_put_gifts(args, cli_value(cli, OPT_GIVE, ""));
    cbor_put_array(args, cli->args.with_count);
    for (size_t i = 0; i < cli->args.with_count && code == EXIT_OK; i++)
        code = cli_append_module(args, cli->args.with[i]);
    cbor_put_bool(args, !cli->args.given[OPT_KEEP]);
    return code;
}

/* Ask what a deployment would cost; `args` is freed.  EXIT_REFUSED: it would be refused. */
static int deploy_ask_cost(struct cli *cli, struct bytes *args)
{
    char why[RENDER_TEXT_BYTES];
    struct cli_answer answer;
    int code = cli_read(cli, "deploy", args, &answer);

    if (code == EXIT_OK) {
        cli_print_result(cli, &answer);
        if (render_text(answer.reply.result, answer.reply.result_size, "refused", why))
            code = cli_fail(EXIT_REFUSED, "it would be refused: %s", why);
    }
    cli_answer_fini(&answer);
    return code;
}

/* Print the answer, and remember whose turn is waited for. */
static void deploy_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    struct turn_wait *wait = context;

    (void)!render_number(reply->result, reply->result_size, "agent", &wait->agent);
    (void)!render_number(reply->result, reply->result_size, "message", &wait->message);
    cli_print_reply(cli, reply);
}

int cmd_agent_deploy(struct cli *cli)
{
    struct turn_wait wait = {.what = "the agent was deployed"};
    struct bytes args = {0};
    int code = deploy_put_args(cli, &args);

    if (code != EXIT_OK) {
        bytes_fini(&args);
        return code;
    }
    if (cli->args.given[OPT_DRY_RUN])
        return deploy_ask_cost(cli, &args);
    code = cli_signed_show(cli, "agent.deploy", &args, deploy_show, &wait);
    if (code == EXIT_OK)
        code = turn_wait(cli, &wait);
    if (code == EXIT_UNDONE && !cli->args.given[OPT_KEEP])
        (void)cli_fail(EXIT_OK, "so it has ended, and what was left of its money came back");
    return code;
}

/*
 * Begin the args of a command about an agent: an array of `count` items, the first of which is the
 * agent that the command line names.  Prints why it cannot and returns the exit code.
 */
static int agent_begin_args(struct cli *cli, struct bytes *args, size_t count)
{
    uint64_t agent;
    int code = cli_agent(cli, cli->args.operands[0], &agent);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(args, count);
    cbor_put_uint(args, agent);
    return EXIT_OK;
}

int cmd_agent_show(struct cli *cli)
{
    struct bytes args = {0};
    int code = agent_begin_args(cli, &args, 1);

    return code == EXIT_OK ? cli_read_print(cli, "agent", &args) : code;
}

int cmd_agent_fund(struct cli *cli)
{
    struct bytes args = {0};
    struct money amount = money_zero();
    int code;

    code = cli_money(cli->args.operands[1], &amount);
    if (code == EXIT_OK)
        code = agent_begin_args(cli, &args, 2);
    if (code != EXIT_OK)
        return code;
    cbor_put_money(&args, amount);
    return cli_signed_print(cli, "agent.fund", &args);
}

/* What is printed comes later: what became of the turn. */
static void send_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    struct turn_wait *wait = context;

    (void)cli;
    (void)!render_number(reply->result, reply->result_size, "message", &wait->message);
}

int cmd_agent_send(struct cli *cli)
{
    struct turn_wait wait = {.what = "the message was sent", .prints = true};
    struct bytes args = {0};
    struct money amount = money_zero();
    int code;

    if (strlen(cli->args.operands[1]) > SERAI_MESSAGE_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "a message has at most %d bytes", SERAI_MESSAGE_BYTES_MAX);
    code = cli_money(cli_value(cli, OPT_MONEY, "0"), &amount);
    if (code == EXIT_OK)
        code = cli_agent(cli, cli->args.operands[0], &wait.agent);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 3);
    cbor_put_uint(&args, wait.agent);
    cbor_put_bytes(&args, cli->args.operands[1], strlen(cli->args.operands[1]));
    cbor_put_money(&args, amount);
    code = cli_signed_show(cli, "agent.send", &args, send_show, &wait);
    return code == EXIT_OK ? turn_wait(cli, &wait) : code;
}

int cmd_agent_rename(struct cli *cli)
{
    struct bytes args = {0};
    int code;

    if (strlen(cli->args.operands[1]) > CONTROL_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "a name has at most %d bytes", CONTROL_NAME_BYTES_MAX);
    code = agent_begin_args(cli, &args, 2);
    if (code != EXIT_OK)
        return code;
    cbor_put_text(&args, cli->args.operands[1]);
    return cli_signed_print(cli, "agent.rename", &args);
}

/* A command whose one argument is the agent. */
static int agent_change_state(struct cli *cli, const char *command)
{
    struct bytes args = {0};
    int code;

    code = agent_begin_args(cli, &args, 1);
    return code == EXIT_OK ? cli_signed_print(cli, command, &args) : code;
}

int cmd_agent_freeze(struct cli *cli)
{
    return agent_change_state(cli, "agent.freeze");
}

int cmd_agent_thaw(struct cli *cli)
{
    return agent_change_state(cli, "agent.thaw");
}

int cmd_agent_end(struct cli *cli)
{
    return agent_change_state(cli, "agent.end");
}

int cmd_agent_stop(struct cli *cli)
{
    return agent_change_state(cli, "agent.stop");
}

int cmd_agent_withdraw(struct cli *cli)
{
    bool all = strcmp(cli->args.operands[1], "all") == 0;
    struct money amount = money_zero();
    struct bytes args = {0};
    int code = EXIT_OK;

    if (!all)
        code = cli_money(cli->args.operands[1], &amount);
    if (code == EXIT_OK)
        code = agent_begin_args(cli, &args, 2);
    if (code != EXIT_OK)
        return code;
    if (all)
        cbor_put_null(&args);
    else
        cbor_put_money(&args, amount);
    return cli_signed_print(cli, "agent.withdraw", &args);
}
