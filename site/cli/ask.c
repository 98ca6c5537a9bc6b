#include "site/cli/ask.h"

#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/offline.h"
#include "site/cli/site_key.h"

void cli_answer_fini(struct cli_answer *answer)
{
    bytes_fini(&answer->bytes);
}

int cli_no_daemon(const struct cli *cli, const struct fault *fault)
{
    if (fault->status == ST_MISSING && cli->by_socket)
        return cli_fail(EXIT_NO_DAEMON, "%s", fault->text);
    if (fault->status == ST_MISSING)
        return cli_fail(EXIT_NO_DAEMON, "%s; start it: serai site run --site %s", fault->text,
                        cli->dir);
    return cli_fault(fault);
}

/*
 * Check the head of an answer (docs/control.md, "Messages"): an answer from another site than the
 * one that is meant proves nothing.  `site` is the key in it.
 */
static enum status ask_check_answerer(const struct cli *cli, const uint8_t site[CONTROL_KEY_BYTES],
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

/* One exchange on a connection of its own: the daemon answers one request at a time on each. */
static enum status ask_daemon(const struct cli *cli, const struct bytes *request,
                              struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES], bool *sent,
                              struct fault *fault)
{
    struct client_connection *client;
    enum status status = client_open(&client, cli->socket, fault);

    /* From here on the daemon may have the request, whatever becomes of the connection. */
    *sent = status == ST_OK;
    if (status != ST_OK)
        return status;
    status = client_ask(client, request, answer, site, fault);
    client_close(client);
    return status;
}

enum status cli_exchange(const struct cli *cli, const struct bytes *request,
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
        status = ask_check_answerer(cli, site, fault);
    /* An answer that cannot be read does not say whether the request was done. */
    if (status == ST_OK && control_reply_decode(&answer->reply, answer->bytes.data,
                                                answer->bytes.size, fault) != ST_OK)
        status = fault->status = ST_UNKNOWN;
    return status;
}

int cli_refused(const struct control_reply *reply)
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

int cli_ask_read(const struct cli *cli, const struct bytes *request, struct cli_answer *answer)
{
    struct fault fault = {0};
    bool sent;
    enum status status = cli_exchange(cli, request, answer, &sent, &fault);

    if (status == ST_UNKNOWN) /* a read can simply be repeated */
        return cli_fail(EXIT_TRY_AGAIN, "%s; run the command again", fault.text);
    return status == ST_OK ? cli_refused(&answer->reply) : cli_no_daemon(cli, &fault);
}

int cli_read_unsigned(const struct cli *cli, const char *command, struct bytes *args,
                      struct cli_answer *answer)
{
    struct bytes request = {0};
    int code;

    *answer = (struct cli_answer){0};
    control_read(&request, command, args);
    code = cli_ask_read(cli, &request, answer);
    bytes_fini(&request);
    bytes_fini(args);
    return code;
}
