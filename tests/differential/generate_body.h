/* Random function bodies: see generate.h. */
#ifndef SERAI_TESTS_DIFFERENTIAL_GENERATE_BODY_H
#define SERAI_TESTS_DIFFERENTIAL_GENERATE_BODY_H

#include "base/bytes.h"
#include "base/random.h"

enum {
    GEN_TYPES_MAX = 12,
    GEN_PARAMS_MAX = 5,
    GEN_FUNCTIONS_MAX = 24,
    GEN_GLOBALS_MAX = 8,
    GEN_LOCALS_MAX = 64,
    GEN_LABELS_MAX = 40,
    GEN_LOOPS_MAX = 6,
};

struct gen_type {
    uint8_t params_count;
    uint8_t params[GEN_PARAMS_MAX]; /* enum value_type */
    uint8_t result;
};

struct gen_global {
    uint8_t type;
    bool mutable;
};

/* The module around the bodies. */
struct gen_module {
    struct gen_type types[GEN_TYPES_MAX];
    uint32_t types_count;
    uint8_t functions[GEN_FUNCTIONS_MAX]; /* type of each, imports first */
    uint32_t functions_count;
    uint32_t imports_count;
    struct gen_global globals[GEN_GLOBALS_MAX];
    uint32_t globals_count;
    uint32_t table_count; /* 0: no table */
    bool has_memory;
    uint32_t pages;
    bool strict;
    bool integers;
};

/* Append a body with its size: of `function`, of about `budget` operators. */
void gen_body(struct bytes *out, struct rng *rng, const struct gen_module *module,
              uint32_t function, uint32_t budget);

/* A type that this module uses. */
uint8_t gen_type_any(struct rng *rng, const struct gen_module *module);

/* LEB128, the value types and operators being single bytes. */
void gen_byte(struct bytes *out, uint32_t byte);
void gen_u32(struct bytes *out, uint32_t value);
void gen_s64(struct bytes *out, int64_t value);
/* A constant of `type` that likes the edges, as its operator and immediate. */
void gen_constant(struct bytes *out, struct rng *rng, uint8_t type);

#endif
