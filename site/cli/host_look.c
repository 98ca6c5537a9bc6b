/* What one site is and has: asked if it runs, read from its books if it does not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ledger/account.h"
#include "ledger/reading.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/host.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/site.h"
#include "site/control/paths.h"
#include "store/store.h"

static void host_say(struct host_site *site, const char *state, const char *why)
{
    (void)text_escape(site->state, sizeof site->state, state, strlen(state));
    (void)text_escape(site->why, sizeof site->why, why, strlen(why));
}

/* ---- its books ---- */

/*
 * All accounts sum to zero, so what customers and agents hold is what the site's own and those of
 * its links lack.  Those have the lowest numbers, and there are few of them.
 */
static enum status host_sum(struct host_site *site, const struct store_read *read,
                            struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;
    enum status status = ST_OK;

    store_cursor_open(&cursor, read, STORE_ACCOUNT, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored)) {
        struct account account;
        uint64_t frame;

        status = account_decode(&account, &frame, &stored, fault);
        if (status != ST_OK || account.id >= ACCOUNT_FIRST_FREE)
            break;
        site->liabilities += account.debits - account.credits; /* modulo 2^128, and so exact */
        if (account.kind == KIND_REVENUE)
            site->revenue += account.credits - account.debits;
    }
    return store_cursor_close(&cursor, status);
}

static void host_read_books(struct host_site *site, const struct cli *cli)
{
    struct frame_header header = {0};
    struct store_read read;
    struct books books;
    struct fault fault = {0};
    char said[HOST_WHY_BYTES];
    enum status status;
    int code = books_open_quietly(cli, &books, said, sizeof said);

    if (code != EXIT_OK) {
        host_say(site, code == EXIT_DENIED ? "denied" : "broken", said);
        return;
    }
    (void)snprintf(site->currency, sizeof site->currency, "%s", books.currency);
    status = store_read_begin(&read, &books.store, &fault);
    if (status == ST_OK) {
        status = books_header(&read, &header, &fault);
        if (status == ST_OK)
            status = host_sum(site, &read, &fault);
        store_read_end(&read);
    }
    books_close(&books);
    site->frame = header.frame;
    site->has_money = status == ST_OK;
    if (status != ST_OK)
        host_say(site, "broken", fault.text);
}

/* ---- its daemon ---- */

static void host_take_account(void *context, const uint8_t *item, size_t size)
{
    struct host_site *site = context;
    char name[RENDER_TEXT_BYTES];

    if (render_text(item, size, "name", name) && strncmp(name, "revenue:", 8) == 0)
        site->revenue +=
            render_total_or_0(item, size, "credits") - render_total_or_0(item, size, "debits");
}

static void host_take_link(void *context, const uint8_t *item, size_t size)
{
    struct host_site *site = context;
    char state[RENDER_TEXT_BYTES];

    site->links++;
    site->links_up += render_text(item, size, "state", state) && strcmp(state, "up") == 0;
}

static void host_take_figures(struct host_site *site, const uint8_t *map, size_t size)
{
    char text[RENDER_TEXT_BYTES];

    site->has_money = true;
    site->is_asked = true;
    (void)!render_text(map, size, "state", text);
    host_say(site, text, "");
    (void)!render_text(map, size, "currency", text);
    (void)text_escape(site->currency, sizeof site->currency, text, strlen(text));
    (void)!render_number(map, size, "frame", &site->frame); /* missing: as they are, 0 */
    (void)!render_number(map, size, "agents", &site->agents);
    (void)!render_number(map, size, "disk_free_bytes", &site->free_bytes);
    site->liabilities = render_total_or_0(map, size, "liabilities");
    render_list(map, size, "accounts", host_take_account, site);
    render_list(map, size, "links", host_take_link, site);
}

static void host_ask(struct host_site *site, struct cli *cli)
{
    struct bytes args = {0};
    struct cli_answer answer;
    char said[HOST_WHY_BYTES] = "";
    int code;

    cbor_put_array(&args, 0);
    cli_keep_messages(said, sizeof said);
    code = cli_read_unsigned(cli, "figures", &args, &answer);
    cli_keep_messages(NULL, 0);
    if (code == EXIT_OK)
        host_take_figures(site, answer.reply.result, answer.reply.result_size);
    else
        host_say(site, code == EXIT_DENIED ? "denied" : "silent", said);
    cli_answer_fini(&answer);
}

/* ---- all ---- */

static void host_measure(struct host_site *site)
{
    char path[FILE_PATH_BYTES];
    struct stat data;

    if (file_path(path, site->dir, SITE_STORE "/data.mdb", NULL) == ST_OK && stat(path, &data) == 0)
        site->disk_bytes = (uint64_t)data.st_blocks * 512; /* it may have holes */
}

void host_look(struct host_site *site)
{
    static const struct cli_command none = {.group = "host", .verb = "ls"};
    struct cli cli = {.args.command = &none};
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    char said[HOST_WHY_BYTES] = "";
    enum status lock;
    int code;

    if (access(site->dir, F_OK) != 0) {
        host_say(site, errno == EACCES ? "denied" : "broken", strerror(errno));
        return;
    }
    cli_keep_messages(said, sizeof said);
    code = cli_site(&cli, site->dir);
    cli_keep_messages(NULL, 0);
    if (code != EXIT_OK) {
        host_say(site, code == EXIT_DENIED ? "denied" : "silent", said);
        return;
    }
    if (cli.by_socket) {
        host_ask(site, &cli);
        return;
    }
    host_measure(site);
    lock = file_path(path, site->dir, SITE_STORE, &fault);
    if (lock == ST_OK)
        lock = store_lmdb_look(path, &fault);
    if (lock == ST_BUSY) {
        host_ask(site, &cli);
        return;
    }
    host_say(site, "stopped", "");
    host_read_books(site, &cli);
}
