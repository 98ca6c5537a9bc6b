#include "site/cli/audited.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/core/core.h"

/* Every row reads back as it was written: a cursor checks each against its own hash. */
static enum status audited_check_rows(const struct store_read *read, uint64_t *rows,
                                      struct fault *fault)
{
    enum status status = ST_OK;

    for (int table = 0; table < STORE_TABLES && status == ST_OK; table++) {
        struct store_cursor cursor;
        struct store_row stored;

        if (table == STORE_JOURNAL) /* read by audit_verify() anyway */
            continue;
        store_cursor_open(&cursor, read, (enum store_table)table, NULL, 0, fault);
        while (store_cursor_next(&cursor, &stored))
            (*rows)++;
        status = store_cursor_close(&cursor, ST_OK);
    }
    return status;
}

static void audited_show(void *context, uint64_t frame, uint64_t last_frame)
{
    struct progress *progress = context;
    struct clock_source clock = clock_system();

    if (progress->total == 0)
        progress->total = last_frame - frame + 1; /* the first that is read may be any */
    progress->frame = frame;
    progress_step(progress, 1, clock.now_us(clock.context));
}

/* On a terminal a bar shows how far it is, once it takes longer than a second. */
static enum status audited_replay(const struct store_read *read, const struct journal_past *past,
                                  struct audited *audited, struct fault *fault)
{
    struct clock_source clock = clock_system();
    struct progress progress;
    struct audit_env audit = core_audit;
    enum status status;

    progress_begin(&progress, STDERR_FILENO, NULL, clock.now_us(clock.context));
    progress_part(&progress, "verifying the books", 0);
    audit.progress = audited_show;
    audit.progress_context = &progress;
    status = audit_verify_all(read, past, &audit, &audited->report, fault);
    progress_end(&progress);
    return status;
}

/* By one read, so that rows and journal are of the same frame while a daemon writes on. */
static enum status audited_verify_books(const struct books *books, struct audited *audited,
                                        struct fault *fault)
{
    struct store_read read;
    enum status status = store_read_begin(&read, &books->store, fault);

    if (status != ST_OK)
        return status;
    status = audited_check_rows(&read, &audited->rows, fault);
    if (status == ST_OK)
        status = audited_replay(&read, books->past, audited, fault);
    store_read_end(&read);
    return status;
}

int audited_verify(const struct cli *cli, struct audited *audited)
{
    struct books books;
    struct fault fault = {0};
    enum status status;
    int code = books_open(cli, &books);

    if (code != EXIT_OK)
        return code;
    memcpy(audited->currency, books.currency, sizeof audited->currency);
    code = books_open_archives(cli, &books, cli_value(cli, OPT_ARCHIVE, NULL));
    if (code != EXIT_OK) {
        books_close(&books);
        return code;
    }
    status = audited_verify_books(&books, audited, &fault);
    books_close(&books);
    if (status == ST_CORRUPT)
        return cli_fail(EXIT_REFUSED,
                        "the books do not agree: %s; restore a copy, or keep this one "
                        "as it is and ask for help",
                        fault.text);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}
