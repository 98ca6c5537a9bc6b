/* A site's store, opened to read the books, also while its daemon runs. */
#ifndef SERAI_SITE_CLI_BOOKS_H
#define SERAI_SITE_CLI_BOOKS_H

#include "ledger/ledger.h"

struct cli;
struct store_lmdb;

struct books {
    struct store_lmdb *lmdb;
    struct store store;
    /* The books' unit of account; of books without a frame, that of prices.toml. */
    char currency[16];
};

/*
 * Open the store of the site in cli->dir, read-only.  On failure it prints why and returns the exit
 * code; else EXIT_OK, and the caller ends it with books_close().
 */
MUST_CHECK int books_open(const struct cli *cli, struct books *books);

/* Close the store. */
void books_close(struct books *books);

/*
 * Write a balance in the direction of the account's class; that of an account which may be either,
 * with a sign.  Returns `text`.
 */
char *books_balance(char text[64], const struct account *account);

/* Which kind each account is of, by rising number.  All-zero is empty. */
struct account_kinds {
    struct account_kind_of {
        uint64_t account;
        enum account_kind kind;
    } * items;
    size_t count;
    size_t capacity;
};

/*
 * Record the kind of an account that is not there yet; cheapest in rising order of numbers.  False
 * when out of memory.
 */
MUST_CHECK bool account_kinds_add(struct account_kinds *kinds, uint64_t account,
                                  enum account_kind kind);

/*
 * The kind of an account; KIND_SUSPENSE for one that was never opened, which a sound journal does
 * not have.
 */
enum account_kind account_kinds_find(const struct account_kinds *kinds, uint64_t account);

/* Free the kinds. */
void account_kinds_fini(struct account_kinds *kinds);

#endif
