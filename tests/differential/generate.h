/*
 * Random valid modules of the profile, as bytes.
 *
 * Each operator of the profile can come up, on operands that like the edges of their ranges;
 * blocks, loops, ifs and branch tables carry values or none, code that cannot be reached is
 * generated too, and functions call each other, directly and through the table.  Most loops count;
 * what does not end runs out of fuel.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_GENERATE_H
#define SERAI_TESTS_DIFFERENTIAL_GENERATE_H

#include "base/bytes.h"
#include "base/random.h"

struct generate_options {
    bool strict;     /* NaNs are made one wherever their bits can be seen */
    bool integers;   /* no floats at all */
    uint32_t budget; /* operators of the whole module, about */
};

/* Append a module to *out: a function of the options and the state of `rng`. */
void generate_module(struct bytes *out, struct rng *rng, const struct generate_options *options);

/* How often an operator (its byte, or 0x100 + n for 0xfc n) came up since the program began. */
uint64_t generate_count(uint32_t code);

#endif
