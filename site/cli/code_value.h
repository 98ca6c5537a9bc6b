/* Typed values of WebAssembly as people write and read them; no bit is lost either way. */
#ifndef SERAI_SITE_CLI_CODE_VALUE_H
#define SERAI_SITE_CLI_CODE_VALUE_H

#include "base/status.h"

enum { CODE_VALUE_BYTES = 96 };

/* The name of a type by its letter: "i32", "i64", "f32", "f64"; "nothing" for 0. */
const char *code_type_name(char type);

/*
 * Read one argument of type `type` (i, l, f or d) into *bits, zero-extended.
 *
 *     integers   decimal or 0x hex, signed or unsigned: -1 and 0xffffffff are one i32
 *     floats     decimal, hex (0x1.8p3), inf, nan, nan:0xPAYLOAD, each with a sign if wanted; the
 *                nearest float is taken, and what lies beyond the largest is refused
 *     any        TYPE:0xBITS, as f64:0x7ff8000000000000: exactly these bits
 *
 * ST_INVALID: not that; *fault says what would be.
 */
MUST_CHECK enum status code_value_parse(const char *text, char type, uint64_t *bits,
                                        struct fault *fault);

/*
 * Write a value as code_value_parse() reads it: integers as signed decimals, floats as the shortest
 * decimal that comes back the same, NaNs with their payload unless it is the canonical one.
 * Returns text.
 */
char *code_value_print(char text[CODE_VALUE_BYTES], char type, uint64_t bits);

/* Write the bits of a value alone: "0x" and 8 or 16 digits.  Returns `text`. */
char *code_bits_print(char text[CODE_VALUE_BYTES], char type, uint64_t bits);

#endif
