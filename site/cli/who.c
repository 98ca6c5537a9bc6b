#include "site/cli/who.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "site/cli/ask.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/cli/site_key.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

enum { FACTS_FRESH_US = 60 * 1000 * 1000 }; /* far within CONTROL_READ_WINDOW_US */

/* ---- what the site says of itself ---- */

/* Read the facts out of the answer to the read `site`. */
static int facts_take(struct cli_facts *facts, const struct control_reply *reply)
{
    char key[RENDER_TEXT_BYTES];
    char currency[RENDER_TEXT_BYTES];

    if (!render_text(reply->result, reply->result_size, "site", key) ||
        !hex_parse(facts->key, sizeof facts->key, key) ||
        !render_text(reply->result, reply->result_size, "currency", currency) ||
        strlen(currency) >= sizeof facts->currency ||
        !render_number(reply->result, reply->result_size, "site_time_us", &facts->site_time_us))
        return cli_fail(EXIT_BAD_DATA, "what answers at the socket does not say which site it is");
    memcpy(facts->currency, currency, strlen(currency) + 1);
    return EXIT_OK;
}

int cli_facts(struct cli *cli)
{
    struct bytes args = {0};
    struct cli_answer answer;
    struct clock_source clock = clock_system();
    uint64_t now_us = clock.now_us(clock.context);
    int code;

    /* The time in them signs reads, so a command that runs for long asks again. */
    if (cli->facts.known && now_us - cli->facts.asked_us < FACTS_FRESH_US)
        return EXIT_OK;
    cbor_put_array(&args, 0);
    code = cli_read_unsigned(cli, "site", &args, &answer);
    if (code == EXIT_OK)
        code = facts_take(&cli->facts, &answer.reply);
    cli_answer_fini(&answer);
    cli->facts.known = code == EXIT_OK;
    cli->facts.asked_us = now_us;
    return code;
}

/* ---- the site's key ---- */

static int site_key_given(const char *given, uint8_t key[CONTROL_KEY_BYTES])
{
    struct fault fault = {0};

    if (hex_parse(key, CONTROL_KEY_BYTES, given) ||
        keyfile_read_public(given, key, &fault) == ST_OK)
        return EXIT_OK;
    return cli_fail(EXIT_USAGE, "--site-key wants %d hex digits or a file such as site.pub: %s",
                    2 * CONTROL_KEY_BYTES, fault.text);
}

/* The key that lies in the site's directory. */
static int site_key_of_folder(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES])
{
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    enum status status = file_path(path, cli->dir, SITE_KEY_PUBLIC, &fault);

    if (status == ST_OK)
        status = keyfile_read_public(path, key, &fault);
    if (status == ST_MISSING)
        return cli_fail(EXIT_MISSING, "%s; is there a site in %s?", fault.text, cli->dir);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

/*
 * The site is known by its socket alone (docs/control.md, "Which site, for a client that knows only
 * the socket"): the first site that the key signs for is the only one that it ever signs for.
 */
static int site_key_pinned(struct cli *cli, const char *key_path, uint8_t key[CONTROL_KEY_BYTES])
{
    char path[FILE_PATH_BYTES];
    char hex[2 * CONTROL_KEY_BYTES + 1];
    struct fault fault = {0};
    enum status status = cli_pin_path(path, key_path, &fault);
    int code;

    if (status == ST_OK)
        status = keyfile_read_public(path, key, &fault);
    if (status != ST_MISSING)
        return status == ST_OK ? EXIT_OK : cli_fault(&fault);
    /* No pin yet: what answers is believed once, and the person is asked to check it. */
    code = cli_facts(cli);
    if (code != EXIT_OK)
        return code;
    memcpy(key, cli->facts.key, CONTROL_KEY_BYTES);
    if (keyfile_create_public(path, "site", key, &fault) != ST_OK)
        return cli_fault(&fault);
    hex_print(hex, key, CONTROL_KEY_BYTES);
    fprintf(stderr,
            "serai: %s signs for site %s from now on (%s); ask its operator whether that is its "
            "key\n",
            key_path, hex, path);
    return EXIT_OK;
}

int cli_site_key(struct cli *cli, const char *key_path, uint8_t key[CONTROL_KEY_BYTES])
{
    int code;

    if (cli->args.given[OPT_SITE_KEY])
        return site_key_given(cli->args.values[OPT_SITE_KEY], key);
    if (!cli->by_socket)
        return site_key_of_folder(cli, key);
    if (key_path != NULL)
        return site_key_pinned(cli, key_path, key);
    code = cli_facts(cli);
    memcpy(key, cli->facts.key, CONTROL_KEY_BYTES);
    return code;
}

/* ---- signed reads ---- */

/* Before anything is signed: a signature for one site is not to reach another. */
static int who_check_site(struct cli *cli, const uint8_t key[CONTROL_KEY_BYTES])
{
    int code = cli_facts(cli);

    if (code == EXIT_OK && memcmp(cli->facts.key, key, CONTROL_KEY_BYTES) != 0)
        code = cli_fail(EXIT_DENIED, "another site answers at %s than the one that is meant",
                        cli->socket);
    return code;
}

int cli_sign_read(struct cli *cli, const char *key_path, const char *command,
                  const struct bytes *args, struct bytes *request)
{
    uint8_t site_key[CONTROL_KEY_BYTES];
    struct keyfile *key = NULL;
    struct control_signer by = {.site_key = site_key};
    struct fault fault = {0};
    int code = cli_site_key(cli, key_path, site_key);

    if (code == EXIT_OK)
        code = who_check_site(cli, site_key);
    if (code != EXIT_OK)
        return code;
    if (keyfile_open(&key, key_path, &fault) != ST_OK)
        return cli_fault(&fault);
    by.key = keyfile_public(key);
    by.secret = keyfile_secret(key);
    control_read_signed(request, &by, cli->facts.site_time_us, command, args);
    keyfile_close(key);
    return EXIT_OK;
}
