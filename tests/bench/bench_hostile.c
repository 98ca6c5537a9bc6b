/*
 * What harm costs: each hostile module's time against the fuel that it pays for.
 *
 * Loading is what the order code_put does (a hash, a copy, the engine's part) and pays what it
 * takes, and is the same for both tiers; the runs are measured
 * in both, and the compile of tier 1 by `cc`, or what the environment's CC names.  The times are
 * processor time, the least of some rounds but for compiles; a fuel is worth what a plain loop
 * takes for one in tier 0, measured in each round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agents/limits.h"
#include "agents/modules.h"
#include "base/bytes.h"
#include "engine/native.h"
#include "tests/bench/bench.h"
#include "tests/bench/hostile_runs.h"
#include "tests/bench/hostile_small.h"
#include "tests/bench/native.h"
#include "tests/engine/assembler.h"
#include "tests/engine/hostile.h"

enum { ROUNDS = 7, ROUNDS_OF_SMALL = 200, SMALL_BYTES = 4096 };

static const struct engine_imports no_imports = {.module = "serai"};

/* ---- the plain loop ---- */

/* Counts its parameter down: local.get, i32.const, i32.sub, local.tee, br_if, and the loop. */
static const uint8_t loop[] = {0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b};

struct plain {
    struct engine_code *code;
    struct engine_stack *stack;
    struct engine_instance instance;
    uint32_t function;
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

static void plain_open(struct plain *plain)
{
    static const struct engine_import items[] = {
        {"add", "il"}, {"stop", ""}, {"none", ""}, {"poke", "ii"}};
    static const struct engine_imports imports = {.module = "serai", .items = items, .count = 4};
    const struct program program = {.params = "i", .code = loop, .size = sizeof loop};
    struct bytes wasm = {0};
    struct fault fault;

    assemble(&wasm, &program);
    if (engine_code_new(&plain->code, wasm.data, wasm.size, &imports, &fault) != ST_OK ||
        engine_code_export(plain->code, "f", "i", 0, &plain->function, &fault) != ST_OK)
        bench_die("the plain loop", &fault);
    if (engine_stack_new(&plain->stack) != ST_OK)
        bench_die("memory", NULL);
    plain->instance = (struct engine_instance){.code = plain->code, .host_call = no_host};
    bytes_fini(&wasm);
}

/* Nanoseconds of a fuel. */
static double plain_sample(void *context)
{
    struct plain *plain = context;
    const uint64_t args[1] = {1000000};
    uint64_t result;
    double start = bench_cpu_s();

    plain->instance.fuel = UINT64_MAX / 2;
    if (engine_run(&plain->instance, plain->stack, plain->function, args, &result) != ENGINE_DONE)
        bench_die("the plain loop", NULL);
    return (bench_cpu_s() - start) * 1e9 / (double)(UINT64_MAX / 2 - plain->instance.fuel);
}

/* ---- loading ---- */

static double load_sample(const struct bytes *wasm)
{
    struct fault fault;
    double start = bench_cpu_s();

    /* Either way; what it exports is looked at last. */
    (void)!agents_code_check(wasm->data, wasm->size, &fault);
    return (bench_cpu_s() - start) * 1e9;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double bench_load(const struct hostile *hostile, struct plain *plain, const char *what,
                         struct bytes *wasm)
{
    double fuel_ns = 1e18;
    double load_ns = 1e18;
    double charge;
    int rounds;

    bytes_clear(wasm);
    hostile->make(wasm);
    rounds = wasm->size < SMALL_BYTES ? ROUNDS_OF_SMALL : ROUNDS; /* microseconds are disturbed */
    for (int round = 0; round < rounds; round++) {
        fuel_ns = least(fuel_ns, plain_sample(plain));
        load_ns = least(load_ns, load_sample(wasm));
    }
    charge = (double)(WORK_CHECK + agents_check_fuel(wasm->size));
    (void)printf("  %s: %zu bytes, %s in %.0f us, %.2f ns a byte; pays %.0f fuel, %.0f us: "
                 "%.2f times\n",
                 hostile->name, wasm->size, what, load_ns / 1e3, load_ns / (double)wasm->size,
                 charge, charge * fuel_ns / 1e3, load_ns / (charge * fuel_ns));
    (void)fflush(stdout);
    return load_ns / (charge * fuel_ns);
}

/* ---- tier 1 ---- */

static double children_s(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_CHILDREN, &usage) != 0)
        bench_die("clock", NULL);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void compile(const struct bytes *text, uint64_t effort)
{
    char path[NATIVE_PATH_BYTES];
    double start = children_s();
    double passed;
    bool good;

    native_path(path, "hostile");
    good = native_build(text, path);
    passed = children_s() - start;
    (void)printf("the compiler %s %.2f s, %.3f ms for an effort\n", good ? "takes" : "fails after",
                 passed, effort == 0 ? 0 : passed * 1e3 / (double)effort);
    (void)unlink(path);
}

/* What engine.effort_fuel pays for. */
static void bench_compile(const struct bytes *wasm)
{
    struct bytes text = {0};
    struct fault fault;
    struct engine_code *code;
    uint64_t effort;
    double start;
    enum status status;

    if (engine_code_new(&code, wasm->data, wasm->size, &no_imports, NULL) != ST_OK)
        return;
    start = bench_cpu_s();
    status = engine_native_effort(code, &effort, &fault);
    if (status == ST_OK)
        status = engine_native_emit(code, &text, &fault);
    if (status == ST_OK) {
        (void)printf("    tier 1: effort %llu, %zu bytes of C in %.0f ms; ",
                     (unsigned long long)effort, text.size, (bench_cpu_s() - start) * 1e3);
        compile(&text, effort);
    } else {
        (void)printf("    tier 1 refuses it in %.0f ms: %s\n", (bench_cpu_s() - start) * 1e3,
                     fault.text);
    }
    (void)fflush(stdout);
    bytes_fini(&text);
    engine_code_free(code);
}

int main(void)
{
    struct plain plain = {0};
    struct bytes wasm = {0};
    double worst = 0;
    size_t worst_at = 0;

    plain_open(&plain);
    (void)printf("hostile modules: time of loading against what it pays\n");
    for (size_t i = 0; i < hostile_count; i++) {
        const struct hostile *hostile = &hostile_modules[i];
        double times =
            bench_load(hostile, &plain, hostile->refused == NULL ? "loaded" : "refused", &wasm);

        if (times > worst) {
            worst = times;
            worst_at = i;
        }
        bench_compile(&wasm);
    }
    (void)printf("  worst: %s, %.2f times what it pays\n", hostile_modules[worst_at].name, worst);
    (void)hostile_small(plain_sample, &plain);
    hostile_runs(plain_sample, &plain);
    bytes_fini(&wasm);
    engine_stack_free(plain.stack);
    engine_code_free(plain.code);
    return 0;
}
