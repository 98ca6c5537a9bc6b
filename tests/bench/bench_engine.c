/*
 * Compute, tier 0: C kernels on the engine and as the C compiler of this machine makes them at -O2.
 * Both return a digest; a kernel whose digests differ ends the bench.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/engine/engine.h"
#include "tests/agents/engine/kernels.h"
#include "tests/bench/bench.h"

struct kernel {
    const char *name;
    unsigned long long (*native)(unsigned int n);
    uint32_t size;
};
static const struct kernel kernels[] = {
    {"kernel_sha", kernel_sha, 3000},
    {"kernel_sort", kernel_sort, 4096},
    {"kernel_fib", kernel_fib, 24},
    {"kernel_matrix", kernel_matrix, 100},
    {"kernel_indirect", kernel_indirect, 200000},
    {"kernel_bytes", kernel_bytes, 60},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };
static const double sample_s = 0.3;

struct run {
    const struct kernel *kernel;
    struct engine_instance instance;
    struct engine_stack *stack;
    uint32_t function;
};

static uint64_t run_once(struct run *run)
{
    const uint64_t args[1] = {run->kernel->size};
    uint64_t result = 0;
    enum engine_outcome outcome;

    run->instance.fuel = UINT64_MAX / 2;
    outcome = engine_run(&run->instance, run->stack, run->function, args, &result);
    if (outcome != ENGINE_DONE)
        bench_die(engine_outcome_name(outcome), NULL);
    return result;
}

static double sample_engine(void *context)
{
    double start = bench_now_s();
    double passed;
    uint64_t runs = 0;

    do {
        (void)run_once(context);
        runs++;
        passed = bench_now_s() - start;
    } while (passed < sample_s);
    return passed * 1e6 / (double)runs;
}

static double sample_native(void *context)
{
    const struct run *run = context;
    double start = bench_now_s();
    double passed;
    uint64_t runs = 0;

    do {
        (void)run->kernel->native(run->kernel->size);
        runs++;
        passed = bench_now_s() - start;
    } while (passed < sample_s);
    return passed * 1e6 / (double)runs;
}

static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    (void)host;
    (void)instance;
    (void)order;
    (void)args;
    (void)result;
    return false;
}

static void prepare(struct run *run, struct engine_code *code)
{
    uint32_t pages = engine_code_memory_pages(code);

    run->instance.code = code;
    run->instance.memory_pages = pages;
    run->instance.memory = calloc(engine_code_memory_pages_max(code), ENGINE_WASM_PAGE_BYTES);
    run->instance.cards = calloc(ENGINE_CARDS_MAX, 1);
    run->instance.globals = calloc(ENGINE_GLOBALS_MAX, sizeof(uint64_t));
    run->instance.host_call = host_call;
    if (run->instance.memory == NULL || run->instance.cards == NULL ||
        run->instance.globals == NULL || engine_stack_new(&run->stack) != ST_OK)
        bench_die("memory", NULL);
    engine_code_initial_memory(code, 0, pages * ENGINE_WASM_PAGE_BYTES, run->instance.memory);
    engine_code_initial_globals(code, run->instance.globals);
}

static void bench_kernel(struct run *run)
{
    struct bench_side sides[] = {{"engine", sample_engine, run}, {"native", sample_native, run}};
    char what[64];
    struct fault fault;

    if (engine_code_export(run->instance.code, run->kernel->name, "i", 'l', &run->function,
                           &fault) != ST_OK)
        bench_die("export", &fault);
    if (run_once(run) != run->kernel->native(run->kernel->size))
        bench_die("engine and machine disagree", NULL);
    (void)snprintf(what, sizeof what, "compute, %s(%u)", run->kernel->name, run->kernel->size);
    bench_compare(what, "microseconds", sides, 2);
}

int main(void)
{
    static const struct engine_imports imports = {.module = "serai"};
    struct run run = {0};
    struct engine_code *code;
    struct fault fault;
    size_t size;
    uint8_t *module = bench_read_file(BENCH_GUESTS "/bench_kernels.wasm", &size);

    if (engine_code_new(&code, module, size, &imports, &fault) != ST_OK)
        bench_die("kernels", &fault);
    prepare(&run, code);
    for (size_t i = 0; i < KERNELS; i++) {
        run.kernel = &kernels[i];
        bench_kernel(&run);
    }
    engine_stack_free(run.stack);
    free(run.instance.memory);
    free(run.instance.cards);
    free(run.instance.globals);
    engine_code_free(code);
    free(module);
    return 0;
}
