/*
 * How fast an agent's money goes, as it was of late: by its balances after turns, two of which are
 * kept.  In memory alone, and forgotten while it is packed; it decides nothing.  Private to this
 * part.
 */
#ifndef SERAI_AGENTS_BURN_H
#define SERAI_AGENTS_BURN_H

#include "base/money.h"
#include "base/status.h"

struct agent;
struct agents;

/* A balance and when it was; all-zero: none was taken. */
struct burn_sample {
    uint64_t time_us;
    struct money balance;
};

/* The older one is what is compared with now; the newer one takes its place in time. */
struct burn {
    struct burn_sample older;
    struct burn_sample newer;
};

/* Take the balance as it is, outside of turns, if the last one is old enough. */
void burn_sample(const struct agents *agents, struct agent *agent);

/*
 * What went out more than came in, and in how long that was, with `balance` as it is now.  False:
 * nothing went out, or it was not measured yet.
 */
MUST_CHECK bool burn_measure(const struct agents *agents, const struct agent *agent,
                             struct money balance, struct money *gone, uint64_t *over_us);

#endif
