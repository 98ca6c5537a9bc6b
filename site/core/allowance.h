/*
 * An allowance of something that a customer has without paying, because nobody could price it well:
 * an amount at once, and a part of it back with each second of site time.  It is kept for each
 * customer, and not stored: a start gives all of it back.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_ALLOWANCE_H
#define SERAI_SITE_CORE_ALLOWANCE_H

#include <stdint.h>

struct allowance_rule {
    uint64_t at_once;
    uint64_t per_s; /* at least 1 */
};

struct allowance {
    uint64_t used;
    uint64_t at_us; /* site time until which it was given back */
};

/*
 * How long the customer must wait: 0 when not all is used, else the seconds until that is so again.
 */
uint64_t allowance_wait_s(struct allowance *allowance, const struct allowance_rule *rule,
                          uint64_t now_us);

/* Use that much, even more than is left: then the wait is longer. */
void allowance_use(struct allowance *allowance, uint64_t amount);

#endif
