/* Requests to the daemon, and the promise that a signed one is never made twice. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

enum { PAGE_ITEMS = 256 }; /* as many as the daemon gives at once */

void cli_answer_fini(struct cli_answer *answer)
{
    bytes_fini(&answer->bytes);
}

static int no_daemon(const struct cli *cli, const struct fault *fault)
{
    if (fault->status == ST_MISSING && cli->by_socket)
        return cli_fail(EXIT_NO_DAEMON, "%s", fault->text);
    if (fault->status == ST_MISSING)
        return cli_fail(EXIT_NO_DAEMON, "%s; start it: serai site run --site %s", fault->text,
                        cli->dir);
    return cli_fault(fault);
}

/* An answer of another site than the one that is meant says nothing. */
static enum status check_answerer(const struct cli *cli, const uint8_t site[CONTROL_KEY_BYTES],
                                  struct fault *fault)
{
    uint8_t meant[CONTROL_KEY_BYTES];
    char its[2 * CONTROL_KEY_BYTES + 1];
    char ours[2 * CONTROL_KEY_BYTES + 1];
    bool known;
    enum status status = cli_meant_site(cli, meant, &known, fault);

    if (status != ST_OK || !known || memcmp(site, meant, CONTROL_KEY_BYTES) == 0)
        return status;
    return fault_set(fault, ST_DENIED, "another site answers: the daemon at %s is site %s, not %s",
                     cli->socket, hex_print(its, site, sizeof meant),
                     hex_print(ours, meant, sizeof meant));
}

static enum status ask_daemon(const struct cli *cli, const struct bytes *request,
                              struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES], bool *sent,
                              struct fault *fault)
{
    struct client *client;
    enum status status = client_open(&client, cli->socket, fault);

    *sent = status == ST_OK;
    if (status != ST_OK)
        return status;
    status = client_ask(client, request, answer, site, fault);
    client_close(client);
    return status;
}

/*
 * *sent: a daemon was there, so the request may have reached it.  ST_DENIED: and it is another
 * site's, or its socket is closed to us.
 */
static enum status exchange(const struct cli *cli, const struct bytes *request,
                            struct cli_answer *answer, bool *sent, struct fault *fault)
{
    uint8_t site[CONTROL_KEY_BYTES];
    enum status status;

    *sent = true;
    if (cli->offline != NULL)
        status = cli_offline_ask(cli, request, &answer->bytes, site, fault);
    else
        status = ask_daemon(cli, request, &answer->bytes, site, sent, fault);
    if (status == ST_OK)
        status = check_answerer(cli, site, fault);
    if (status == ST_OK && control_reply_decode(&answer->reply, answer->bytes.data,
                                                answer->bytes.size, fault) != ST_OK)
        status = fault->status = ST_UNKNOWN;
    return status;
}

static int refused(const struct control_reply *reply)
{
    switch (reply->status) {
    case CONTROL_DONE:
        return EXIT_OK;
    case CONTROL_REFUSED:
        return cli_fail(EXIT_REFUSED, "refused: %s", reply->message);
    case CONTROL_BAD_REQUEST:
        return cli_fail(EXIT_BAD_DATA, "bad request: %s", reply->message);
    case CONTROL_MISSING:
        return cli_fail(EXIT_MISSING, "%s", reply->message);
    case CONTROL_TRY_AGAIN:
        return cli_fail(EXIT_TRY_AGAIN, "not now: %s; try again later", reply->message);
    case CONTROL_DENIED:
        return cli_fail(EXIT_DENIED, "denied: %s", reply->message);
    }
    return EXIT_INTERNAL;
}

static int ask_read(struct cli *cli, const struct bytes *request, struct cli_answer *answer)
{
    struct fault fault = {0};
    bool sent;
    enum status status = exchange(cli, request, answer, &sent, &fault);

    if (status == ST_UNKNOWN) /* a read can simply be repeated */
        return cli_fail(EXIT_TRY_AGAIN, "%s; run the command again", fault.text);
    return status == ST_OK ? refused(&answer->reply) : no_daemon(cli, &fault);
}

int cli_read_unsigned(struct cli *cli, const char *command, struct bytes *args,
                      struct cli_answer *answer)
{
    struct bytes request = {0};
    int code;

    *answer = (struct cli_answer){0};
    control_read(&request, command, args);
    code = ask_read(cli, &request, answer);
    bytes_fini(&request);
    bytes_fini(args);
    return code;
}

int cli_read(struct cli *cli, const char *command, struct bytes *args, struct cli_answer *answer)
{
    const char *key_path = cli_value(cli, OPT_SIGN_WITH, cli_value(cli, OPT_KEY, NULL));
    struct bytes request = {0};
    int code;

    if (key_path == NULL)
        return cli_read_unsigned(cli, command, args, answer);
    *answer = (struct cli_answer){0};
    code = cli_sign_read(cli, key_path, command, args, &request);
    if (code == EXIT_OK)
        code = ask_read(cli, &request, answer);
    bytes_fini(&request);
    bytes_fini(args);
    return code;
}

/* ---- printing ---- */

static void print_result(const struct cli *cli, const struct cli_answer *answer)
{
    const struct control_reply *reply = &answer->reply;

    if (cli->args.given[OPT_JSON]) {
        render_json(stdout, reply->result, reply->result_size);
        putchar('\n');
    } else {
        render_fields(stdout, reply->result, reply->result_size, cli->currency);
    }
}

int cli_read_print(struct cli *cli, const char *command, struct bytes *args)
{
    struct cli_answer answer;
    int code = cli_read(cli, command, args, &answer);

    if (code == EXIT_OK)
        print_result(cli, &answer);
    cli_answer_fini(&answer);
    return code;
}

/* ---- signed ---- */

/* A signed command: who signs, for which site, and what it is. */
struct signing {
    struct cli *cli;
    struct keyfile *key;
    const char *path; /* of the key */
    uint8_t site[CONTROL_KEY_BYTES];
    const char *command;
};

/* Where an amount and what it is about stand in the arguments of a command; -1: nowhere. */
static const struct about {
    const char *command;
    int subject;
    int amount;
} abouts[] = {
    {"money.in", 0, 1},     {"money.out", 0, 1},      {"agent.fund", 0, 1}, {"agent.send", 0, 2},
    {"agent.deploy", 0, 3}, {"agent.withdraw", 0, 1}, {NULL, 0, -1},
};

/* "agent.fund 4098 1.000000000 EUR, number 7" */
static void describe(const struct cli *cli, const struct control_request *request, FILE *out)
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

static char *described(const struct cli *cli, const struct control_request *request,
                       char text[RENDER_TEXT_BYTES])
{
    FILE *out = fmemopen(text, RENDER_TEXT_BYTES, "w");

    text[0] = '\0';
    if (out == NULL)
        return text;
    describe(cli, request, out);
    (void)!fclose(out); /* memory; what does not fit is not shown */
    text[RENDER_TEXT_BYTES - 1] = '\0';
    return text;
}

static int unknown(const struct fault *fault)
{
    return cli_fail(EXIT_UNKNOWN,
                    "%s: whether it was done is not known. Run the same command with --retry: it "
                    "asks for the first answer and never does it twice",
                    fault->text);
}

/* It reached another site, where it is worth nothing; who else has seen it is not known. */
static int still_kept(const struct fault *fault)
{
    (void)cli_fault(fault);
    return cli_fail(EXIT_DENIED, "the request is kept: --retry asks the right site for its answer, "
                                 "--forget gives it up");
}

/* It is done: what goes wrong from here on must not look as if it were not. */
static int show_done(const struct signing *by, const struct cli_answer *answer)
{
    struct fault fault = {0};

    cli_offline_end(by->cli); /* a reader that stalls holds up no daemon that is started now */
    print_result(by->cli, answer);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return cli_fail(EXIT_NOT_SHOWN,
                        "it was done, but its answer could not be shown (%s): run the same "
                        "command with --retry, which shows it again and does nothing",
                        strerror(errno));
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        (void)cli_fail(EXIT_OK, "it was done, but is still kept as if it waited for its answer: %s",
                       fault.text);
    return EXIT_OK;
}

/*
 * Send what is kept and wait, signals caught.  *sent tells whether any of it may have arrived: a
 * daemon that could not be reached has done nothing.
 */
static enum status send_kept(const struct signing *by, const struct bytes *envelope,
                             struct cli_answer *answer, bool *sent, struct fault *fault)
{
    enum status status;

    client_catch_signals();
    status = exchange(by->cli, envelope, answer, sent, fault);
    client_release_signals();
    return status;
}

/* ---- what is kept ---- */

/* Whether a request of this key waits for an answer of this site; EXIT_OK, or it is printed. */
static int load_kept(const struct signing *by, struct bytes *envelope,
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

static int nothing_kept(const struct signing *by)
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

/* A denial says nothing of the request that it answers: that may have been done before. */
static int retry_kept(const struct signing *by, const struct bytes *envelope,
                      struct cli_answer *answer)
{
    struct fault fault = {0};
    bool sent;
    enum status status = send_kept(by, envelope, answer, &sent, &fault);
    int code;

    if (status == ST_UNKNOWN)
        return unknown(&fault);
    if (status != ST_OK)
        return sent ? still_kept(&fault) : no_daemon(by->cli, &fault);
    if (answer->reply.status == CONTROL_DONE)
        return show_done(by, answer);
    code = refused(&answer->reply);
    if (answer->reply.status == CONTROL_DENIED)
        return cli_fail((enum exit_code)code,
                        "what became of the kept request is not known by that, and it is still "
                        "kept: look at the books; --forget gives it up");
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        return cli_fault(&fault);
    return code;
}

static int forget_kept(const struct signing *by, const char *what)
{
    struct fault fault = {0};

    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        return cli_fault(&fault);
    return cli_fail(EXIT_OK,
                    "forgotten: %s. It may have been done, and --retry will not tell any more: "
                    "look at the books before you do it again",
                    what);
}

/* --retry and --forget. */
static int settle(const struct signing *by, struct cli_answer *answer)
{
    struct bytes envelope = {0};
    struct control_request request;
    char what[RENDER_TEXT_BYTES];
    bool found;
    int code = load_kept(by, &envelope, &request, &found);

    if (code != EXIT_OK)
        goto out;
    if (!found)
        code = nothing_kept(by);
    else if (strcmp(request.command, by->command) != 0)
        code =
            cli_fail(EXIT_USAGE, "the request that waits for an answer is %s; this command is %s",
                     described(by->cli, &request, what), by->command);
    else if (by->cli->args.given[OPT_FORGET])
        code = forget_kept(by, described(by->cli, &request, what));
    else {
        /* The words of this command may be others: say whose answer comes. */
        (void)cli_fail(EXIT_OK, "asking for the answer to %s", described(by->cli, &request, what));
        code = retry_kept(by, &envelope, answer);
    }
out:
    bytes_fini(&envelope);
    return code;
}

/* A new request waits until what became of the last is known: else it may be the same wish twice.
 */
static int check_nothing_kept(const struct signing *by)
{
    struct bytes envelope = {0};
    struct control_request request;
    char what[RENDER_TEXT_BYTES];
    bool found;
    int code = load_kept(by, &envelope, &request, &found);

    if (code == EXIT_OK && found) {
        size_t group = strcspn(request.command, "."); /* "agent.fund" is `agent fund` */
        const char *verb = request.command + group + (request.command[group] == '.' ? 1 : 0);

        code = cli_fail(EXIT_TRY_AGAIN,
                        "nothing was sent: an earlier request waits for its answer, and may have "
                        "been done: %s. `serai %.*s %s --retry%s` asks for its answer, --forget "
                        "in its place gives it up",
                        described(by->cli, &request, what), (int)group, request.command, verb,
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
static int send_new(const struct signing *by, const struct bytes *args, struct cli_answer *answer)
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
    if (status == ST_OK)
        status = keyfile_pending_save(by->key, by->site, &envelope, &fault);
    if (status != ST_OK) {
        bytes_fini(&envelope);
        (void)cli_fault(&fault);
        return cli_fail(status == ST_INVALID ? EXIT_BAD_DATA : EXIT_IO, "nothing was sent");
    }
    status = send_kept(by, &envelope, answer, &sent, &fault);
    bytes_fini(&envelope);
    if (status == ST_OK)
        return EXIT_OK;
    if (sent && status != ST_UNKNOWN)
        return still_kept(&fault);
    if (sent)
        return unknown(&fault);
    (void)!keyfile_pending_drop(by->key, by->site, NULL); /* else --retry sends it: safe too */
    return no_daemon(by->cli, &fault);
}

/* The answer to a new request: what is not done is not kept. */
static int take_answer(const struct signing *by, const struct cli_answer *answer)
{
    struct fault fault = {0};

    if (answer->reply.status == CONTROL_DONE)
        return show_done(by, answer);
    if (keyfile_pending_drop(by->key, by->site, &fault) != ST_OK)
        (void)cli_fault(&fault);
    return refused(&answer->reply);
}

/*
 * A key that comes from a copy, or that two machines use, does not know how far its numbers are.
 * The denial tells; nothing was done by a request that was denied when it was new.
 */
static bool is_behind(const struct signing *by, const struct cli_answer *answer)
{
    const struct control_reply *reply = &answer->reply;
    struct fault fault = {0};
    uint64_t last;

    if (reply->status != CONTROL_DENIED ||
        !render_number(reply->result, reply->result_size, "number", &last))
        return false;
    return keyfile_raise_number(by->key, by->site, last, &fault) == ST_OK;
}

static int do_new(const struct signing *by, const struct bytes *args, struct cli_answer *answer)
{
    int code = check_nothing_kept(by);

    if (code == EXIT_OK)
        code = send_new(by, args, answer);
    if (code == EXIT_OK && is_behind(by, answer)) {
        cli_answer_fini(answer);
        *answer = (struct cli_answer){0};
        code = send_new(by, args, answer);
    }
    return code == EXIT_OK ? take_answer(by, answer) : code;
}

/* Whose request it is: a key that is given, or the operator's in the site's directory. */
static int signing_path(const struct cli *cli, char path[FILE_PATH_BYTES])
{
    const char *given = cli_value(cli, OPT_SIGN_WITH, cli_value(cli, OPT_KEY, NULL));
    struct fault fault = {0};

    if (given == NULL && cli->by_socket)
        return cli_fail(EXIT_USAGE, "%s is a socket, with no operator's key beside it: --key FILE",
                        cli->dir);
    if (given == NULL)
        return file_path(path, cli->dir, SITE_OPERATOR, &fault) == ST_OK ? EXIT_OK
                                                                         : cli_fault(&fault);
    if (strlen(given) >= FILE_PATH_BYTES)
        return cli_fail(EXIT_USAGE, "the path of the key is too long");
    memcpy(path, given, strlen(given) + 1);
    return EXIT_OK;
}

static int open_key(struct signing *by, char path[FILE_PATH_BYTES])
{
    struct fault fault = {0};
    int code = signing_path(by->cli, path);

    if (code != EXIT_OK)
        return code;
    by->path = path;
    if (keyfile_open(&by->key, path, &fault) != ST_OK)
        return cli_fault(&fault);
    return cli_site_key(by->cli, path, by->site);
}

int cli_signed_print(struct cli *cli, const char *command, struct bytes *args)
{
    char path[FILE_PATH_BYTES];
    struct signing by = {.cli = cli, .command = command};
    struct cli_answer answer = {0};
    int code;

    code = open_key(&by, path);
    if (code == EXIT_OK)
        code = cli->args.given[OPT_RETRY] || cli->args.given[OPT_FORGET]
                   ? settle(&by, &answer)
                   : do_new(&by, args, &answer);
    keyfile_close(by.key);
    cli_answer_fini(&answer);
    bytes_fini(args);
    return code;
}

/* ---- lists ---- */

struct page {
    const struct cli_list *list;
    bool (*visit)(void *context, const uint8_t *item, size_t size);
    void *context;
    uint64_t cursor;
    uint64_t seen;
    uint64_t asked; /* for this page */
    uint64_t items; /* of it */
    bool ended;
};

static void visit_item(void *context, const uint8_t *item, size_t size)
{
    struct page *page = context;
    uint64_t number;

    page->items++;
    if (page->ended || page->seen == page->list->limit)
        return;
    page->seen++;
    /* An item that does not move the cursor would make this go round for ever. */
    if (!render_number(item, size, page->list->cursor_key, &number) || number <= page->cursor)
        page->ended = true;
    else
        page->cursor = number;
    if (!page->visit(page->context, item, size))
        page->ended = true;
}

int cli_list_each(struct cli *cli, const struct cli_list *list,
                  bool (*visit)(void *context, const uint8_t *item, size_t size), void *context)
{
    struct page page = {.list = list, .visit = visit, .context = context, .cursor = list->after};
    int code;

    do {
        uint64_t left = list->limit - page.seen;
        struct bytes args = {0};
        struct cli_answer answer;

        cbor_put_array(&args, list->has_subject ? 3 : 2);
        if (list->has_subject)
            cbor_put_uint(&args, list->subject);
        cbor_put_uint(&args, page.cursor);
        page.asked = left < PAGE_ITEMS ? left : PAGE_ITEMS;
        cbor_put_uint(&args, page.asked);
        page.items = 0;
        code = cli_read(cli, list->command, &args, &answer);
        if (code == EXIT_OK)
            render_each(answer.reply.result, answer.reply.result_size, visit_item, &page);
        cli_answer_fini(&answer);
        /* A short page is the last; a list that grows while it is read must end too. */
        if (page.items < page.asked)
            page.ended = true;
    } while (code == EXIT_OK && !page.ended && page.seen < list->limit);
    return code;
}
