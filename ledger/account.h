/* One account: its class, its name, its row in the store, and moving money between two of them. */
#ifndef SERAI_LEDGER_ACCOUNT_H
#define SERAI_LEDGER_ACCOUNT_H

#include "ledger/ledger.h"

/* The class that all accounts of a kind have. */
enum account_class account_class_of(enum account_kind kind);

/*
 * Walk the site's own accounts in order of id: returns the first one after `id` and sets *kind; 0
 * after the last.
 */
uint64_t account_own_next(uint64_t id, enum account_kind *kind);

/* Whether a fixed number, below ACCOUNT_FIRST_FREE, stands for an account; sets *kind if so. */
bool account_own_kind(uint64_t id, enum account_kind *kind);

/* Whether a number from outside is one of TRANSFER_CODES. */
bool transfer_code_known(uint64_t number);

/*
 * Whether an account of this class may stand at these totals: TRANSFER_DONE,
 * TRANSFER_SHORT_OF_FUNDS, or TRANSFER_TOO_MUCH when its balance would not fit a struct money.
 */
enum transfer_result account_limit(enum account_class class, u128 debits, u128 credits);

/*
 * Move `amount` nanos from the debit to the credit side of two accounts.  A refusal changes
 * neither.
 */
MUST_CHECK enum transfer_result account_transfer(struct account *debit, struct account *credit,
                                                 u128 amount);

enum { ACCOUNT_ROW_BYTES = 64, ACCOUNT_KEY_BYTES = 8 };

/* Write the row in STORE_ACCOUNT (docs/records.md).  The row reflects all frames up to `frame`. */
void account_encode(uint8_t row[ACCOUNT_ROW_BYTES], const struct account *account, uint64_t frame);

/*
 * Read a row of STORE_ACCOUNT and the frame up to which it holds.  ST_CORRUPT names the account;
 * *account is not defined then.
 */
MUST_CHECK enum status account_decode(struct account *account, uint64_t *frame,
                                      const struct store_row *stored, struct fault *fault);

#endif
