/* Decode and validate any bytes; what is accepted runs on little fuel and keeps its bounds. */
#include <stdlib.h>
#include <string.h>

#include "agents/engine/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    (void)host;
    (void)instance;
    *result = order == 0 ? (int64_t)(args[0] + args[1]) : -1;
    return order != 1;
}

static void run(const struct engine_code *code, struct engine_stack *stack)
{
    static const uint64_t args[LIMIT_PARAMS] = {3, 5, 7};
    static uint8_t cards[ENGINE_CARDS_MAX];
    static uint64_t globals[ENGINE_GLOBALS_MAX];
    uint32_t pages = engine_code_memory_pages(code);
    struct engine_instance instance = {
        .code = code, .cards = cards, .globals = globals, .host_call = host_call};
    uint64_t result;

    /* As much as the guest may see, so that the sanitizer sees anything past it. */
    instance.memory =
        calloc(1, (size_t)engine_code_memory_pages_max(code) * ENGINE_WASM_PAGE_BYTES + 1);
    if (instance.memory == NULL)
        return;
    instance.memory_pages = pages;
    engine_code_initial_memory(code, 0, pages * ENGINE_WASM_PAGE_BYTES, instance.memory);
    engine_code_initial_globals(code, globals);
    for (uint32_t i = code->imports_count; i < code->functions_count && i < 64; i++) {
        enum engine_outcome outcome;

        instance.fuel = 2000;
        outcome = engine_run(&instance, stack, i, args, &result);
        INVARIANT(instance.fuel <= 2000);
        INVARIANT(outcome != ENGINE_OUT_OF_FUEL || instance.fuel == 0);
    }
    free(instance.memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct engine_import items[] = {
        {"add", "il"}, {"stop", ""}, {"none", ""}, {"poke", "ii"}};
    static const struct engine_imports imports = {.module = "serai", .items = items, .count = 4};
    static struct engine_stack *stack;
    struct engine_code *code;
    struct fault fault;

    if (stack == NULL && engine_stack_new(&stack) != ST_OK)
        return 0;
    if (engine_code_new(&code, data, size, &imports, &fault) == ST_OK) {
        run(code, stack);
        engine_code_free(code);
    }
    return 0;
}
