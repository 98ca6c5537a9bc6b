#include "site/cli/code_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A type of WebAssembly: its letter in signatures, and how its bits are laid out.  Floats are IEEE
 * 754:  a sign, an exponent, a fraction.
 */
struct value_type {
    char letter;
    const char *name;
    unsigned bits;
    unsigned fraction_bits; /* 0: an integer */
};
static const struct value_type types[] = {
    {'i', "i32", 32, 0}, {'l', "i64", 64, 0}, {'f', "f32", 32, 23}, {'d', "f64", 64, 52}};

static const struct value_type *value_find_type(char letter)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].letter == letter)
            return &types[i];
    return NULL;
}

const char *code_type_name(char type)
{
    const struct value_type *found = value_find_type(type);

    return found == NULL ? "nothing" : found->name;
}

static uint64_t value_mask(unsigned bits)
{
    return bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static uint64_t value_sign(const struct value_type *type)
{
    return UINT64_C(1) << (type->bits - 1);
}

/* All bits of the exponent.  Larger bit patterns, without the sign, are NaNs. */
static uint64_t value_infinity(const struct value_type *type)
{
    return (value_sign(type) - 1) & ~value_mask(type->fraction_bits);
}

/* The top bit of the fraction: alone it is the payload of the canonical NaN. */
static uint64_t value_quiet(const struct value_type *type)
{
    return UINT64_C(1) << (type->fraction_bits - 1);
}

/* ---- reading ---- */

static bool value_is_hex(const char *text)
{
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* Read digits to the end of the text.  strtoull() alone would take blanks and signs before them. */
static bool value_parse_digits(const char *text, int base, uint64_t *number)
{
    const char *digits = base == 16 ? text + 2 : text;
    char *end;

    if (*digits == '\0' ||
        digits[strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789")] != '\0')
        return false;
    errno = 0;
    *number = strtoull(digits, &end, base);
    return errno == 0 && *end == '\0';
}

/*
 * Signed or unsigned: both name the same bits, so the range is from the smallest signed to the
 * largest unsigned.
 */
static bool value_parse_integer(const struct value_type *type, const char *text, uint64_t *bits)
{
    bool negative = *text == '-';
    uint64_t number;

    if (*text == '-' || *text == '+')
        text++;
    if (!value_parse_digits(text, value_is_hex(text) ? 16 : 10, &number) ||
        number > (negative ? value_sign(type) : value_mask(type->bits)))
        return false;
    *bits = (negative ? 0 - number : number) & value_mask(type->bits);
    return true;
}

/* Move past digits with at most one point among them.  Returns how many digits there were. */
static size_t value_span_digits(const char **text, const char *set)
{
    size_t whole = strspn(*text, set);
    size_t fraction = 0;

    *text += whole;
    if (**text == '.') {
        (*text)++;
        fraction = strspn(*text, set);
        *text += fraction;
    }
    return whole + fraction;
}

/*
 * Whether a text is a decimal or hex float and nothing else.  strtod() knows more than is promised:
 * blanks, words, and numbers with something after them.
 */
static bool value_is_float(const char *text)
{
    bool hex = value_is_hex(text);

    if (hex)
        text += 2;
    if (value_span_digits(&text, hex ? "0123456789abcdefABCDEF" : "0123456789") == 0)
        return false;
    if (*text == (hex ? 'p' : 'e') || *text == (hex ? 'P' : 'E')) {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        if (*text == '\0')
            return false;
        text += strspn(text, "0123456789");
    }
    return *text == '\0';
}

static bool value_parse_number(const struct value_type *type, const char *text, uint64_t *bits)
{
    if (!value_is_float(text))
        return false;
    /* Each by its own function: rounding to f64 and then to f32 is not rounding to f32. */
    if (type->bits == 32) {
        float value = strtof(text, NULL);
        uint32_t raw;

        memcpy(&raw, &value, sizeof raw);
        *bits = raw;
    } else {
        double value = strtod(text, NULL);

        memcpy(bits, &value, sizeof *bits);
    }
    return *bits < value_infinity(type);
}

/* "nan" or "nan:0xPAYLOAD".  A payload of 0 would be infinity. */
static bool value_parse_nan(const struct value_type *type, const char *text, uint64_t *bits)
{
    uint64_t payload = value_quiet(type);

    if (strncmp(text, "nan", 3) != 0)
        return false;
    text += 3;
    if (*text == ':' && value_is_hex(text + 1)) {
        if (!value_parse_digits(text + 1, 16, &payload) || payload == 0 ||
            payload > value_mask(type->fraction_bits))
            return false;
    } else if (*text != '\0') {
        return false;
    }
    *bits = value_infinity(type) | payload;
    return true;
}

static bool value_parse_float(const struct value_type *type, const char *text, uint64_t *bits)
{
    bool negative = *text == '-';

    if (*text == '-' || *text == '+')
        text++;
    if (strcmp(text, "inf") == 0)
        *bits = value_infinity(type);
    else if (!value_parse_nan(type, text, bits) && !value_parse_number(type, text, bits))
        return false;
    *bits |= negative ? value_sign(type) : 0;
    return true;
}

/* The exact bits of a value, "0x...", no more than the type has. */
static bool value_parse_bits(const struct value_type *type, const char *text, uint64_t *bits)
{
    return value_is_hex(text) && value_parse_digits(text, 16, bits) &&
           *bits <= value_mask(type->bits);
}

enum status code_value_parse(const char *text, char type, uint64_t *bits, struct fault *fault)
{
    const struct value_type *found = value_find_type(type);
    size_t prefix;
    bool good;

    INVARIANT(found != NULL);
    prefix = strlen(found->name);
    if (strncmp(text, found->name, prefix) == 0 && text[prefix] == ':')
        good = value_parse_bits(found, text + prefix + 1, bits);
    else if (found->fraction_bits == 0)
        good = value_parse_integer(found, text, bits);
    else
        good = value_parse_float(found, text, bits);
    if (good)
        return ST_OK;
    return fault_set(fault, ST_INVALID,
                     found->fraction_bits == 0
                         ? "\"%s\" is no %s: give a decimal or hex number of %u bits"
                         : "\"%s\" is no %s: give a number such as 1.5 or 0x1.8p0, inf, nan, or "
                           "its %u bits",
                     text, found->name, found->bits);
}

/* ---- writing ---- */

/* Write a finite float so that it reads back the same, in as few digits as that takes. */
static void value_print_number(char text[CODE_VALUE_BYTES], const struct value_type *type,
                               uint64_t bits)
{
    bool narrow = type->bits == 32;
    float single = 0;
    double value = 0;
    uint32_t low = (uint32_t)bits;

    if (narrow) {
        memcpy(&single, &low, sizeof single);
        value = (double)single;
    } else {
        memcpy(&value, &bits, sizeof value);
    }
    /* 9 and 17 digits are always enough. */
    for (int digits = 1; digits <= (narrow ? 9 : 17); digits++) {
        uint64_t back = 0;

        (void)snprintf(text, CODE_VALUE_BYTES, "%.*g", digits, value);
        if (value_parse_float(type, text, &back) && back == bits)
            return;
    }
}

char *code_value_print(char text[CODE_VALUE_BYTES], char type, uint64_t bits)
{
    const struct value_type *found = value_find_type(type);
    const char *sign;
    uint64_t size;

    INVARIANT(found != NULL);
    sign = (bits & value_sign(found)) != 0 ? "-" : "";
    size = bits & ~value_sign(found);
    if (found->fraction_bits == 0) {
        uint64_t extended = *sign == '-' ? bits | ~value_mask(found->bits) : bits;

        (void)snprintf(text, CODE_VALUE_BYTES, "%" PRId64, (int64_t)extended);
    } else if (size < value_infinity(found)) {
        value_print_number(text, found, bits);
    } else if (size == value_infinity(found)) {
        (void)snprintf(text, CODE_VALUE_BYTES, "%sinf", sign);
    } else if (size == (value_infinity(found) | value_quiet(found))) {
        (void)snprintf(text, CODE_VALUE_BYTES, "%snan", sign);
    } else {
        (void)snprintf(text, CODE_VALUE_BYTES, "%snan:0x%" PRIx64, sign,
                       size & value_mask(found->fraction_bits));
    }
    return text;
}

char *code_bits_print(char text[CODE_VALUE_BYTES], char type, uint64_t bits)
{
    const struct value_type *found = value_find_type(type);

    INVARIANT(found != NULL);
    (void)snprintf(text, CODE_VALUE_BYTES, "0x%0*" PRIx64, (int)(found->bits / 4), bits);
    return text;
}
