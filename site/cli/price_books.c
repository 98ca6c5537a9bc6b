#include "site/cli/price_books.h"

#include <inttypes.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "site/cli/render.h"
#include "site/core/core.h"

static enum status keep(void *context, const struct ledger_prices *prices, struct fault *fault)
{
    struct price_books *books = context;
    struct price_book_kept *items = realloc(books->items, (books->count + 1) * sizeof *items);
    struct price_book_kept *kept;
    enum status status;

    if (items == NULL)
        return fault_set(fault, ST_NOMEM, "books of prices: memory is short");
    books->items = items;
    kept = &items[books->count];
    kept->frame = prices->frame;
    kept->site_time_us = prices->site_time_us;
    status = pricebook_decode(&kept->book, prices->book, prices->size, fault);
    if (status == ST_OK && prices->id != books->count + 1)
        status =
            fault_set(fault, ST_CORRUPT, "meta: book of prices %zu is missing", books->count + 1);
    if (status != ST_OK)
        return status == ST_INVALID ? ST_CORRUPT : status;
    kept->book.id = prices->id;
    books->count++;
    return ST_OK;
}

enum status price_books_load(struct price_books *books, const struct store *store,
                             struct fault *fault)
{
    *books = (struct price_books){0};
    return ledger_prices_each(store, keep, books, fault);
}

void price_books_fini(struct price_books *books)
{
    free(books->items);
    *books = (struct price_books){0};
}

struct printing {
    FILE *out;
    const char *between;
};

static void print_value(void *context, const struct pricebook_line *line)
{
    struct printing *printing = context;

    fputs(printing->between, printing->out);
    printing->between = ",";
    render_json_text(printing->out, line->path);
    putc(':', printing->out);
    render_json_text(printing->out, line->value);
}

void price_books_print_json(void *context, FILE *out, uint64_t id)
{
    const struct price_books *books = context;
    const struct price_book_kept *kept;
    struct printing printing = {.out = out, .between = ""};

    if (id == 0 || id > books->count)
        return; /* of a frame after those that were loaded */
    kept = &books->items[id - 1];
    fprintf(out,
            "{\"type\":\"prices\",\"id\":%" PRIu64 ",\"frame\":%" PRIu64
            ",\"site_time_us\":%" PRIu64 ",\"currency\":\"%s\",\"values\":{",
            id, kept->frame, kept->site_time_us, kept->book.currency);
    pricebook_each(&kept->book, &core_order_names, print_value, &printing);
    fputs("}}\n", out);
}

static void print_comment(void *context, const struct pricebook_line *line)
{
    FILE *out = context;

    fprintf(out, ";   %s = %s (%s)\n", line->path, line->value, line->unit);
}

void price_books_print_comment(void *context, FILE *out, uint64_t id)
{
    const struct price_books *books = context;

    if (id == 0 || id > books->count)
        return; /* as above */
    fprintf(out, "; Prices %" PRIu64 ", in force from frame %" PRIu64 "\n", id,
            books->items[id - 1].frame);
    pricebook_each(&books->items[id - 1].book, &core_order_names, print_comment, out);
}
