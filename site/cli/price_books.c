#include "site/cli/price_books.h"

#include <inttypes.h>

#include "site/cli/render.h"

/* A book on its way out as one JSON object: what stands before the next value. */
struct printing {
    FILE *out;
    const char *between;
};

static void price_books_print_value(void *context, const struct pricebook_line *line)
{
    struct printing *printing = context;

    fputs(printing->between, printing->out);
    printing->between = ",";
    render_json_text(printing->out, line->path);
    putc(':', printing->out);
    render_json_text(printing->out, line->value);
}

void price_books_print_json(FILE *out, const struct core_book *kept)
{
    struct printing printing = {.out = out, .between = ""};

    fprintf(out,
            "{\"type\":\"prices\",\"id\":%" PRIu64 ",\"frame\":%" PRIu64
            ",\"site_time_us\":%" PRIu64 ",\"currency\":\"%s\",\"values\":{",
            kept->book.id, kept->frame, kept->site_time_us, kept->book.currency);
    pricebook_each(&kept->book, &core_order_names, price_books_print_value, &printing);
    fputs("}}\n", out);
}

static void price_books_print_comment(void *context, const struct pricebook_line *line)
{
    FILE *out = context;

    fprintf(out, ";   %s = %s (%s)\n", line->path, line->value, line->unit);
}

static void price_books_print_comments(FILE *out, const struct core_book *kept)
{
    fprintf(out, "; Prices %" PRIu64 ", in force from frame %" PRIu64 "\n", kept->book.id,
            kept->frame);
    pricebook_each(&kept->book, &core_order_names, price_books_print_comment, out);
}

enum status price_books_read(struct core_books *books, const struct store *store,
                             struct fault *fault)
{
    struct store_read read;
    enum status status;

    core_books_fini(books);
    status = store_read_begin(&read, store, fault);
    if (status != ST_OK)
        return status;
    status = core_books_read(books, &read, fault);
    store_read_end(&read);
    return status;
}

/*
 * Make sure that book `id` is read.  Its row was made durable with the event that names it, so a
 * journal that names it has it.
 */
static enum status price_books_find(struct price_books *books, uint64_t id, struct fault *fault)
{
    enum status status = ST_OK;

    /* All are read again: a daemon that runs may have put further ones in force. */
    if (id > books->books.count)
        status = price_books_read(&books->books, books->store, fault);
    if (status == ST_OK && (id == 0 || id > books->books.count))
        return fault_set(fault, ST_CORRUPT, "meta: book of prices %" PRIu64 " is missing", id);
    return status;
}

enum status price_books_export_json(void *context, FILE *out, uint64_t id, struct fault *fault)
{
    struct price_books *books = context;
    enum status status = price_books_find(books, id, fault);

    if (status == ST_OK)
        price_books_print_json(out, &books->books.items[id - 1]);
    return status;
}

enum status price_books_export_comment(void *context, FILE *out, uint64_t id, struct fault *fault)
{
    struct price_books *books = context;
    enum status status = price_books_find(books, id, fault);

    if (status == ST_OK)
        price_books_print_comments(out, &books->books.items[id - 1]);
    return status;
}
