#include "site/core/allowance.h"

#include "base/status.h"

/* Give back what the whole seconds since the last time are worth; the rest of one counts later. */
static void allowance_refill(struct allowance *allowance, const struct allowance_rule *rule,
                             uint64_t now_us)
{
    uint64_t seconds = (now_us - allowance->at_us) / 1000000;

    allowance->at_us += seconds * 1000000;
    /* Compared by division: the product of a long pause may not fit. */
    if (seconds > allowance->used / rule->per_s)
        allowance->used = 0;
    else
        allowance->used -= seconds * rule->per_s;
}

uint64_t allowance_wait_s(struct allowance *allowance, const struct allowance_rule *rule,
                          uint64_t now_us)
{
    INVARIANT(rule->per_s > 0 && now_us >= allowance->at_us);
    allowance_refill(allowance, rule, now_us);
    if (allowance->used < rule->at_once)
        return 0;
    return (allowance->used - rule->at_once) / rule->per_s + 1;
}

void allowance_use(struct allowance *allowance, uint64_t amount)
{
    INVARIANT(amount <= UINT64_MAX - allowance->used);
    allowance->used += amount;
}
