/* The two tiers of the engine as sides. */
#ifndef SERAI_TESTS_DIFFERENTIAL_TIER_H
#define SERAI_TESTS_DIFFERENTIAL_TIER_H

#include "tests/differential/case.h"

enum { TIER_FUEL = 20000 };

/* All that a tier shows and the other must show too, beside what every side sees. */
struct tier_seen {
    struct diff_seen seen;
    uint64_t fuel[DIFF_CALLS_MAX];     /* left */
    uint32_t function[DIFF_CALLS_MAX]; /* where it trapped */
    uint32_t offset[DIFF_CALLS_MAX];
    uint64_t globals[ENGINE_GLOBALS_MAX];
    uint32_t cards_hash;
};

struct tier;
MUST_CHECK enum status tier_new(struct tier **tier);
void tier_free(struct tier *tier); /* NULL allowed */

/*
 * Run the first `calls` of the plan on a new instance, with budget[i] of fuel each (NULL:
 * TIER_FUEL) in whatever tier the code is set to.  Calls go on after a trap; they end after one
 * that ran out. Checks what must hold of any run: cards cover what changed, running out leaves
 * nothing.
 */
void tier_run(struct tier *tier, const struct diff_case *diff, uint32_t calls,
              const uint64_t *budget, struct tier_seen *seen);

/* What differs, as text for people; false: nothing. */
bool tier_differs(const struct diff_case *diff, const struct tier_seen *a,
                  const struct tier_seen *b, char *text, size_t size);

#endif
