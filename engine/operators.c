/*
 * The rows of operators.h, made of the lists in ops.h, and the names of what is outside the
 * profile.
 */
#include "engine/operators.h"

#include "engine/code.h"
#include "engine/ops.h"

static const struct operator_row rows[OPERATOR_CODES] = {
#define X(name, code, in, out, price, ...)                                                         \
    [code] = {OPERATOR_INTEGER, TYPE_##in,        TYPE_##out, 0, false, price,                     \
              OP_##name,        OP_##name##_CONST},
    OPS_INTEGER(X)
#undef X
#define X(name, code, in, out, price, ...)                                                         \
    [code] = {OPERATOR_BINARY, TYPE_##in, TYPE_##out, 0, false, price, OP_##name, 0},
        OPS_FLOAT(X)
#undef X
#define X(name, code, in, out, price, ...)                                                         \
    [code] = {OPERATOR_UNARY, TYPE_##in, TYPE_##out, 0, false, price, OP_##name, 0},
            OPS_UNARY(X)
#undef X
#define X(name, code, in, out, price, ...)                                                         \
    [code] = {OPERATOR_BINARY, TYPE_##in, TYPE_##out, 0, true, price, OP_##name, 0},
                OPS_DIVIDE(X)
#undef X
#define X(name, code, in, out, price, ...)                                                         \
    [code] = {OPERATOR_UNARY, TYPE_##in, TYPE_##out, 0, true, price, OP_##name, 0},
                    OPS_TRUNCATE(X)
#undef X
#define X(name, code, out, bytes, ...)                                                             \
    [code] = {OPERATOR_LOAD, TYPE_I32, TYPE_##out, bytes, true, 0, OP_##name, 0},
                        OPS_LOAD(X)
#undef X
#define X(name, code, in, bytes)                                                                   \
    [code] = {OPERATOR_STORE, TYPE_##in, TYPE_NONE, bytes, true, 0, OP_##name, 0},
                            OPS_STORE(X)
#undef X
};

const struct operator_row *operator_row(uint32_t code)
{
    static const struct operator_row none;

    return code < OPERATOR_CODES ? &rows[code] : &none;
}

/* By the proposals' own codes: whoever built a module learns which feature to switch off. */
const char *operator_extension(uint32_t code)
{
    if (code >= 0x100)
        return code <= 0x109   ? "a passive data segment (bulk memory)"
               : code <= 0x111 ? "table mutation (bulk memory or reference types)"
                               : NULL;
    if ((code >= 0x06 && code <= 0x0a) || code == 0x18 || code == 0x19 || code == 0x1f)
        return "exception handling";
    if (code == 0x12 || code == 0x13)
        return "a tail call";
    if (code == 0x1c || code == 0x25 || code == 0x26 || code == 0x14 || code == 0x15 ||
        (code >= 0xd0 && code <= 0xd6))
        return "reference types";
    if (code == 0xfb)
        return "garbage collection";
    if (code == 0xfd)
        return "simd";
    if (code == 0xfe)
        return "threads";
    return NULL;
}
