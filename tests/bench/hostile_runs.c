/* Runs that mean harm, in both tiers: their time against the fuel that they burn. */
#include "tests/bench/hostile_runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/native.h"
#include "tests/bench/bench.h"
#include "tests/bench/native.h"
#include "tests/engine/harms.h"

enum { ROUNDS = 7, RUNS = 100, PAGES = 2 };

static const struct engine_import items[] = {
    {"add", "il"}, {"stop", ""}, {"none", ""}, {"poke", "ii"}};
static const struct engine_imports imports = {.module = "serai", .items = items, .count = 4};

struct world {
    struct engine_stack *stack;
    struct engine_instance instance;
};

static bool no_host(void *host, struct engine_instance *instance, uint32_t order,
                    const uint64_t *args, int64_t *result)
{
    (void)host;
    (void)instance;
    (void)order;
    (void)args;
    (void)result;
    return false;
}

static bool grow(void *host, uint32_t pages_now, uint32_t pages_more)
{
    (void)host;
    return pages_now + pages_more <= PAGES;
}

static void world_open(struct world *world)
{
    world->instance =
        (struct engine_instance){.memory = calloc(PAGES, ENGINE_WASM_PAGE_BYTES),
                                 .cards = calloc(ENGINE_CARDS_MAX, 1),
                                 .globals = calloc(ENGINE_GLOBALS_MAX, sizeof(uint64_t)),
                                 .host_call = no_host,
                                 .host_grow = grow};
    if (world->instance.memory == NULL || world->instance.cards == NULL ||
        world->instance.globals == NULL || engine_stack_new(&world->stack) != ST_OK)
        bench_die("memory", NULL);
}

static void world_close(struct world *world)
{
    engine_stack_free(world->stack);
    free(world->instance.memory);
    free(world->instance.cards);
    free(world->instance.globals);
}

/* Nanoseconds of a run; *used is what it burnt.  None of them leaves a page changed. */
static double sample(struct world *world, const struct engine_code *code, const struct harm *harm,
                     uint64_t *used)
{
    struct engine_instance *instance = &world->instance;
    uint32_t function;
    double start;

    instance->code = code;
    if (engine_code_export(code, "f", "", 0, &function, NULL) != ST_OK)
        bench_die(harm->name, NULL);
    start = bench_cpu_s(); /* it takes longer than a short run */
    for (int i = 0; i < RUNS; i++) {
        uint64_t result;

        instance->fuel = harm->budget;
        instance->memory_pages = engine_code_memory_pages(code);
        if (engine_run(instance, world->stack, function, NULL, &result) != harm->outcome)
            bench_die(harm->name, NULL);
    }
    *used = harm->budget - instance->fuel;
    return (bench_cpu_s() - start) * 1e9 / RUNS;
}

static struct engine_code *code_of(const struct harm *harm)
{
    struct program program = harm->program;
    struct engine_code *code = NULL;
    struct bytes wasm = {0};
    struct fault fault;

    program.params = "";
    assemble(&wasm, &program);
    if (engine_code_new(&code, wasm.data, wasm.size, &imports, &fault) != ST_OK)
        bench_die(harm->name, &fault);
    bytes_fini(&wasm);
    return code;
}

void hostile_runs(double (*fuel_ns)(void *context), void *context)
{
    struct world world;
    double worst[2] = {0, 0};

    world_open(&world);
    (void)printf("hostile runs: nanoseconds, and how many times what the fuel pays\n");
    for (size_t i = 0; i < hostile_harm_count; i++) {
        const struct harm *harm = &hostile_harms[i];
        struct engine_code *codes[2] = {code_of(harm), code_of(harm)};
        struct engine_native *native;
        double ns[2] = {INFINITY, INFINITY};
        double plain = INFINITY;
        uint64_t used[2] = {0, 0};
        char name[40];

        (void)snprintf(name, sizeof name, "harm-%zu", i);
        native = native_compile(codes[1], name, NULL);
        if (native != NULL)
            engine_code_use_native(codes[1], native);
        for (int round = 0; round < ROUNDS; round++) {
            plain = fmin(plain, fuel_ns(context));
            for (int tier = 0; tier < (native == NULL ? 1 : 2); tier++)
                ns[tier] = fmin(ns[tier], sample(&world, codes[tier], harm, &used[tier]));
        }
        (void)printf("  %-46s %13llu fuel", harm->name, (unsigned long long)used[0]);
        for (int tier = 0; tier < 2; tier++) {
            double times = ns[tier] / ((double)used[tier] * plain);

            if (tier == 1 && native == NULL) {
                (void)printf("; tier 1: refused or no compiler");
                continue;
            }
            (void)printf("; tier %d: %8.0f, %.2f times", tier, ns[tier], times);
            if (used[tier] >= HOSTILE_RUN_FUEL_MIN)
                worst[tier] = fmax(worst[tier], times);
        }
        (void)printf("\n");
        for (int tier = 0; tier < 2; tier++)
            engine_code_free(codes[tier]);
        engine_native_free(native);
    }
    (void)printf("  worst of %d fuel and more: tier 0 %.2f, tier 1 %.2f times what it pays\n",
                 HOSTILE_RUN_FUEL_MIN, worst[0], worst[1]);
    world_close(&world);
}
