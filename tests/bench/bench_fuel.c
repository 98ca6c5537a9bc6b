/*
 * What each operator costs in time beside what it pays, in both tiers: the figures behind
 * docs/fuel.md.
 *
 * Each row is a module of one loop whose body repeats a unit, as densely as a guest can have it:
 * operands from locals, results that feed the next one where the types allow it.  The time is the
 * processor's, the least of many rounds taken in turn, so that a busy machine changes little.  Tier
 * 1 is compiled by `cc`, or what the environment's CC names; where there is none, or it refuses the
 * module, a line stands in its place.  BENCH_ONLY: only rows with this in their name.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/limits.h"
#include "agents/modules.h"
#include "engine/native.h"
#include "tests/bench/bench.h"
#include "tests/bench/fuel_rows.h"
#include "tests/bench/native.h"
#include "tests/engine/hostile.h"

enum { ROUNDS = 9, TOP = 16, LOADS = 5, LOAD_BYTES_MIN = 60000 };
/* Larger code of this kind keeps a compiler busy for minutes. */
enum { COMPILED_BYTES_MAX = 64 * 1024 };
static const double run_s = 0.002;
static const char norm_name[] = "i32.eqz"; /* one word of code for one fuel */

/* A row in one tier. */
struct side {
    struct engine_code *code;     /* NULL: it cannot be had */
    struct engine_native *native; /* NULL in tier 0 */
    uint32_t turns;               /* of the loop, that take about run_s */
    double ns;                    /* of a unit, the least seen */
};

struct probe {
    const struct fuel_row *row;
    struct side sides[2];
    uint8_t *memory;
    uint64_t globals[ENGINE_GLOBALS_MAX];
    uint32_t function;
    uint32_t units; /* in a turn of the loop */
    double fuel;    /* of a unit */
};

static uint8_t *common_memory;
static uint8_t *cards;
static struct engine_stack *stack;

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
static double run(struct probe *probe, const struct side *side, uint32_t turns, uint64_t *fuel)
{
    const uint64_t budget = UINT64_MAX / 2;
    const uint64_t args[1] = {turns};
    struct engine_instance instance = {.code = side->code,
                                       .memory = probe->memory,
                                       .memory_pages = engine_code_memory_pages(side->code),
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
    start = bench_cpu_s();
    outcome = engine_run(&instance, stack, probe->function, args, &result);
    passed = bench_cpu_s() - start;
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

/* ---- the two sides of a row ---- */

static void load(struct probe *probe, struct side *side, const struct bytes *module)
{
    struct fault fault = {.text = ""};

    if (engine_code_new(&side->code, module->data, module->size, &fuel_imports, &fault) != ST_OK ||
        engine_code_export(side->code, "f", "i", 0, &probe->function, &fault) != ST_OK) {
        (void)fprintf(stderr, "%s: ", probe->row->name);
        bench_die("module", &fault);
    }
}

static void drop(struct side *side)
{
    engine_code_free(side->code);
    side->code = NULL;
}

static void compile(const struct probe *probe, struct side *side)
{
    struct fault fault = {.text = ""};
    char name[40];

    (void)snprintf(name, sizeof name, "fuel-%p", (const void *)probe->row);
    side->native = native_compile(side->code, name, &fault);
    if (side->native != NULL) {
        engine_code_use_native(side->code, side->native);
    } else {
        (void)fprintf(stderr, "%s: no tier 1: %s\n", probe->row->name, fault.text);
        drop(side);
    }
}

static void calibrate(struct probe *probe, struct side *side)
{
    uint64_t fuel;

    side->ns = INFINITY;
    if (side->code == NULL)
        return;
    side->turns = probe->row->turns_max == 0 ? 1 : probe->row->turns_max;
    while (probe->row->turns_max == 0 && side->turns < 1U << 24) {
        if (run(probe, side, side->turns, &fuel) >= run_s)
            break;
        side->turns *= 2;
    }
}

static void probe_init(struct probe *probe, const struct fuel_row *row)
{
    struct side *sides = probe->sides;
    struct bytes module = {0};
    uint64_t once = 0;
    uint64_t twice = 0;
    uint64_t other = 0;

    probe->row = row;
    probe->memory = row->walks ? walk_new(row->pages) : common_memory;
    fuel_module(&module, row, &probe->units);
    for (int tier = 0; tier < 2; tier++)
        load(probe, &sides[tier], &module);
    if (row->code_bytes <= COMPILED_BYTES_MAX)
        compile(probe, &sides[1]);
    else
        drop(&sides[1]);
    bytes_fini(&module);
    engine_code_initial_globals(sides[0].code, probe->globals);
    (void)run(probe, &sides[0], 1, &once);
    (void)run(probe, &sides[0], 2, &twice);
    probe->fuel = (double)(twice - once) / probe->units;
    if (sides[1].code != NULL) {
        (void)run(probe, &sides[1], 2, &other);
        if (other != twice) /* it would be no comparison */
            bench_die(row->name, NULL);
    }
    calibrate(probe, &sides[0]);
    calibrate(probe, &sides[1]);
}

static void probe_sample(struct probe *probe)
{
    for (int tier = 0; tier < 2; tier++) {
        struct side *side = &probe->sides[tier];
        uint64_t fuel;
        double ns;

        if (side->code == NULL)
            continue;
        ns = run(probe, side, side->turns, &fuel) * 1e9 / side->turns / probe->units;
        if (ns < side->ns)
            side->ns = ns;
    }
}

static void probe_fini(struct probe *probe)
{
    for (int tier = 0; tier < 2; tier++) {
        engine_code_free(probe->sides[tier].code);
        engine_native_free(probe->sides[tier].native);
    }
    if (probe->memory != common_memory)
        free(probe->memory);
}

/* ---- what was found ---- */

static int sorted_tier; /* by which tier by_per_fuel() sorts */

static double per_fuel(const struct probe *probe, int tier)
{
    return probe->sides[tier].code == NULL ? 0 : probe->sides[tier].ns / probe->fuel;
}

static int by_per_fuel(const void *a, const void *b)
{
    double x = per_fuel(a, sorted_tier);
    double y = per_fuel(b, sorted_tier);

    return (x < y) - (x > y);
}

static void print(const struct probe *probe, double norm)
{
    (void)printf("%-34s %10.1f", probe->row->name, probe->fuel);
    for (int tier = 0; tier < 2; tier++)
        if (probe->sides[tier].code == NULL)
            (void)printf(" %10s %8s %7s", "-", "-", "-");
        else
            (void)printf(" %10.2f %8.2f %7.2f", probe->sides[tier].ns, per_fuel(probe, tier),
                         per_fuel(probe, tier) / norm);
    (void)printf("\n");
}

static void print_head(void)
{
    (void)printf("%-34s %10s %10s %8s %7s %10s %8s %7s\n", "", "", "tier 0", "", "", "tier 1", "",
                 "");
    (void)printf("%-34s %10s %10s %8s %7s %10s %8s %7s\n", "unit", "fuel", "ns", "ns/fuel", "plain",
                 "ns", "ns/fuel", "plain");
}

static void print_dearest(struct probe *probes, size_t count, int tier, double norm)
{
    size_t above = 0;

    sorted_tier = tier;
    qsort(probes, count, sizeof *probes, by_per_fuel);
    for (size_t i = 0; i < count; i++)
        above += per_fuel(&probes[i], tier) > norm;
    (void)printf("\nthe dearest in time for their fuel in tier %d; %zu of %zu take more than plain "
                 "does in tier 0\n",
                 tier, above, count);
    for (size_t i = 0; i < TOP && i < count; i++)
        print(&probes[i], norm);
}

static double norm_of(const struct probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(probes[i].row->name, norm_name) == 0)
            return per_fuel(&probes[i], 0);
    bench_die("norm", NULL);
}

/* ---- loading ---- */

/* What the order code_put does for its fuel, with modules that are bad for it: bench_hostile has
 * them all. */
static void print_loading(const struct hostile *hostile, double norm)
{
    static const struct engine_imports none = {.module = "serai"};
    struct bytes module = {0};
    double ns = INFINITY;
    double fuel;

    hostile->make(&module);
    for (int round = 0; round < LOADS && module.size >= LOAD_BYTES_MIN; round++) {
        struct engine_code *code = NULL;
        double start = bench_cpu_s();

        (void)!engine_code_new(&code, module.data, module.size, &none, NULL); /* either way */
        ns = fmin(ns, (bench_cpu_s() - start) * 1e9);
        engine_code_free(code);
    }
    fuel = (double)(WORK_CHECK + agents_check_fuel(module.size));
    if (module.size >= LOAD_BYTES_MIN)
        (void)printf("%-40s %8zu %9.0f %8.2f %8.2f %7.2f\n", hostile->name, module.size, fuel,
                     ns / (double)module.size, ns / fuel, ns / fuel / norm);
    bytes_fini(&module);
}

static void print_loadings(double norm)
{
    (void)printf("\nloading by code_put\n%-40s %8s %9s %8s %8s %7s\n", "module", "bytes", "fuel",
                 "ns/byte", "ns/fuel", "plain");
    for (size_t i = 0; i < hostile_count; i++)
        print_loading(&hostile_modules[i], norm);
}

static bool is_wanted(const struct fuel_row *row)
{
    return strcmp(row->name, norm_name) == 0 || bench_wanted(row->name);
}

int main(void)
{
    size_t rows_count = 0;
    const struct fuel_row *rows = fuel_rows(&rows_count);
    struct probe *probes = calloc(rows_count, sizeof *probes);
    size_t count = 0;
    double norm;

    common_memory = memory_new(ENGINE_MEMORY_PAGES_MAX);
    cards = calloc(ENGINE_CARDS_MAX, 1);
    if (probes == NULL || cards == NULL || engine_stack_new(&stack) != ST_OK)
        bench_die("memory", NULL);
    for (size_t i = 0; i < rows_count; i++)
        if (is_wanted(&rows[i]))
            probe_init(&probes[count++], &rows[i]);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            probe_sample(&probes[i]);
    norm = norm_of(probes, count);
    (void)printf("fuel: least of %d rounds, processor time; plain: times a fuel of %s in tier 0\n",
                 ROUNDS, norm_name);
    print_head();
    for (size_t i = 0; i < count; i++)
        print(&probes[i], norm);
    print_dearest(probes, count, 0, norm);
    print_dearest(probes, count, 1, norm);
    print_loadings(norm);
    for (size_t i = 0; i < count; i++)
        probe_fini(&probes[i]);
    engine_stack_free(stack);
    free(probes);
    free(common_memory);
    free(cards);
    return 0;
}
