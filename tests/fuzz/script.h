/* What a fuzzer's bytes say to do, read from the front; where they end, all is 0. */
#ifndef SERAI_TESTS_FUZZ_SCRIPT_H
#define SERAI_TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t script_u8(struct script *script)
{
    if (script->left == 0)
        return 0;
    script->left--;
    return *script->at++;
}

static inline uint64_t script_below(struct script *script, uint64_t bound)
{
    return script_u8(script) % bound;
}

/* One in so many, by the byte's low values: a script of zeroes does not. */
static inline bool script_chance(struct script *script, uint8_t one_in)
{
    return script_u8(script) % one_in == one_in - 1;
}

/* Any of 64 bits; one byte tells the small ones and the ends of the range. */
static inline uint64_t script_u64(struct script *script)
{
    uint8_t kind = script_u8(script);
    uint64_t value = 0;

    if (kind < 128)
        return kind;
    if (kind < 192)
        return UINT64_C(1) << (kind - 128);
    if (kind < 240)
        return (UINT64_C(2) << (kind - 192)) - 1;
    if (kind == 240)
        return UINT64_MAX;
    for (int i = 0; i < 8; i++)
        value = value << 8 | script_u8(script);
    return value;
}

/* So many of its bytes as they are, or as are left. */
static inline const uint8_t *script_bytes(struct script *script, size_t *size)
{
    const uint8_t *bytes = script->at;

    if (*size > script->left)
        *size = script->left;
    script->at += *size;
    script->left -= *size;
    return bytes;
}

#endif
