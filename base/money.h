/*
 * Amounts: whole nanos, 10^-9 of the site's currency, never negative, at most MONEY_NANOS_MAX.
 * Only base/money.c and tests look at the raw number; a lint holds the rest to the calls below.
 * Nothing here rounds unless its name says so, and nothing here is floating point.
 */
#ifndef SERAI_BASE_MONEY_H
#define SERAI_BASE_MONEY_H

#include "base/int128.h"

struct money {
    uint64_t nanos;
};

/* Guests see money as i64, so the largest amount is the largest i64: about 9.2 billion units. */
#define MONEY_NANOS_MAX ((uint64_t)INT64_MAX)
#define MONEY_NANOS_PER_UNIT ((uint64_t)1000000000)
/*
 * The most that one site brings in, all together.  Every balance and every sum over one turn then
 * stays below MONEY_NANOS_MAX, so arithmetic on them cannot fail.
 */
#define MONEY_SITE_NANOS_MAX (MONEY_NANOS_MAX / 4)
#define MONEY_UNIT "SRI" /* printed after amounts when a site names no other currency */

enum { MONEY_TEXT_BYTES = 32 };

/*
 * Make an amount of a raw number, for codecs and tests.  ST_INVALID above MONEY_NANOS_MAX; *amount
 * is untouched then.
 */
MUST_CHECK enum status money_from_nanos(struct money *amount, uint64_t nanos);

/* The raw number of an amount, for codecs and the store. */
uint64_t money_nanos(struct money amount);

/* No money. */
struct money money_zero(void);

/* The amount of MONEY_SITE_NANOS_MAX. */
struct money money_site_max(void);

/* Whether it is no money at all; there is nothing below that. */
bool money_is_zero(struct money amount);

/* Returns -1, 0 or 1 as `a` is below, equal to or above `b`. */
int money_compare(struct money a, struct money b);

/* The smaller of two amounts. */
struct money money_min(struct money a, struct money b);

/*
 * money_add(), money_sub() and money_scale() set *result to a + b, a - b and a * count.  False when
 * that is below zero or above MONEY_NANOS_MAX; *result is untouched then, and may be `a` or `b`.
 */
MUST_CHECK bool money_add(struct money *result, struct money a, struct money b);
MUST_CHECK bool money_sub(struct money *result, struct money a, struct money b);
MUST_CHECK bool money_scale(struct money *result, struct money a, uint64_t count);

/*
 * money_accumulate() adds to an amount in place and money_deduct() takes from it, where the caller
 * knows that the result is an amount (INVARIANT).
 */
void money_accumulate(struct money *sum, struct money amount);
void money_deduct(struct money *rest, struct money amount);

/* Returns a - b, or zero when `b` is larger.  For showing, never for booking. */
struct money money_sub_clamped(struct money a, struct money b);

/*
 * The share `part` of `whole` of an amount, rounded down, so that who pays gains.  `whole` is not 0
 * and part <= whole (INVARIANT).
 */
struct money money_share_floor(struct money amount, uint64_t part, uint64_t whole);

/*
 * An account's total, or a difference of totals, as an amount.  False above MONEY_NANOS_MAX;
 * *amount is untouched then.
 */
MUST_CHECK bool money_from_total(struct money *amount, u128 total);

/*
 * What `quantity` costs at `price` per `unit` (unit not 0), exactly: the whole nanos go to *cost
 * and the rest, a numerator below `unit`, replaces *carry (which must come in below `unit`).
 * Nothing is ever lost to rounding: over any number of calls, sum(cost) * unit + carry =
 * sum(quantity) * price. False when the cost does not fit; nothing is changed then.
 */
MUST_CHECK bool money_cost_carry(struct money *cost, uint64_t *carry, struct money price,
                                 uint64_t quantity, uint64_t unit);

/*
 * As money_cost_carry() without a carry: rounded up, so the seller gains.  False when the cost does
 * not fit; *cost is untouched then.
 */
MUST_CHECK bool money_cost_ceil(struct money *cost, struct money price, uint64_t quantity,
                                uint64_t unit);

/*
 * The largest quantity that `budget` pays for at `price` per `unit`, given a carry that is already
 * owed: floor((budget * unit + unit - 1 - carry) / price), so that money_cost_carry() of it never
 * exceeds the budget.  UINT64_MAX when the price is zero.
 */
uint64_t money_buys(struct money budget, struct money price, uint64_t unit, uint64_t carry);

/*
 * Write decimal text with exactly nine places, "0.000000100": no sign, no exponent, no separators.
 * Returns `text`.
 */
char *money_print(char text[MONEY_TEXT_BYTES], struct money amount);

/*
 * Read 1 to 9 decimals or none, and an optional leading '$'; "$.002" is allowed.  ST_INVALID:
 * signs, blanks, exponents, a point without decimals, more than nine of them, amounts above
 * MONEY_NANOS_MAX.  *amount is untouched then.
 */
MUST_CHECK enum status money_parse(struct money *amount, const char *text, struct fault *fault);

#endif
