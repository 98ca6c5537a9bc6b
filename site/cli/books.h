/* A site's store, opened beside its daemon to read the books. */
#ifndef SERAI_SITE_CLI_BOOKS_H
#define SERAI_SITE_CLI_BOOKS_H

#include "ledger/ledger.h"

struct cli;
struct store_lmdb;

struct books {
    struct store_lmdb *lmdb;
    struct store store;
    /* What they count in; of books without a frame, what prices.toml says. */
    char currency[16];
};

/* Read-only.  On failure it prints and returns the exit code; else 0. */
MUST_CHECK int books_open(const struct cli *cli, struct books *books);
void books_close(struct books *books);

/* The balance in the direction of the account's class; of one that may be either, with a sign. */
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
/* False when memory is short. */
MUST_CHECK bool account_kinds_add(struct account_kinds *kinds, uint64_t account,
                                  enum account_kind kind);
/* KIND_SUSPENSE for one that was never opened: a sound journal has none. */
enum account_kind account_kinds_find(const struct account_kinds *kinds, uint64_t account);
void account_kinds_fini(struct account_kinds *kinds);

#endif
