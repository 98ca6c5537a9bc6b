/*
 * serai customer ls, agent ls, call ls, cap ls, link ls | invites | settlements, heap ls,
 * code ls, price show
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"

/* A column of a table: a field of each item, and its header. */
struct column {
    const char *key;
    const char *header;
};

/* A list as it is shown: a table, printed at the end when all widths are known, or JSON at once. */
struct view {
    const struct column *columns;
    size_t count;
    bool json;
    struct table_text *table;
};

/* One item as a row: fields that it lacks are empty cells, as older sites have fewer. */
static bool view_show_item(void *context, const uint8_t *item, size_t size)
{
    struct view *view = context;
    char texts[TABLE_COLUMNS_MAX][RENDER_TEXT_BYTES];
    const char *cells[TABLE_COLUMNS_MAX];

    if (view->json) {
        render_json(stdout, item, size);
        putchar('\n');
        return true;
    }
    for (size_t i = 0; i < view->count; i++) {
        (void)!render_text(item, size, view->columns[i].key, texts[i]); /* missing: empty */
        cells[i] = texts[i];
    }
    table_text_row(view->table, cells);
    return true;
}

static void view_begin(struct view *view, const struct cli *cli, const struct column *columns,
                       size_t count)
{
    const char *headers[TABLE_COLUMNS_MAX];

    *view = (struct view){.columns = columns, .count = count, .json = cli->args.given[OPT_JSON]};
    for (size_t i = 0; i < count; i++)
        headers[i] = columns[i].header;
    if (!view->json)
        view->table = table_text_new(headers, count);
}

/* Show a paged list.  What came before a failure is shown, too. */
static int view_show_list(struct cli *cli, const struct cli_list *list,
                          const struct column *columns, size_t count)
{
    struct view view;
    int code;

    view_begin(&view, cli, columns, count);
    code = cli_list_each(cli, list, view_show_item, &view);
    table_text_print(view.table, stdout);
    return code;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

int cmd_customer_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"account", "CUSTOMER"}, {"name", "NAME"},   {"balance", "BALANCE"}, {"agents", "AGENTS"},
        {"share", "SHARE"},      {"state", "STATE"}, {"key", "KEY"},
    };
    const struct cli_list list = {
        .command = "customers", .cursor_key = "account", .limit = UINT64_MAX};

    return view_show_list(cli, &list, columns, COUNT(columns));
}

/* ---- those of one customer ---- */

/* The customer that has a key. */
struct key_search {
    char key[2 * CONTROL_KEY_BYTES + 1];
    uint64_t account; /* 0: none has */
};

static bool key_compare(void *context, const uint8_t *item, size_t size)
{
    struct key_search *search = context;
    char key[RENDER_TEXT_BYTES];

    if (render_text(item, size, "key", key) && strcmp(key, search->key) == 0)
        (void)!render_number(item, size, "account", &search->account); /* else 0 */
    return search->account == 0;
}

/* Find whose the key is that would sign: the one that is given, else the operator's. */
static int mine_find(struct cli *cli, uint64_t *account)
{
    const struct cli_list list = {
        .command = "customers", .cursor_key = "account", .limit = UINT64_MAX};
    struct key_search search = {.account = 0};
    uint8_t key[CONTROL_KEY_BYTES];
    int code = cli_signing_key(cli, key);

    if (code != EXIT_OK)
        return code;
    (void)hex_print(search.key, key, sizeof key);
    code = cli_list_each(cli, &list, key_compare, &search);
    if (code == EXIT_OK && search.account == 0)
        return cli_fail(EXIT_MISSING, "no customer of this site has that key");
    *account = search.account;
    return code;
}

/* A list of which only the items of one customer are shown. */
struct mine {
    struct view *view;
    uint64_t customer;
};

static bool mine_show_item(void *context, const uint8_t *item, size_t size)
{
    struct mine *mine = context;
    uint64_t customer = 0;

    (void)!render_number(item, size, "customer", &customer); /* missing: nobody's */
    return customer != mine->customer || view_show_item(mine->view, item, size);
}

/* view_show_list() of the items whose `customer` is whoever's the key is. */
static int view_show_mine(struct cli *cli, const struct cli_list *list,
                          const struct column *columns, size_t count)
{
    struct view view;
    struct mine mine = {.view = &view};
    int code = mine_find(cli, &mine.customer);

    if (code != EXIT_OK)
        return code;
    view_begin(&view, cli, columns, count);
    code = cli_list_each(cli, list, mine_show_item, &mine);
    table_text_print(view.table, stdout);
    return code;
}

int cmd_agent_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"id", "AGENT"},      {"name", "NAME"},       {"customer", "CUSTOMER"},
        {"state", "STATE"},   {"balance", "BALANCE"}, {"memory_bytes", "BYTES"},
        {"inbox", "WAITING"}, {"reason", "REASON"},
    };
    const struct cli_list list = {.command = "agents", .cursor_key = "id", .limit = UINT64_MAX};

    return (cli->args.given[OPT_MINE] ? view_show_mine : view_show_list)(cli, &list, columns,
                                                                         COUNT(columns));
}

int cmd_link_invites(struct cli *cli)
{
    static const struct column columns[] = {
        {"invitation", "INVITATION"}, {"name", "NAME"},     {"state", "STATE"},
        {"limit", "LIMIT"},           {"left_s", "LEFT S"}, {"peer", "PEER"},
    };
    const struct cli_list list = {
        .command = "invitations", .cursor_key = "invitation", .limit = UINT64_MAX};

    return view_show_list(cli, &list, columns, COUNT(columns));
}

int cmd_link_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"interface", "INTERFACE"}, {"name", "NAME"},       {"state", "STATE"},
        {"we_owe", "WE OWE"},       {"it_owes", "IT OWES"}, {"limit", "LIMIT"},
        {"endpoint", "ENDPOINT"},   {"reason", "REASON"},
    };
    const struct cli_list list = {
        .command = "links", .cursor_key = "interface", .limit = UINT64_MAX};

    return view_show_list(cli, &list, columns, COUNT(columns));
}

/* A list of what one customer holds: the one that is named, else whoever asks. */
static int view_show_desk(struct cli *cli, struct cli_list *list, const struct column *columns,
                          size_t count)
{
    int code = EXIT_OK;

    list->has_subject = true;
    list->limit = UINT64_MAX;
    if (cli->args.given[OPT_CUSTOMER])
        code = cli_customer(cli, cli->args.values[OPT_CUSTOMER], &list->subject);
    return code == EXIT_OK ? view_show_list(cli, list, columns, count) : code;
}

int cmd_call_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"call", "CALL"},   {"state", "STATE"},    {"size", "BYTES"},
        {"money", "MONEY"}, {"cap_count", "CAPS"}, {"why", "WHY"},
    };
    struct cli_list list = {.command = "calls", .cursor_key = "call"};

    return view_show_desk(cli, &list, columns, COUNT(columns));
}

int cmd_cap_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"slot", "SLOT"}, {"name", "NAME"}, {"kind", "KIND"}, {"state", "STATE"}};
    struct cli_list list = {.command = "caps", .cursor_key = "slot"};

    return view_show_desk(cli, &list, columns, COUNT(columns));
}

int cmd_heap_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"serial", "SERIAL"}, {"agent", "AGENT"}, {"kind", "KIND"}, {"deposit", "DEPOSIT"}};
    const struct cli_list list = {.command = "heap", .cursor_key = "serial", .limit = UINT64_MAX};

    return view_show_list(cli, &list, columns, COUNT(columns));
}

int cmd_code_ls(struct cli *cli)
{
    static const struct column columns[] = {
        {"code", "CODE"}, {"bytes", "BYTES"}, {"held", "HELD"},        {"users", "USERS"},
        {"fuel", "FUEL"}, {"tier", "TIER"},   {"reason", "WHY NOT 1"},
    };
    const struct cli_list list = {.command = "codes", .cursor_key = "cursor", .limit = UINT64_MAX};

    return view_show_list(cli, &list, columns, COUNT(columns));
}

/* As view_show_item(), for render_each(). */
static void view_show_each(void *context, const uint8_t *item, size_t size)
{
    (void)!view_show_item(context, item, size); /* always goes on */
}

/* Show a list that is one answer; takes the bytes of `args`. */
static int view_show_answer(struct cli *cli, const char *command, struct bytes *args,
                            const struct column *columns, size_t count)
{
    struct cli_answer answer;
    struct view view;
    int code = cli_read(cli, command, args, &answer);

    if (code == EXIT_OK) {
        view_begin(&view, cli, columns, count);
        render_each(answer.reply.result, answer.reply.result_size, view_show_each, &view);
        table_text_print(view.table, stdout);
    }
    cli_answer_fini(&answer);
    return code;
}

int cmd_price_show(struct cli *cli)
{
    static const struct column columns[] = {{"key", "KEY"}, {"price", "VALUE"}, {"unit", "UNIT"}};
    struct bytes args = {0};

    if (cli->args.given[OPT_ID])
        return cmd_price_show_kept(cli);
    cbor_put_array(&args, 0);
    return view_show_answer(cli, "prices", &args, columns, COUNT(columns));
}

int cmd_link_settlements(struct cli *cli)
{
    static const struct column columns[] = {
        {"settlement", "SETTLEMENT"},
        {"payer", "PAYER"},
        {"amount", "AMOUNT"},
        {"state", "STATE"},
        {"by", "BY"},
        {"reference", "REFERENCE"},
        {"todo", "TO DO"},
    };
    char name[CLI_LINK_BYTES];
    struct bytes args = {0};
    int code = cli_link(cli, cli->args.operands[0], name);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    return view_show_answer(cli, "settlements", &args, columns, COUNT(columns));
}
