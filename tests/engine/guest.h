/* A module and an instance of it, for tests of the engine. */
#ifndef SERAI_TESTS_ENGINE_GUEST_H
#define SERAI_TESTS_ENGINE_GUEST_H

#include "engine/native.h"

/* The imports that test modules may name: "add"(il), "stop"(), "none"() and "poke"(ii). */
extern const struct engine_imports guest_imports;

struct guest {
    struct engine_code *code;
    struct engine_native *native;
    struct engine_stack *stack;
    struct engine_instance instance;
    uint32_t host_calls;
    bool refuse_growth;
    uint64_t toll; /* fuel that each host call takes on top */
    uint64_t used; /* fuel of the last call */
};

/*
 * Load a module that must be valid.  With ENGINE_TEST_TIER=1 in the environment it runs in tier 1,
 * so that each test of what a run does is a test of both.  The path is looked up in the folder of
 * the test's modules.
 */
struct guest *guest_new(const uint8_t *bytes, size_t size);
struct guest *guest_open(const char *file);
void guest_free(struct guest *guest);
/* Memory, size, globals and cards as at birth. */
void guest_reset(struct guest *guest);

/* Run an export.  Letters as in engine_code_export; `fuel` is the budget; *result may be NULL. */
enum engine_outcome guest_run(struct guest *guest, const char *name, const char *params, char type,
                              const uint64_t *args, uint64_t fuel, uint64_t *result);

/* Run an export that must end well, with fuel enough; its result. */
uint64_t guest_call(struct guest *guest, const char *name, const char *params, char type,
                    uint64_t a, uint64_t b);

/* All bytes of a file of the tests' modules; the caller frees. */
uint8_t *guest_read_file(const char *file, size_t *size);

#endif
