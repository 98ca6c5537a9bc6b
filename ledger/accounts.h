/*
 * All accounts of a site in memory: an array by id.  Ids from ACCOUNT_FIRST_FREE come from a
 * counter and are never reused, so the array has no gaps there and the next id is its end.
 */
#ifndef SERAI_LEDGER_ACCOUNTS_H
#define SERAI_LEDGER_ACCOUNTS_H

#include "ledger/account.h"

struct accounts {
    struct account *rows; /* by id; a row whose id is 0 is no account */
    size_t size;          /* ids below this are inside: the next id of the counter */
    size_t capacity;
    uint64_t *touched; /* by id: see accounts_touch() */
    size_t touched_capacity;
    uint64_t count; /* of accounts */
};

MUST_CHECK enum status accounts_init(struct accounts *accounts); /* ST_NOMEM */
void accounts_fini(struct accounts *accounts);                   /* all-zero is allowed */

/* NULL when there is none. Valid until the next add. */
struct account *accounts_find(const struct accounts *accounts, uint64_t id);

/*
 * Add an account.  ST_EXISTS; ST_INVALID: a gap before its id, or a fixed number that stands for
 * nothing; ST_FULL; ST_NOMEM.
 */
MUST_CHECK enum status accounts_add(struct accounts *accounts, const struct account *account);

/* The last one goes, and its number is the next one's again. */
void accounts_drop_last(struct accounts *accounts);

/*
 * For who reads the journal: note that `frame` changed the account, and the last such frame (0:
 * none).  The room is taken with the first note.
 */
void accounts_touch(struct accounts *accounts, uint64_t id, uint64_t frame);
uint64_t accounts_touched(const struct accounts *accounts, uint64_t id);

/* The first account with an id of at least `id`; NULL after the last. */
const struct account *accounts_from(const struct accounts *accounts, uint64_t id);

/* Sums of all debits and of all credits; false when one does not fit. */
MUST_CHECK bool accounts_sum(const struct accounts *accounts, u128 *debits, u128 *credits);

#endif
