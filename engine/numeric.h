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

static inline float num_f32(uint64_t cell)
{
    uint32_t bits = (uint32_t)cell;
    float value;

    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double num_f64(uint64_t cell)
{
    double value;

    __builtin_memcpy(&value, &cell, sizeof value);
    return value;
}

static inline uint64_t num_f32_cell(float value)
{
    uint32_t bits;

    if (__builtin_isnan(value))
        return 0x7fc00000;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint64_t num_f64_cell(double value)
{
    uint64_t bits;

    if (__builtin_isnan(value))
        return 0x7ff8000000000000;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline uint32_t num_rotl32(uint32_t value, uint32_t by)
{
    return value << (by & 31) | value >> (-by & 31);
}

static inline uint64_t num_rotl64(uint64_t value, uint64_t by)
{
    return value << (by & 63) | value >> (-by & 63);
}

/* C leaves the right shift of a negative number to the compiler; both of ours keep the sign. */
static inline uint32_t num_shr32(int32_t value, uint32_t by)
{
    return (uint32_t)(value >> (by & 31));
}

static inline uint64_t num_shr64(int64_t value, uint64_t by)
{
    return (uint64_t)(value >> (by & 63));
}

static inline uint32_t num_clz32(uint32_t value)
{
    return value == 0 ? 32 : (uint32_t)__builtin_clz(value);
}

static inline uint32_t num_ctz32(uint32_t value)
{
    return value == 0 ? 32 : (uint32_t)__builtin_ctz(value);
}

static inline uint64_t num_clz64(uint64_t value)
{
    return value == 0 ? 64 : (uint64_t)__builtin_clzll(value);
}

static inline uint64_t num_ctz64(uint64_t value)
{
    return value == 0 ? 64 : (uint64_t)__builtin_ctzll(value);
}

/* Not the builtin: without an instruction for it, it is a call of a library. */
static inline uint32_t num_popcount(uint64_t value)
{
    value -= value >> 1 & 0x5555555555555555;
    value = (value & 0x3333333333333333) + (value >> 2 & 0x3333333333333333);
    value = (value + (value >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (uint32_t)(value * 0x0101010101010101 >> 56);
}

static inline double num_min(double a, double b)
{
    if (__builtin_isnan(a) || __builtin_isnan(b))
        return __builtin_nan("");
    if (a == b)
        return __builtin_signbit(a) ? a : b; /* -0 is below +0 */
    return a < b ? a : b;
}

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

static inline double num_whole(double value)
{
    if (!(__builtin_fabs(value) < NUM_WHOLE_FROM))
        return value;
    return __builtin_copysign((double)(int64_t)value, value);
}

static inline double num_floor(double value)
{
    double whole = num_whole(value);

    return whole > value ? whole - 1.0 : whole;
}

static inline double num_ceil(double value)
{
    double whole = num_whole(value);

    return whole < value ? whole + 1.0 : whole;
}

/* Ties to even: that is how the sum is rounded, since nobody sets another mode. */
static inline double num_nearest(double value)
{
    if (!(__builtin_fabs(value) < NUM_WHOLE_FROM))
        return value;
    return __builtin_copysign((__builtin_fabs(value) + NUM_WHOLE_FROM) - NUM_WHOLE_FROM, value);
}

/*
 * Truncation.  f32 goes through f64, which holds each of its values.  The comparisons are false for
 * NaN; the bounds are the last doubles, or whole numbers, on either side of the range.
 */
static inline bool num_fits_s32(double value)
{
    return value > -2147483649.0 && value < 2147483648.0;
}

static inline bool num_fits_u32(double value)
{
    return value > -1.0 && value < 4294967296.0;
}

static inline bool num_fits_s64(double value)
{
    return value >= -9223372036854775808.0 && value < 9223372036854775808.0;
}

static inline bool num_fits_u64(double value)
{
    return value > -1.0 && value < 18446744073709551616.0;
}

static inline uint64_t num_trunc_s32(double value)
{
    return (uint32_t)(int32_t)value;
}

static inline uint64_t num_trunc_u32(double value)
{
    return (uint32_t)value;
}

static inline uint64_t num_trunc_s64(double value)
{
    return (uint64_t)(int64_t)value;
}

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

static inline uint64_t num_sat_s32(double value)
{
    return num_fits_s32(value) ? num_trunc_s32(value) : num_sat(value, 0x80000000, 0x7fffffff);
}

static inline uint64_t num_sat_u32(double value)
{
    return num_fits_u32(value) ? num_trunc_u32(value) : num_sat(value, 0, UINT32_MAX);
}

static inline uint64_t num_sat_s64(double value)
{
    return num_fits_s64(value) ? num_trunc_s64(value)
                               : num_sat(value, (uint64_t)1 << 63, (uint64_t)INT64_MAX);
}

static inline uint64_t num_sat_u64(double value)
{
    return num_fits_u64(value) ? num_trunc_u64(value) : num_sat(value, 0, UINT64_MAX);
}

#endif
