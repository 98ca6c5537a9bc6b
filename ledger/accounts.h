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
    uint64_t *last_frames; /* by id: see accounts_set_last_frame() */
    size_t last_frames_capacity;
    uint64_t count; /* of accounts */
};

/* Make an empty table, to be ended with accounts_fini().  ST_NOMEM. */
MUST_CHECK enum status accounts_init(struct accounts *accounts);

/* Free the table; an all-zero one is allowed. */
void accounts_fini(struct accounts *accounts);

/* The account of this id, or NULL when there is none.  Valid until the next accounts_add(). */
struct account *accounts_find(const struct accounts *accounts, uint64_t id);

/*
 * Add a copy of an account.  ST_EXISTS; ST_INVALID: a gap before its id, or a fixed number that
 * stands for nothing; ST_FULL: past ACCOUNT_IDS_MAX; ST_NOMEM.  A failure changes nothing.
 */
MUST_CHECK enum status accounts_add(struct accounts *accounts, const struct account *account);

/* Remove the account that was added last, so that the next one gets its number. */
void accounts_drop_last(struct accounts *accounts);

/*
 * Record that `frame` changed the account, which exists (INVARIANT); for whoever reads the journal.
 * Memory is taken with the first call.
 */
void accounts_set_last_frame(struct accounts *accounts, uint64_t id, uint64_t frame);

/* The last frame recorded by accounts_set_last_frame(); 0 when there is none. */
uint64_t accounts_last_frame(const struct accounts *accounts, uint64_t id);

/*
 * The first account whose id is `id` or more; NULL after the last.  Valid until the next
 * accounts_add().
 */
const struct account *accounts_from(const struct accounts *accounts, uint64_t id);

/*
 * The SHA-256 of all accounts as they stand (docs/records.md, "Segments"), by `hasher`, which is
 * started.  In O(accounts): about 0.1 us each.
 */
struct hash accounts_state(const struct accounts *accounts, struct hasher *hasher);

/* Sum all debits and all credits.  False when a sum does not fit. */
MUST_CHECK bool accounts_sum(const struct accounts *accounts, u128 *debits, u128 *credits);

#endif
