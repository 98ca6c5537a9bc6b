/* A site's store, opened to read the books, also while its daemon runs. */
#ifndef SERAI_SITE_CLI_BOOKS_H
#define SERAI_SITE_CLI_BOOKS_H

#include "ledger/ledger.h"

struct archive_dir;
struct cli;
struct journal_past;
struct store_lmdb;

struct books {
    struct store_lmdb *lmdb;
    struct store store;
    /* The books' unit of account; of books without a frame, that of prices.toml. */
    char currency[16];
    struct archive_dir *archives;
    /* Where frames are that the store dropped, after books_open_archives(); NULL: not known, or
     * none was dropped. */
    const struct journal_past *past;
    uint64_t first_frame; /* that can be read; above 1: those before it are in archives */
};

/*
 * Open the store of the site in cli->dir, read-only.  On failure it prints why and returns the exit
 * code; else EXIT_OK, and the caller ends it with books_close().
 */
MUST_CHECK int books_open(const struct cli *cli, struct books *books);

/* As books_open(), with what it would print in `said`, which has room for so many bytes. */
MUST_CHECK int books_open_quietly(const struct cli *cli, struct books *books, char *said,
                                  size_t room_bytes);

/* Close the store, and its archives. */
void books_close(struct books *books);

/*
 * Look for the frames that the store dropped, in the archives in `dir`; NULL: look only which they
 * are.  Prints why it cannot and returns the exit code; else EXIT_OK.
 */
MUST_CHECK int books_open_archives(const struct cli *cli, struct books *books, const char *dir);

/*
 * Open the books and the archives in `dir` (NULL: none), which must have all frames from 1 on.
 * Prints why it cannot, as that `what` needs archives which `option` gives, and returns the exit
 * code; else EXIT_OK and the caller ends *books with books_close().
 */
MUST_CHECK int books_open_whole(const struct cli *cli, struct books *books, const char *dir,
                                const char *what, const char *option);

/* Say on stderr that frames before the first one are not shown, if one of them was asked for. */
void books_note_missing(const struct books *books, uint64_t wanted_frame);

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
