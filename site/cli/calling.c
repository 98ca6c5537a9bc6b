/* Waiting for an answer, taking it, and showing what came back. */
#include "site/cli/calling.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/follow.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

enum {
    WAIT_S = 30, /* without --timeout */
    WAIT_S_MAX = 7 * 24 * 3600,
    ASK_US_FIRST = 2000, /* from one look to the next; twice as long each time, up to */
    ASK_US_MAX = 200000,
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

/* The money that came, in the currency; false: none came. */
static bool answer_money(const struct control_reply *reply, char money[RENDER_TEXT_BYTES])
{
    return render_text(reply->result, reply->result_size, "money", money) &&
           strspn(money, "0.") != strlen(money);
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
    if (answer_money(reply, money)) {
        render_escaped(stdout, money);
        printf(" %s\n", cli->currency);
    }
    render_each(reply->result, reply->result_size, answer_show_cap, NULL);
}

/*
 * Why it failed: how the site saw it, or the code and the reason that the agent gave; and what came
 * back.
 */
static void answer_show_failure(const struct cli *cli, const struct control_reply *reply,
                                const struct calling *calling)
{
    char money[RENDER_TEXT_BYTES];
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
    if (answer_money(reply, money))
        fprintf(stderr, "serai: %s %s came back\n", money, cli->currency);
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
        answer_show_failure(cli, reply, calling);
}

void calling_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    struct calling *calling = context;
    char state[RENDER_TEXT_BYTES];

    (void)!render_number(reply->result, reply->result_size, "call", &calling->call);
    if (render_text(reply->result, reply->result_size, "module", state))
        (void)snprintf(calling->module, sizeof calling->module, "%.*s", 2 * HASH_BYTES, state);
    if (!render_text(reply->result, reply->result_size, "state", state))
        return;
    calling->taken = true;
    answer_show(cli, reply, calling);
}

/* ---- waiting ---- */

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
int calling_wait(struct cli *cli, uint64_t call, uint64_t wait_s)
{
    struct follow follow;
    bool waits = true;
    int code = call_look(cli, call, &waits);

    follow_begin(&follow, wait_s, ASK_US_FIRST, ASK_US_MAX);
    while (code == EXIT_OK && waits) {
        if (!follow_pause(&follow))
            return EXIT_WAITING;
        code = call_look(cli, call, &waits);
    }
    return code;
}

int calling_still_waits(const struct cli *cli, uint64_t call, int code)
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

int calling_take(struct cli *cli, struct calling *calling)
{
    struct bytes args = {0};
    int code;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, calling->call);
    cbor_put_text(&args, cli_value(cli, OPT_AS, ""));
    code = cli_signed_show(cli, "call.take", &args, calling_show, calling);
    return code == EXIT_OK ? (int)calling->code : code;
}

int calling_options(const struct cli *cli, struct calling *calling, uint64_t *wait_s)
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
