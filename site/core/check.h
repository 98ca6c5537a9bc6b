/* The parts of core_check().  Private to the core. */
#ifndef SERAI_SITE_CORE_CHECK_H
#define SERAI_SITE_CORE_CHECK_H

#include "base/status.h"

struct core;
struct ledger_claims;

/*
 * Check the accounts: their sum is 0, no balance is below zero that may not be, and those that hold
 * money for objects hold what *claims, to which ends of channels are added, says.  ST_CORRUPT.
 */
MUST_CHECK enum status core_check_claims(const struct core *core, struct ledger_claims *claims,
                                         struct fault *fault);

/*
 * Check what parts say of each other, and nothing that takes time for each agent: a start does,
 * whose agents were checked as they were read.  ST_CORRUPT.
 */
MUST_CHECK enum status core_check_parts(const struct core *core, struct fault *fault);

#endif
