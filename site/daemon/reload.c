#include "site/daemon/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "site/core/core.h"

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
    const struct pricebook *other;
    bool forward; /* the lines are the new book's */
    unsigned count;
};

/* Forward: a line that is new or differs.  Backward: a line that the new book has no more. */
static void reload_compare_line(void *context, const struct pricebook_line *line)
{
    struct book_comparison *comparing = context;
    struct line_search other = {.path = line->path};

    pricebook_each(comparing->other, &core_order_names, reload_find_value, &other);
    if (other.found && (!comparing->forward || strcmp(other.value, line->value) == 0))
        return;
    comparing->count++;
    log_write(LOG_INFO, "prices.changed", "key=%s old=\"%s\" new=\"%s\"", line->path,
              comparing->forward ? other.value : line->value,
              comparing->forward ? line->value : other.value);
}

/* A line of the log for each key that changed, came or went; returns how many. */
static unsigned reload_log_changes(const struct pricebook *old, const struct pricebook *new)
{
    struct book_comparison forward = {.other = old, .forward = true};
    struct book_comparison backward = {.other = new};

    pricebook_each(new, &core_order_names, reload_compare_line, &forward);
    pricebook_each(old, &core_order_names, reload_compare_line, &backward);
    return forward.count + backward.count;
}

/* True when `book` is another one, and may be in force. */
static bool reload_is_news(const struct reload *reload, const struct pricebook *book)
{
    struct fault fault = {0};

    if (core_check_currency(reload->book.currency, book, &fault) != ST_OK) {
        log_write(LOG_ERROR, "prices.refused", "file=prices.toml reason=\"%s\"", fault.text);
        return false;
    }
    if (!pricebook_equal(book, &reload->book))
        return true;
    log_write(LOG_INFO, "prices.unchanged", "file=prices.toml");
    return false;
}

/* False: it was not taken, and stays the caller's. */
static bool reload_hand_over(struct reload *reload, struct pricebook *book, struct ring *to)
{
    struct pricebook copy = *book; /* once it is pushed, it is the core's */
    unsigned changes;

    if (!ring_push(to, book)) {
        log_write(LOG_ERROR, "prices.refused",
                  "reason=\"the books before it still wait\" next=\"send SIGHUP again\"");
        return false;
    }
    changes = reload_log_changes(&reload->book, &copy);
    log_write(LOG_INFO, "prices.taken", "file=prices.toml changes=%u", changes);
    reload->book = copy;
    return true;
}

void reload_prices(struct reload *reload, struct ring *to)
{
    struct pricebook *book;

    if (reload->read == NULL)
        return;
    book = malloc(sizeof *book);
    if (book == NULL) {
        log_write(LOG_ERROR, "prices.refused", "reason=\"out of memory\"");
        return;
    }
    if (!reload->read(reload->dir, book) || !reload_is_news(reload, book) ||
        !reload_hand_over(reload, book, to))
        free(book);
}
