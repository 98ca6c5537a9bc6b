/*
 * One case of the differential test: a module, what is called in it, and what each side saw.
 *
 * The sides are tier 0, tier 1, V8 (Node) and the interpreter of wabt.  Tier 0 runs first; where it
 * ran out of fuel or stack the others, who have other bounds, are not asked to follow.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_CASE_H
#define SERAI_TESTS_DIFFERENTIAL_CASE_H

#include "base/bytes.h"
#include "base/random.h"
#include "engine/engine.h"

enum {
    DIFF_CALLS_MAX = 8,
    DIFF_GLOBALS_MAX = 16, /* exported ones that are compared */
    DIFF_NAME_MAX = 64,
};

struct diff_name {
    uint8_t size;
    char text[DIFF_NAME_MAX];
};

struct diff_call {
    struct diff_name name;
    uint32_t function;
    uint8_t params_count;
    char params[ENGINE_ARGS_MAX]; /* letters i, l, f, d */
    char result;                  /* the same, or 0 */
    uint64_t args[ENGINE_ARGS_MAX];
};

/* What is done with a module: its exported functions in turn, on one instance. */
struct diff_plan {
    struct diff_call calls[DIFF_CALLS_MAX];
    uint32_t calls_count;
    uint32_t foreign; /* calls, from the first, that V8 and wabt can follow */
    bool has_memory;
    struct diff_name memory;
    struct diff_name globals[DIFF_GLOBALS_MAX];
    uint32_t global_numbers[DIFF_GLOBALS_MAX];
    char global_types[DIFF_GLOBALS_MAX];
    uint32_t globals_count;
};

/* What a side saw.  NaNs of results and globals are made one before they are compared. */
struct diff_seen {
    bool accepted;
    char why[160]; /* when it was not, or could not be run */
    uint32_t calls_count;
    uint8_t outcome[DIFF_CALLS_MAX]; /* enum engine_outcome, as near as the side can tell */
    uint64_t result[DIFF_CALLS_MAX];
    uint32_t pages;
    uint32_t memory_hash;
    uint64_t globals[DIFF_GLOBALS_MAX];
};

struct diff_case {
    uint64_t seed;
    bool strict; /* every NaN that can be seen was made one by the module itself */
    struct bytes wasm;
    struct engine_code *code; /* NULL: refused */
    struct fault fault;
    struct diff_plan plan;
    struct diff_seen tier0; /* after plan.foreign calls */
    struct diff_seen wabt;
    struct diff_seen v8;
};

/* A hash of little-endian 32-bit words, the same in v8.js.  size is a multiple of 16. */
uint32_t diff_hash(const uint8_t *bytes, size_t size);

/* The one NaN, for a value of this type letter. */
uint64_t diff_clean(char type, uint64_t bits);

/* Calls and exports of an accepted module, arguments from `rng`.  false: nothing can be called. */
bool diff_plan_make(struct diff_case *diff, struct rng *rng);

#endif
