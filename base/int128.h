/* 128-bit unsigned arithmetic for totals and exact products; a compiler extension, named once. */
#ifndef SERAI_BASE_INT128_H
#define SERAI_BASE_INT128_H

#include "base/status.h"

__extension__ typedef unsigned __int128 u128;

/* *sum = a + b; false on overflow, and then *sum is untouched. */
MUST_CHECK static inline bool u128_add(u128 *sum, u128 a, u128 b)
{
    u128 result;

    if (__builtin_add_overflow(a, b, &result))
        return false;
    *sum = result;
    return true;
}

enum { U128_BYTES = 16 };      /* in records and on the wire */
enum { U128_TEXT_BYTES = 40 }; /* 39 digits and the NUL */

/* Decimal digits of `value`. Returns text. */
char *u128_print(char text[U128_TEXT_BYTES], u128 value);

#endif
