/*
 * Numbers as WebAssembly defines them (specification 4.3), on raw 64-bit cells.  An i32 is kept
 * zero-extended, an f32 as its bits zero-extended, so equal values are equal cells.
 *
 * Results of float arithmetic have one NaN, the positive quiet one without payload: guests see NaN
 * bits through stores and reinterpretation, and machines differ in them.  abs, neg, copysign,
 * loads, constants and moves are bit operations and keep what they get.
 *
 * The text of this file is also part of every object of tier 1, without its includes: nothing here
 * needs a library, and the object says what F32, F64, RF32 and RF64 mean there.
 */
#ifndef SERAI_ENGINE_NUMERIC_H
#define SERAI_ENGINE_NUMERIC_H

#include <stdbool.h>
#include <stdint.h>

/* Excess precision would make results depend on the compiler. */
_Static_assert(__FLT_EVAL_METHOD__ == 0, "floats must be computed in their own precision");

#define U32(cell) ((uint32_t)(cell))
#define S32(cell) ((int32_t)(uint32_t)(cell))
#define S64(cell) ((int64_t)(cell))
#define R32(value) ((uint64_t)(uint32_t)(value))
#define R64(value) ((uint64_t)(value))
#ifndef F32
#define F32(cell) (num_f32(cell))
#define F64(cell) (num_f64(cell))
#define RF32(value) (num_f32_cell(value))
#define RF64(value) (num_f64_cell(value))
#endif

/* The f32 in a cell.  Its bits are taken as they are, NaN with payload included. */
static inline float num_f32(uint64_t cell)
{
    uint32_t bits = (uint32_t)cell;
    float value;

    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/* The f64 in a cell, as num_f32(). */
static inline double num_f64(uint64_t cell)
{
    double value;

    __builtin_memcpy(&value, &cell, sizeof value);
    return value;
}

/* The cell of a computed f32: any NaN becomes the one NaN. */
static inline uint64_t num_f32_cell(float value)
{
    uint32_t bits;

    if (__builtin_isnan(value))
        return 0x7fc00000;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The cell of a computed f64: any NaN becomes the one NaN. */
static inline uint64_t num_f64_cell(double value)
{
    uint64_t bits;

    if (__builtin_isnan(value))
        return 0x7ff8000000000000;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Rotate left by `by` modulo 32.  Masked twice, since C does not define a shift by 32. */
static inline uint32_t num_rotl32(uint32_t value, uint32_t by)
{
    return value << (by & 31) | value >> (-by & 31);
}

/* Rotate left by `by` modulo 64. */
static inline uint64_t num_rotl64(uint64_t value, uint64_t by)
{
    return value << (by & 63) | value >> (-by & 63);
}

/*
 * Arithmetic shift right by `by` modulo 32.  C leaves the right shift of a negative number to the
 * compiler; both of ours keep the sign.
 */
static inline uint32_t num_shr32(int32_t value, uint32_t by)
{
    return (uint32_t)(value >> (by & 31));
}

/* Arithmetic shift right by `by` modulo 64. */
static inline uint64_t num_shr64(int64_t value, uint64_t by)
{
    return (uint64_t)(value >> (by & 63));
}

/* Leading zero bits; 32 for 0, for which the builtin is undefined. */
static inline uint32_t num_clz32(uint32_t value)
{
    return value == 0 ? 32 : (uint32_t)__builtin_clz(value);
}

/* Trailing zero bits; 32 for 0. */
static inline uint32_t num_ctz32(uint32_t value)
{
    return value == 0 ? 32 : (uint32_t)__builtin_ctz(value);
}

/* Leading zero bits; 64 for 0. */
static inline uint64_t num_clz64(uint64_t value)
{
    return value == 0 ? 64 : (uint64_t)__builtin_clzll(value);
}

/* Trailing zero bits; 64 for 0. */
static inline uint64_t num_ctz64(uint64_t value)
{
    return value == 0 ? 64 : (uint64_t)__builtin_ctzll(value);
}

/*
 * The number of bits that are set.  Not the builtin: without an instruction for it, that is a call
 * of a library.
 */
static inline uint32_t num_popcount(uint64_t value)
{
    value -= value >> 1 & 0x5555555555555555;
    value = (value & 0x3333333333333333) + (value >> 2 & 0x3333333333333333);
    value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (uint32_t)(value * 0x0101010101010101 >> 56);
}

/* The smaller of two floats by WebAssembly's rules: NaN if either is NaN, and -0 is below +0. */
static inline double num_min(double a, double b)
{
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return __builtin_nan("");
    if (a == b)
        return __builtin_signbit(a) ? a : b; /* -0 is below +0 */
    return a < b ? a : b;
}

/* The larger of two floats: NaN if either is NaN, and +0 is above -0. */
static inline double num_max(double a, double b)
{
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return __builtin_nan("");
    if (a == b)
        return __builtin_signbit(a) ? b : a;
    return a > b ? a : b;
}

/*
 * Rounding to whole numbers, for both widths: an f32 is a double, and so is what it rounds to.
 * From 2^52 up, and in NaN, there is nothing to round.
 */
#define NUM_WHOLE_FROM 4503599627370496.0

/* Round toward zero.  The sign is kept: -0.5 becomes -0. */
static inline double num_whole(double value)
{
    if (!(__builtin_fabs(value) < NUM_WHOLE_FROM))
        return value;
    return __builtin_copysign((double)(int64_t)value, value);
}

/* Round down to a whole number. */
static inline double num_floor(double value)
{
    double whole = num_whole(value);

    return whole > value ? whole - 1.0 : whole;
}

/* Round up to a whole number. */
static inline double num_ceil(double value)
{
    double whole = num_whole(value);

    return whole < value ? whole + 1.0 : whole;
}

/*
 * Round to the nearest whole number, ties to even: the sum is rounded so, since nobody sets another
 * mode.
 */
static inline double num_nearest(double value)
{
    if (!(__builtin_fabs(value) < NUM_WHOLE_FROM))
        return value;
    return __builtin_copysign((__builtin_fabs(value) + NUM_WHOLE_FROM) - NUM_WHOLE_FROM, value);
}

/*
 * Truncation to integers.  An f32 goes through f64, which holds each of its values.  num_fits_*()
 * tell whether the truncated value is in the range of the type; the comparisons are false for NaN.
 * The bounds are the last doubles, or whole numbers, on either side of the range.
 */
static inline bool num_fits_s32(double value)
{
    return value > -2147483649.0 && value < 2147483648.0;
}

/* Whether a truncated value is an unsigned 32-bit integer. */
static inline bool num_fits_u32(double value)
{
    return value > -1.0 && value < 4294967296.0;
}

/* Whether a truncated value is a signed 64-bit integer. */
static inline bool num_fits_s64(double value)
{
    return value >= -9223372036854775808.0 && value < 9223372036854775808.0;
}

/* Whether a truncated value is an unsigned 64-bit integer. */
static inline bool num_fits_u64(double value)
{
    return value > -1.0 && value < 18446744073709551616.0;
}

/*
 * num_trunc_*() give the cell of a value that fits the type; C does not define the conversion of
 * any other.
 */
static inline uint64_t num_trunc_s32(double value)
{
    return (uint32_t)(int32_t)value;
}

/* The cell of an unsigned i32 that fits. */
static inline uint64_t num_trunc_u32(double value)
{
    return (uint32_t)value;
}

/* The cell of a signed i64 that fits. */
static inline uint64_t num_trunc_s64(double value)
{
    return (uint64_t)(int64_t)value;
}

/* The cell of an unsigned i64 that fits. */
static inline uint64_t num_trunc_u64(double value)
{
    return (uint64_t)value;
}

/* The cell of a saturating truncation: 0 for NaN, else the nearer end of the range. */
static inline uint64_t num_sat(double value, uint64_t low, uint64_t high)
{
    if (__builtin_isnan(value))
        return 0;
    return value < 0.0 ? low : high;
}

/* Truncate, saturating at the ends of a signed 32-bit range. */
static inline uint64_t num_sat_s32(double value)
{
    return num_fits_s32(value) ? num_trunc_s32(value) : num_sat(value, 0x80000000, 0x7fffffff);
}

/* Truncate, saturating at the ends of an unsigned 32-bit range. */
static inline uint64_t num_sat_u32(double value)
{
    return num_fits_u32(value) ? num_trunc_u32(value) : num_sat(value, 0, UINT32_MAX);
}

/* Truncate, saturating at the ends of a signed 64-bit range. */
static inline uint64_t num_sat_s64(double value)
{
    return num_fits_s64(value) ? num_trunc_s64(value)
                               : num_sat(value, (uint64_t)1 << 63, (uint64_t)INT64_MAX);
}

/* Truncate, saturating at the ends of an unsigned 64-bit range. */
static inline uint64_t num_sat_u64(double value)
{
    return num_fits_u64(value) ? num_trunc_u64(value) : num_sat(value, 0, UINT64_MAX);
}

#endif
