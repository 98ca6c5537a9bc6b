/* Every book of prices that was ever in force, out of a site's store. */
#ifndef SERAI_SITE_CLI_PRICE_BOOKS_H
#define SERAI_SITE_CLI_PRICE_BOOKS_H

#include <stdio.h>

#include "market/market.h"

struct store;

struct price_books {
    struct price_book_kept {
        uint64_t frame;        /* in which it came into force */
        uint64_t site_time_us; /* when */
        struct pricebook book; /* its id is its place, from 1 */
    } * items;
    size_t count;
};

/* ST_CORRUPT, ST_NOMEM.  The caller ends it with price_books_fini(), whatever comes back. */
MUST_CHECK enum status price_books_load(struct price_books *books, const struct store *store,
                                        struct fault *fault);
void price_books_fini(struct price_books *books);

/*
 * For the exports: {"type":"prices","id":N,"frame":N,"site_time_us":N,"currency":T,"values":{KEY:
 * VALUE, ...}}, or the same as comments of an hledger file.  `context` is struct price_books.
 */
void price_books_print_json(void *context, FILE *out, uint64_t id);
void price_books_print_comment(void *context, FILE *out, uint64_t id);

#endif
