/* serai site backup | restore */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "links/link.h"
#include "site/cli/audited.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"
#include "site/cli/site.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/control/place.h"
#include "store/store.h"

/* The file that says what a backup is; written last, so a backup without it is not whole. */
#define BACKUP_FILE "backup.txt"
#define BACKUP_HEAD "Serai backup 1\n"
#define NUMBER_FILE SITE_OPERATOR ".number" /* of its last request: site/control/keyfile.h */

enum { SETTING_BYTES_MAX = 4 * 1024 * 1024 };

/* ---- files ---- */

struct site_file {
    const char *name;
    unsigned mode;
    bool secret;
    bool needed;
};

/* Besides the store.  Marker, redo log, compiled code and socket are of a run, not of a site. */
static const struct site_file site_files[] = {
    {SITE_CONFIG, 0644, false, true},
    {SITE_PRICES, 0644, false, true},
    {SITE_KEY_PUBLIC, 0644, false, true},
    {SITE_OPERATOR_PUBLIC, 0644, false, false},
    {SITE_KEY, 0600, true, true},
    {SITE_OPERATOR, 0600, true, false}, /* it may be kept elsewhere */
    {NUMBER_FILE, 0600, true, false},
};

static enum status copy_file(const char *from, const char *to, const struct site_file *file,
                             struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct bytes data = {0};
    enum status status = file_path(path, from, file->name, fault);

    if (status == ST_OK)
        status = file_read_kept(path, SETTING_BYTES_MAX, &data, fault);
    if (status == ST_MISSING && !file->needed)
        return ST_OK;
    if (status == ST_OK)
        status = file_path(path, to, file->name, fault);
    if (status == ST_OK)
        status = file_create(path, data.data, data.size, file->mode, fault);
    bytes_fini(&data);
    return status;
}

/* Copy the files that are secret, or those that are not. */
static enum status copy_files(const char *from, const char *to, bool secret, struct fault *fault)
{
    enum status status = ST_OK;

    for (size_t i = 0; i < sizeof site_files / sizeof site_files[0] && status == ST_OK; i++)
        if (site_files[i].secret == secret)
            status = copy_file(from, to, &site_files[i], fault);
    return status;
}

/* Copy the store of the site in cli->dir, which may run. */
static int copy_store(const struct cli *cli, const char *to)
{
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    struct books books;
    enum status status;
    int code = books_open(cli, &books);

    if (code != EXIT_OK)
        return code;
    status = file_path(path, to, SITE_STORE, &fault);
    if (status == ST_OK)
        status = store_lmdb_copy(books.lmdb, path, &fault);
    books_close(&books);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

/* Read and check the books of the site in `dir`, from the first line. */
static int verify_site(const struct cli *cli, const char *dir, struct audited *audited)
{
    struct cli other = *cli;
    int code = cli_site(&other, dir);

    *audited = (struct audited){0};
    return code == EXIT_OK ? audited_verify(&other, audited) : code;
}

/* ---- what a backup says of itself ---- */

static enum status read_site_key(const char *dir, const char *name, char hex[], struct fault *fault)
{
    uint8_t key[CONTROL_KEY_BYTES];
    char path[FILE_PATH_BYTES];
    enum status status = file_path(path, dir, name, fault);

    if (status == ST_OK)
        status = keyfile_read_public(path, key, fault);
    if (status == ST_OK)
        hex_print(hex, key, CONTROL_KEY_BYTES);
    return status;
}

static enum status write_backup_file(const char *dir, const struct audited *audited, bool keys,
                                     struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    char head[HASH_TEXT_BYTES];
    char site[2 * CONTROL_KEY_BYTES + 1];
    char text[512];
    enum status status = read_site_key(dir, SITE_KEY_PUBLIC, site, fault);

    if (status == ST_OK)
        status = file_path(path, dir, BACKUP_FILE, fault);
    if (status != ST_OK)
        return status;
    (void)snprintf(text, sizeof text,
                   BACKUP_HEAD "site %s\nframe %" PRIu64 "\nhead %s\nkeys %s\nstore format %d\n",
                   site, audited->report.last_frame, hash_print(head, &audited->report.head),
                   keys ? "yes" : "no", STORE_FORMAT_VERSION);
    return file_create(path, text, strlen(text), 0644, fault);
}

/* Check that a directory is a backup, and that its books are those that it was made of. */
static int check_backup_file(const char *dir, const struct audited *audited)
{
    char path[FILE_PATH_BYTES];
    char line[HASH_TEXT_BYTES + 16];
    char head[HASH_TEXT_BYTES];
    struct bytes text = {0};
    struct fault fault = {0};
    bool same;
    enum status status = file_path(path, dir, BACKUP_FILE, &fault);

    if (status == ST_OK)
        status = file_read_kept(path, SETTING_BYTES_MAX, &text, &fault);
    if (status == ST_MISSING)
        return cli_fail(EXIT_MISSING,
                        "%s has no " BACKUP_FILE ": it is no backup, or one that was not finished",
                        dir);
    if (status != ST_OK)
        return cli_fault(&fault);
    bytes_append(&text, "", 1);
    (void)snprintf(line, sizeof line, "\nhead %s\n", hash_print(head, &audited->report.head));
    same = !text.failed && strncmp((char *)text.data, BACKUP_HEAD, strlen(BACKUP_HEAD)) == 0 &&
           strstr((char *)text.data, line) != NULL;
    bytes_fini(&text);
    if (same)
        return EXIT_OK;
    return cli_fail(EXIT_BAD_DATA,
                    "%s: the books end with head %s, and " BACKUP_FILE " says something else: "
                    "its files are of two backups",
                    dir, head);
}

/* ---- backup ---- */

static void print_backup(const struct cli *cli, const char *dir, const struct audited *audited)
{
    char head[HASH_TEXT_BYTES];
    char text[64];
    bool keys = cli->args.given[OPT_KEYS];

    (void)hash_print(head, &audited->report.head);
    if (cli->args.given[OPT_JSON]) {
        fputs("{\"dir\":", stdout);
        render_json_text(stdout, dir);
        printf(",\"frame\":%" PRIu64 ",\"head\":\"%s\",\"lines\":%" PRIu64 ",\"keys\":%s}\n",
               audited->report.last_frame, head, audited->report.lines, keys ? "true" : "false");
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, audited->report.last_frame);
    render_field(stdout, "backup", dir);
    render_field(stdout, "frame", text);
    render_field(stdout, "head", head);
    (void)snprintf(text, sizeof text, "all lines, from frame %" PRIu64,
                   audited->report.first_frame);
    render_field(stdout, "verified", text);
    render_field(stdout, "keys",
                 keys ? "in it: whoever reads it is this site" : "not in it (--keys)");
}

int cmd_site_backup(struct cli *cli)
{
    const char *dir = cli->args.operands[0];
    bool keys = cli->args.given[OPT_KEYS];
    struct audited audited = {0};
    struct fault fault = {0};
    enum status status = place_make_folder(dir, &fault);
    int code;

    if (status == ST_EXISTS)
        return cli_fail(EXIT_REFUSED, "%s; choose another directory", fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    code = copy_store(cli, dir);
    if (code == EXIT_OK) {
        status = copy_files(cli->dir, dir, false, &fault);
        if (status == ST_OK && keys)
            status = copy_files(cli->dir, dir, true, &fault);
        code = status == ST_OK ? verify_site(cli, dir, &audited) : cli_fault(&fault);
    }
    if (code == EXIT_OK && write_backup_file(dir, &audited, keys, &fault) != ST_OK)
        code = cli_fault(&fault);
    if (code != EXIT_OK)
        return cli_fail((enum exit_code)code, "%s is not a whole backup: remove it", dir);
    print_backup(cli, dir, &audited);
    return EXIT_OK;
}

/* ---- restore ---- */

/* Check that the keys are those of the site whose backup it is. */
static int check_keys(const char *backup, const char *keys)
{
    char of_backup[2 * CONTROL_KEY_BYTES + 1];
    char given[2 * CONTROL_KEY_BYTES + 1];
    struct fault fault = {0};
    enum status status = read_site_key(backup, SITE_KEY_PUBLIC, of_backup, &fault);

    if (status == ST_OK)
        status = read_site_key(keys, SITE_KEY, given, &fault);
    if (status == ST_MISSING)
        return cli_fail(EXIT_MISSING,
                        "%s; without its key it is not the same site: say with --keys-from where "
                        "the keys are",
                        fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    if (strcmp(of_backup, given) != 0)
        return cli_fail(EXIT_BAD_DATA,
                        "%s has the key of another site: it is %s, and the backup is of %s", keys,
                        given, of_backup);
    return EXIT_OK;
}

/* How links are shown, one after another. */
struct link_list {
    bool json;
    bool any;
};

static void print_link(void *context, struct link *link)
{
    struct link_list *list = context;

    if (link->removed)
        return;
    if (list->json) {
        fputs(list->any ? ",{\"name\":" : "{\"name\":", stdout);
        render_json_text(stdout, link->name);
        printf(",\"sent\":%" PRIu64 ",\"received\":%" PRIu64 "}", link->sent_seq,
               link->received_seq);
        list->any = true;
        return;
    }
    fputs("link             ", stdout);
    render_escaped(stdout, link->name);
    printf(": sent up to message %" PRIu64 ", received up to %" PRIu64 "\n", link->sent_seq,
           link->received_seq);
}

/* The links of the site, as the backup has them. */
static int print_links(const struct cli *cli, const char *backup)
{
    struct link_list list = {.json = cli->args.given[OPT_JSON]};
    struct cli other = *cli;
    struct links *links = NULL;
    struct books books;
    struct store_read read;
    struct fault fault = {0};
    enum status status = ST_OK;
    int code = cli_site(&other, backup);

    if (code == EXIT_OK)
        code = books_open(&other, &books);
    if (code != EXIT_OK)
        return code;
    if (links_new(&links) != ST_OK)
        status = fault_set(&fault, ST_NOMEM, "%s: out of memory", backup);
    if (status == ST_OK)
        status = store_read_begin(&read, &books.store, &fault);
    if (status == ST_OK) {
        status = links_load(links, &read, &fault);
        store_read_end(&read);
    }
    if (status == ST_OK)
        links_each(links, print_link, &list);
    links_free(links);
    books_close(&books);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

/* What is about to be done, and what follows from it. */
static int print_plan(const struct cli *cli, const char *backup, const struct audited *audited)
{
    char text[96];
    int code;

    if (cli->args.given[OPT_JSON]) {
        fputs("{\"backup\":", stdout);
        render_json_text(stdout, backup);
        fputs(",\"to\":", stdout);
        render_json_text(stdout, cli->dir);
        printf(",\"frame\":%" PRIu64 ",\"links\":[", audited->report.last_frame);
        code = print_links(cli, backup);
        puts("]}");
        return code;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64 ", and nothing after it",
                   audited->report.last_frame);
    render_field(stdout, "restore", backup);
    render_field(stdout, "to", cli->dir);
    render_field(stdout, "up to frame", text);
    code = print_links(cli, backup);
    if (code != EXIT_OK)
        return code;
    puts("\n"
         "A link over which anything went since then freezes when both sites run: this site has\n"
         "forgotten messages that the peer knows. Both operators look at `serai link show`, and\n"
         "`serai link accept-loss` on both sides lets it go on; what is lost is booked to "
         "suspense.\n"
         "An invitation that was used since then is open again: `serai link invites`, revoke it.\n"
         "The site that this was copied from must not run any more: two sites with one key are\n"
         "taken for a fraud by each peer.");
    return EXIT_OK;
}

static int restore_to(const struct cli *cli, const char *backup, const char *keys)
{
    struct cli from = *cli;
    struct fault fault = {0};
    enum status status = place_make_folder(cli->dir, &fault);
    int code;

    if (status == ST_EXISTS)
        return cli_fail(EXIT_REFUSED,
                        "%s; a restore replaces nothing: move it away, or choose another "
                        "directory by --site",
                        fault.text);
    if (status != ST_OK)
        return cli_fault(&fault);
    code = cli_site(&from, backup);
    if (code == EXIT_OK)
        code = copy_store(&from, cli->dir);
    if (code != EXIT_OK)
        return code;
    status = copy_files(backup, cli->dir, false, &fault);
    if (status == ST_OK)
        status = copy_files(keys, cli->dir, true, &fault);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

int cmd_site_restore(struct cli *cli)
{
    const char *backup = cli->args.operands[0];
    const char *keys = cli_value(cli, OPT_KEYS_FROM, backup);
    struct audited before = {0};
    struct audited after = {0};
    int code = verify_site(cli, backup, &before);

    if (code == EXIT_OK)
        code = check_backup_file(backup, &before);
    if (code == EXIT_OK)
        code = check_keys(backup, keys);
    if (code == EXIT_OK)
        code = print_plan(cli, backup, &before);
    if (code != EXIT_OK)
        return code;
    if (!cli->args.given[OPT_YES])
        return cli_fail(EXIT_REFUSED, "nothing was done: --yes does it");
    code = restore_to(cli, backup, keys);
    if (code == EXIT_OK)
        code = verify_site(cli, cli->dir, &after);
    if (code == EXIT_OK && !hash_equal(&before.report.head, &after.report.head))
        code = cli_fail(EXIT_IO, "the books that were written are not those of the backup");
    if (code != EXIT_OK)
        return cli_fail((enum exit_code)code, "%s is not whole: remove it, and begin again",
                        cli->dir);
    if (cli->args.given[OPT_JSON])
        return EXIT_OK;
    fputs("restored         ", stdout);
    render_escaped(stdout, cli->dir);
    fputs(" and verified; next: serai site run --site ", stdout);
    render_escaped(stdout, cli->dir);
    putchar('\n');
    return EXIT_OK;
}
