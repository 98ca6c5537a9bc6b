/* serai price ls | show --id: the books of prices that are kept in the store. */
#include <inttypes.h>

#include "site/cli/books.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/price_books.h"
#include "site/cli/render.h"
#include "site/core/core.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Read all books of prices that were ever in force.  *prices is to be ended by core_books_fini()
 * whatever this returns.
 */
static int price_load(const struct cli *cli, struct core_books *prices)
{
    struct books books;
    struct fault fault = {0};
    enum status status;
    int code = books_open(cli, &books);

    *prices = (struct core_books){0};
    if (code != EXIT_OK)
        return code;
    status = price_books_read(prices, &books.store, &fault);
    books_close(&books);
    return status == ST_OK ? EXIT_OK : cli_fault(&fault);
}

static void price_show_book(struct table_text *table, const struct core_book *kept)
{
    char id[24];
    char frame[24];
    char time_us[24];

    (void)snprintf(id, sizeof id, "%" PRIu64, kept->book.id);
    (void)snprintf(frame, sizeof frame, "%" PRIu64, kept->frame);
    (void)snprintf(time_us, sizeof time_us, "%" PRIu64, kept->site_time_us);
    table_text_row(table, (const char *[]){id, frame, time_us, kept->book.currency});
}

int cmd_price_ls(struct cli *cli)
{
    static const char *const headers[] = {"ID", "FRAME", "SITE TIME US", "CURRENCY"};
    struct core_books prices;
    int code = price_load(cli, &prices);

    if (code == EXIT_OK && cli->args.given[OPT_JSON]) {
        for (size_t i = 0; i < prices.count; i++)
            price_books_print_json(stdout, &prices.items[i]);
    } else if (code == EXIT_OK) {
        struct table_text *table = table_text_new(headers, COUNT(headers));

        for (size_t i = 0; i < prices.count; i++)
            price_show_book(table, &prices.items[i]);
        table_text_print(table, stdout);
    }
    core_books_fini(&prices);
    return code;
}

static void price_show_line(void *context, const struct pricebook_line *line)
{
    table_text_row(context, (const char *[]){line->path, line->value, line->unit});
}

int cmd_price_show_kept(struct cli *cli)
{
    static const char *const headers[] = {"KEY", "VALUE", "UNIT"};
    struct core_books prices;
    uint64_t id; /* from 1, without a gap: its place in the list */
    int code = cli_number(cli->args.values[OPT_ID], "--id", &id);

    if (code != EXIT_OK)
        return code;
    code = price_load(cli, &prices);
    if (code == EXIT_OK && (id == 0 || id > prices.count)) {
        code = cli_fail(EXIT_MISSING,
                        "there was never a book of prices %" PRIu64 ": `serai price ls` lists them",
                        id);
    } else if (code == EXIT_OK && cli->args.given[OPT_JSON]) {
        price_books_print_json(stdout, &prices.items[id - 1]);
    } else if (code == EXIT_OK) {
        struct table_text *table = table_text_new(headers, COUNT(headers));

        pricebook_each(&prices.items[id - 1].book, &core_order_names, price_show_line, table);
        table_text_print(table, stdout);
    }
    core_books_fini(&prices);
    return code;
}
