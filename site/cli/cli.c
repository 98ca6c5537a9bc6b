#include "site/cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/descriptors.h"
#include "base/text.h"
#include "links/link.h"
#include "site/cli/guard.h"
#include "site/cli/render.h"
#include "site/config/config.h"
#include "site/control/paths.h"
#include "site/core/core.h"

enum { MESSAGE_BYTES_MAX = 8192 }; /* a path and a reason fit */

int cli_fail(enum exit_code code, const char *format, ...)
{
    char text[MESSAGE_BYTES_MAX];
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fputs("serai: ", stderr);
    render_escaped(stderr, text); /* it quotes what was typed, and what the site said */
    fputs(length >= (int)sizeof text ? TEXT_CUT "\n" : "\n", stderr);
    return (int)code;
}

static enum exit_code exit_of(enum status status)
{
    switch (status) {
    case ST_OK:
        return EXIT_OK;
    case ST_INVALID:
        return EXIT_BAD_DATA;
    case ST_MISSING:
        return EXIT_MISSING;
    case ST_EXISTS:
        return EXIT_REFUSED;
    case ST_FULL:
    case ST_CORRUPT:
    case ST_IO:
        return EXIT_IO;
    case ST_BUSY:
    case ST_UNKNOWN:
        return EXIT_TRY_AGAIN;
    case ST_DENIED:
        return EXIT_DENIED;
    case ST_NOMEM:
        break;
    }
    return EXIT_INTERNAL;
}

int cli_fault(const struct fault *fault)
{
    return cli_fail(exit_of(fault->status), "%s", fault->text);
}

const char *cli_value(const struct cli *cli, enum cli_option_id option, const char *other)
{
    return cli->args.given[option] ? cli->args.values[option] : other;
}

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9' || (text[0] == '0' && text[1] != '\0'))
        return false; /* 007 is a slip, or octal to somebody */
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

int cli_number(const char *text, const char *what, uint64_t *number)
{
    if (!parse_number(text, number))
        return cli_fail(EXIT_USAGE, "%s: \"%s\" is not a number", what, text);
    return EXIT_OK;
}

int cli_money(const char *text, struct money *amount)
{
    struct fault fault = {0};

    if (money_parse(amount, text, &fault) != ST_OK)
        return cli_fail(EXIT_USAGE, "%s", fault.text);
    return EXIT_OK;
}

/* ---- agents and customers by name ---- */

enum { CANDIDATES_SHOWN = 8, CANDIDATES_BYTES = 256 };

struct search {
    const char *name;
    const char *kind;
    const char *number_key;
    uint64_t number;
    unsigned found;
    char candidates[CANDIDATES_BYTES]; /* "agent:4097, agent:4098" */
};

static bool compare_name(void *context, const uint8_t *item, size_t size)
{
    struct search *search = context;
    char name[RENDER_TEXT_BYTES];
    size_t used = strlen(search->candidates);

    if (!render_text(item, size, "name", name) || strcmp(name, search->name) != 0 ||
        !render_number(item, size, search->number_key, &search->number))
        return true;
    if (search->found++ < CANDIDATES_SHOWN)
        (void)snprintf(search->candidates + used, sizeof search->candidates - used, "%s%s:%" PRIu64,
                       used == 0 ? "" : ", ", search->kind, search->number);
    return search->found <= CANDIDATES_SHOWN;
}

/* Look through the list of agents or customers. */
static int list_named(struct cli *cli, struct search *search)
{
    char list_name[16];
    struct cli_list list = {
        .command = list_name, .cursor_key = search->number_key, .limit = UINT64_MAX};

    (void)snprintf(list_name, sizeof list_name, "%ss", search->kind);
    return cli_list_each(cli, &list, compare_name, search);
}

static int find_name(struct cli *cli, struct search *search)
{
    int code = list_named(cli, search);

    if (code != EXIT_OK)
        return code;
    if (search->found == 0)
        return cli_fail(EXIT_MISSING, "there is no %s \"%s\"; `serai %s ls` lists them",
                        search->kind, search->name, search->kind);
    if (search->found > 1)
        return cli_fail(EXIT_USAGE, "more than one %s is called \"%s\": %s%s; say which, by number",
                        search->kind, search->name, search->candidates,
                        search->found > CANDIDATES_SHOWN ? " and more" : "");
    return EXIT_OK;
}

int cli_strip_kind(const char **text, const char *kind)
{
    static const char *const kinds[] = {"agent", "customer", "link", "unclaimed", "account"};
    size_t length = strcspn(*text, ":");

    if ((*text)[length] == '\0')
        return EXIT_OK;
    if (strlen(kind) == length && strncmp(*text, kind, length) == 0) {
        *text += length + 1;
        return EXIT_OK;
    }
    /* What else has a colon is a name: that of a neighbour's customer is LINK:TAG. */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i]) == length && strncmp(*text, kinds[i], length) == 0)
            return cli_fail(EXIT_USAGE, "\"%s\" is no %s; what is wanted is %s:NAME or %s:NUMBER",
                            *text, kind, kind, kind);
    return EXIT_OK;
}

static int find(struct cli *cli, const char *text, const char *kind, const char *number_key,
                uint64_t *number)
{
    struct search search = {.name = text, .kind = kind, .number_key = number_key};
    int code = cli_strip_kind(&search.name, kind);

    if (code != EXIT_OK || (parse_number(search.name, number) && *number != 0))
        return code;
    code = find_name(cli, &search);
    *number = search.number;
    return code;
}

int cli_agent(struct cli *cli, const char *text, uint64_t *agent)
{
    return find(cli, text, "agent", "id", agent);
}

int cli_customer(struct cli *cli, const char *text, uint64_t *customer)
{
    return find(cli, text, "customer", "account", customer);
}

int cli_account(struct cli *cli, const char *text, uint64_t *account)
{
    struct search agents = {.name = text, .kind = "agent", .number_key = "id"};
    struct search customers = {.name = text, .kind = "customer", .number_key = "account"};
    int code;

    if (strncmp(text, "agent:", strlen("agent:")) == 0)
        return cli_agent(cli, text, account);
    if (strncmp(text, "customer:", strlen("customer:")) == 0)
        return cli_customer(cli, text, account);
    code = list_named(cli, &customers);
    if (code == EXIT_OK)
        code = list_named(cli, &agents);
    if (code != EXIT_OK)
        return code;
    *account = customers.found != 0 ? customers.number : agents.number;
    if (customers.found + agents.found == 0)
        return cli_fail(EXIT_MISSING,
                        "there is no account, agent or customer \"%s\"; `serai ledger accounts` "
                        "lists the accounts",
                        text);
    if (customers.found + agents.found > 1)
        return cli_fail(EXIT_USAGE, "more than one account is called \"%s\": %s%s%s; say which",
                        text, customers.candidates,
                        customers.found != 0 && agents.found != 0 ? ", " : "", agents.candidates);
    return EXIT_OK;
}

bool cli_answers(const struct cli *cli)
{
    struct client *client;
    bool answers = client_open(&client, cli->socket, NULL) == ST_OK;

    client_close(client);
    return answers;
}

struct interface {
    uint64_t number;
    char *name; /* of CLI_LINK_BYTES */
};

static bool take_link_name(void *context, const uint8_t *item, size_t size)
{
    struct interface *wanted = context;
    char name[RENDER_TEXT_BYTES];
    uint64_t number;

    if (render_number(item, size, "interface", &number) && number == wanted->number &&
        render_text(item, size, "name", name))
        (void)snprintf(wanted->name, CLI_LINK_BYTES, "%.*s", CLI_LINK_BYTES - 1, name);
    return false;
}

int cli_link(struct cli *cli, const char *text, char name[CLI_LINK_BYTES])
{
    struct interface wanted = {.name = name};
    struct cli_list list = {.command = "links", .cursor_key = "interface", .limit = 1};
    size_t length;
    int code = cli_strip_kind(&text, "link");

    name[0] = '\0';
    if (code != EXIT_OK)
        return code;
    length = strlen(text);
    if (length == 0 || length > LINK_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "the name of a link has 1 to %d bytes", LINK_NAME_BYTES_MAX);
    if (!parse_number(text, &wanted.number) || wanted.number == 0) {
        memcpy(name, text, length + 1);
        return EXIT_OK;
    }
    list.after = wanted.number - 1;
    code = cli_list_each(cli, &list, take_link_name, &wanted);
    if (code == EXIT_OK && name[0] == '\0')
        code = cli_fail(EXIT_MISSING, "there is no link:%s; `serai link ls` lists them", text);
    return code;
}

/* ---- the program ---- */

static void ignore_error(void *context, const struct config_error *error)
{
    (void)context;
    (void)error;
}

/* All that is known of it is what it says. */
static int site_by_socket(struct cli *cli)
{
    int code;

    if (strlen(cli->dir) >= sizeof cli->socket)
        return cli_fail(EXIT_USAGE, "--site: the path is too long");
    memcpy(cli->socket, cli->dir, strlen(cli->dir) + 1);
    if (cli->args.command->needs_folder)
        return cli_fail(EXIT_USAGE,
                        "%s %s reads the site's own files, which are its operator's: --site must "
                        "name the site's directory, and %s is a socket",
                        cli->args.command->group, cli->args.command->verb, cli->dir);
    code = cli_facts(cli);
    memcpy(cli->currency, cli->facts.currency, sizeof cli->currency);
    return code;
}

int cli_site(struct cli *cli, const char *dir)
{
    const struct config_reader reader = {.orders = &core_order_names, .report = ignore_error};
    struct site_config config;
    struct pricebook book;
    struct fault fault = {0};

    cli->dir = dir == NULL || *dir == '\0' ? SITE_DIR_DEFAULT : dir;
    cli->by_socket = cli_is_socket(cli->dir);
    if (cli->by_socket)
        return site_by_socket(cli);
    site_config_default(&config);
    pricebook_default(&book, NULL);
    if (config_load(cli->dir, &reader, &config, &book, &fault) != ST_OK) {
        if (file_path(cli->socket, cli->dir, SITE_SOCKET, &fault) != ST_OK)
            return cli_fault(&fault);
    } else {
        (void)snprintf(cli->socket, sizeof cli->socket, "%s", config.socket);
    }
    (void)snprintf(cli->currency, sizeof cli->currency, "%s", book.currency);
    cli->map_bytes = config.map_bytes;
    return EXIT_OK;
}

/* Whoever pipes the output on must not take half of it for all of it. */
static int finish_output(int code)
{
    bool failed = ferror(stdout) != 0; /* some time ago: errno is of something else since */

    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed || code != EXIT_OK)
        return code;
    return cli_fail(EXIT_IO, "the output could not be written%s%s", errno == 0 ? "" : ": ",
                    errno == 0 ? "" : strerror(errno));
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {0};
    int code;

    if (!descriptors_fill())
        return EXIT_INTERNAL; /* there is nowhere to say so */
    code = guard_output(argc, argv);
    if (code != EXIT_OK)
        return code;
    /* A pipe that nobody reads is told as any other output that fails. */
    (void)!signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return cli_fail(EXIT_INTERNAL, "libsodium cannot start");
    code = cli_parse(&cli.args, argc, argv);
    if (code >= 0)
        return finish_output(code); /* help was asked for, or the line is wrong */
    code = cli.args.command->is_local
               ? EXIT_OK
               : cli_site(&cli, cli_value(&cli, OPT_SITE, getenv("SERAI_SITE")));
    if (code == EXIT_OK && cli.args.given[OPT_OFFLINE])
        code = cli_offline_begin(&cli);
    if (code == EXIT_OK)
        code = cli.args.command->run(&cli);
    cli_offline_end(&cli);
    return finish_output(code);
}
