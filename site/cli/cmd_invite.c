/* serai link invite | revoke | join: docs/join.md */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "links/link.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/join_call.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/setup.h"
#include "site/cli/signed.h"
#include "site/cli/times.h"
#include "site/cli/who.h"
#include "site/control/invite.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

/* ---- invite ---- */

/* Where the site can be dialled, if what its configuration says can be told to others as it is. */
static int invite_listens_at(struct cli *cli, char endpoint[ENDPOINT_BYTES_MAX + 1])
{
    static struct setup setup; /* large */
    struct endpoint parsed;
    int code;

    if (cli->by_socket)
        return cli_fail(EXIT_USAGE,
                        "%s is a socket, so where the site listens is not known: give "
                        "--endpoint, where the peer can reach it",
                        cli->dir);
    code = setup_read_config(cli, &setup);
    if (code != EXIT_OK)
        return code;
    if (setup.config.link_listen[0] == '\0')
        return cli_fail(EXIT_REFUSED,
                        "this site listens nowhere: set link.listen in %s/" SITE_CONFIG
                        " and start it again, or let the other site invite this one",
                        cli->dir);
    if (endpoint_parse(&parsed, setup.config.link_listen, ENDPOINT_DIAL, NULL) != ST_OK ||
        (parsed.transport == ENDPOINT_TCP &&
         (!parsed.is_address || strcmp(parsed.host, "0.0.0.0") == 0 ||
          strcmp(parsed.host, "::") == 0)))
        return cli_fail(EXIT_USAGE,
                        "the site listens at %s, which says nothing to another machine: give "
                        "--endpoint tcp://HOST:PORT, where the peer can reach it",
                        setup.config.link_listen);
    (void)snprintf(endpoint, ENDPOINT_BYTES_MAX + 1, "%s", setup.config.link_listen);
    return EXIT_OK;
}

static int invite_find_endpoint(struct cli *cli, char endpoint[ENDPOINT_BYTES_MAX + 1])
{
    const char *given = cli_value(cli, OPT_ENDPOINT, NULL);
    struct endpoint parsed;
    struct fault fault;

    if (given == NULL)
        return invite_listens_at(cli, endpoint);
    if (endpoint_parse(&parsed, given, ENDPOINT_DIAL, &fault) != ST_OK)
        return cli_fail(EXIT_USAGE, "--endpoint: %s", fault.text);
    (void)snprintf(endpoint, ENDPOINT_BYTES_MAX + 1, "%s", given);
    return EXIT_OK;
}

/* Print the answer with the invitation itself, which nobody but this process knows. */
static void invite_show(struct cli *cli, const struct control_reply *reply, void *context)
{
    struct clock_source clock = clock_system();
    struct invite *invite = context;
    char text[INVITE_TEXT_BYTES];
    uint64_t left_s = 0;
    uint64_t number = 0;

    (void)!render_number(reply->result, reply->result_size, "left_s", &left_s);
    (void)!render_number(reply->result, reply->result_size, "invitation", &number);
    invite->until_s = clock.wall_us(clock.context) / 1000000 + left_s;
    (void)invite_print(text, invite);
    if (cli->args.given[OPT_JSON]) {
        printf("{\"invitation\":%" PRIu64 ",\"left_s\":%" PRIu64 ",\"uri\":", number, left_s);
        render_json_text(stdout, text);
        puts("}");
    } else {
        puts(text);
        /* Not among what is copied. */
        fprintf(stderr,
                "serai: invitation %" PRIu64 ", for one site, within %" PRIu64 " s: give "
                "it to its operator as you would a key, who runs serai link join URI\n",
                number, left_s);
    }
    sodium_memzero(text, sizeof text);
}

/* Fill in what the invitation tells; the secret is drawn last. */
static int invite_prepare(struct cli *cli, struct invite *invite, uint64_t *lasts_us)
{
    const char *name = cli_value(cli, OPT_NAME, "");
    int code;

    if (strlen(name) > LINK_NAME_BYTES_MAX)
        return cli_fail(EXIT_USAGE, "--name: the name of a link has 1 to %d bytes",
                        LINK_NAME_BYTES_MAX);
    if (!cli->args.given[OPT_DEBT])
        return cli_fail(EXIT_USAGE,
                        "an invitation wants --limit, the most that the peer may owe this site");
    code = cli_money(cli->args.values[OPT_DEBT], &invite->limit);
    if (code == EXIT_OK)
        code = cli_duration(cli_value(cli, OPT_FOR, "24h"), "--for", lasts_us);
    if (code == EXIT_OK)
        code = invite_find_endpoint(cli, invite->endpoint);
    if (code == EXIT_OK)
        code = cli_site_key(cli, cli_value(cli, OPT_KEY, NULL), invite->site);
    if (code == EXIT_OK)
        code = cli_facts(cli);
    (void)snprintf(invite->currency, sizeof invite->currency, "%s", cli->facts.currency);
    return code;
}

int cmd_link_invite(struct cli *cli)
{
    struct invite invite = {0};
    struct bytes args = {0};
    uint8_t key[INVITE_KEY_BYTES];
    uint64_t lasts_us = 0;
    int code = invite_prepare(cli, &invite, &lasts_us);

    if (code != EXIT_OK)
        return code;
    /* The site is told the public key alone: of the secret there is no other copy than this. */
    invite_draw(invite.secret);
    invite_keys(key, NULL, invite.secret);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, cli_value(cli, OPT_NAME, ""));
    cbor_put_bytes(&args, key, sizeof key);
    cbor_put_money(&args, invite.limit);
    cbor_put_uint(&args, lasts_us);
    code = cli_signed_show(cli, "link.invite", &args, invite_show, &invite);
    sodium_memzero(&invite, sizeof invite);
    return code;
}

int cmd_link_revoke(struct cli *cli)
{
    struct bytes args = {0};
    uint64_t number;
    int code = cli_number(cli->args.operands[0], "the number of an invitation", &number);

    if (code != EXIT_OK)
        return code;
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, number);
    return cli_signed_print(cli, "link.revoke", &args);
}

/* ---- join ---- */

/* A link that stands in the way of the new one: of its name, or to that site. */
struct standing {
    const char *name;
    char site[2 * CONTROL_KEY_BYTES + 1];
    bool has_name;
    char linked[RENDER_TEXT_BYTES]; /* the name of the link to the site; empty: there is none */
};

static bool standing_visit(void *context, const uint8_t *item, size_t size)
{
    struct standing *standing = context;
    char name[RENDER_TEXT_BYTES];
    char key[RENDER_TEXT_BYTES];

    if (!render_text(item, size, "name", name) || !render_text(item, size, "key", key))
        return true;
    standing->has_name = standing->has_name || strcmp(name, standing->name) == 0;
    if (strcmp(key, standing->site) == 0)
        memcpy(standing->linked, name, sizeof name);
    return true;
}

/*
 * Before the other site is asked: what would be refused here would leave it with a link of its own.
 */
static int join_check_here(struct cli *cli, const struct invite *invite, const char *name)
{
    const struct cli_list list = {
        .command = "links", .cursor_key = "interface", .limit = UINT64_MAX};
    struct standing standing = {.name = name};
    int code;

    (void)hex_print(standing.site, invite->site, CONTROL_KEY_BYTES);
    if (!link_is_name(name))
        return cli_fail(EXIT_USAGE,
                        "--name: a name has 1 to %d letters, digits or any of -_., and "
                        "begins with a letter",
                        LINK_NAME_BYTES_MAX);
    if (strcmp(invite->currency, cli->facts.currency) != 0)
        return cli_fail(EXIT_REFUSED,
                        "currencies differ: this site counts in %s and the one that invites in %s",
                        cli->facts.currency, invite->currency);
    if (memcmp(invite->site, cli->facts.key, CONTROL_KEY_BYTES) == 0)
        return cli_fail(EXIT_REFUSED, "that is this site's own invitation: it is for another site");
    code = cli_list_each(cli, &list, standing_visit, &standing);
    if (code == EXIT_OK && standing.linked[0] != '\0')
        code = cli_fail(EXIT_REFUSED, "this site has a link to the one that invites: %s",
                        standing.linked);
    else if (code == EXIT_OK && standing.has_name)
        code = cli_fail(EXIT_REFUSED, "the name %s is taken: give --name another", name);
    return code;
}

/* Sign with the site's own key, which its directory has. */
static int join_sign_here(struct cli *cli, const struct invite *invite, struct join *join)
{
    uint8_t invitation[INVITE_KEY_BYTES];
    char path[FILE_PATH_BYTES];
    struct keyfile *key = NULL;
    struct fault fault = {0};
    enum status status;

    if (cli->by_socket)
        return cli_fail(EXIT_USAGE,
                        "%s is a socket: to join is signed with the site's own key, so give its "
                        "directory",
                        cli->dir);
    status = file_path(path, cli->dir, SITE_KEY, &fault);
    if (status == ST_OK)
        status = keyfile_open(&key, path, &fault);
    if (status != ST_OK)
        return cli_fault(&fault);
    memcpy(join->key, keyfile_public(key), sizeof join->key);
    join->version = LINK_VERSION;
    (void)snprintf(join->currency, sizeof join->currency, "%s", cli->facts.currency);
    invite_keys(invitation, NULL, invite->secret);
    join_sign(join, invite->site, invitation, keyfile_secret(key));
    keyfile_close(key);
    return EXIT_OK;
}

/* Ask the other site for its end. */
static int join_ask(const struct invite *invite, const struct join *join)
{
    struct fault fault = {0};
    struct joined joined;
    enum status status = join_call(invite, join, &joined, &fault);

    if (status == ST_UNKNOWN)
        return cli_fail(EXIT_UNKNOWN,
                        "%s. Run the same command again: it is one link, however often it is "
                        "asked for",
                        fault.text);
    if (status == ST_BUSY)
        return cli_fail(EXIT_TRY_AGAIN, "%s; nothing was done", fault.text);
    if (status == ST_DENIED)
        return cli_fail(EXIT_REFUSED, "%s", fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    if (!joined.done)
        return cli_fail(EXIT_REFUSED, "the site at %s: %s", invite->endpoint, joined.text);
    return EXIT_OK;
}

/* This site's end, which dials the other. */
static int join_add_here(struct cli *cli, const struct invite *invite, const char *name,
                         struct money limit)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, invite->site, CONTROL_KEY_BYTES);
    cbor_put_text(&args, invite->endpoint);
    cbor_put_money(&args, limit);
    return cli_signed_print(cli, "link.join", &args);
}

int cmd_link_join(struct cli *cli)
{
    struct invite invite;
    struct join join = {0};
    struct fault fault;
    char made_up[LINK_NAME_BYTES_MAX + 1] = "site-";
    const char *name = cli_value(cli, OPT_NAME, made_up);
    struct money limit;
    int code = EXIT_OK;

    if (invite_parse(&invite, cli->args.operands[0], &fault) != ST_OK) {
        sodium_memzero(&invite, sizeof invite); /* the secret may have been read by then */
        return cli_fail(EXIT_BAD_DATA, "%s", fault.text);
    }
    (void)hex_print(made_up + strlen(made_up), invite.site, 4);
    limit = invite.limit;
    if (cli->args.given[OPT_DEBT])
        code = cli_money(cli->args.values[OPT_DEBT], &limit);
    if (code == EXIT_OK)
        code = cli_facts(cli);
    if (code == EXIT_OK)
        code = join_check_here(cli, &invite, name);
    if (code == EXIT_OK)
        code = join_sign_here(cli, &invite, &join);
    if (code == EXIT_OK)
        code = join_ask(&invite, &join);
    if (code == EXIT_OK)
        code = join_add_here(cli, &invite, name, limit);
    sodium_memzero(&invite, sizeof invite);
    return code;
}
