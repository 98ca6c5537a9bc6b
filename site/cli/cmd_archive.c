/*
 * serai ledger archive: each segment is written to a file, the file is read back and compared with
 * the store, and only then the site is asked to drop the segment.  A crash between two steps leaves
 * the segment in the store, or whole in its file, or in both; the same command goes on from there.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/offline.h"
#include "site/cli/render.h"
#include "site/cli/signed.h"
#include "site/cli/times.h"
#include "site/control/keyfile.h"
#include "site/control/paths.h"

struct archiving {
    struct cli *cli;
    const char *dir;
    struct cli_moment before;
    const struct store *store;
    uint8_t site[CONTROL_KEY_BYTES];
    uint64_t last_frame;  /* when it began: a busy site may write faster than this archives */
    uint64_t first_frame; /* with which the store's journal begins */
    bool was_there;       /* the file of the segment that is archived now */
    uint64_t segments;    /* archived and dropped */
};

/* ---- one segment ---- */

/* Where its file is. */
static enum status archiving_path(const struct archiving *archiving,
                                  const struct books_segment *segment, char path[FILE_PATH_BYTES],
                                  struct fault *fault)
{
    char name[ARCHIVE_NAME_BYTES];

    return file_path(path, archiving->dir, archive_name(name, segment->first, segment->last),
                     fault);
}

/* A file that is there already is not written again; either way it is read back. */
static int archiving_make_file(struct archiving *archiving, const struct books_segment *segment,
                               const char *path)
{
    struct archive_facts facts = {.first = segment->first,
                                  .last = segment->last,
                                  .before = segment->before,
                                  .head = segment->head};
    struct fault fault = {0};
    enum status status;

    memcpy(facts.site, archiving->site, sizeof facts.site);
    status = archive_make(path, &facts, archiving->store, &archiving->was_there, &fault);
    if (status == ST_OK)
        return EXIT_OK;
    if (status != ST_CORRUPT)
        return cli_fault(&fault);
    if (archiving->was_there)
        return cli_fail(EXIT_BAD_DATA,
                        "%s. It was there already, so nothing was dropped: move it away, and give "
                        "the command again",
                        fault.text);
    return cli_fail(EXIT_IO, "%s. Nothing was dropped", fault.text);
}

static void archiving_ignore_result(struct cli *cli, const struct control_reply *reply,
                                    void *context)
{
    (void)cli;
    (void)reply;
    (void)context;
}

/* The site compares frames and head with its books, so nothing else than this can be dropped. */
static int archiving_drop(struct archiving *archiving, const struct books_segment *segment)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, segment->first);
    cbor_put_uint(&args, segment->last);
    cbor_put_bytes(&args, segment->head.bytes, HASH_BYTES);
    return cli_signed_show(archiving->cli, "ledger.archive", &args, archiving_ignore_result, NULL);
}

static void archiving_print(const struct archiving *archiving, const struct books_segment *segment,
                            const char *path)
{
    struct stat file = {.st_size = 0};

    (void)!stat(path, &file); /* it was read a moment ago; its size is for people */
    if (archiving->cli->args.given[OPT_JSON]) {
        printf("{\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"file\":", segment->first,
               segment->last);
        render_json_text(stdout, path);
        printf(",\"file_bytes\":%" PRIu64 ",\"was_there\":%s}\n", (uint64_t)file.st_size,
               archiving->was_there ? "true" : "false");
        return;
    }
    printf("frames %" PRIu64 " to %" PRIu64 ": %s, %" PRIu64 " bytes, in ", segment->first,
           segment->last, archiving->was_there ? "was there and is right" : "written and read back",
           (uint64_t)file.st_size);
    render_escaped(stdout, path);
    putchar('\n');
}

/* ---- all of them ---- */

/* The oldest segment of the store.  *found: there is a whole one, and it ended before the moment.
 */
static enum status archiving_next(struct archiving *archiving, struct books_segment *segment,
                                  bool *found, struct fault *fault)
{
    struct books_kept kept;
    struct store_read read;
    enum status status = store_read_begin(&read, archiving->store, fault);

    *found = false;
    if (status != ST_OK)
        return status;
    status = books_kept(&read, &kept, fault);
    if (status == ST_OK) {
        archiving->first_frame = kept.first;
        status = books_segment(&read, kept.first, &kept.head, segment, fault);
    }
    store_read_end(&read);
    if (status == ST_MISSING)
        return ST_OK;
    *found = status == ST_OK && segment->last <= archiving->last_frame &&
             cli_moment_is_before(&archiving->before, segment->last, segment->wall_us);
    return status;
}

static int archiving_all(struct archiving *archiving)
{
    struct frame_header header;
    struct fault begin_fault = {0};

    if (books_header_now(archiving->store, &header, &begin_fault) != ST_OK)
        return cli_fault(&begin_fault);
    archiving->last_frame = header.frame;
    for (;;) {
        struct books_segment segment;
        char path[FILE_PATH_BYTES];
        struct fault fault = {0};
        bool found;
        int code;

        if (archiving_next(archiving, &segment, &found, &fault) != ST_OK)
            return cli_fault(&fault);
        if (!found)
            return EXIT_OK;
        if (archiving_path(archiving, &segment, path, &fault) != ST_OK)
            return cli_fault(&fault);
        code = archiving_make_file(archiving, &segment, path);
        if (code == EXIT_OK)
            code = archiving_drop(archiving, &segment);
        if (code != EXIT_OK)
            return code;
        archiving_print(archiving, &segment, path);
        archiving->segments++;
    }
}

static int archiving_take_options(struct archiving *archiving)
{
    const struct cli *cli = archiving->cli;
    char path[FILE_PATH_BYTES];
    struct fault fault = {0};
    struct stat about;
    int code;

    if (!cli->args.given[OPT_BEFORE] || !cli->args.given[OPT_TO_DIR])
        return cli_fail(EXIT_USAGE, "usage: serai ledger archive --before MOMENT --to DIR");
    archiving->dir = cli->args.values[OPT_TO_DIR];
    code = cli_moment(cli->args.values[OPT_BEFORE], "--before", &archiving->before);
    if (code != EXIT_OK)
        return code;
    if (stat(archiving->dir, &about) != 0)
        return cli_fail(EXIT_MISSING, "--to %s: %s", archiving->dir, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return cli_fail(EXIT_USAGE, "--to %s: it is no directory", archiving->dir);
    if (file_path(path, cli->dir, SITE_KEY_PUBLIC, &fault) != ST_OK ||
        keyfile_read_public(path, archiving->site, &fault) != ST_OK)
        return cli_fault(&fault);
    return EXIT_OK;
}

int cmd_ledger_archive(struct cli *cli)
{
    struct archiving archiving = {.cli = cli};
    struct books books = {0};
    int code = archiving_take_options(&archiving);

    if (code == EXIT_OK && cli->offline == NULL)
        code = books_open(cli, &books);
    if (code != EXIT_OK)
        return code;
    cli->asks_on = true;
    archiving.store = cli->offline == NULL ? &books.store : cli_offline_store(cli);
    code = archiving_all(&archiving);
    if (code == EXIT_OK && !cli->args.given[OPT_JSON])
        printf("%" PRIu64 " %s archived; the store begins with frame %" PRIu64 "\n",
               archiving.segments, archiving.segments == 1 ? "segment" : "segments",
               archiving.first_frame);
    books_close(&books);
    return code;
}
