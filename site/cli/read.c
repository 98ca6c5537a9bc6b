#include "site/cli/read.h"

#include <stdio.h>

#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/cli/site_key.h"
#include "site/cli/who.h"

enum { PAGE_ITEMS = 256 }; /* as many as the daemon gives at once */

int cli_read(struct cli *cli, const char *command, struct bytes *args, struct cli_answer *answer)
{
    const char *key_path = cli_key_path(cli);
    struct bytes request = {0};
    int code;

    /* Unsigned reads show all to the daemon's own user, and to others what is public. */
    if (key_path == NULL)
        return cli_read_unsigned(cli, command, args, answer);
    *answer = (struct cli_answer){0};
    code = cli_sign_read(cli, key_path, command, args, &request);
    if (code == EXIT_OK)
        code = cli_ask_read(cli, &request, answer);
    bytes_fini(&request);
    bytes_fini(args);
    return code;
}

/* ---- printing ---- */

void cli_print_result(const struct cli *cli, const struct cli_answer *answer)
{
    cli_print_reply(cli, &answer->reply);
}

void cli_print_reply(const struct cli *cli, const struct control_reply *reply)
{
    if (cli->args.given[OPT_JSON]) {
        render_json_object(stdout, reply->result, reply->result_size);
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
        cli_print_result(cli, &answer);
    cli_answer_fini(&answer);
    return code;
}

/* ---- lists: docs/control.md, "Reads" ---- */

/* A list as it is read, page by page. */
struct paging {
    const struct cli_list *list;
    bool (*visit)(void *context, const uint8_t *item, size_t size);
    void *context;
    uint64_t cursor;
    uint64_t seen;  /* of all pages */
    uint64_t asked; /* for this page */
    uint64_t items; /* of it */
    bool ended;
};

/* Count an item of the page, move the cursor, and pass the item on. */
static void paging_visit(void *context, const uint8_t *item, size_t size)
{
    struct paging *paging = context;
    uint64_t number;

    paging->items++;
    if (paging->ended || paging->seen == paging->list->limit)
        return;
    paging->seen++;
    /* An item that does not move the cursor would bring the same page again without end. */
    if (!render_number(item, size, paging->list->cursor_key, &number) || number <= paging->cursor)
        paging->ended = true;
    else
        paging->cursor = number;
    if (!paging->visit(paging->context, item, size))
        paging->ended = true;
}

int cli_list_each(struct cli *cli, const struct cli_list *list,
                  bool (*visit)(void *context, const uint8_t *item, size_t size), void *context)
{
    struct paging paging = {
        .list = list, .visit = visit, .context = context, .cursor = list->after};
    int code;

    do {
        uint64_t left = list->limit - paging.seen;
        struct bytes args = {0};
        struct cli_answer answer;

        /* docs/control.md, "Reads": the subject if the list has one, the cursor, the limit. */
        cbor_put_array(&args, list->has_subject ? 3 : 2);
        if (list->has_subject)
            cbor_put_uint(&args, list->subject);
        cbor_put_uint(&args, paging.cursor);
        paging.asked = left < PAGE_ITEMS ? left : PAGE_ITEMS;
        cbor_put_uint(&args, paging.asked);
        paging.items = 0;
        code = cli_read(cli, list->command, &args, &answer);
        if (code == EXIT_OK)
            render_each(answer.reply.result, answer.reply.result_size, paging_visit, &paging);
        cli_answer_fini(&answer);
        /* A short page is the last; a list that grows while it is read must end too. */
        if (paging.items < paging.asked)
            paging.ended = true;
    } while (code == EXIT_OK && !paging.ended && paging.seen < list->limit);
    return code;
}
