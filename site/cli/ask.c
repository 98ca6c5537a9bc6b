/* Requests to the daemon, and the promise that a signed one is never made twice. */
#include <sodium.h>
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
    if (fault->status == ST_MISSING)
        return cli_fail(CLI_NO_DAEMON, "%s; start it: serai site run --site %s", fault->text,
                        cli->dir);
    return cli_fault(fault);
}

static enum status exchange(const struct cli *cli, const struct bytes *request,
                            struct cli_answer *answer, struct fault *fault)
{
    struct client *client;
    enum status status = client_open(&client, cli->socket, fault);

    if (status != ST_OK)
        return status;
    status = client_ask(client, request, &answer->bytes, fault);
    client_close(client);
    if (status == ST_OK && control_reply_decode(&answer->reply, answer->bytes.data,
                                                answer->bytes.size, fault) != ST_OK)
        status = fault->status = ST_UNKNOWN;
    return status;
}

static int refused(const struct control_reply *reply)
{
    switch (reply->status) {
    case CONTROL_DONE:
        return CLI_OK;
    case CONTROL_REFUSED:
        return cli_fail(CLI_REFUSED, "refused: %s", reply->message);
    case CONTROL_BAD_REQUEST:
        return cli_fail(CLI_BAD_DATA, "bad request: %s", reply->message);
    case CONTROL_MISSING:
        return cli_fail(CLI_MISSING, "%s", reply->message);
    case CONTROL_TRY_AGAIN:
        return cli_fail(CLI_TRY_AGAIN, "not now: %s; try again later", reply->message);
    case CONTROL_DENIED:
        return cli_fail(CLI_DENIED, "denied: %s", reply->message);
    }
    return CLI_INTERNAL;
}

int cli_read(struct cli *cli, const char *command, struct bytes *args, struct cli_answer *answer)
{
    struct bytes request = {0};
    struct fault fault = {0};
    enum status status;

    *answer = (struct cli_answer){0};
    control_read(&request, command, args);
    status = exchange(cli, &request, answer, &fault);
    bytes_fini(&request);
    bytes_fini(args);
    if (status == ST_UNKNOWN) /* a read can simply be repeated */
        return cli_fail(CLI_TRY_AGAIN, "%s; run the command again", fault.text);
    return status == ST_OK ? refused(&answer->reply) : no_daemon(cli, &fault);
}

/* ---- signed ---- */

/*
 * Send a kept envelope and forget it once it is answered.  Everything before the first byte may
 * have reached the daemon counts as not sent.
 */
static enum status send_kept(const struct cli *cli, struct keyfile *key,
                             const struct bytes *envelope, struct cli_answer *answer,
                             struct fault *fault)
{
    enum status status = exchange(cli, envelope, answer, fault);

    if (status != ST_OK)
        return status;
    return keyfile_pending_drop(key, fault);
}

static int unknown(const struct fault *fault)
{
    return cli_fail(CLI_TRY_AGAIN,
                    "%s; whether it was done is not known: run the same command with --retry, "
                    "which asks for the first answer and never does it twice",
                    fault->text);
}

/* The request that got no answer last time comes first: asked again, not done again. */
static int settle_pending(struct cli *cli, struct keyfile *key, const char *command,
                          struct cli_answer *answer)
{
    struct bytes envelope = {0};
    struct control_request request;
    struct fault fault = {0};
    enum status status = keyfile_pending_load(key, &envelope, &fault);
    bool retry = cli->args.given[OPT_RETRY];
    int code = CLI_OK;

    if (status == ST_MISSING) {
        if (retry)
            code = cli_fail(CLI_MISSING, "no request of this key waits for an answer; run the "
                                         "command without --retry to do it anew");
        goto out;
    }
    if (status == ST_OK)
        status = control_decode(&request, envelope.data, envelope.size, &fault);
    if (status != ST_OK) {
        code = cli_fault(&fault);
        goto out;
    }
    if (retry && strcmp(request.command, command) != 0) {
        code = cli_fail(CLI_USAGE, "the request that waits for an answer is %s, not %s",
                        request.command, command);
        goto out;
    }
    status = send_kept(cli, key, &envelope, answer, &fault);
    if (status == ST_OK && !retry) {
        fprintf(stderr, "serai: the answer to the earlier request %s came now: %s\n",
                request.command,
                answer->reply.status == CONTROL_DONE ? "done" : answer->reply.message);
        cli_answer_fini(answer);
        *answer = (struct cli_answer){0};
    } else if (status != ST_OK) {
        code = status == ST_UNKNOWN ? unknown(&fault) : no_daemon(cli, &fault);
    }
out:
    bytes_fini(&envelope);
    return code;
}

static int send_new(struct cli *cli, struct keyfile *key, const char *command,
                    const struct bytes *args, struct cli_answer *answer)
{
    char path[FILE_PATH_BYTES];
    uint8_t site_key[CONTROL_KEY_BYTES];
    struct bytes envelope = {0};
    struct fault fault = {0};
    uint64_t number;
    enum status status = file_path(path, cli->dir, SITE_KEY_PUBLIC, &fault);

    if (status == ST_OK)
        status = keyfile_read_public(path, site_key, &fault);
    if (status == ST_OK)
        status = keyfile_next_number(key, &number, &fault);
    if (status != ST_OK)
        return cli_fault(&fault);
    control_sign(&envelope, site_key, keyfile_public(key), keyfile_secret(key), number, command,
                 args);
    if (envelope.failed || envelope.size > CONTROL_BYTES_MAX) {
        bytes_fini(&envelope);
        return cli_fail(CLI_BAD_DATA, "the request is longer than %d bytes", CONTROL_BYTES_MAX);
    }
    status = keyfile_pending_save(key, &envelope, &fault);
    if (status == ST_OK)
        status = send_kept(cli, key, &envelope, answer, &fault);
    /* Never sent: then nothing is pending either. */
    if (status == ST_MISSING || status == ST_DENIED)
        (void)!keyfile_pending_drop(key, NULL); /* else it is sent next time, which is safe too */
    bytes_fini(&envelope);
    if (status == ST_UNKNOWN)
        return unknown(&fault);
    return status == ST_OK ? CLI_OK : no_daemon(cli, &fault);
}

int cli_signed(struct cli *cli, const char *command, struct bytes *args, struct cli_answer *answer)
{
    char operator_path[FILE_PATH_BYTES];
    struct keyfile *key = NULL;
    struct fault fault = {0};
    enum status status = file_path(operator_path, cli->dir, SITE_OPERATOR, &fault);
    int code;

    *answer = (struct cli_answer){0};
    if (status == ST_OK)
        status = keyfile_open(
            &key, cli_value(cli, OPT_SIGN_WITH, cli_value(cli, OPT_KEY, operator_path)), &fault);
    if (status != ST_OK) {
        bytes_fini(args);
        return cli_fault(&fault);
    }
    code = settle_pending(cli, key, command, answer);
    if (code == CLI_OK && !cli->args.given[OPT_RETRY])
        code = send_new(cli, key, command, args, answer);
    keyfile_close(key);
    bytes_fini(args);
    return code == CLI_OK ? refused(&answer->reply) : code;
}

/* ---- printing and lists ---- */

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

    if (code == CLI_OK)
        print_result(cli, &answer);
    cli_answer_fini(&answer);
    return code;
}

int cli_signed_print(struct cli *cli, const char *command, struct bytes *args)
{
    struct cli_answer answer;
    int code = cli_signed(cli, command, args, &answer);

    if (code == CLI_OK)
        print_result(cli, &answer);
    cli_answer_fini(&answer);
    return code;
}

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
        if (code == CLI_OK)
            render_each(answer.reply.result, answer.reply.result_size, visit_item, &page);
        cli_answer_fini(&answer);
        /* A short page is the last; a list that grows while it is read must end too. */
        if (page.items < page.asked)
            page.ended = true;
    } while (code == CLI_OK && !page.ended && page.seen < list->limit);
    return code;
}
