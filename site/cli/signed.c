#include "site/cli/signed.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "site/cli/ask.h"
#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/offline.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/site_key.h"
#include "site/cli/who.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

/* A signed command: who signs, for which site, and what it is. */
struct signing {
    struct cli *cli;
    struct keyfile *key;
    const char *path; /* of the key */
    uint8_t site[CONTROL_KEY_BYTES];
    const char *command;
    /* Prints the result; NULL: as every command's. */
    void (*show)(struct cli *cli, const struct control_reply *reply, void *context);
    void *context;
};

/* Where an amount and what it is about stand in the arguments of a command; -1: nowhere. */
static const struct about {
    const char *command;
    int subject;
    int amount;
} abouts[] = {
    {"money.in", 0, 1},    {"money.out", 0, 1},    {"agent.fund", 0, 1},
    {"agent.send", 0, 2},  {"agent.deploy", 0, 3}, {"agent.withdraw", 0, 1},
    {"link.settle", 0, 1}, {"agent.call", 0, 3},   {"agent.upgrade", 0, -1},
    {NULL, 0, -1},
};

/* The command of the program that signs it: "agent.fund" is `agent fund`.  Ends with no group. */
static const struct cli_command *signed_command_of(const char *name)
{
    const struct cli_command *command = cli_commands;
    char own[CONTROL_COMMAND_BYTES_MAX + 1];

    for (; command->group != NULL; command++) {
        (void)snprintf(own, sizeof own, "%s.%s", command->group, command->verb);
        if (strcmp(own, name) == 0 || (command->also != NULL && strcmp(command->also, name) == 0))
            break;
    }
    return command;
}

/* Write "agent.fund 4098 1.000000000 EUR, number 7", which names the request to a person. */
static void signed_describe(const struct cli *cli, const struct control_request *request, FILE *out)
{
    const struct about *about = abouts;
    struct cbor in;
    uint64_t count;

    while (about->command != NULL && strcmp(about->command, request->command) != 0)
        about++;
    fputs(request->command, out);
    cbor_init(&in, request->args, request->args_size);
    count = cbor_get_array_any(&in, UINT8_MAX);
    for (int i = 0; i < (int)count; i++) {
        size_t size;
        struct money amount;
        char text[RENDER_TEXT_BYTES] = "";

        if (i == about->amount && cbor_peek(&in) == CBOR_UINT &&
            money_from_nanos(&amount, cbor_get_uint(&in, UINT64_MAX)) == ST_OK)
            fprintf(out, " %s %s", money_print(text, amount), cli->currency);
        else if (i == about->subject && cbor_peek(&in) == CBOR_UINT)
            fprintf(out, " %" PRIu64, cbor_get_uint(&in, UINT64_MAX));
        else if (i == about->subject && cbor_peek(&in) == CBOR_TEXT) {
            cbor_get_text(&in, text, sizeof text - 1);
            fprintf(out, " %s", text);
        } else
            (void)cbor_get_raw(&in, &size);
    }
    fprintf(out, ", number %" PRIu64, request->number);
}

/*
 * Write what signed_describe() writes into `text`; empty when there is no memory.  Returns `text`.
 */
static char *signed_described(const struct cli *cli, const struct control_request *request,
                              char text[RENDER_TEXT_BYTES])
{
    FILE *out = fmemopen(text, RENDER_TEXT_BYTES, "w");

    text[0] = '\0';
    if (out == NULL)
        return text;
    signed_describe(cli, request, out);
    (void)!fclose(out); /* memory; what does not fit is not shown */
    text[RENDER_TEXT_BYTES - 1] = '\0';
    return text;
}

static int signed_unknown(const struct fault *fault)
{
    return cli_fail(EXIT_UNKNOWN,
                    "%s: whether it was done is not known. Run the same command with --retry: it "
                    "asks for the first answer and never does it twice",
                    fault->text);
}

/*
 * The request reached another site, where it is worth nothing.  It stays kept: whether the right
 * site has seen it too is not known.
 */
static int signed_still_kept(const struct fault *fault)
{
    (void)cli_fault(fault);
    return cli_fail(EXIT_DENIED, "the request is kept: --retry asks the right site for its answer, "
                                 "--forget gives it up");
}

/*
 * Show the answer of a request that was done.  Whatever goes wrong from here on must not look as if
 * the request had not been done, so it has an exit code of its own.
 */
static int signed_show_done(const struct signing *by, const struct cli_answer *answer)
{
    struct fault fault = {0};

    if (!by->cli->asks_on)
        cli_offline_end(by->cli); /* a reader that stalls holds up no daemon that is started now */
    if (by->show != NULL)
        by->show(by->cli, &answer->reply, by->context);
    else
        cli_print_result(by->cli, answer);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return cli_fail(EXIT_NOT_SHOWN,
                        "it was done, but its answer could not be shown (%s): run the same "
                        "command with --retry, which shows it again and does nothing",
                        strerror(errno));
    /* Only now that the person has the answer is there nothing left for --retry to fetch. */
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        (void)cli_fail(EXIT_OK, "it was done, but is still kept as if it waited for its answer: %s",
                       fault.text);
    return EXIT_OK;
}

/*
 * Send what is kept and wait, signals caught.  *sent says whether any of it may have arrived: a
 * daemon that could not be reached has done nothing.
 */
static enum status signed_send(const struct signing *by, const struct bytes *envelope,
                               struct cli_answer *answer, bool *sent, struct fault *fault)
{
    enum status status;

    client_catch_signals();
    status = cli_exchange(by->cli, envelope, answer, sent, fault);
    client_release_signals();
    return status;
}

/* ---- what is kept ---- */

/*
 * Look whether a request of this key waits for an answer of this site: then *found, and it is read
 * and decoded.  The file may have been edited or copied, so it is checked as bytes from outside
 * are. Prints what is wrong and returns the exit code.
 */
static int kept_load(const struct signing *by, struct bytes *envelope,
                     struct control_request *request, bool *found)
{
    struct fault fault = {0};
    enum status status = keyfile_pending_load(by->key, by->site, envelope, &fault);

    *found = status == ST_OK;
    if (status == ST_MISSING)
        return EXIT_OK;
    if (status == ST_OK)
        status = control_decode(request, envelope->data, envelope->size, &fault);
    if (status == ST_OK && (memcmp(request->site_key, by->site, CONTROL_KEY_BYTES) != 0 ||
                            memcmp(request->key, keyfile_public(by->key), CONTROL_KEY_BYTES) != 0))
        status = fault_set(&fault, ST_INVALID, "it is of another key or site");
    if (status != ST_OK && *found)
        return cli_fail(EXIT_BAD_DATA,
                        "%s.pending holds a request that is not as it was made (%s). It may have "
                        "been done: look at the books, then move the file away",
                        by->path, fault.text);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

static int kept_nothing(const struct signing *by)
{
    uint8_t other[CONTROL_KEY_BYTES];
    char hex[2 * CONTROL_KEY_BYTES + 1];

    if (!keyfile_pending_elsewhere(by->key, by->site, other))
        return cli_fail(EXIT_MISSING,
                        "no request of this key waits for an answer of this site; `serai agent ls` "
                        "and `serai customer ls` show what is");
    return cli_fail(EXIT_MISSING,
                    "no request of this key waits for an answer of this site; one waits for the "
                    "site %s: say its directory with --site",
                    hex_print(hex, other, sizeof other));
}

/*
 * Send the same bytes again (docs/control.md, "Once, and only once").  A denial says nothing of
 * what became of the request: it may have been done when it was new.
 */
static int kept_retry(const struct signing *by, const struct bytes *envelope,
                      struct cli_answer *answer)
{
    struct fault fault = {0};
    bool sent;
    enum status status = signed_send(by, envelope, answer, &sent, &fault);
    int code;

    if (status == ST_UNKNOWN)
        return signed_unknown(&fault);
    if (status != ST_OK)
        return sent ? signed_still_kept(&fault) : cli_no_daemon(by->cli, &fault);
    if (answer->reply.status == CONTROL_DONE)
        return signed_show_done(by, answer);
    code = cli_refused(&answer->reply);
    if (answer->reply.status == CONTROL_DENIED)
        return cli_fail((enum exit_code)code,
                        "what became of the kept request is not known by that, and it is still "
                        "kept: look at the books; --forget gives it up");
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        return cli_fault(&fault);
    return code;
}

static int kept_forget(const struct signing *by, const char *what)
{
    struct fault fault = {0};

    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        return cli_fault(&fault);
    return cli_fail(EXIT_OK,
                    "forgotten: %s. It may have been done, and --retry cannot show its answer any "
                    "more: look at the books before you do it again",
                    what);
}

/* --retry and --forget: ask for the answer of the request that is kept, or give it up. */
static int kept_finish(const struct signing *by, struct cli_answer *answer)
{
    struct bytes envelope = {0};
    struct control_request request;
    char what[RENDER_TEXT_BYTES];
    bool found;
    int code = kept_load(by, &envelope, &request, &found);

    if (code != EXIT_OK)
        goto out;
    if (!found)
        code = kept_nothing(by);
    else if (signed_command_of(request.command) != by->cli->args.command)
        code =
            cli_fail(EXIT_USAGE, "the request that waits for an answer is %s; this command is %s",
                     signed_described(by->cli, &request, what), by->command);
    else if (by->cli->args.given[OPT_FORGET])
        code = kept_forget(by, signed_described(by->cli, &request, what));
    else {
        /* The words of this command may be others: say whose answer comes. */
        (void)cli_fail(EXIT_OK, "asking for the answer to %s",
                       signed_described(by->cli, &request, what));
        code = kept_retry(by, &envelope, answer);
    }
out:
    bytes_fini(&envelope);
    return code;
}

/*
 * Refuse a new request until what became of the last one is known: it may be the same wish a second
 * time.
 */
static int kept_check_nothing(const struct signing *by)
{
    struct bytes envelope = {0};
    struct control_request request;
    char what[RENDER_TEXT_BYTES];
    bool found;
    int code = kept_load(by, &envelope, &request, &found);

    if (code == EXIT_OK && found) {
        const struct cli_command *command = signed_command_of(request.command);

        code = cli_fail(EXIT_TRY_AGAIN,
                        "nothing was sent: an earlier request waits for its answer, and may have "
                        "been done: %s. `serai %s %s --retry%s` asks for its answer, --forget "
                        "in its place gives it up",
                        signed_described(by->cli, &request, what),
                        command->group != NULL ? command->group : request.command,
                        command->group != NULL ? command->verb : "",
                        by->cli->offline != NULL ? " --offline" : "");
    }
    bytes_fini(&envelope);
    return code;
}

/* ---- a new one ---- */

/*
 * Sign with the next number, keep it, send it.  On EXIT_OK an answer came, and the request is kept
 * still.
 */
static int new_send(const struct signing *by, const struct bytes *args, struct cli_answer *answer)
{
    struct bytes envelope = {0};
    struct fault fault = {0};
    uint64_t number = 0;
    bool sent = false;
    enum status status = keyfile_next_number(by->key, by->site, &number, &fault);

    if (status == ST_OK)
        control_sign(&envelope, by->site, keyfile_public(by->key), keyfile_secret(by->key), number,
                     by->command, args);
    if (envelope.failed || envelope.size > CONTROL_BYTES_MAX) {
        bytes_fini(&envelope);
        return cli_fail(EXIT_BAD_DATA, "the request is longer than %d bytes", CONTROL_BYTES_MAX);
    }
    /* Number and envelope are durable before the first byte leaves: a crash cannot lose either. */
    if (status == ST_OK)
        status = keyfile_pending_save(by->key, by->site, &envelope, &fault);
    if (status != ST_OK) {
        bytes_fini(&envelope);
        (void)cli_fault(&fault);
        return cli_fail(status == ST_INVALID ? EXIT_BAD_DATA : EXIT_IO, "nothing was sent");
    }
    status = signed_send(by, &envelope, answer, &sent, &fault);
    bytes_fini(&envelope);
    if (status == ST_OK)
        return EXIT_OK;
    if (sent && status != ST_UNKNOWN)
        return signed_still_kept(&fault);
    if (sent)
        return signed_unknown(&fault);
    (void)!keyfile_pending_drop(by->key, by->site, NULL); /* else --retry sends it: safe too */
    return cli_no_daemon(by->cli, &fault);
}

/* Take the answer to a new request.  One that was not done is not kept: nothing is in doubt. */
static int new_take_answer(const struct signing *by, const struct cli_answer *answer)
{
    struct fault fault = {0};

    if (answer->reply.status == CONTROL_DONE)
        return signed_show_done(by, answer);
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        (void)cli_fault(&fault);
    return cli_refused(&answer->reply);
}

/*
 * Whether a new request was denied because its number is not above the last one, as happens with a
 * key that was copied or that two machines use.  The denial says the last number, which is kept.
 * A request that is denied when it is new was not done, so it may be signed again.
 */
static bool new_is_behind(const struct signing *by, const struct cli_answer *answer)
{
    const struct control_reply *reply = &answer->reply;
    struct fault fault = {0};
    uint64_t last;

    if (reply->status != CONTROL_DENIED ||
        !render_number(reply->result, reply->result_size, "number", &last))
        return false;
    return keyfile_raise_number(by->key, by->site, last, &fault) == ST_OK;
}

static int new_do(const struct signing *by, const struct bytes *args, struct cli_answer *answer)
{
    int code = kept_check_nothing(by);

    if (code == EXIT_OK)
        code = new_send(by, args, answer);
    if (code == EXIT_OK && new_is_behind(by, answer)) {
        cli_answer_fini(answer);
        *answer = (struct cli_answer){0};
        code = new_send(by, args, answer);
    }
    return code == EXIT_OK ? new_take_answer(by, answer) : code;
}

/* Find the key that signs: the one that is given, or the operator's in the site's directory. */
static int signing_find_path(const struct cli *cli, char path[FILE_PATH_BYTES])
{
    const char *given = cli_key_path(cli);
    struct fault fault = {0};

    if (given == NULL && cli->by_socket)
        return cli_fail(EXIT_USAGE, "%s is a socket, with no operator's key next to it: --key FILE",
                        cli->dir);
    if (given == NULL)
        return file_path(path, cli->dir, SITE_OPERATOR, &fault) == ST_OK ? EXIT_OK
                                                                         : cli_fault(&fault);
    if (strlen(given) >= FILE_PATH_BYTES)
        return cli_fail(EXIT_USAGE, "the path of the key is too long");
    memcpy(path, given, strlen(given) + 1);
    return EXIT_OK;
}

int cli_signing_key(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES])
{
    char path[FILE_PATH_BYTES];
    struct keyfile *file = NULL;
    struct fault fault = {0};
    int code = signing_find_path(cli, path);

    if (code != EXIT_OK)
        return code;
    if (keyfile_open(&file, path, &fault) != ST_OK)
        return cli_fault(&fault);
    memcpy(key, keyfile_public(file), CONTROL_KEY_BYTES);
    keyfile_close(file);
    return EXIT_OK;
}

/* Open and lock the key, and find the site that it signs for.  `path` must outlive *by. */
static int signing_open(struct signing *by, char path[FILE_PATH_BYTES])
{
    struct fault fault = {0};
    int code = signing_find_path(by->cli, path);

    if (code != EXIT_OK)
        return code;
    by->path = path;
    if (keyfile_open(&by->key, path, &fault) != ST_OK)
        return cli_fault(&fault);
    return cli_site_key(by->cli, path, by->site);
}

int cli_signed_print(struct cli *cli, const char *command, struct bytes *args)
{
    return cli_signed_show(cli, command, args, NULL, NULL);
}

int cli_signed_show(struct cli *cli, const char *command, struct bytes *args,
                    void (*show)(struct cli *cli, const struct control_reply *reply, void *context),
                    void *context)
{
    char path[FILE_PATH_BYTES];
    struct signing by = {.cli = cli, .command = command, .show = show, .context = context};
    struct cli_answer answer = {0};
    int code = signing_open(&by, path);

    if (code == EXIT_OK)
        code = new_do(&by, args, &answer);
    keyfile_close(by.key);
    cli_answer_fini(&answer);
    bytes_fini(args);
    return code;
}

int cli_kept_print(struct cli *cli)
{
    return cli_kept_show(cli, NULL, NULL);
}

int cli_kept_show(struct cli *cli,
                  void (*show)(struct cli *cli, const struct control_reply *reply, void *context),
                  void *context)
{
    char command[CONTROL_COMMAND_BYTES_MAX + 1];
    char path[FILE_PATH_BYTES];
    struct signing by = {.cli = cli, .command = command, .show = show, .context = context};
    struct cli_answer answer = {0};
    int code;

    (void)snprintf(command, sizeof command, "%s.%s", cli->args.command->group,
                   cli->args.command->verb);
    code = signing_open(&by, path);
    if (code == EXIT_OK)
        code = kept_finish(&by, &answer);
    keyfile_close(by.key);
    cli_answer_fini(&answer);
    return code;
}
