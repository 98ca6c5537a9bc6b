/*
 * Runs that mean harm: the tests see how each ends, in both tiers, the bench what time it takes for
 * its fuel.
 */
#ifndef SERAI_TESTS_ENGINE_HARMS_H
#define SERAI_TESTS_ENGINE_HARMS_H

#include "engine/engine.h"
#include "tests/engine/assembler.h"

struct harm {
    const char *name;
    struct program program; /* without parameters */
    uint64_t budget;
    enum engine_outcome outcome;
    uint64_t used; /* 0: not told */
};

extern const struct harm hostile_harms[];
extern const size_t hostile_harm_count;

#endif
