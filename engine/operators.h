/* The plain operators as the validator sees them: a row for each code of ops.h. */
#ifndef SERAI_ENGINE_OPERATORS_H
#define SERAI_ENGINE_OPERATORS_H

#include "base/status.h"

enum { OPERATOR_CODES = 0x10c }; /* by their bytes, then 0x100 + n for 0xfc n */

enum operator_kind {
    OPERATOR_NONE = 0, /* no such code, or one with a shape of its own */
    OPERATOR_INTEGER,  /* two operands; has a form with a constant */
    OPERATOR_BINARY,
    OPERATOR_UNARY,
    OPERATOR_LOAD,
    OPERATOR_STORE,
};

struct operator_row {
    uint8_t kind;
    uint8_t operand; /* enum value_type */
    uint8_t result;
    uint8_t bytes; /* of a load or store */
    bool traps;
    uint16_t fuel; /* of a load or store 0: the memory's size decides, see fuel_access() */
    uint16_t op;
    uint16_t op_const;
};

/* The row of an operator by its code.  Never NULL: a code without a row has OPERATOR_NONE. */
const struct operator_row *operator_row(uint32_t code);

/* The extension that a code outside the profile belongs to, as in "simd"; NULL when unknown. */
const char *operator_extension(uint32_t code);

#endif
