/*
 * Modules that mean harm: the tests see what becomes of each, the bench what it costs.
 *
 * Each is made by bytes.  What is to become of it is part of the table: refused with words that the
 * reason must hold, or taken; what is taken is also compiled by tier 1, or refused by it alone.
 */
#ifndef SERAI_TESTS_ENGINE_HOSTILE_H
#define SERAI_TESTS_ENGINE_HOSTILE_H

#include "base/bytes.h"

struct hostile {
    const char *name;
    void (*make)(struct bytes *out); /* appends a module */
    const char *refused;             /* words of the reason; NULL: it is taken */
};

extern const struct hostile hostile_modules[];
extern const size_t hostile_count;

/* The densest module: stores of constants, of `bytes` or a few more. */
void hostile_dense(struct bytes *out, size_t bytes);

/* Words that no name of a module may bring into the compiler's text: all hostile names hold one. */
#define HOSTILE_WORD "caravan"

#endif
