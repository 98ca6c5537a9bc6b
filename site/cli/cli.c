#include "site/cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/descriptors.h"
#include "site/cli/render.h"
#include "site/config/config.h"
#include "site/control/paths.h"
#include "site/core/core.h"

enum { MESSAGE_BYTES_MAX = 8192 }; /* a path and a reason fit */

int cli_fail(enum cli_exit code, const char *format, ...)
{
    char text[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* what is longer is cut */
    va_end(args);
    fputs("serai: ", stderr);
    render_escaped(stderr, text); /* it quotes what was typed, and what the site said */
    putc('\n', stderr);
    return (int)code;
}

static enum cli_exit exit_of(enum status status)
{
    switch (status) {
    case ST_OK:
        return CLI_OK;
    case ST_INVALID:
        return CLI_BAD_DATA;
    case ST_MISSING:
        return CLI_MISSING;
    case ST_EXISTS:
        return CLI_REFUSED;
    case ST_FULL:
    case ST_CORRUPT:
    case ST_IO:
        return CLI_IO;
    case ST_BUSY:
    case ST_UNKNOWN:
        return CLI_TRY_AGAIN;
    case ST_DENIED:
        return CLI_DENIED;
    case ST_NOMEM:
        break;
    }
    return CLI_INTERNAL;
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

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

int cli_number(const char *text, const char *what, uint64_t *number)
{
    if (!parse_number(text, number))
        return cli_fail(CLI_USAGE, "%s: \"%s\" is not a number", what, text);
    return CLI_OK;
}

int cli_money(const char *text, struct money *amount)
{
    struct fault fault = {0};

    if (money_parse(amount, text, &fault) != ST_OK)
        return cli_fail(CLI_USAGE, "%s", fault.text);
    return CLI_OK;
}

/* ---- agents and customers by name ---- */

struct search {
    const char *name;
    const char *number_key;
    uint64_t number;
    unsigned found;
};

static bool compare_name(void *context, const uint8_t *item, size_t size)
{
    struct search *search = context;
    char name[RENDER_TEXT_BYTES];

    if (render_text(item, size, "name", name) && strcmp(name, search->name) == 0 &&
        render_number(item, size, search->number_key, &search->number))
        search->found++;
    return search->found < 2;
}

static int find(struct cli *cli, const char *text, const char *kind, const char *number_key,
                uint64_t *number)
{
    char list_name[16];
    struct search search = {.name = text, .number_key = number_key};
    struct cli_list list = {.command = list_name, .cursor_key = number_key, .limit = UINT64_MAX};
    size_t length = strlen(kind);
    int code;

    if (strncmp(text, kind, length) == 0 && text[length] == ':')
        text += length + 1;
    if (parse_number(text, number))
        return CLI_OK;
    (void)snprintf(list_name, sizeof list_name, "%ss", kind);
    code = cli_list_each(cli, &list, compare_name, &search);
    if (code != CLI_OK)
        return code;
    if (search.found == 0)
        return cli_fail(CLI_MISSING, "there is no %s \"%s\"; `serai %s ls` lists them", kind, text,
                        kind);
    if (search.found > 1)
        return cli_fail(CLI_USAGE, "more than one %s is called \"%s\": use its number", kind, text);
    *number = search.number;
    return CLI_OK;
}

int cli_agent(struct cli *cli, const char *text, uint64_t *agent)
{
    return find(cli, text, "agent", "id", agent);
}

int cli_customer(struct cli *cli, const char *text, uint64_t *customer)
{
    return find(cli, text, "customer", "account", customer);
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
        return cli_fail(CLI_USAGE, "--site: the path is too long");
    memcpy(cli->socket, cli->dir, strlen(cli->dir) + 1);
    if (cli->args.command->needs_folder)
        return cli_fail(CLI_USAGE,
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
    return CLI_OK;
}

/* Whoever pipes the output on must not take half of it for all of it. */
static int finish_output(int code)
{
    bool failed = ferror(stdout) != 0; /* some time ago: errno is of something else since */

    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed || code != CLI_OK)
        return code;
    return cli_fail(CLI_IO, "the output could not be written%s%s", errno == 0 ? "" : ": ",
                    errno == 0 ? "" : strerror(errno));
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {0};
    int code;

    if (!descriptors_fill())
        return CLI_INTERNAL; /* there is nowhere to say so */
    /* A pipe that nobody reads is told as any other output that fails. */
    (void)!signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return cli_fail(CLI_INTERNAL, "libsodium cannot start");
    code = cli_parse(&cli.args, argc, argv);
    if (code >= 0)
        return finish_output(code); /* help was asked for, or the line is wrong */
    code = cli.args.command->is_local
               ? CLI_OK
               : cli_site(&cli, cli_value(&cli, OPT_SITE, getenv("SERAI_SITE")));
    if (code == CLI_OK)
        code = cli.args.command->run(&cli);
    return finish_output(code);
}
