/* Books of prices in exports: also those that come into force while an export goes on. */
#include <stdlib.h>
#include <string.h>

#include "site/cli/price_books.h"
#include "tests/site/core/fixture.h"

static struct site site;

static char *exported(struct price_books *books, bool json, uint64_t id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct fault fault = {0};
    enum status status;

    ck_assert_ptr_nonnull(out);
    status = json ? price_books_export_json(books, out, id, &fault)
                  : price_books_export_comment(books, out, id, &fault);
    ck_assert_msg(status == ST_OK, "%s", fault.text);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void says(struct price_books *books, bool json, uint64_t id, const char *what)
{
    char *text = exported(books, json, id);

    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" does not say \"%s\"", text, what);
    free(text);
}

START_TEST(a_book_that_comes_during_an_export_is_in_it)
{
    struct price_books books = {.store = &site.store};
    struct fault fault = {0};

    site_open(&site, 1, 5000000000);
    says(&books, true, 1, "\"id\":1,\"frame\":1,");
    ck_assert_int_eq(money_from_nanos(&site.book.compute, 7000000), ST_OK);
    ck_assert_int_eq(core_set_prices(site.core, &site.book, &fault), ST_OK);
    site_frame(&site);
    says(&books, true, 2, "\"compute.price\":\"0.007000000\"");
    says(&books, false, 2, "; Prices 2, in force from frame ");
    says(&books, false, 1, ";   compute.price = 0.001000000 (");
    ck_assert_int_eq(price_books_export_json(&books, stdout, 3, &fault), ST_CORRUPT);
    ck_assert_str_eq(fault.text, "meta: book of prices 3 is missing");
    core_books_fini(&books.books);
    site_close(&site);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("price_books");
    TCase *tcase = tcase_create("price_books");

    tcase_add_test(tcase, a_book_that_comes_during_an_export_is_in_it);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
