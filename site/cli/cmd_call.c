/*
 * serai agent call | upgrade, call drop, cap name | drop.
 *
 * A call is two signed commands, and none of it is done twice: agent.call asks, and call.take takes
 * what came back.  Between them the site is asked again and again whether there is an answer; that
 * may end at any time, since --again goes on there.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "sdk/abi.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

enum {
    WAIT_S = 30, /* without --timeout */
    WAIT_S_MAX = 7 * 24 * 3600,
    ASK_US_FIRST = 2000, /* from one look to the next; twice as long each time, up to */
    ASK_US_MAX = 200000,
};

/* A call on its way through the three steps. */
struct calling {
    uint64_t call; /* its number, once it was made; 0: not yet */
    bool taken;
    enum exit_code code;             /* of what came back */
    char module[2 * HASH_BYTES + 1]; /* of an upgrade: the id of the new program */
};

/* ---- printing what came back ---- */

static void answer_show_cap(void *context, const uint8_t *item, size_t size)
{
    char name[RENDER_TEXT_BYTES];
    char kind[RENDER_TEXT_BYTES];

    (void)context;
    (void)!render_text(item, size, "name", name); /* missing: empty */
    (void)!render_text(item, size, "kind", kind);
    fputs("@", stdout);
    render_escaped(stdout, name);
    fputs("  ", stdout);
    render_escaped(stdout, kind);
    putchar('\n');
}

/* What came, exactly: bytes, or if they are one a text.  NULL: there is nothing. */
static const char *answer_data(const struct control_reply *reply, size_t *size)
{
    const char *data = (const char *)render_bytes(reply->result, reply->result_size, "bytes", size);

    if (data == NULL)
        data = render_text_whole(reply->result, reply->result_size, "text", size);
    return data != NULL && *size > 0 ? data : NULL;
}

/* The data on a line of its own, then the money and each capability, if there is any. */
static void answer_show_words(const struct cli *cli, const struct control_reply *reply)
{
    char money[RENDER_TEXT_BYTES];
    size_t size = 0;
    const char *data = answer_data(reply, &size);

    if (data != NULL) {
        render_escaped_sized(stdout, data, size);
        putchar('\n');
    }
    if (render_text(reply->result, reply->result_size, "money", money) &&
        strspn(money, "0.") != strlen(money)) {
        render_escaped(stdout, money);
        printf(" %s\n", cli->currency);
    }
    render_each(reply->result, reply->result_size, answer_show_cap, NULL);
}

/* Why it failed: how the site saw it, or the code and the reason that the agent gave. */
static void answer_show_failure(const struct control_reply *reply, const struct calling *calling)
{
    char failure[RENDER_TEXT_BYTES];
    char why[RENDER_TEXT_BYTES];
    uint64_t code;
    size_t size = 0;
    const char *reason = answer_data(reply, &size);

    (void)!render_text(reply->result, reply->result_size, "failure", failure); /* or empty */
    (void)!render_text(reply->result, reply->result_size, "why", why);
    if (!render_number(reply->result, reply->result_size, "code", &code))
        (void)cli_fail(calling->code, "call %" PRIu64 " failed: %s: %s", calling->call, failure,
                       why);
    else
        (void)cli_fail(calling->code, "call %" PRIu64 " failed: code %" PRIu64 "%s%.*s",
                       calling->call, code, reason == NULL ? "" : ": ", (int)size,
                       reason == NULL ? "" : reason);
}

static void answer_show(const struct cli *cli, const struct control_reply *reply,
                        struct calling *calling)
{
    char state[RENDER_TEXT_BYTES];

    (void)!render_text(reply->result, reply->result_size, "state", state); /* missing: empty */
    if (strcmp(state, "silent") == 0 || strcmp(state, "broken") == 0)
        calling->code = strcmp(state, "silent") == 0 ? EXIT_SILENT : EXIT_BROKEN;
    if (cli->args.given[OPT_JSON]) {
        render_json(stdout, reply->result, reply->result_size);
        putchar('\n');
        return;
    }
    if (calling->code == EXIT_OK)
        answer_show_words(cli, reply);
    else
        answer_show_failure(reply, calling);
}

/*
 * The result of either command: that of agent.call, which a person is not shown, has no state, and
 * that of call.take has one.
 */
static void calling_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    struct calling *calling = context;
    char state[RENDER_TEXT_BYTES];

    (void)!render_number(reply->result, reply->result_size, "call", &calling->call);
    if (render_text(reply->result, reply->result_size, "code", state))
        (void)snprintf(calling->module, sizeof calling->module, "%.*s", 2 * HASH_BYTES, state);
    if (!render_text(reply->result, reply->result_size, "state", state))
        return;
    calling->taken = true;
    answer_show(cli, reply, calling);
}

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

/* ---- waiting ---- */

static void call_pause(uint64_t us)
{
    const struct timespec pause = {.tv_sec = (time_t)(us / 1000000),
                                   .tv_nsec = (long)(us % 1000000) * 1000};

    (void)!nanosleep(&pause, NULL); /* a signal ends it early: then the look comes early */
}

/* Look once.  *waits: the call has no answer yet. */
static int call_look(struct cli *cli, uint64_t call, bool *waits)
{
    char state[RENDER_TEXT_BYTES];
    struct cli_answer answer;
    struct bytes args = {0};
    int code;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0); /* of whoever asks */
    cbor_put_uint(&args, call);
    code = cli_read(cli, "call", &args, &answer);
    *waits = code == EXIT_OK &&
             render_text(answer.reply.result, answer.reply.result_size, "state", state) &&
             strcmp(state, "waiting") == 0;
    cli_answer_fini(&answer);
    return code;
}

/* Until there is an answer or the time is over: EXIT_WAITING. */
static int call_wait(struct cli *cli, uint64_t call, uint64_t wait_s)
{
    struct clock_source clock = clock_system();
    uint64_t until_us = clock.now_us(clock.context) + wait_s * 1000000;
    uint64_t pause_us = ASK_US_FIRST;
    bool waits = true;

    for (;;) {
        uint64_t now_us;
        int code = call_look(cli, call, &waits);

        if (code != EXIT_OK || !waits)
            return code;
        now_us = clock.now_us(clock.context);
        if (now_us >= until_us)
            return EXIT_WAITING;
        call_pause(pause_us < until_us - now_us ? pause_us : until_us - now_us);
        pause_us = pause_us * 2 < ASK_US_MAX ? pause_us * 2 : ASK_US_MAX;
    }
}

static int call_still_waits(const struct cli *cli, uint64_t call, int code)
{
    if (code == EXIT_WAITING && cli->args.given[OPT_JSON])
        printf("{\"call\":%" PRIu64 ",\"state\":\"waiting\"}\n", call);
    if (code == EXIT_MISSING)
        return code;
    return cli_fail((enum exit_code)code,
                    "call %" PRIu64 " was made, and its answer was not taken: `serai agent call "
                    "--again %" PRIu64 "` takes it, and sends nothing and pays nothing again",
                    call, call);
}

static int call_take(struct cli *cli, struct calling *calling)
{
    struct bytes args = {0};
    int code;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, calling->call);
    cbor_put_text(&args, cli_value(cli, OPT_AS, ""));
    code = cli_signed_show(cli, "call.take", &args, calling_show, calling);
    return code == EXIT_OK ? (int)calling->code : code;
}

/* ---- the commands ---- */

static int call_read_options(const struct cli *cli, struct calling *calling, uint64_t *wait_s)
{
    int code = EXIT_OK;

    *wait_s = WAIT_S;
    if (cli->args.given[OPT_TIMEOUT])
        code = cli_number(cli->args.values[OPT_TIMEOUT], "--timeout", wait_s);
    if (code == EXIT_OK && *wait_s > WAIT_S_MAX)
        code = cli_fail(EXIT_USAGE, "--timeout: at most %d seconds", WAIT_S_MAX);
    if (code == EXIT_OK && cli->args.given[OPT_AGAIN])
        code = cli_number(cli->args.values[OPT_AGAIN], "--again", &calling->call);
    if (code == EXIT_OK && cli->args.given[OPT_AGAIN] &&
        (cli->args.operand_count > 0 || cli->args.given[OPT_MONEY]))
        code = cli_fail(EXIT_USAGE, "--again sends nothing: it takes no words and no --money");
    return code;
}

int cmd_agent_call(struct cli *cli)
{
    struct calling calling = {.code = EXIT_OK};
    uint64_t wait_s;
    int code = call_read_options(cli, &calling, &wait_s);

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
        return calling.code;
    /* In the books of a site at rest no agent runs, so what was asked just now waits. */
    if (cli->args.given[OPT_OFFLINE] && !cli->args.given[OPT_AGAIN])
        return call_still_waits(cli, calling.call, EXIT_WAITING);
    code = call_wait(cli, calling.call, wait_s);
    if (code != EXIT_OK)
        return call_still_waits(cli, calling.call, code);
    return call_take(cli, &calling);
}

/* ---- upgrades ---- */

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
    int code = call_read_options(cli, &calling, &wait_s);

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
        code = call_wait(cli, calling.call, wait_s);
    if (code != EXIT_OK || cli->args.given[OPT_OFFLINE])
        return call_still_waits(cli, calling.call, code != EXIT_OK ? code : EXIT_WAITING);
    code = call_take(cli, &calling);
    if (code != EXIT_OK && code != (int)calling.code)
        return code;
    return agent == 0 ? code : upgrade_tell(cli, agent, &calling);
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
