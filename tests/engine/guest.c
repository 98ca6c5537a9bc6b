#include "tests/engine/guest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/native_build.h"

static const struct engine_import imports[] = {
    {"add", "il"}, {"stop", ""}, {"none", ""}, {"poke", "ii"}};

const struct engine_imports guest_imports = {.module = "serai", .items = imports, .count = 4};

static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    struct guest *guest = host;
    uint8_t *to;

    guest->host_calls++;
    *result = 0;
    instance->fuel -= guest->toll < instance->fuel ? guest->toll : instance->fuel;
    switch (order) {
    case 0:
        *result = (int64_t)(args[0] + args[1]);
        return true;
    case 1:
        return false;
    case 2:
        return true;
    default:
        /* poke(address, size): fill with 0xee, -1 when it is out of bounds */
        to = engine_guest_write(instance, (uint32_t)args[0], (uint32_t)args[1]);
        *result = to == NULL ? -1 : 0;
        if (to != NULL)
            memset(to, 0xee, args[1]);
        return true;
    }
}

static bool host_grow(void *host, uint32_t pages_now, uint32_t pages_more)
{
    struct guest *guest = host;

    ck_assert_uint_eq(pages_now, guest->instance.memory_pages);
    ck_assert_uint_gt(pages_more, 0);
    return !guest->refuse_growth;
}

void guest_reset(struct guest *guest)
{
    struct engine_instance *instance = &guest->instance;
    uint32_t pages_max = engine_code_memory_pages_max(guest->code);

    instance->memory_pages = engine_code_memory_pages(guest->code);
    memset(instance->memory, 0, (size_t)pages_max * ENGINE_WASM_PAGE_BYTES);
    engine_code_initial_memory(guest->code, 0, instance->memory_pages * ENGINE_WASM_PAGE_BYTES,
                               instance->memory);
    engine_code_initial_globals(guest->code, instance->globals);
    memset(instance->cards, 0, ENGINE_CARDS_MAX);
}

static bool wants_native(void)
{
    const char *tier = getenv("ENGINE_TEST_TIER");

    if (tier == NULL || strcmp(tier, "1") != 0)
        return false;
    if (native_build_can("cc"))
        return true;
    printf("SKIPPED: there is no cc, so tier 0 is tested again\n");
    return false;
}

struct guest *guest_new(const uint8_t *bytes, size_t size)
{
    struct guest *guest = calloc(1, sizeof *guest);
    struct fault fault = {.status = ST_OK};
    uint32_t pages_max;

    ck_assert_ptr_nonnull(guest);
    if (engine_code_new(&guest->code, bytes, size, &guest_imports, &fault) != ST_OK)
        ck_abort_msg("the module is refused: %s", fault.text);
    ck_assert_int_eq(engine_stack_new(&guest->stack), ST_OK);
    if (wants_native()) {
        guest->native = native_build(guest->code, "cc", NULL);
        engine_code_use_native(guest->code, guest->native);
    }
    pages_max = engine_code_memory_pages_max(guest->code);
    guest->instance.code = guest->code;
    /* Exactly as much as promised, so that a sanitizer sees an access outside. */
    guest->instance.memory = malloc((size_t)pages_max * ENGINE_WASM_PAGE_BYTES + (pages_max == 0));
    guest->instance.cards = malloc(ENGINE_CARDS_MAX);
    guest->instance.globals = calloc(ENGINE_GLOBALS_MAX, sizeof(uint64_t));
    ck_assert(guest->instance.memory != NULL && guest->instance.cards != NULL &&
              guest->instance.globals != NULL);
    guest->instance.host_call = host_call;
    guest->instance.host_grow = host_grow;
    guest->instance.host = guest;
    guest_reset(guest);
    return guest;
}

uint8_t *guest_read_file(const char *file, size_t *size)
{
    char path[4096];
    uint8_t *bytes = malloc(ENGINE_MODULE_BYTES_MAX);
    FILE *in;

    (void)snprintf(path, sizeof path, "%s/%s", ENGINE_TEST_MODULES, file);
    in = fopen(path, "rb");
    ck_assert_msg(in != NULL && bytes != NULL, "cannot open %s", path);
    *size = fread(bytes, 1, ENGINE_MODULE_BYTES_MAX, in);
    (void)fclose(in);
    return bytes;
}

struct guest *guest_open(const char *file)
{
    size_t size;
    uint8_t *bytes = guest_read_file(file, &size);
    struct guest *guest = guest_new(bytes, size);

    free(bytes); /* the engine keeps nothing of it */
    return guest;
}

void guest_free(struct guest *guest)
{
    engine_code_free(guest->code);
    engine_native_free(guest->native);
    engine_stack_free(guest->stack);
    free(guest->instance.memory);
    free(guest->instance.cards);
    free(guest->instance.globals);
    free(guest);
}

enum engine_outcome guest_run(struct guest *guest, const char *name, const char *params, char type,
                              const uint64_t *args, uint64_t fuel, uint64_t *result)
{
    struct fault fault = {.status = ST_OK};
    enum engine_outcome outcome;
    uint64_t ignored;
    uint32_t function;

    if (engine_code_export(guest->code, name, params, type, &function, &fault) != ST_OK)
        ck_abort_msg("%s", fault.text);
    guest->instance.fuel = fuel;
    outcome = engine_run(&guest->instance, guest->stack, function, args,
                         result == NULL ? &ignored : result);
    ck_assert_uint_le(guest->instance.fuel, fuel);
    guest->used = fuel - guest->instance.fuel;
    return outcome;
}

uint64_t guest_call(struct guest *guest, const char *name, const char *params, char type,
                    uint64_t a, uint64_t b)
{
    const uint64_t args[2] = {a, b};
    uint64_t result = 0;
    enum engine_outcome outcome = guest_run(guest, name, params, type, args, 1000000000, &result);

    ck_assert_msg(outcome == ENGINE_DONE, "%s: %s", name, engine_outcome_name(outcome));
    return result;
}
