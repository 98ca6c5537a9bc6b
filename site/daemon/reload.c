#include "site/daemon/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "base/log.h"
#include "base/text.h"
#include "site/core/core.h"

static const char site_file[] = "site.toml";
static const char prices_file[] = "prices.toml";

void reload_init(struct reload *reload, const struct daemon_reader *reader, struct opened *opened,
                 struct parts *parts, const char *socket_path, const struct pricebook *book)
{
    *reload = (struct reload){.reader = reader,
                              .opened = opened,
                              .parts = parts,
                              .socket_path = socket_path,
                              .book = *book};
}

void reload_fini(struct reload *reload)
{
    bytes_fini(&reload->items);
}

/* ---- findings: one line of the log each, and one item of the answer ---- */

/* Texts of files and of the system's messages, which need not be UTF-8. */
static void reload_put_text(struct bytes *out, const char *text)
{
    char escaped[512];

    if (!utf8_is_valid(text, strlen(text))) {
        (void)text_escape(escaped, sizeof escaped, text, strlen(text));
        text = escaped;
    }
    cbor_put_text(out, text);
}

/* The keys of each map are in the order that CBOR wants: shorter ones first. */
static void reload_add_error(struct reload *reload, const struct daemon_finding *error)
{
    cbor_put_map(&reload->items, 4);
    cbor_put_text(&reload->items, "file");
    cbor_put_text(&reload->items, error->file);
    cbor_put_text(&reload->items, "line");
    cbor_put_uint(&reload->items, error->line);
    cbor_put_text(&reload->items, "column");
    cbor_put_uint(&reload->items, error->column);
    cbor_put_text(&reload->items, "reason");
    reload_put_text(&reload->items, error->wrong);
}

static void reload_add_change(struct reload *reload, const struct daemon_finding *change)
{
    cbor_put_map(&reload->items, 5);
    cbor_put_text(&reload->items, "key");
    cbor_put_text(&reload->items, change->key);
    cbor_put_text(&reload->items, "new");
    reload_put_text(&reload->items, change->new);
    cbor_put_text(&reload->items, "old");
    reload_put_text(&reload->items, change->old);
    cbor_put_text(&reload->items, "file");
    cbor_put_text(&reload->items, change->file);
    cbor_put_text(&reload->items, "effect");
    cbor_put_text(&reload->items, change->at_start ? "at start" : "now");
}

static void reload_log(const struct daemon_finding *finding)
{
    bool of_prices = strcmp(finding->file, prices_file) == 0;

    if (finding->wrong != NULL)
        log_write(LOG_ERROR, of_prices ? "prices.refused" : "config.refused",
                  "file=%s line=%" PRIu32 " column=%" PRIu32 " reason=\"%s\" "
                  "next=\"nothing was changed: mend the file, then serai site reload\"",
                  finding->file, finding->line, finding->column, finding->wrong);
    else
        log_write(LOG_INFO, of_prices ? "prices.changed" : "config.changed",
                  "key=%s old=\"%s\" new=\"%s\" effect=\"%s\"", finding->key, finding->old,
                  finding->new, finding->at_start ? "at the next start" : "now");
}

static void reload_found(void *context, const struct daemon_finding *finding)
{
    struct reload *reload = context;

    if (finding->wrong != NULL)
        reload->wrong++;
    else if (finding->at_start)
        reload->at_start++;
    else
        reload->changed++;
    if (reload->item_count == RELOAD_ITEMS_MAX)
        return;
    reload->item_count++;
    if (finding->wrong != NULL)
        reload_add_error(reload, finding);
    else
        reload_add_change(reload, finding);
    reload_log(finding);
}

/* What the files say cannot be in force for another reason than an error in a line. */
static void reload_refuse(struct reload *reload, const char *file, const char *reason)
{
    reload_found(reload, &(struct daemon_finding){.file = file, .wrong = reason});
}

/* ---- two price books ---- */

/* A search for one line of a book, by its key. */
struct line_search {
    const char *path;
    char value[PRICEBOOK_VALUE_BYTES];
    bool found;
};

static void reload_find_value(void *context, const struct pricebook_line *line)
{
    struct line_search *search = context;

    if (strcmp(line->path, search->path) != 0)
        return;
    search->found = true;
    (void)snprintf(search->value, sizeof search->value, "%s", line->value);
}

struct book_comparison {
    struct reload *reload;
    const struct pricebook *other;
    bool forward; /* the lines are the new book's */
};

/* Forward: a line that is new or differs.  Backward: a line that the new book has no more. */
static void reload_compare_line(void *context, const struct pricebook_line *line)
{
    struct book_comparison *comparing = context;
    struct line_search other = {.path = line->path};

    pricebook_each(comparing->other, &core_order_names, reload_find_value, &other);
    if (other.found && (!comparing->forward || strcmp(other.value, line->value) == 0))
        return;
    comparing->reload->prices++;
    reload_found(comparing->reload, &(struct daemon_finding){
                                        .file = prices_file,
                                        .key = line->path,
                                        .old = comparing->forward ? other.value : line->value,
                                        .new = comparing->forward ? line->value : other.value,
                                    });
}

/* A finding for each price that changed, came or went. */
static void reload_compare_books(struct reload *reload, const struct pricebook *new)
{
    struct book_comparison forward = {.reload = reload, .other = &reload->book, .forward = true};
    struct book_comparison backward = {.reload = reload, .other = new};

    pricebook_each(new, &core_order_names, reload_compare_line, &forward);
    pricebook_each(&reload->book, &core_order_names, reload_compare_line, &backward);
}

/* ---- taking over ---- */

/* The book of prices goes to the core, which frees it. */
static void reload_hand_over(struct reload *reload, const struct pricebook *book)
{
    struct pricebook *copy;

    if (pricebook_equal(book, &reload->book)) {
        log_write(LOG_INFO, "prices.unchanged", "file=%s", prices_file);
        return;
    }
    copy = malloc(sizeof *copy);
    INVARIANT(copy != NULL);
    *copy = *book;
    INVARIANT(ring_push(&reload->parts->books, copy)); /* one is under way at a time */
    reload->books_pushed++;
    reload->book = *book;
    log_write(LOG_INFO, "prices.taken", "file=%s changes=%" PRIu64, prices_file, reload->prices);
}

/* What may fail comes first; what follows it cannot. */
static void reload_take(struct reload *reload, const struct daemon_files *files)
{
    struct fault fault = {0};

    if (core_check_currency(reload->book.currency, &files->book, &fault) != ST_OK) {
        reload_refuse(reload, prices_file, fault.text);
        return;
    }
    if (access_change(reload->socket_path, &files->socket_access, &fault) != ST_OK) {
        reload_refuse(reload, site_file, fault.text);
        return;
    }
    reload->reader->take(reload->reader->context, reload_found, reload);
    atomic_store(&reload->opened->disk_low_percent, files->disk_low_percent);
    atomic_store(&reload->opened->disk_full_percent, files->disk_full_percent);
    reload_compare_books(reload, &files->book);
    reload_hand_over(reload, &files->book);
    /* Last, so that the lines of the log before it are of one level. */
    log_set_level(files->log_level);
}

void reload_begin(struct reload *reload, struct connection *client, uint64_t frame)
{
    struct daemon_files files;

    INVARIANT(!reload->under_way);
    bytes_clear(&reload->items);
    reload->item_count = reload->changed = reload->at_start = 0;
    reload->wrong = reload->prices = 0;
    reload->client = client;
    reload->frame = frame;
    reload->under_way = true;
    if (reload->reader == NULL)
        return;
    if (reload->reader->read(reload->reader->context, &files, reload_found, reload))
        reload_take(reload, &files);
}

bool reload_is_done(const struct reload *reload)
{
    return reload->under_way && atomic_load(&reload->parts->books_taken) == reload->books_pushed;
}

void reload_end(struct reload *reload, struct bytes *answer)
{
    struct bytes result = {0};
    char message[CONTROL_MESSAGE_BYTES_MAX + 1] = "";
    bool refused = reload->wrong > 0;

    if (atomic_exchange(&reload->parts->book_refused, false)) {
        refused = true;
        (void)snprintf(message, sizeof message,
                       "the books do not take the prices; the log gives the reason");
    } else if (refused) {
        (void)snprintf(message, sizeof message,
                       "nothing was changed; errors in the files: %" PRIu64, reload->wrong);
    }
    cbor_put_map(&result, 4);
    cbor_put_text(&result, "items");
    cbor_put_array(&result, reload->item_count);
    bytes_append(&result, reload->items.data, reload->items.size);
    cbor_put_text(&result, "wrong");
    cbor_put_uint(&result, reload->wrong);
    cbor_put_text(&result, "changed");
    cbor_put_uint(&result, refused ? 0 : reload->changed);
    cbor_put_text(&result, "at_start");
    cbor_put_uint(&result, reload->at_start);
    INVARIANT(!result.failed);
    control_answer(answer, refused ? CONTROL_REFUSED : CONTROL_DONE, reload->frame, message,
                   &result);
    INVARIANT(!answer->failed);
    log_write(LOG_INFO, refused ? "site.not-reloaded" : "site.reloaded",
              "changed=%" PRIu64 " at_next_start=%" PRIu64 " errors=%" PRIu64,
              refused ? 0 : reload->changed, reload->at_start, reload->wrong);
    bytes_fini(&result);
    reload->under_way = false;
    reload->client = NULL;
}

void reload_answer_busy(struct bytes *answer, uint64_t frame, const char *why)
{
    struct bytes result = {0};

    cbor_put_null(&result);
    control_answer(answer, CONTROL_TRY_AGAIN, frame, why, &result);
    INVARIANT(!answer->failed);
    bytes_fini(&result);
}
