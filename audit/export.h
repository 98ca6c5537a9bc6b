/* Helpers that the exports share: amounts as text, and which kind an account is. */
#ifndef SERAI_AUDIT_EXPORT_H
#define SERAI_AUDIT_EXPORT_H

#include <stdio.h>

#include "audit/audit.h"
#include "ledger/accounts.h"
#include "ledger/reading.h"

enum { TOTAL_TEXT_BYTES = 48, DATE_TEXT_BYTES = 32 };

/* Write a total in units with exactly nine decimals, "0.000000100".  Returns `text`. */
char *export_total(char text[TOTAL_TEXT_BYTES], u128 nanos);

/* Write the UTC day, "2026-11-21".  Returns `text`. */
char *export_date(char text[DATE_TEXT_BYTES], uint64_t wall_us);

/*
 * Write the name of an account as every list does; `accounts` are those that the journal has opened
 * so far.  Returns `text`.
 */
char *export_name(char text[ACCOUNT_NAME_BYTES], const struct accounts *accounts, uint64_t id);

/* Add an account that the journal opens.  ST_CORRUPT, ST_NOMEM. */
MUST_CHECK enum status export_opening(struct accounts *accounts,
                                      const struct journal_opening *opening, struct fault *fault);

/* Flush `out`.  ST_IO when something could not be written to it. */
MUST_CHECK enum status export_end(FILE *out, struct fault *fault);

#endif
