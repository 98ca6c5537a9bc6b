/*
 * What each operator costs in time beside what it pays: the figures behind docs/fuel.md.
 *
 * Each row is a module of one loop whose body repeats a unit, as densely as a guest can have it:
 * operands from locals, results that feed the next one where the types allow it.  The time is the
 * processor's, the least of many rounds taken in turn, so that a busy machine changes little.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"
#include "tests/bench/fuel_rows.h"

enum { ROUNDS = 9, TOP = 16 };
static const double run_s = 0.002;
static const char norm_name[] = "i32.eqz"; /* one word of code for one fuel */

struct probe {
    const struct fuel_row *row;
    struct engine_code *code;
    uint8_t *memory;
    uint64_t globals[1];
    uint32_t function;
    uint32_t turns; /* of the loop, that take about run_s */
    double fuel;    /* of a unit */
    double ns;      /* of a unit, the least seen */
};

static uint8_t *common_memory;
static uint8_t *cards;
static struct engine_stack *stack;

static double cpu_s(void)
{
    struct timespec time;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0)
        bench_die("clock", NULL);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool host_call(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result)
{
    (void)host;
    (void)instance;
    (void)order;
    *result = (int64_t)args[0];
    return true;
}

/* Seconds of one run of `turns`; *fuel is what it burnt. */
static double run(struct probe *probe, uint32_t turns, uint64_t *fuel)
{
    const uint64_t budget = UINT64_MAX / 2;
    const uint64_t args[1] = {turns};
    struct engine_instance instance = {.code = probe->code,
                                       .memory = probe->memory,
                                       .memory_pages = engine_code_memory_pages(probe->code),
                                       .cards = cards,
                                       .globals = probe->globals,
                                       .fuel = budget,
                                       .host_call = host_call};
    enum engine_outcome outcome;
    uint64_t result;
    double start;
    double passed;

    if (probe->row->fresh_cards)
        memset(cards, 0, ENGINE_CARDS_MAX);
    start = cpu_s();
    outcome = engine_run(&instance, stack, probe->function, args, &result);
    passed = cpu_s() - start;
    if (outcome != ENGINE_DONE) {
        (void)fprintf(stderr, "%s: ", probe->row->name);
        bench_die(engine_outcome_name(outcome), NULL);
    }
    *fuel = budget - instance.fuel;
    return passed;
}

static uint8_t *memory_new(uint32_t pages)
{
    size_t size = (size_t)pages * ENGINE_WASM_PAGE_BYTES;
    uint8_t *memory = aligned_alloc(ENGINE_CARD_BYTES, size);

    if (memory == NULL)
        bench_die("memory", NULL);
    memset(memory, 0, size);
    return memory;
}

/* Each line of 64 bytes says which is next: one walk through them all. */
static uint8_t *walk_new(uint32_t pages)
{
    const uint32_t step = 64;
    const uint32_t count = pages * (ENGINE_WASM_PAGE_BYTES / step);
    uint8_t *memory = memory_new(pages);
    uint32_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        /* A full cycle: the multiplier is 1 mod 4, the increment odd, the modulus a power of 2. */
        uint32_t next = (at * 1664525U + 1013904223U) % count;
        uint32_t address = next * step;

        memcpy(memory + (size_t)at * step, &address, sizeof address);
        at = next;
    }
    return memory;
}

static void probe_init(struct probe *probe, const struct fuel_row *row)
{
    struct bytes module = {0};
    struct fault fault = {.text = ""};
    uint64_t once = 0;
    uint64_t twice = 0;
    double passed;

    probe->row = row;
    probe->memory = row->walks ? walk_new(row->pages) : common_memory;
    fuel_module(&module, row);
    if (engine_code_new(&probe->code, module.data, module.size, &fuel_imports, &fault) != ST_OK ||
        engine_code_export(probe->code, "f", "i", 0, &probe->function, &fault) != ST_OK) {
        (void)fprintf(stderr, "%s: ", row->name);
        bench_die("module", &fault);
    }
    bytes_fini(&module);
    (void)run(probe, 1, &once);
    (void)run(probe, 2, &twice);
    probe->fuel = (double)(twice - once) / row->units;
    probe->turns = row->turns_max == 0 ? 16 : row->turns_max;
    while (row->turns_max == 0 && probe->turns < 1U << 24) {
        passed = run(probe, probe->turns, &once);
        if (passed >= run_s)
            break;
        probe->turns *= 2;
    }
    probe->ns = 1e18;
}

static void probe_sample(struct probe *probe)
{
    uint64_t fuel;
    double ns = run(probe, probe->turns, &fuel) * 1e9 / probe->turns / probe->row->units;

    if (ns < probe->ns)
        probe->ns = ns;
}

static double per_fuel(const struct probe *probe)
{
    return probe->ns / probe->fuel;
}

static int by_per_fuel(const void *a, const void *b)
{
    double x = per_fuel(a);
    double y = per_fuel(b);

    return (x < y) - (x > y);
}

static void print(const struct probe *probe, double norm)
{
    (void)printf("%-34s %10.1f %10.2f %9.2f %9.2f\n", probe->row->name, probe->fuel, probe->ns,
                 per_fuel(probe), per_fuel(probe) / norm);
}

static double norm_of(const struct probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(probes[i].row->name, norm_name) == 0)
            return per_fuel(&probes[i]);
    bench_die("norm", NULL);
}

int main(void)
{
    size_t count = 0;
    const struct fuel_row *rows = fuel_rows(&count);
    struct probe *probes = calloc(count, sizeof *probes);
    double norm;

    common_memory = memory_new(ENGINE_MEMORY_PAGES_MAX);
    cards = calloc(ENGINE_CARDS_MAX, 1);
    if (probes == NULL || cards == NULL || engine_stack_new(&stack) != ST_OK)
        bench_die("memory", NULL);
    for (size_t i = 0; i < count; i++)
        probe_init(&probes[i], &rows[i]);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            probe_sample(&probes[i]);
    norm = norm_of(probes, count);
    (void)printf("fuel: tier 0, least of %d rounds, processor time; 1.00 is a fuel of %s\n", ROUNDS,
                 norm_name);
    (void)printf("%-34s %10s %10s %9s %9s\n", "unit", "fuel", "ns", "ns/fuel", "of plain");
    for (size_t i = 0; i < count; i++)
        print(&probes[i], norm);
    qsort(probes, count, sizeof *probes, by_per_fuel);
    (void)printf("\nthe dearest in time for their fuel\n");
    for (size_t i = 0; i < TOP && i < count; i++)
        print(&probes[i], norm);
    for (size_t i = 0; i < count; i++) {
        engine_code_free(probes[i].code);
        if (probes[i].memory != common_memory)
            free(probes[i].memory);
    }
    engine_stack_free(stack);
    free(probes);
    free(common_memory);
    free(cards);
    return 0;
}
