#include "site/cli/names.h"

#include <inttypes.h>
#include <string.h>

#include "links/link.h"
#include "site/cli/cli.h"
#include "site/cli/read.h"
#include "site/cli/render.h"

/* ---- agents and customers ---- */

enum { CANDIDATES_SHOWN = 8, CANDIDATES_BYTES = 256 };

/* A name that is looked for in the list of all agents or customers: names are not unique. */
struct name_search {
    const char *name;
    const char *kind;
    const char *number_key; /* of an item of the list */
    uint64_t number;        /* of the last that was found */
    unsigned found;
    char candidates[CANDIDATES_BYTES]; /* "agent:4097, agent:4098" */
};

static bool name_compare(void *context, const uint8_t *item, size_t size)
{
    struct name_search *search = context;
    char name[RENDER_TEXT_BYTES];
    size_t used = strlen(search->candidates);

    if (!render_text(item, size, "name", name) || strcmp(name, search->name) != 0 ||
        !render_number(item, size, search->number_key, &search->number))
        return true;
    if (search->found++ < CANDIDATES_SHOWN)
        (void)snprintf(search->candidates + used, sizeof search->candidates - used, "%s%s:%" PRIu64,
                       used == 0 ? "" : ", ", search->kind, search->number);
    /* One more than is shown is enough to say that there are more. */
    return search->found <= CANDIDATES_SHOWN;
}

/* Look through the list of agents or customers; the reads are called `agents` and `customers`. */
static int name_look(struct cli *cli, struct name_search *search)
{
    char list_name[16];
    struct cli_list list = {
        .command = list_name, .cursor_key = search->number_key, .limit = UINT64_MAX};

    (void)snprintf(list_name, sizeof list_name, "%ss", search->kind);
    return cli_list_each(cli, &list, name_compare, search);
}

/* Find exactly one.  A command must not act on whichever of two came first. */
static int name_find(struct cli *cli, struct name_search *search)
{
    int code = name_look(cli, search);

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

/*
 * Take a `kind:` of the kind that is wanted off the front of *text.  One of another kind is refused
 * with EXIT_USAGE; any other text is left as it is.
 */
static int name_strip_kind(const char **text, const char *kind)
{
    static const char *const kinds[] = {"agent", "customer", "link", "unclaimed", "account"};
    size_t length = strcspn(*text, ":");

    if ((*text)[length] == '\0')
        return EXIT_OK;
    if (strlen(kind) == length && strncmp(*text, kind, length) == 0) {
        *text += length + 1;
        return EXIT_OK;
    }
    /* What else has a colon is a name: that of a peer's customer is LINK:TAG. */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i]) == length && strncmp(*text, kinds[i], length) == 0)
            return cli_fail(EXIT_USAGE, "\"%s\" is no %s; what is wanted is %s:NAME or %s:NUMBER",
                            *text, kind, kind, kind);
    return EXIT_OK;
}

/* A number is taken as it is, without asking; names begin with a letter (docs/control.md). */
static int name_or_number(struct cli *cli, const char *text, const char *kind,
                          const char *number_key, uint64_t *number)
{
    struct name_search search = {.name = text, .kind = kind, .number_key = number_key};
    int code = name_strip_kind(&search.name, kind);

    if (code != EXIT_OK || (cli_is_number(search.name, number) && *number != 0))
        return code;
    code = name_find(cli, &search);
    *number = search.number;
    return code;
}

int cli_agent(struct cli *cli, const char *text, uint64_t *agent)
{
    return name_or_number(cli, text, "agent", "id", agent);
}

int cli_customer(struct cli *cli, const char *text, uint64_t *customer)
{
    return name_or_number(cli, text, "customer", "account", customer);
}

int cli_account(struct cli *cli, const char *text, uint64_t *account)
{
    struct name_search agents = {.name = text, .kind = "agent", .number_key = "id"};
    struct name_search customers = {.name = text, .kind = "customer", .number_key = "account"};
    int code;

    if (strncmp(text, "agent:", strlen("agent:")) == 0)
        return cli_agent(cli, text, account);
    if (strncmp(text, "customer:", strlen("customer:")) == 0)
        return cli_customer(cli, text, account);
    /* Without a kind it may be either, and both lists are searched before one is chosen. */
    code = name_look(cli, &customers);
    if (code == EXIT_OK)
        code = name_look(cli, &agents);
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

/* ---- links ---- */

struct interface_search {
    uint64_t number;
    char *name; /* of CLI_LINK_BYTES; stays empty when no link has the number */
};

/* The page begins right before the number, so its first item is the link or another, later one. */
static bool interface_take_name(void *context, const uint8_t *item, size_t size)
{
    struct interface_search *wanted = context;
    char name[RENDER_TEXT_BYTES];
    uint64_t number;

    if (render_number(item, size, "interface", &number) && number == wanted->number &&
        render_text(item, size, "name", name))
        (void)snprintf(wanted->name, CLI_LINK_BYTES, "%.*s", CLI_LINK_BYTES - 1, name);
    return false;
}

int cli_link(struct cli *cli, const char *text, char name[CLI_LINK_BYTES])
{
    struct interface_search wanted = {.name = name};
    struct cli_list list = {.command = "links", .cursor_key = "interface", .limit = 1};
    size_t length;
    int code = name_strip_kind(&text, "link");

    name[0] = '\0';
    if (code != EXIT_OK)
        return code;
    length = strlen(text);
    if (length == 0 || length > LINK_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "the name of a link has 1 to %d bytes", LINK_NAME_BYTES_MAX);
    /* Commands about links take names: only a number has to be looked up. */
    if (!cli_is_number(text, &wanted.number) || wanted.number == 0) {
        memcpy(name, text, length + 1);
        return EXIT_OK;
    }
    list.after = wanted.number - 1;
    code = cli_list_each(cli, &list, interface_take_name, &wanted);
    if (code == EXIT_OK && name[0] == '\0')
        code = cli_fail(EXIT_MISSING, "there is no link:%s; `serai link ls` lists them", text);
    return code;
}
