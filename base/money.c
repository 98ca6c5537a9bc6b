/*
 * Amounts: the one place that looks at the raw number.  An amount is at most 2^63 - 1, so sums of
 * two fit 64 bits and products fit 128: each result is computed exactly, then held to the bound.
 */
#include "base/money.h"

#include <inttypes.h>
#include <stdio.h>

enum { DECIMALS = 9 };

enum status money_from_nanos(struct money *amount, uint64_t nanos)
{
    if (nanos > MONEY_NANOS_MAX)
        return ST_INVALID;
    amount->nanos = nanos;
    return ST_OK;
}

uint64_t money_nanos(struct money amount)
{
    return amount.nanos;
}

struct money money_zero(void)
{
    return (struct money){.nanos = 0};
}

struct money money_site_max(void)
{
    return (struct money){.nanos = MONEY_SITE_NANOS_MAX};
}

bool money_is_zero(struct money amount)
{
    return amount.nanos == 0;
}

int money_compare(struct money a, struct money b)
{
    return (a.nanos > b.nanos) - (a.nanos < b.nanos);
}

struct money money_min(struct money a, struct money b)
{
    return a.nanos < b.nanos ? a : b;
}

bool money_add(struct money *result, struct money a, struct money b)
{
    INVARIANT(a.nanos <= MONEY_NANOS_MAX);
    INVARIANT(b.nanos <= MONEY_NANOS_MAX);
    return money_from_total(result, (u128)a.nanos + b.nanos);
}

bool money_sub(struct money *result, struct money a, struct money b)
{
    if (b.nanos > a.nanos)
        return false;
    result->nanos = a.nanos - b.nanos;
    return true;
}

bool money_scale(struct money *result, struct money a, uint64_t count)
{
    return money_from_total(result, (u128)a.nanos * count);
}

void money_accumulate(struct money *sum, struct money amount)
{
    INVARIANT(money_add(sum, *sum, amount));
}

void money_deduct(struct money *rest, struct money amount)
{
    INVARIANT(money_sub(rest, *rest, amount));
}

/* Zero hides a shortfall, so nothing is booked by it. */
struct money money_sub_clamped(struct money a, struct money b)
{
    return (struct money){.nanos = a.nanos > b.nanos ? a.nanos - b.nanos : 0};
}

/*
 * `due` / `unit`, rounded down; *rest is the remainder.  Nearly all charges fit in 64 bits, where a
 * division takes a fraction of the time.
 */
static u128 money_divide(u128 due, uint64_t unit, uint64_t *rest)
{
    if (due <= UINT64_MAX) {
        *rest = (uint64_t)due % unit;
        return (uint64_t)due / unit;
    }
    *rest = (uint64_t)(due % unit);
    return due / unit;
}

struct money money_share_floor(struct money amount, uint64_t part, uint64_t whole)
{
    uint64_t rest;

    /* A share is never more than the amount, so it fits without a check. */
    INVARIANT(whole != 0);
    INVARIANT(part <= whole);
    return (struct money){.nanos = (uint64_t)money_divide((u128)amount.nanos * part, whole, &rest)};
}

bool money_from_total(struct money *amount, u128 total)
{
    if (total > MONEY_NANOS_MAX)
        return false;
    amount->nanos = (uint64_t)total;
    return true;
}

bool money_cost_carry(struct money *cost, uint64_t *carry, struct money price, uint64_t quantity,
                      uint64_t unit)
{
    uint64_t rest;
    u128 due;

    INVARIANT(unit != 0);
    INVARIANT(*carry < unit);
    INVARIANT(price.nanos <= MONEY_NANOS_MAX);
    /* In nanos times `unit`.  Below 2^63 * 2^64 + 2^64, so it fits. */
    due = (u128)price.nanos * quantity + *carry;
    /* Whole nanos are charged now; what is left of a nano waits for the next charge. */
    if (!money_from_total(cost, money_divide(due, unit, &rest)))
        return false;
    *carry = rest;
    return true;
}

bool money_cost_ceil(struct money *cost, struct money price, uint64_t quantity, uint64_t unit)
{
    uint64_t rest;
    u128 whole;

    INVARIANT(unit != 0);
    INVARIANT(price.nanos <= MONEY_NANOS_MAX);
    whole = money_divide((u128)price.nanos * quantity, unit, &rest);
    /* Up: a charge that stands alone has no later one that could take the rest. */
    return money_from_total(cost, whole + (rest != 0));
}

uint64_t money_buys(struct money budget, struct money price, uint64_t unit, uint64_t carry)
{
    uint64_t rest;
    u128 quantity;

    INVARIANT(unit != 0);
    INVARIANT(carry < unit);
    INVARIANT(budget.nanos <= MONEY_NANOS_MAX);
    if (price.nanos == 0)
        return UINT64_MAX;
    /* All that cost less than one nano more than the budget: the header has the formula. */
    quantity = money_divide((u128)budget.nanos * unit + (unit - 1 - carry), price.nanos, &rest);
    return quantity > UINT64_MAX ? UINT64_MAX : (uint64_t)quantity;
}

char *money_print(char text[MONEY_TEXT_BYTES], struct money amount)
{
    /* At most 11 digits, the point and 9 digits: always fits. */
    (void)!snprintf(text, MONEY_TEXT_BYTES, "%" PRIu64 ".%09" PRIu64,
                    amount.nanos / MONEY_NANOS_PER_UNIT, amount.nanos % MONEY_NANOS_PER_UNIT);
    return text;
}

static bool money_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Append at most `digits_max` digits from *at on to *value.  False: it is too large. */
static bool money_parse_digits(const char **at, u128 *value, size_t digits_max, size_t *digits)
{
    for (*digits = 0; *digits < digits_max && money_is_digit(**at); ++*digits, ++*at) {
        *value = *value * 10 + (unsigned)(**at - '0');
        if (*value > MONEY_NANOS_MAX)
            return false;
    }
    return true;
}

static enum status money_refuse(struct fault *fault, const char *text, const char *why)
{
    return fault_set(fault, ST_INVALID, "amount \"%.40s\": %s", text, why);
}

enum status money_parse(struct money *amount, const char *text, struct fault *fault)
{
    static const char too_large[] = "too large, at most 9223372036.854775807";
    const char *at = text;
    u128 value = 0;
    size_t whole_digits;
    size_t decimals = 0;

    /* Units, then decimals, into one number: "1.25" gives 125, and two decimals. */
    if (*at == '$')
        at++;
    if (!money_parse_digits(&at, &value, SIZE_MAX, &whole_digits))
        return money_refuse(fault, text, too_large);
    if (*at == '.') {
        at++;
        if (!money_parse_digits(&at, &value, DECIMALS, &decimals))
            return money_refuse(fault, text, too_large);
        if (decimals == 0)
            return money_refuse(fault, text, "a digit must follow the point");
        if (money_is_digit(*at))
            return money_refuse(fault, text, "more than nine decimals");
    }
    if (whole_digits == 0 && decimals == 0)
        return money_refuse(fault, text, "digits wanted, as in 1.25");
    if (*at != '\0')
        return money_refuse(fault, text, "only digits and one point are allowed, as in 1.25");
    /* In nanos: as if all nine decimals had been written. */
    for (size_t i = decimals; i < DECIMALS; i++)
        value *= 10; /* below 2^63 * 10^9, so it fits */
    if (!money_from_total(amount, value))
        return money_refuse(fault, text, too_large);
    return ST_OK;
}
