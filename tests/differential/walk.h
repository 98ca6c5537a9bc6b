/* Where the operators of a module are.  It knows only how long they are, and trusts the module. */
#ifndef SERAI_TESTS_DIFFERENTIAL_WALK_H
#define SERAI_TESTS_DIFFERENTIAL_WALK_H

#include "base/bytes.h"

struct walk_operator {
    uint32_t code; /* the byte, or 0x100 + n for 0xfc n */
    size_t at;     /* in the module */
    size_t size;
    size_t immediate; /* where what follows the operator begins */
};

/* Hand each operator of a module that was accepted to `see`, until it answers false. */
void walk_operators(const uint8_t *bytes, size_t size,
                    bool (*see)(void *context, const struct walk_operator *op), void *context);

/* Whether it has an operator whose result can be a NaN of the machine's own making. */
bool walk_makes_nans(const uint8_t *bytes, size_t size);

#endif
