/*
 * Every plain operator once: the decoder, the validator, the fuel table and the interpreter all
 * read these lists.  A row is
 *
 *     X(NAME, code, operand type, result type, price, what it does)
 *
 * `code` is the operator's byte, or 0x100 + n for the pair 0xfc n.  What it does is an expression
 * over the cells `a` and `b` that gives a cell (numeric.h has the helpers).
 */
#ifndef SERAI_ENGINE_OPS_H
#define SERAI_ENGINE_OPS_H

#include "engine/fuel.h"
#include "engine/numeric.h"

/* Two i32 compared; the rows of OPS_INTEGER that a branch most often follows. */
#define OPS_COMPARE(X)                                                                             \
    X(I32_EQ, 0x46, I32, I32, FUEL_ONE, R64(U32(a) == U32(b)))                                     \
    X(I32_NE, 0x47, I32, I32, FUEL_ONE, R64(U32(a) != U32(b)))                                     \
    X(I32_LT_S, 0x48, I32, I32, FUEL_ONE, R64(S32(a) < S32(b)))                                    \
    X(I32_LT_U, 0x49, I32, I32, FUEL_ONE, R64(U32(a) < U32(b)))                                    \
    X(I32_GT_S, 0x4a, I32, I32, FUEL_ONE, R64(S32(a) > S32(b)))                                    \
    X(I32_GT_U, 0x4b, I32, I32, FUEL_ONE, R64(U32(a) > U32(b)))                                    \
    X(I32_LE_S, 0x4c, I32, I32, FUEL_ONE, R64(S32(a) <= S32(b)))                                   \
    X(I32_LE_U, 0x4d, I32, I32, FUEL_ONE, R64(U32(a) <= U32(b)))                                   \
    X(I32_GE_S, 0x4e, I32, I32, FUEL_ONE, R64(S32(a) >= S32(b)))                                   \
    X(I32_GE_U, 0x4f, I32, I32, FUEL_ONE, R64(U32(a) >= U32(b)))

/* Two integers to an integer, never traps; also has a form with a constant second operand. */
#define OPS_INTEGER(X)                                                                             \
    OPS_COMPARE(X)                                                                                 \
    X(I64_EQ, 0x51, I64, I32, FUEL_ONE, R64(a == b))                                               \
    X(I64_NE, 0x52, I64, I32, FUEL_ONE, R64(a != b))                                               \
    X(I64_LT_S, 0x53, I64, I32, FUEL_ONE, R64(S64(a) < S64(b)))                                    \
    X(I64_LT_U, 0x54, I64, I32, FUEL_ONE, R64(a < b))                                              \
    X(I64_GT_S, 0x55, I64, I32, FUEL_ONE, R64(S64(a) > S64(b)))                                    \
    X(I64_GT_U, 0x56, I64, I32, FUEL_ONE, R64(a > b))                                              \
    X(I64_LE_S, 0x57, I64, I32, FUEL_ONE, R64(S64(a) <= S64(b)))                                   \
    X(I64_LE_U, 0x58, I64, I32, FUEL_ONE, R64(a <= b))                                             \
    X(I64_GE_S, 0x59, I64, I32, FUEL_ONE, R64(S64(a) >= S64(b)))                                   \
    X(I64_GE_U, 0x5a, I64, I32, FUEL_ONE, R64(a >= b))                                             \
    X(I32_ADD, 0x6a, I32, I32, FUEL_ONE, R32(U32(a) + U32(b)))                                     \
    X(I32_SUB, 0x6b, I32, I32, FUEL_ONE, R32(U32(a) - U32(b)))                                     \
    X(I32_MUL, 0x6c, I32, I32, FUEL_ONE, R32(U32(a) * U32(b)))                                     \
    X(I32_AND, 0x71, I32, I32, FUEL_ONE, R32(U32(a) & U32(b)))                                     \
    X(I32_OR, 0x72, I32, I32, FUEL_ONE, R32(U32(a) | U32(b)))                                      \
    X(I32_XOR, 0x73, I32, I32, FUEL_ONE, R32(U32(a) ^ U32(b)))                                     \
    X(I32_SHL, 0x74, I32, I32, FUEL_ONE, R32(U32(a) << (U32(b) & 31)))                             \
    X(I32_SHR_S, 0x75, I32, I32, FUEL_ONE, R32(num_shr32(S32(a), U32(b))))                         \
    X(I32_SHR_U, 0x76, I32, I32, FUEL_ONE, R32(U32(a) >> (U32(b) & 31)))                           \
    X(I32_ROTL, 0x77, I32, I32, FUEL_ONE, R32(num_rotl32(U32(a), U32(b))))                         \
    X(I32_ROTR, 0x78, I32, I32, FUEL_ONE, R32(num_rotl32(U32(a), -U32(b))))                        \
    X(I64_ADD, 0x7c, I64, I64, FUEL_ONE, R64(a + b))                                               \
    X(I64_SUB, 0x7d, I64, I64, FUEL_ONE, R64(a - b))                                               \
    X(I64_MUL, 0x7e, I64, I64, FUEL_ONE, R64(a *b))                                                \
    X(I64_AND, 0x83, I64, I64, FUEL_ONE, R64(a &b))                                                \
    X(I64_OR, 0x84, I64, I64, FUEL_ONE, R64(a | b))                                                \
    X(I64_XOR, 0x85, I64, I64, FUEL_ONE, R64(a ^ b))                                               \
    X(I64_SHL, 0x86, I64, I64, FUEL_ONE, a << (b & 63))                                            \
    X(I64_SHR_S, 0x87, I64, I64, FUEL_ONE, num_shr64(S64(a), b))                                   \
    X(I64_SHR_U, 0x88, I64, I64, FUEL_ONE, a >> (b & 63))                                          \
    X(I64_ROTL, 0x89, I64, I64, FUEL_ONE, num_rotl64(a, b))                                        \
    X(I64_ROTR, 0x8a, I64, I64, FUEL_ONE, num_rotl64(a, -b))

/* Two floats; never traps. */
#define OPS_FLOAT(X)                                                                               \
    X(F32_EQ, 0x5b, F32, I32, FUEL_FLOAT, R64(F32(a) == F32(b)))                                   \
    X(F32_NE, 0x5c, F32, I32, FUEL_FLOAT, R64(F32(a) != F32(b)))                                   \
    X(F32_LT, 0x5d, F32, I32, FUEL_FLOAT, R64(F32(a) < F32(b)))                                    \
    X(F32_GT, 0x5e, F32, I32, FUEL_FLOAT, R64(F32(a) > F32(b)))                                    \
    X(F32_LE, 0x5f, F32, I32, FUEL_FLOAT, R64(F32(a) <= F32(b)))                                   \
    X(F32_GE, 0x60, F32, I32, FUEL_FLOAT, R64(F32(a) >= F32(b)))                                   \
    X(F64_EQ, 0x61, F64, I32, FUEL_FLOAT, R64(F64(a) == F64(b)))                                   \
    X(F64_NE, 0x62, F64, I32, FUEL_FLOAT, R64(F64(a) != F64(b)))                                   \
    X(F64_LT, 0x63, F64, I32, FUEL_FLOAT, R64(F64(a) < F64(b)))                                    \
    X(F64_GT, 0x64, F64, I32, FUEL_FLOAT, R64(F64(a) > F64(b)))                                    \
    X(F64_LE, 0x65, F64, I32, FUEL_FLOAT, R64(F64(a) <= F64(b)))                                   \
    X(F64_GE, 0x66, F64, I32, FUEL_FLOAT, R64(F64(a) >= F64(b)))                                   \
    X(F32_ADD, 0x92, F32, F32, FUEL_FLOAT, RF32(F32(a) + F32(b)))                                  \
    X(F32_SUB, 0x93, F32, F32, FUEL_FLOAT, RF32(F32(a) - F32(b)))                                  \
    X(F32_MUL, 0x94, F32, F32, FUEL_FLOAT, RF32(F32(a) * F32(b)))                                  \
    X(F32_DIV, 0x95, F32, F32, FUEL_DIVIDE, RF32(F32(a) / F32(b)))                                 \
    X(F32_MIN, 0x96, F32, F32, FUEL_CONVERT, RF32((float)num_min((double)F32(a), (double)F32(b)))) \
    X(F32_MAX, 0x97, F32, F32, FUEL_CONVERT, RF32((float)num_max((double)F32(a), (double)F32(b)))) \
    X(F32_COPYSIGN, 0x98, F32, F32, FUEL_FLOAT,                                                    \
      R32((U32(a) & 0x7fffffff) | (U32(b) & 0x80000000)))                                          \
    X(F64_ADD, 0xa0, F64, F64, FUEL_FLOAT, RF64(F64(a) + F64(b)))                                  \
    X(F64_SUB, 0xa1, F64, F64, FUEL_FLOAT, RF64(F64(a) - F64(b)))                                  \
    X(F64_MUL, 0xa2, F64, F64, FUEL_FLOAT, RF64(F64(a) * F64(b)))                                  \
    X(F64_DIV, 0xa3, F64, F64, FUEL_DIVIDE, RF64(F64(a) / F64(b)))                                 \
    X(F64_MIN, 0xa4, F64, F64, FUEL_CONVERT, RF64(num_min(F64(a), F64(b))))                        \
    X(F64_MAX, 0xa5, F64, F64, FUEL_CONVERT, RF64(num_max(F64(a), F64(b))))                        \
    X(F64_COPYSIGN, 0xa6, F64, F64, FUEL_FLOAT,                                                    \
      (a & (uint64_t)INT64_MAX) | (b & ~(uint64_t)INT64_MAX))

/* One operand; never traps. */
#define OPS_UNARY(X)                                                                               \
    X(I32_EQZ, 0x45, I32, I32, FUEL_ONE, R64(U32(a) == 0))                                         \
    X(I64_EQZ, 0x50, I64, I32, FUEL_ONE, R64(a == 0))                                              \
    X(I32_CLZ, 0x67, I32, I32, FUEL_ONE, R32(num_clz32(U32(a))))                                   \
    X(I32_CTZ, 0x68, I32, I32, FUEL_ONE, R32(num_ctz32(U32(a))))                                   \
    X(I32_POPCNT, 0x69, I32, I32, FUEL_POPCOUNT, R32(num_popcount(U32(a))))                        \
    X(I64_CLZ, 0x79, I64, I64, FUEL_ONE, num_clz64(a))                                             \
    X(I64_CTZ, 0x7a, I64, I64, FUEL_ONE, num_ctz64(a))                                             \
    X(I64_POPCNT, 0x7b, I64, I64, FUEL_POPCOUNT, R64(num_popcount(a)))                             \
    X(F32_ABS, 0x8b, F32, F32, FUEL_FLOAT, R32(U32(a) & 0x7fffffff))                               \
    X(F32_NEG, 0x8c, F32, F32, FUEL_FLOAT, R32(U32(a) ^ 0x80000000))                               \
    X(F32_CEIL, 0x8d, F32, F32, FUEL_ROUND, RF32((float)num_ceil((double)F32(a))))                 \
    X(F32_FLOOR, 0x8e, F32, F32, FUEL_ROUND, RF32((float)num_floor((double)F32(a))))               \
    X(F32_TRUNC, 0x8f, F32, F32, FUEL_ROUND, RF32((float)num_whole((double)F32(a))))               \
    X(F32_NEAREST, 0x90, F32, F32, FUEL_ROUND, RF32((float)num_nearest((double)F32(a))))           \
    X(F32_SQRT, 0x91, F32, F32, FUEL_DIVIDE, RF32(__builtin_sqrtf(F32(a))))                        \
    X(F64_ABS, 0x99, F64, F64, FUEL_FLOAT, R64(a &(uint64_t)INT64_MAX))                            \
    X(F64_NEG, 0x9a, F64, F64, FUEL_FLOAT, R64(a ^ ~(uint64_t)INT64_MAX))                          \
    X(F64_CEIL, 0x9b, F64, F64, FUEL_ROUND, RF64(num_ceil(F64(a))))                                \
    X(F64_FLOOR, 0x9c, F64, F64, FUEL_ROUND, RF64(num_floor(F64(a))))                              \
    X(F64_TRUNC, 0x9d, F64, F64, FUEL_ROUND, RF64(num_whole(F64(a))))                              \
    X(F64_NEAREST, 0x9e, F64, F64, FUEL_ROUND, RF64(num_nearest(F64(a))))                          \
    X(F64_SQRT, 0x9f, F64, F64, FUEL_DIVIDE, RF64(__builtin_sqrt(F64(a))))                         \
    X(I32_WRAP_I64, 0xa7, I64, I32, FUEL_ONE, R32(a))                                              \
    X(I64_EXTEND_I32_S, 0xac, I32, I64, FUEL_ONE, R64((int64_t)S32(a)))                            \
    X(I64_EXTEND_I32_U, 0xad, I32, I64, FUEL_ONE, R64(U32(a)))                                     \
    X(F32_CONVERT_I32_S, 0xb2, I32, F32, FUEL_FLOAT, RF32((float)S32(a)))                          \
    X(F32_CONVERT_I32_U, 0xb3, I32, F32, FUEL_FLOAT, RF32((float)U32(a)))                          \
    X(F32_CONVERT_I64_S, 0xb4, I64, F32, FUEL_FLOAT, RF32((float)S64(a)))                          \
    X(F32_CONVERT_I64_U, 0xb5, I64, F32, FUEL_FLOAT, RF32((float)a))                               \
    X(F32_DEMOTE_F64, 0xb6, F64, F32, FUEL_FLOAT, RF32((float)F64(a)))                             \
    X(F64_CONVERT_I32_S, 0xb7, I32, F64, FUEL_FLOAT, RF64((double)S32(a)))                         \
    X(F64_CONVERT_I32_U, 0xb8, I32, F64, FUEL_FLOAT, RF64((double)U32(a)))                         \
    X(F64_CONVERT_I64_S, 0xb9, I64, F64, FUEL_FLOAT, RF64((double)S64(a)))                         \
    X(F64_CONVERT_I64_U, 0xba, I64, F64, FUEL_FLOAT, RF64((double)a))                              \
    X(F64_PROMOTE_F32, 0xbb, F32, F64, FUEL_FLOAT, RF64((double)F32(a)))                           \
    X(I32_REINTERPRET_F32, 0xbc, F32, I32, FUEL_ONE, a)                                            \
    X(I64_REINTERPRET_F64, 0xbd, F64, I64, FUEL_ONE, a)                                            \
    X(F32_REINTERPRET_I32, 0xbe, I32, F32, FUEL_ONE, a)                                            \
    X(F64_REINTERPRET_I64, 0xbf, I64, F64, FUEL_ONE, a)                                            \
    X(I32_EXTEND8_S, 0xc0, I32, I32, FUEL_ONE, R32((int32_t)(int8_t)(uint8_t)a))                   \
    X(I32_EXTEND16_S, 0xc1, I32, I32, FUEL_ONE, R32((int32_t)(int16_t)(uint16_t)a))                \
    X(I64_EXTEND8_S, 0xc2, I64, I64, FUEL_ONE, R64((int64_t)(int8_t)(uint8_t)a))                   \
    X(I64_EXTEND16_S, 0xc3, I64, I64, FUEL_ONE, R64((int64_t)(int16_t)(uint16_t)a))                \
    X(I64_EXTEND32_S, 0xc4, I64, I64, FUEL_ONE, R64((int64_t)S32(a)))                              \
    X(I32_TRUNC_SAT_F32_S, 0x100, F32, I32, FUEL_CONVERT, num_sat_s32((double)F32(a)))             \
    X(I32_TRUNC_SAT_F32_U, 0x101, F32, I32, FUEL_CONVERT, num_sat_u32((double)F32(a)))             \
    X(I32_TRUNC_SAT_F64_S, 0x102, F64, I32, FUEL_CONVERT, num_sat_s32(F64(a)))                     \
    X(I32_TRUNC_SAT_F64_U, 0x103, F64, I32, FUEL_CONVERT, num_sat_u32(F64(a)))                     \
    X(I64_TRUNC_SAT_F32_S, 0x104, F32, I64, FUEL_CONVERT, num_sat_s64((double)F32(a)))             \
    X(I64_TRUNC_SAT_F32_U, 0x105, F32, I64, FUEL_CONVERT, num_sat_u64((double)F32(a)))             \
    X(I64_TRUNC_SAT_F64_S, 0x106, F64, I64, FUEL_CONVERT, num_sat_s64(F64(a)))                     \
    X(I64_TRUNC_SAT_F64_U, 0x107, F64, I64, FUEL_CONVERT, num_sat_u64(F64(a)))

/*
 * Two integers; traps when b is 0, and the divisions also when `overflow` (a seventh column) holds.
 * The least integer by -1: its remainder is 0, and C would not say so.
 */
#define OPS_DIVIDE(X)                                                                              \
    X(I32_DIV_S, 0x6d, I32, I32, FUEL_DIVIDE, R32(S32(a) / S32(b)),                                \
      S32(a) == INT32_MIN && S32(b) == -1)                                                         \
    X(I32_DIV_U, 0x6e, I32, I32, FUEL_DIVIDE, R32(U32(a) / U32(b)), false)                         \
    X(I32_REM_S, 0x6f, I32, I32, FUEL_DIVIDE, S32(b) == -1 ? 0 : R32(S32(a) % S32(b)), false)      \
    X(I32_REM_U, 0x70, I32, I32, FUEL_DIVIDE, R32(U32(a) % U32(b)), false)                         \
    X(I64_DIV_S, 0x7f, I64, I64, FUEL_DIVIDE, R64(S64(a) / S64(b)),                                \
      S64(a) == INT64_MIN && S64(b) == -1)                                                         \
    X(I64_DIV_U, 0x80, I64, I64, FUEL_DIVIDE, a / b, false)                                        \
    X(I64_REM_S, 0x81, I64, I64, FUEL_DIVIDE, S64(b) == -1 ? 0 : R64(S64(a) % S64(b)), false)      \
    X(I64_REM_U, 0x82, I64, I64, FUEL_DIVIDE, a % b, false)

/* One float `x` (as f64) to an integer; traps unless `fits` (a seventh column) holds. */
#define OPS_TRUNCATE(X)                                                                            \
    X(I32_TRUNC_F32_S, 0xa8, F32, I32, FUEL_CONVERT, num_trunc_s32(x), num_fits_s32(x))            \
    X(I32_TRUNC_F32_U, 0xa9, F32, I32, FUEL_CONVERT, num_trunc_u32(x), num_fits_u32(x))            \
    X(I32_TRUNC_F64_S, 0xaa, F64, I32, FUEL_CONVERT, num_trunc_s32(x), num_fits_s32(x))            \
    X(I32_TRUNC_F64_U, 0xab, F64, I32, FUEL_CONVERT, num_trunc_u32(x), num_fits_u32(x))            \
    X(I64_TRUNC_F32_S, 0xae, F32, I64, FUEL_CONVERT, num_trunc_s64(x), num_fits_s64(x))            \
    X(I64_TRUNC_F32_U, 0xaf, F32, I64, FUEL_CONVERT, num_trunc_u64(x), num_fits_u64(x))            \
    X(I64_TRUNC_F64_S, 0xb0, F64, I64, FUEL_CONVERT, num_trunc_s64(x), num_fits_s64(x))            \
    X(I64_TRUNC_F64_U, 0xb1, F64, I64, FUEL_CONVERT, num_trunc_u64(x), num_fits_u64(x))

/* Loads: X(NAME, code, result type, bytes, the cell made of the little-endian `raw`). */
#define OPS_LOAD(X)                                                                                \
    X(I32_LOAD, 0x28, I32, 4, raw)                                                                 \
    X(I64_LOAD, 0x29, I64, 8, raw)                                                                 \
    X(F32_LOAD, 0x2a, F32, 4, raw)                                                                 \
    X(F64_LOAD, 0x2b, F64, 8, raw)                                                                 \
    X(I32_LOAD8_S, 0x2c, I32, 1, R32((int32_t)(int8_t)(uint8_t)raw))                               \
    X(I32_LOAD8_U, 0x2d, I32, 1, raw)                                                              \
    X(I32_LOAD16_S, 0x2e, I32, 2, R32((int32_t)(int16_t)(uint16_t)raw))                            \
    X(I32_LOAD16_U, 0x2f, I32, 2, raw)                                                             \
    X(I64_LOAD8_S, 0x30, I64, 1, R64((int64_t)(int8_t)(uint8_t)raw))                               \
    X(I64_LOAD8_U, 0x31, I64, 1, raw)                                                              \
    X(I64_LOAD16_S, 0x32, I64, 2, R64((int64_t)(int16_t)(uint16_t)raw))                            \
    X(I64_LOAD16_U, 0x33, I64, 2, raw)                                                             \
    X(I64_LOAD32_S, 0x34, I64, 4, R64((int64_t)S32(raw)))                                          \
    X(I64_LOAD32_U, 0x35, I64, 4, raw)

/* Stores: X(NAME, code, operand type, bytes); the low bytes of the cell. */
#define OPS_STORE(X)                                                                               \
    X(I32_STORE, 0x36, I32, 4)                                                                     \
    X(I64_STORE, 0x37, I64, 8)                                                                     \
    X(F32_STORE, 0x38, F32, 4)                                                                     \
    X(F64_STORE, 0x39, F64, 8)                                                                     \
    X(I32_STORE8, 0x3a, I32, 1)                                                                    \
    X(I32_STORE16, 0x3b, I32, 2)                                                                   \
    X(I64_STORE8, 0x3c, I64, 1)                                                                    \
    X(I64_STORE16, 0x3d, I64, 2)                                                                   \
    X(I64_STORE32, 0x3e, I64, 4)

/* Words that the compiler makes besides these; run.c says what each does. */
#define OPS_CONTROL(X)                                                                             \
    X(CHARGE)                                                                                      \
    X(UNREACHABLE)                                                                                 \
    X(BR)                                                                                          \
    X(BR_IF)                                                                                       \
    X(BR_UNLESS)                                                                                   \
    X(BR_TABLE)                                                                                    \
    X(RETURN)                                                                                      \
    X(RETURN_VALUE)                                                                                \
    X(CALL)                                                                                        \
    X(CALL_INDIRECT)                                                                               \
    X(CONST)                                                                                       \
    X(COPY)                                                                                        \
    X(SELECT)                                                                                      \
    X(GLOBAL_GET)                                                                                  \
    X(GLOBAL_SET)                                                                                  \
    X(MEMORY_SIZE)                                                                                 \
    X(MEMORY_GROW)                                                                                 \
    X(MEMORY_COPY)                                                                                 \
    X(MEMORY_FILL)

/*
 * Two or three words that the interpreter takes as one (fuse.h): X(NAME, the first word's).
 * Besides them, a comparison with the branch behind it and an address with the load at it have one
 * each.
 */
#define OPS_FUSED(X)                                                                               \
    X(I32_EQZ_BR_IF, I32_EQZ)                                                                      \
    X(I32_EQZ_BR_UNLESS, I32_EQZ)                                                                  \
    X(F64_ADD_F64_ADD, F64_ADD)                                                                    \
    X(F64_MUL_F64_ADD, F64_MUL)                                                                    \
    X(F64_LOAD_F64_MUL, F64_LOAD)                                                                  \
    X(ADDRESS_F64_LOAD_F64_MUL, I32_ADD_CONST)

/* The operators of the pre-decoded code. */
enum op {
#define X(name, ...) OP_##name,
    OPS_CONTROL(X) OPS_INTEGER(X) OPS_FLOAT(X) OPS_UNARY(X) OPS_DIVIDE(X) OPS_TRUNCATE(X)
        OPS_LOAD(X) OPS_STORE(X)
#undef X
#define X(name, ...) OP_##name##_CONST,
            OPS_INTEGER(X)
#undef X
                OP_PLAIN_COUNT,
    OP_BEFORE_FUSED = OP_PLAIN_COUNT - 1,
#define X(name, ...)                                                                               \
    OP_##name##_BR_IF, OP_##name##_BR_UNLESS, OP_##name##_CONST_BR_IF, OP_##name##_CONST_BR_UNLESS,
    OPS_COMPARE(X)
#undef X
#define X(name, ...) OP_ADDRESS_##name,
        OPS_LOAD(X)
#undef X
#define X(name, ...) OP_##name,
            OPS_FUSED(X)
#undef X
                OP_COUNT
};

#endif
