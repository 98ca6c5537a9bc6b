/* Books of prices that were ever in force, as lists and exports show them. */
#ifndef SERAI_SITE_CLI_PRICE_BOOKS_H
#define SERAI_SITE_CLI_PRICE_BOOKS_H

#include <stdio.h>

#include "site/core/core.h"

/*
 * Print one line:
 * {"type":"prices","id":N,"frame":N,"site_time_us":N,"currency":T,"values":{KEY:VALUE, ...}}
 */
void price_books_print_json(FILE *out, const struct core_book *kept);

/*
 * The books of prices of a store, for exports.  Begins with the store and nothing else; the books
 * are read when one is asked for that is not there yet, so a book that comes into force while an
 * export begins is in it.  core_books_fini() ends the books.
 */
struct price_books {
    const struct store *store;
    struct core_books books;
};

/*
 * Read all books of prices of a store, in place of those in *books, which begins all zero.  Errors
 * as core_books_read().  The caller ends *books with core_books_fini(), whatever this returns.
 */
MUST_CHECK enum status price_books_read(struct core_books *books, const struct store *store,
                                        struct fault *fault);

/*
 * Write a book of prices as price_books_print_json() does.  This is the `prices` of struct
 * export_options; `context` is a struct price_books.
 */
MUST_CHECK enum status price_books_export_json(void *context, FILE *out, uint64_t id,
                                               struct fault *fault);

/* Write a book of prices as comments of an hledger file; otherwise as price_books_export_json(). */
MUST_CHECK enum status price_books_export_comment(void *context, FILE *out, uint64_t id,
                                                  struct fault *fault);

#endif
