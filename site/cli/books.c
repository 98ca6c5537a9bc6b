/* A site's store, read while its daemon runs or not, and how lists show its accounts. */
#include "site/cli/books.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/array.h"
#include "site/cli/cli.h"
#include "site/cli/render.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"
#include "site/core/core.h"
#include "store/store.h"

static enum status books_read_currency(struct books *books, struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, &books->store, fault);

    if (status != ST_OK)
        return status;
    status = core_read_currency(&read, books->currency, fault);
    store_read_end(&read);
    return status;
}

int books_open(const struct cli *cli, struct books *books)
{
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    enum status status = file_path(path, cli->dir, SITE_STORE, &fault);

    *books = (struct books){0};
    if (status == ST_OK)
        status = store_lmdb_open(&books->lmdb, path, STORE_READ_ONLY, cli->map_bytes, &fault);
    /* Another user of the machine is not to be sent looking for a disk error. */
    if (status != ST_OK && access(path, R_OK | X_OK) != 0 && errno == EACCES)
        return cli_fail(EXIT_DENIED,
                        "%s is its operator's: what is yours the daemon shows, by "
                        "--site SOCKET and --key FILE",
                        cli->dir);
    if (status == ST_MISSING)
        return cli_fail(EXIT_MISSING, "%s; is there a site in %s?", fault.text, cli->dir);
    if (status != ST_OK)
        return cli_fault(&fault);
    books->store = store_from_lmdb(books->lmdb);
    status = books_read_currency(books, &fault);
    /* A site that never ran has no frame yet: its prices say what its money is called. */
    if (status == ST_MISSING)
        (void)snprintf(books->currency, sizeof books->currency, "%s", cli->currency);
    else if (status != ST_OK) {
        books_close(books);
        return cli_fault(&fault);
    }
    return EXIT_OK;
}

int books_open_quietly(const struct cli *cli, struct books *books, char *said, size_t room_bytes)
{
    int code;

    said[0] = '\0';
    cli_keep_messages(said, room_bytes);
    code = books_open(cli, books);
    cli_keep_messages(NULL, 0);
    return code;
}

void books_close(struct books *books)
{
    archive_dir_close(books->archives);
    store_lmdb_close(books->lmdb);
}

/* ---- frames that the store dropped ---- */

static enum status books_find_archives(const struct cli *cli, struct books *books, const char *dir,
                                       struct fault *fault)
{
    uint8_t key[CONTROL_KEY_BYTES];
    char path[FILE_PATH_BYTES];
    struct books_kept kept;
    enum status status = books_kept_now(&books->store, &kept, fault);

    books->first_frame = kept.first;
    if (status != ST_OK || dir == NULL)
        return status;
    status = file_path(path, cli->dir, SITE_KEY_PUBLIC, fault);
    if (status == ST_OK)
        status = keyfile_read_public(path, key, fault);
    if (status == ST_OK)
        status = archive_dir_open(&books->archives, dir, key, &kept, fault);
    if (status != ST_OK)
        return status;
    books->past = archive_dir_past(books->archives);
    if (books->past != NULL)
        books->first_frame = books->past->first;
    return ST_OK;
}

int books_open_archives(const struct cli *cli, struct books *books, const char *dir)
{
    struct fault fault = {0};
    enum status status = books_find_archives(cli, books, dir, &fault);

    if (status == ST_CORRUPT || status == ST_DENIED)
        return cli_fail(EXIT_BAD_DATA, "%s", fault.text);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

/* Require that they can be read from frame 1 on; prints why they cannot. */
static int books_require_all(const struct books *books, const char *what, const char *option)
{
    if (books->first_frame <= 1)
        return EXIT_OK;
    if (books->past != NULL)
        return cli_fail(EXIT_MISSING,
                        "%s begins with frame 1, and the archives with frame %" PRIu64
                        ": give the directory that has all of them",
                        what, books->first_frame);
    return cli_fail(EXIT_MISSING,
                    "%s begins with frame 1, and frames 1 to %" PRIu64 " are in archives: say "
                    "where, with %s DIR",
                    what, books->first_frame - 1, option);
}

int books_open_whole(const struct cli *cli, struct books *books, const char *dir, const char *what,
                     const char *option)
{
    int code = books_open(cli, books);

    if (code != EXIT_OK)
        return code;
    code = books_open_archives(cli, books, dir);
    if (code == EXIT_OK)
        code = books_require_all(books, what, option);
    if (code != EXIT_OK)
        books_close(books);
    return code;
}

void books_note_missing(const struct books *books, uint64_t wanted_frame)
{
    if (wanted_frame < books->first_frame && books->first_frame > 1)
        (void)cli_fail(EXIT_OK,
                       "frames 1 to %" PRIu64 " are in archives, and not shown: --archive DIR "
                       "shows them, --since %" PRIu64 " goes without",
                       books->first_frame - 1, books->first_frame);
}

char *books_balance(char text[64], const struct account *account)
{
    bool by_debits = account->class == ACCOUNT_SOURCE;
    u128 plus = by_debits ? account->debits : account->credits;
    u128 minus = by_debits ? account->credits : account->debits;

    text[0] = '-';
    (void)!render_total(plus >= minus ? text : text + 1,
                        plus >= minus ? plus - minus : minus - plus);
    return text;
}

bool account_kinds_add(struct account_kinds *kinds, uint64_t account, enum account_kind kind)
{
    struct account_kind_of *items;
    size_t at = kinds->count;

    items = array_grow(kinds->items, &kinds->capacity, kinds->count + 1, sizeof *items);
    if (items == NULL)
        return false;
    kinds->items = items;
    /*
     * Accounts of links have fixed, low numbers and open late.  All others come in order, so the
     * place is near the end.
     */
    while (at > 0 && kinds->items[at - 1].account > account)
        at--;
    memmove(kinds->items + at + 1, kinds->items + at, (kinds->count - at) * sizeof *kinds->items);
    kinds->items[at] = (struct account_kind_of){.account = account, .kind = kind};
    kinds->count++;
    return true;
}

/* By number, for bsearch(). */
static int books_compare_kinds(const void *left, const void *right)
{
    const struct account_kind_of *a = left;
    const struct account_kind_of *b = right;

    return a->account < b->account ? -1 : a->account > b->account;
}

enum account_kind account_kinds_find(const struct account_kinds *kinds, uint64_t account)
{
    const struct account_kind_of wanted = {.account = account};
    const struct account_kind_of *found;

    if (kinds->count == 0)
        return KIND_SUSPENSE;
    found = bsearch(&wanted, kinds->items, kinds->count, sizeof wanted, books_compare_kinds);
    return found == NULL ? KIND_SUSPENSE : found->kind;
}

void account_kinds_fini(struct account_kinds *kinds)
{
    free(kinds->items);
    *kinds = (struct account_kinds){0};
}
