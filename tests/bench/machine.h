/* A module of the benches with an instance of it, in either tier. */
#ifndef SERAI_TESTS_BENCH_MACHINE_H
#define SERAI_TESTS_BENCH_MACHINE_H

#include "engine/engine.h"
#include "tests/bench/native.h"

struct engine_native;

struct machine {
    uint8_t *module;
    size_t module_size;
    struct engine_code *code;
    struct engine_native *native;   /* NULL in tier 0 */
    char object[NATIVE_PATH_BYTES]; /* of tier 1: the compiled file */
    struct engine_instance instance;
    struct engine_stack *stack;
};

/* Load bench_<name>.wasm for tier 0.  Dies when it cannot. */
void machine_open(struct machine *machine, const char *name);
/*
 * The same for tier 1, compiled by `cc` (the environment's CC) into BENCH_DIR.  False when there is
 * no compiler, with a word on stderr.
 */
MUST_CHECK bool machine_open_native(struct machine *machine, const char *name);
void machine_close(struct machine *machine); /* of one that was not opened too, if all-zero */

/* The number of an export that takes an i32 and returns an i64. */
uint32_t machine_export(const struct machine *machine, const char *name);
/* One turn with fuel enough. Dies when it does not end well. */
uint64_t machine_run(struct machine *machine, uint32_t function, uint32_t n);

/* From the module's bytes to the end of the first turn `name`, everything made and ended anew. */
void machine_load_and_run(struct machine *machine, const char *name, uint32_t n);
/* Emit and compile once more; false when it fails. */
MUST_CHECK bool machine_compile(struct machine *machine);

#endif
