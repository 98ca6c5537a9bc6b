/*
 * One hash over all that runs of some modules give: results, fuel, traps with their places,
 * memory, globals, cards.  exact.sh builds this and the engine in many ways and compares.
 *
 *     exact FILE.wasm...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "engine/inspect.h"

enum { FILE_BYTES_MAX = 1024 * 1024, ARGS = 4 };

static const char orders[][12] = {"add", "stop", "none", "poke"};
static const struct engine_import items[] = {
    {"add", "il"}, {"stop", ""}, {"none", ""}, {"poke", "ii"}};
static const struct engine_imports imports = {"serai", items, 4};

/* Numbers that differ between machines when something is wrong, as bits. */
static const uint64_t numbers[] = {
    0,
    1,
    7,
    0x80000000,
    0xffffffff,
    0x7fc00001,         /* a NaN of f32 */
    0x3f800001,         /* a little above 1 */
    0x00000001,         /* the least f32 */
    0x8000000000000000, /* -0 of f64, the least i64 */
    0xffffffffffffffff,
    0x7ff0000000000001, /* a signalling NaN */
    0x3ff0000000000001,
    0x43e0000000000000, /* 2^63 */
    0xc1e0000000200000, /* just below -2^31 */
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    (void)host;
    *result = (int64_t)(order + (orders[order & 3][0] == 'a' ? args[0] + args[1] : 0));
    if (instance->fuel > 5)
        instance->fuel -= 5;
    return order != 1;
}

_Noreturn static void die(const char *what)
{
    (void)fprintf(stderr, "exact: %s\n", what);
    exit(2);
}

static void add(struct hasher *hasher, uint64_t number)
{
    hasher_add(hasher, &number, sizeof number);
}

static void run(struct hasher *hasher, struct engine_instance *instance, struct engine_stack *stack,
                uint32_t function, const char *params, uint32_t seed)
{
    const struct engine_code *code = instance->code;
    uint32_t pages_max = engine_code_memory_pages_max(code);
    uint64_t args[ENGINE_PARAMS_MAX] = {0};
    uint64_t result = 0;
    uint32_t place[2];

    memset(instance->memory, 0, (size_t)pages_max * ENGINE_WASM_PAGE_BYTES);
    memset(instance->cards, 0, ENGINE_CARDS_MAX);
    instance->memory_pages = engine_code_memory_pages(code);
    engine_code_initial_memory(code, 0, instance->memory_pages * ENGINE_WASM_PAGE_BYTES,
                               instance->memory);
    engine_code_initial_globals(code, instance->globals);
    instance->fuel = seed % 3 == 0 ? 2000 : 1000000;
    for (uint32_t i = 0; params[i] != '\0'; i++) {
        args[i] = numbers[(seed * 5 + i * 3) % NUMBERS];
        if (params[i] == 'f' || params[i] == 'i')
            args[i] &= UINT32_MAX;
    }
    add(hasher, (uint64_t)engine_run(instance, stack, function, args, &result));
    engine_trap_place(stack, &place[0], &place[1]);
    add(hasher, result);
    add(hasher, instance->fuel);
    hasher_add(hasher, place, sizeof place);
    hasher_add(hasher, instance->memory, (size_t)instance->memory_pages * ENGINE_WASM_PAGE_BYTES);
    hasher_add(hasher, instance->cards, ENGINE_CARDS_MAX);
    hasher_add(hasher, instance->globals, engine_code_globals(code) * sizeof *instance->globals);
}

static void run_module(struct hasher *hasher, const char *path, struct engine_stack *stack)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    static uint8_t cards[ENGINE_CARDS_MAX];
    static uint64_t globals[ENGINE_GLOBALS_MAX];
    struct engine_instance instance = {.cards = cards, .globals = globals, .host_call = host_call};
    struct engine_code *code = NULL;
    struct fault fault = {.text = ""};
    FILE *in = fopen(path, "rb");
    size_t size;

    if (in == NULL)
        die(path);
    size = fread(bytes, 1, sizeof bytes, in);
    (void)fclose(in);
    if (engine_code_new(&code, bytes, size, &imports, &fault) != ST_OK)
        die(fault.text);
    instance.code = code;
    instance.memory = calloc(engine_code_memory_pages_max(code) + 1U, ENGINE_WASM_PAGE_BYTES);
    if (instance.memory == NULL)
        die("memory");
    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        struct engine_export export;
        struct engine_function function;

        engine_code_export_at(code, i, &export);
        if (export.kind != ENGINE_KIND_FUNCTION || export.index < engine_code_imports(code))
            continue;
        engine_code_function(code, export.index, &function);
        for (uint32_t seed = 0; seed < ARGS * NUMBERS; seed += function.params[0] == 0 ? 20 : 3)
            run(hasher, &instance, stack, export.index, function.params, seed);
    }
    free(instance.memory);
    engine_code_free(code);
}

int main(int argc, char **argv)
{
    struct engine_stack *stack = NULL;
    struct hasher *hasher = hasher_new();
    char text[HASH_TEXT_BYTES];
    struct hash hash;

    if (argc < 2 || hasher == NULL || engine_stack_new(&stack) != ST_OK)
        die("usage: exact FILE.wasm...");
    hasher_start(hasher);
    for (int i = 1; i < argc; i++)
        run_module(hasher, argv[i], stack);
    hash = hasher_end(hasher);
    printf("%s\n", hash_print(text, &hash));
    hasher_free(hasher);
    engine_stack_free(stack);
    return 0;
}
