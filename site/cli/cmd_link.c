/*
 * serai site key, serai link add | set | ls | show | mark | unmark | freeze | resume | remove | ack
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/endpoint.h"
#include "links/link.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"
#include "site/cli/who.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

enum { LINK_MARK_TEXT_BYTES = 33 }; /* as many as the site keeps, and the end */

int cmd_site_key(struct cli *cli)
{
    char hex[2 * CONTROL_KEY_BYTES + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    int code = cli_site_key(cli, NULL, key);

    if (code != EXIT_OK)
        return code;
    hex_print(hex, key, sizeof key);
    printf(cli->args.given[OPT_JSON] ? "{\"site\":\"%s\"}\n" : "%s\n", hex);
    return EXIT_OK;
}

/* ---- add, set, freeze, resume, remove ---- */

/* The bounds of a name; which bytes it may have is for the site to say. */
static int link_check_name(const char *name, const char *what, size_t bytes_max)
{
    size_t length = strlen(name);

    if (length == 0 || length > bytes_max)
        return cli_fail(EXIT_USAGE, "%s has 1 to %zu bytes", what, bytes_max);
    return EXIT_OK;
}

/* Check --endpoint; an empty one means that the peer dials us. */
static int link_check_endpoint(const char *text)
{
    struct endpoint endpoint;
    struct fault fault;

    if (text[0] == '\0' || endpoint_parse(&endpoint, text, ENDPOINT_DIAL, &fault) == ST_OK)
        return EXIT_OK;
    return cli_fail(EXIT_USAGE, "--endpoint: %s", fault.text);
}

int cmd_link_add(struct cli *cli)
{
    const char *endpoint = cli_value(cli, OPT_ENDPOINT, ""); /* none: the peer dials us */
    struct bytes args = {0};
    uint8_t key[LINK_KEY_BYTES];
    struct money limit;
    int code;

    code = link_check_name(cli->args.operands[0], "the name of a link", LINK_NAME_BYTES_MAX);
    if (code != EXIT_OK)
        return code;
    if (!cli->args.given[OPT_PEER] || !cli->args.given[OPT_DEBT])
        return cli_fail(EXIT_USAGE, "a link wants --key, the peer's (`serai site key` there), "
                                    "and --limit, the most that it may owe this site");
    if (strlen(cli->args.values[OPT_PEER]) != 2 * sizeof key ||
        !hex_parse(key, sizeof key, cli->args.values[OPT_PEER]))
        return cli_fail(EXIT_USAGE,
                        "--key: a site's key has %zu hex digits; to sign with another "
                        "key than the operator's use --sign-with",
                        2 * sizeof key);
    /* A slip in a key would otherwise make a link that never comes up. */
    if (!control_is_key(key))
        return cli_fail(EXIT_USAGE, "--key: that is no site's key, for it is no point of Ed25519; "
                                    "copy the whole of what `serai site key` prints there");
    code = link_check_endpoint(endpoint);
    if (code != EXIT_OK)
        return code;
    code = cli_money(cli->args.values[OPT_DEBT], &limit);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 4);
    cbor_put_text(&args, cli->args.operands[0]);
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_text(&args, endpoint);
    cbor_put_money(&args, limit);
    return cli_signed_print(cli, "link.add", &args);
}

/* Append --limit AMOUNT as a pair of link.set. */
static int link_set_limit(struct cli *cli, struct bytes *args)
{
    struct money limit;
    int code = cli_money(cli->args.values[OPT_DEBT], &limit);

    if (code != EXIT_OK)
        return code;
    cbor_put_text(args, "limit");
    cbor_put_money(args, limit);
    return EXIT_OK;
}

/* Append --soft-limit AMOUNT, or none, as a pair of link.set. */
static int link_set_soft_limit_pair(struct cli *cli, struct bytes *args)
{
    const char *text = cli->args.values[OPT_SOFT_LIMIT];
    struct money limit = money_zero();
    bool none = strcmp(text, "none") == 0;
    int code = none ? EXIT_OK : cli_money(text, &limit);

    if (code != EXIT_OK)
        return code;
    cbor_put_text(args, "soft_limit");
    if (none)
        cbor_put_null(args);
    else
        cbor_put_money(args, limit);
    return EXIT_OK;
}

/* What may leave over a bounded link before it is durable, unless the operator says otherwise. */
enum { FLUSH_MS_DEFAULT = 1000 };
#define FLUSH_AMOUNT_DEFAULT "1.00"

/* Append --durability with the amount and the time of a bounded link as a pair of link.set. */
static int link_set_durability_pair(struct cli *cli, struct bytes *args)
{
    const char *word = cli->args.values[OPT_DURABILITY];
    bool bounded = strcmp(word, "bounded") == 0;
    struct money amount = money_zero();
    uint64_t ms = FLUSH_MS_DEFAULT;
    int code = EXIT_OK;

    if (!bounded && strcmp(word, "strict") != 0)
        return cli_fail(EXIT_USAGE, "--durability is strict or bounded, not \"%s\"", word);
    if (!bounded && (cli->args.given[OPT_FLUSH_AMOUNT] || cli->args.given[OPT_FLUSH_MS]))
        return cli_fail(EXIT_USAGE, "--flush-amount and --flush-ms are of a bounded link");
    if (bounded && cli->args.given[OPT_FLUSH_MS])
        code = cli_number(cli->args.values[OPT_FLUSH_MS], "--flush-ms", &ms);
    if (bounded && code == EXIT_OK)
        code = cli_money(cli_value(cli, OPT_FLUSH_AMOUNT, FLUSH_AMOUNT_DEFAULT), &amount);
    if (bounded && code == EXIT_OK && money_is_zero(amount))
        code = cli_fail(EXIT_USAGE, "--flush-amount of a bounded link is more than 0");
    if (code != EXIT_OK)
        return code;
    cbor_put_text(args, "durability");
    cbor_put_array(args, 2);
    cbor_put_money(args, amount);
    cbor_put_uint(args, bounded ? ms : 0);
    return EXIT_OK;
}

int cmd_link_set(struct cli *cli)
{
    const bool *given = cli->args.given;
    unsigned pairs = (given[OPT_ENDPOINT] ? 1u : 0) + (given[OPT_DEBT] ? 1u : 0) +
                     (given[OPT_SOFT_LIMIT] ? 1u : 0) + (given[OPT_DURABILITY] ? 1u : 0);
    struct bytes args = {0};
    int code;

    code = link_check_name(cli->args.operands[0], "the name of a link", LINK_NAME_BYTES_MAX);
    if (code == EXIT_OK && cli_has_terms(cli))
        return pairs != 0
                   ? cli_fail(EXIT_USAGE, "--settle-...: give them in a command of their own")
                   : cli_set_terms(cli);
    if (code == EXIT_OK && pairs == 0)
        code = cli_fail(EXIT_USAGE,
                        "nothing to set: give --endpoint, --limit, --soft-limit, --durability or "
                        "more of them, or --settle-...");
    if (code == EXIT_OK && !given[OPT_DURABILITY] &&
        (given[OPT_FLUSH_AMOUNT] || given[OPT_FLUSH_MS]))
        code = cli_fail(EXIT_USAGE, "--flush-amount and --flush-ms go with --durability bounded");
    if (code == EXIT_OK && given[OPT_ENDPOINT])
        code = link_check_endpoint(cli->args.values[OPT_ENDPOINT]);
    /* In the order of docs/control.md, which the site insists on. */
    cbor_put_array(&args, 1 + 2 * (uint64_t)pairs);
    cbor_put_text(&args, cli->args.operands[0]);
    if (code == EXIT_OK && given[OPT_ENDPOINT]) {
        cbor_put_text(&args, "endpoint");
        cbor_put_text(&args, cli->args.values[OPT_ENDPOINT]);
    }
    if (code == EXIT_OK && given[OPT_DEBT])
        code = link_set_limit(cli, &args);
    if (code == EXIT_OK && given[OPT_SOFT_LIMIT])
        code = link_set_soft_limit_pair(cli, &args);
    if (code == EXIT_OK && given[OPT_DURABILITY])
        code = link_set_durability_pair(cli, &args);
    if (code != EXIT_OK) {
        bytes_fini(&args);
        return code;
    }
    return cli_signed_print(cli, "link.set", &args);
}

/* A command whose one argument is the name of a link. */
static int link_command(struct cli *cli, const char *command)
{
    char name[CLI_LINK_BYTES];
    struct bytes args = {0};
    int code;

    code = cli_link(cli, cli->args.operands[0], name);
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    return cli_signed_print(cli, command, &args);
}

int cmd_link_freeze(struct cli *cli)
{
    return link_command(cli, "link.freeze");
}

int cmd_link_resume(struct cli *cli)
{
    return link_command(cli, "link.resume");
}

int cmd_link_remove(struct cli *cli)
{
    return link_command(cli, "link.remove");
}

int cmd_link_ack(struct cli *cli)
{
    return link_command(cli, "link.ack");
}

int cmd_link_accept_loss(struct cli *cli)
{
    char name[CLI_LINK_BYTES];
    struct bytes args = {0};
    int code = cli_link(cli, cli->args.operands[0], name);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 2);
    cbor_put_text(&args, name);
    cbor_put_text(&args, cli_value(cli, OPT_ACCEPT, ""));
    return cli_signed_print(cli, "link.accept-loss", &args);
}

/* ---- marks: a name for the totals of a moment ---- */

/* Read one link.  The caller ends *answer with cli_answer_fini() whatever this returns. */
static int link_read(struct cli *cli, const char *text, struct cli_answer *answer)
{
    char name[CLI_LINK_BYTES];
    struct bytes args = {0};
    int code = cli_link(cli, text, name);

    *answer = (struct cli_answer){0};
    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    return cli_read(cli, "link", &args, answer);
}

/* Keep the highest N of marks called mark-N. */
static void mark_note_number(void *context, const uint8_t *item, size_t size)
{
    static const char prefix[] = "mark-";
    uint64_t *highest = context;
    char name[RENDER_TEXT_BYTES];
    uint64_t number;

    if (!render_text(item, size, "mark", name) || strncmp(name, prefix, strlen(prefix)) != 0)
        return;
    /* A name that only begins so counts by its digits: at worst a number is passed over. */
    number = strtoull(name + strlen(prefix), NULL, 10);
    if (number > *highest && number < UINT32_MAX)
        *highest = number;
}

/*
 * Choose the name of a mark that is given none: mark-1, mark-2 and so on.  The answer of the
 * command shows it.
 */
static int mark_choose(struct cli *cli, char mark[LINK_MARK_TEXT_BYTES])
{
    struct cli_answer answer;
    uint64_t highest = 0;
    int code = link_read(cli, cli->args.operands[0], &answer);

    if (code == EXIT_OK)
        render_each(answer.reply.result, answer.reply.result_size, mark_note_number, &highest);
    (void)snprintf(mark, LINK_MARK_TEXT_BYTES, "mark-%" PRIu64, highest + 1);
    cli_answer_fini(&answer);
    return code;
}

/* Give a command about a mark of the link that the command line names. */
static int mark_send(struct cli *cli, const char *command, const char *mark)
{
    struct bytes args = {0};
    char name[CLI_LINK_BYTES];
    int code = cli_link(cli, cli->args.operands[0], name);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 2);
    cbor_put_text(&args, name);
    cbor_put_text(&args, mark);
    return cli_signed_print(cli, command, &args);
}

int cmd_link_mark(struct cli *cli)
{
    char chosen[LINK_MARK_TEXT_BYTES] = "";
    const char *mark = cli_value(cli, OPT_NAME, chosen);
    int code;

    code = cli->args.given[OPT_NAME] ? link_check_name(mark, "a mark", LINK_MARK_TEXT_BYTES - 1)
                                     : mark_choose(cli, chosen);
    return code == EXIT_OK ? mark_send(cli, "link.mark", mark) : code;
}

int cmd_link_unmark(struct cli *cli)
{
    const char *mark = cli_value(cli, OPT_NAME, "");
    int code;

    code = link_check_name(mark, "--name, the mark to forget,", LINK_MARK_TEXT_BYTES - 1);
    return code == EXIT_OK ? mark_send(cli, "link.unmark", mark) : code;
}

/* ---- ls, show ---- */

/* What moved over a link since a mark, as the site gives it. */
struct movement {
    const char *mark;
    bool found;
    char sent[RENDER_TEXT_BYTES];
    char received[RENDER_TEXT_BYTES];
};

static void movement_find_mark(void *context, const uint8_t *item, size_t size)
{
    struct movement *movement = context;
    char name[RENDER_TEXT_BYTES];

    if (!render_text(item, size, "mark", name) || strcmp(name, movement->mark) != 0)
        return;
    movement->found = render_text(item, size, "sent_since", movement->sent) &&
                      render_text(item, size, "received_since", movement->received);
}

/* Read "12.000000001" as nanos.  The site prints what 128 bits hold, so nothing overflows. */
static u128 movement_total(const char *text)
{
    u128 nanos = 0;

    for (; *text != '\0'; text++)
        if (*text >= '0' && *text <= '9')
            nanos = nanos * 10 + (unsigned)(*text - '0');
    return nanos;
}

/* Print what moved since a mark, with the difference: positive when more was sent. */
static int movement_show(struct cli *cli, const struct cli_answer *answer)
{
    struct movement movement = {.mark = cli->args.values[OPT_SINCE_MARK]};
    const char *unit = cli->currency;
    char net[64];
    u128 sent;
    u128 received;

    render_each(answer->reply.result, answer->reply.result_size, movement_find_mark, &movement);
    if (!movement.found)
        return cli_fail(EXIT_MISSING,
                        "link %s has no mark \"%s\"; `serai link show %s` lists "
                        "them",
                        cli->args.operands[0], movement.mark, cli->args.operands[0]);
    sent = movement_total(movement.sent);
    received = movement_total(movement.received);
    net[0] = '-';
    (void)render_total(sent >= received ? net : net + 1,
                       sent >= received ? sent - received : received - sent);
    if (cli->args.given[OPT_JSON]) {
        fputs("{\"link\":", stdout);
        render_json_text(stdout, cli->args.operands[0]);
        fputs(",\"since\":", stdout);
        render_json_text(stdout, movement.mark);
        printf(",\"sent\":\"%s\",\"received\":\"%s\",\"net\":\"%s\"}\n", movement.sent,
               movement.received, net);
        return EXIT_OK;
    }
    render_field(stdout, "link", cli->args.operands[0]);
    render_field(stdout, "since", movement.mark);
    printf("sent             %s %s\nreceived         %s %s\nnet              %s %s\n",
           movement.sent, unit, movement.received, unit, net, unit);
    return EXIT_OK;
}

static void link_show_mark(void *context, const uint8_t *item, size_t size)
{
    struct table_text *table = context;
    char name[RENDER_TEXT_BYTES];
    char sent[RENDER_TEXT_BYTES];
    char received[RENDER_TEXT_BYTES];

    (void)!render_text(item, size, "mark", name); /* missing: empty */
    (void)!render_text(item, size, "sent_since", sent);
    (void)!render_text(item, size, "received_since", received);
    table_text_row(table, (const char *const[]){name, sent, received});
}

/* All about a link: its fields, and its marks as a table. */
static void link_show_fields(const struct cli *cli, const struct cli_answer *answer)
{
    static const char *const headers[] = {"MARK", "SENT SINCE", "RECEIVED SINCE"};
    const struct control_reply *reply = &answer->reply;
    struct table_text *table;

    if (cli->args.given[OPT_JSON]) {
        render_json(stdout, reply->result, reply->result_size);
        putchar('\n');
        return;
    }
    render_fields(stdout, reply->result, reply->result_size, cli->currency);
    table = table_text_new(headers, sizeof headers / sizeof headers[0]);
    render_each(reply->result, reply->result_size, link_show_mark, table);
    table_text_print(table, stdout);
}

int cmd_link_show(struct cli *cli)
{
    struct cli_answer answer;
    int code = link_read(cli, cli->args.operands[0], &answer);

    if (code == EXIT_OK && cli->args.given[OPT_SINCE_MARK])
        code = movement_show(cli, &answer);
    else if (code == EXIT_OK)
        link_show_fields(cli, &answer);
    cli_answer_fini(&answer);
    return code;
}
