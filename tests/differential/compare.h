/* Whether the sides of a case agree, as far as they can. */
#ifndef SERAI_TESTS_DIFFERENTIAL_COMPARE_H
#define SERAI_TESTS_DIFFERENTIAL_COMPARE_H

#include "tests/differential/case.h"

enum compared {
    COMPARED_SAME,
    COMPARED_SHALLOW, /* the other's stack ended first: what came before was the same */
    COMPARED_DIFFERENT,
};

/* Tier 0 and wabt's interpreter; *text says what differs. */
enum compared compare_wabt(const struct diff_case *diff, char *text, size_t size);

/* Tier 0 and V8, which has fewer kinds of trap. */
enum compared compare_v8(const struct diff_case *diff, char *text, size_t size);

#endif
