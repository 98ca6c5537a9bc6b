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

/* From and to the raw number.  money_from_nanos: ST_INVALID above MONEY_NANOS_MAX. */
MUST_CHECK enum status money_from_nanos(struct money *amount, uint64_t nanos);
uint64_t money_nanos(struct money amount);
struct money money_zero(void);
struct money money_site_max(void); /* MONEY_SITE_NANOS_MAX */
bool money_is_zero(struct money amount);

/* -1, 0 or 1 as `a` is below, equal to or above `b`. */
int money_compare(struct money a, struct money b);
struct money money_min(struct money a, struct money b);

/* *result = a + b, a - b, a * count; false when out of range, and then *result is untouched. */
MUST_CHECK bool money_add(struct money *result, struct money a, struct money b);
MUST_CHECK bool money_sub(struct money *result, struct money a, struct money b);
MUST_CHECK bool money_scale(struct money *result, struct money a, uint64_t count);

/* a - b, or zero when b is larger: for showing, never for booking. */
struct money money_sub_clamped(struct money a, struct money b);

/* The whole part of amount * part / whole, rounded down; whole is not 0 and part <= whole. */
struct money money_share_floor(struct money amount, uint64_t part, uint64_t whole);

/*
 * An account's total or difference of totals as an amount.  False above MONEY_NANOS_MAX.
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

/* As above without a carry, rounded up (the seller gains) . False when it does not fit. */
MUST_CHECK bool money_cost_ceil(struct money *cost, struct money price, uint64_t quantity,
                                uint64_t unit);

/*
 * The largest quantity that `budget` pays for at `price` per `unit`, given a carry that is already
 * owed: floor((budget * unit + unit - 1 - carry) / price), so that money_cost_carry() of it never
 * exceeds the budget.  UINT64_MAX when the price is zero.
 */
uint64_t money_buys(struct money budget, struct money price, uint64_t unit, uint64_t carry);

/*
 * Decimal text with exactly nine places, "0.000000100"; no sign, no exponent, no separators.
 * money_print returns `text`.  money_parse takes 1 to 9 decimals or none, and an optional leading
 * '$'; "$.002" is allowed.  ST_INVALID: signs, blanks, exponents, a point without decimals, more
 * than nine of them, amounts out of range; *amount is untouched then.
 */
char *money_print(char text[MONEY_TEXT_BYTES], struct money amount);
MUST_CHECK enum status money_parse(struct money *amount, const char *text, struct fault *fault);

#endif
