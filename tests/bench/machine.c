#include "tests/bench/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/native.h"
#include "tests/bench/bench.h"
#include "tests/bench/host.h"

enum { EVENT_INFO, CAP_KIND, FACET_SEND, ORDERS };
static const struct engine_import items[ORDERS] = {
    [EVENT_INFO] = {"event_info", "i"},
    [CAP_KIND] = {"cap_kind", "i"},
    [FACET_SEND] = {"facet_send", "iiiiilli"},
};
static const struct engine_imports imports = {.module = "serai", .items = items, .count = ORDERS};

/* As a site's: a range is checked, and what is written is marked. */
static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    (void)host;
    *result = 0;
    if (order == CAP_KIND) {
        *result = (int64_t)(args[0] & 1);
    } else if (order == EVENT_INFO) {
        uint8_t *to = engine_guest_write(instance, (uint32_t)args[0], sizeof(struct turns_event));

        if (to == NULL)
            return false;
        host_next_event(to);
    } else {
        const uint8_t *from = engine_guest_read(instance, (uint32_t)args[1], (uint32_t)args[2]);

        if (from == NULL || args[2] != HOST_ANSWER_BYTES)
            return false;
        host_take_answer(from);
    }
    return true;
}

static void load_code(struct machine *machine)
{
    struct fault fault;

    if (engine_code_new(&machine->code, machine->module, machine->module_size, &imports, &fault) !=
        ST_OK)
        bench_die("module", &fault);
    machine->instance.code = machine->code;
}

static void reset_instance(struct machine *machine)
{
    struct engine_instance *instance = &machine->instance;

    instance->memory_pages = engine_code_memory_pages(machine->code);
    engine_code_initial_memory(machine->code, 0, instance->memory_pages * ENGINE_WASM_PAGE_BYTES,
                               instance->memory);
    engine_code_initial_globals(machine->code, instance->globals);
}

void machine_open(struct machine *machine, const char *name)
{
    struct engine_instance *instance = &machine->instance;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/bench_%s.wasm", BENCH_GUESTS, name);
    memset(machine, 0, sizeof *machine);
    machine->module = bench_read_file(path, &machine->module_size);
    load_code(machine);
    instance->memory = calloc(engine_code_memory_pages_max(machine->code), ENGINE_WASM_PAGE_BYTES);
    instance->cards = calloc(ENGINE_CARDS_MAX, 1);
    instance->globals = calloc(ENGINE_GLOBALS_MAX, sizeof(uint64_t));
    instance->host_call = host_call;
    if (instance->memory == NULL || instance->cards == NULL || instance->globals == NULL ||
        engine_stack_new(&machine->stack) != ST_OK)
        bench_die("memory", NULL);
    reset_instance(machine);
}

void machine_close(struct machine *machine)
{
    if (machine->object[0] != '\0')
        (void)unlink(machine->object);
    engine_stack_free(machine->stack);
    engine_code_free(machine->code);
    engine_native_free(machine->native);
    free(machine->instance.memory);
    free(machine->instance.cards);
    free(machine->instance.globals);
    free(machine->module);
    memset(machine, 0, sizeof *machine);
}

uint32_t machine_export(const struct machine *machine, const char *name)
{
    uint32_t function;
    struct fault fault;

    if (engine_code_export(machine->code, name, "i", 'l', &function, &fault) != ST_OK)
        bench_die("export", &fault);
    return function;
}

uint64_t machine_run(struct machine *machine, uint32_t function, uint32_t n)
{
    const uint64_t args[1] = {n};
    uint64_t result;
    enum engine_outcome outcome;

    machine->instance.fuel = UINT64_MAX / 2;
    outcome = engine_run(&machine->instance, machine->stack, function, args, &result);
    if (outcome != ENGINE_DONE)
        bench_die(engine_outcome_name(outcome), NULL);
    return result;
}

/* ---- tier 1 ---- */

static void load_native(struct machine *machine)
{
    struct fault fault;

    if (engine_native_load(&machine->native, machine->code, machine->object, &fault) != ST_OK)
        bench_die("tier 1", &fault);
    engine_code_use_native(machine->code, machine->native);
}

bool machine_compile(struct machine *machine)
{
    struct bytes text = {0};
    struct fault fault;
    bool good;

    if (engine_native_emit(machine->code, &text, &fault) != ST_OK)
        bench_die("emit", &fault);
    good = native_build(&text, machine->object);
    bytes_fini(&text);
    return good;
}

bool machine_open_native(struct machine *machine, const char *name)
{
    machine_open(machine, name);
    native_path(machine->object, name);
    if (!machine_compile(machine)) {
        (void)fprintf(stderr, "bench: the compiler fails: no tier 1\n");
        machine_close(machine);
        return false;
    }
    load_native(machine);
    return true;
}

void machine_load_and_run(struct machine *machine, const char *name, uint32_t n)
{
    bool native = machine->native != NULL;

    engine_code_use_native(machine->code, NULL);
    engine_native_free(machine->native);
    engine_code_free(machine->code);
    machine->native = NULL;
    load_code(machine);
    reset_instance(machine);
    if (native)
        load_native(machine);
    (void)machine_run(machine, machine_export(machine, name), n);
}
