/*
 * The engine alone: loops, calls, turns, host calls and loading, in both tiers, beside the same C
 * as the compiler of this machine makes it at -O2, and beside other engines that are there.  All
 * sides compute in one thread; its computing time is what counts.  Each kernel's digest is compared
 * first; sides that differ end the bench.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/host.h"
#include "tests/bench/machine.h"
#include "tests/engine/kernels.h"

struct subject {
    const char *what; /* told to people and to BENCH_ONLY */
    const char *name; /* of the export */
    unsigned long long (*native)(unsigned int n);
    uint32_t n;
    uint32_t each; /* what is done in one call: the unit of the figure */
    bool is_turn;  /* told in nanoseconds, and too short for engines that are started anew */
};
static const struct subject subjects[] = {
    {"compute, sha", "kernel_sha", kernel_sha, 3000, 1, false},
    {"compute, sort", "kernel_sort", kernel_sort, 4096, 1, false},
    {"compute, fib", "kernel_fib", kernel_fib, 24, 1, false},
    {"compute, matrix", "kernel_matrix", kernel_matrix, 100, 1, false},
    {"compute, indirect", "kernel_indirect", kernel_indirect, 200000, 1, false},
    {"compute, bytes", "kernel_bytes", kernel_bytes, 60, 1, false},
    {"turn, empty", "turn_empty", turn_empty, 1, 1, true},
    {"turn, a message and two orders", "turn_message", turn_message, 1, 1, true},
    {"turn, one order of a thousand", "turn_orders", turn_orders, 1000, 1000, true},
    {"turn, four pages changed", "turn_dirty", turn_dirty, 100, 1, true},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };
static const double sample_s = 0.3;

/* What a sample is taken of. */
struct side {
    const struct subject *subject;
    struct machine *machine; /* NULL: this side is not to be had */
    uint32_t function;
    const char *variable; /* of a peer: in the environment, the command that runs it */
};

static double told(const struct subject *subject, double seconds, uint64_t runs)
{
    return seconds * (subject->is_turn ? 1e9 : 1e6) / (double)runs / subject->each;
}

/* A few calls between looks at the clock, which is dearer than an empty turn. */
static uint64_t calls_between(const struct subject *subject)
{
    return subject->is_turn ? 1000 : 1;
}

static double sample_engine(void *context)
{
    const struct side *side = context;
    uint64_t runs = 0;
    double start;
    double passed;

    if (side->machine == NULL)
        return -1;
    start = bench_cpu_s();
    do {
        for (uint64_t i = calls_between(side->subject); i > 0; i--, runs++)
            (void)machine_run(side->machine, side->function, side->subject->n);
        passed = bench_cpu_s() - start;
    } while (passed < sample_s);
    return told(side->subject, passed, runs);
}

static double sample_native(void *context)
{
    const struct side *side = context;
    /* By a pointer that the compiler cannot know, as the engine's are. */
    unsigned long long (*volatile native)(unsigned int) = side->subject->native;
    uint64_t runs = 0;
    double start = bench_cpu_s();
    double passed;

    do {
        for (uint64_t i = calls_between(side->subject); i > 0; i--, runs++)
            (void)native(side->subject->n);
        passed = bench_cpu_s() - start;
    } while (passed < sample_s);
    return told(side->subject, passed, runs);
}

/* Another engine: "command NAME N SECONDS" prints the seconds of one call. */
static double sample_peer(void *context)
{
    const struct side *side = context;
    const char *peer = getenv(side->variable);
    char command[1024];
    double seconds;

    if (peer == NULL)
        return -1;
    (void)snprintf(command, sizeof command, "%.900s %s %u %g", peer, side->subject->name,
                   side->subject->n, sample_s);
    seconds = bench_command(command);
    return seconds < 0 ? -1 : told(side->subject, seconds, 1);
}

/* One that runs an export once and ends: what its start takes is that of a call with nothing to do.
 */
static double sample_once(void *context)
{
    const struct side *side = context;
    struct subject idle = *side->subject;
    struct side start = {.subject = &idle, .variable = side->variable};
    double whole;
    double beginning;

    if (side->subject->is_turn)
        return -1;
    idle.n = 0;
    whole = sample_peer(context);
    beginning = sample_peer(&start);
    return whole < 0 || beginning < 0 ? -1 : whole - beginning;
}

static void check_digests(const struct subject *subject, struct machine *machine)
{
    if (machine != NULL && machine_run(machine, machine_export(machine, subject->name),
                                       subject->n) != subject->native(subject->n))
        bench_die("engine and machine disagree", NULL);
}

static void bench_subject(const struct subject *subject, struct machine *tier0,
                          struct machine *tier1)
{
    struct side engine0 = {subject, tier0, machine_export(tier0, subject->name), NULL};
    struct side engine1 = {subject, tier1, engine0.function, NULL};
    struct side native = {.subject = subject};
    struct side clang = {.subject = subject, .variable = "BENCH_CLANG"};
    struct side wasm2c = {.subject = subject, .variable = "BENCH_WASM2C"};
    struct side v8 = {.subject = subject, .variable = "BENCH_V8"};
    struct side interp = {.subject = subject, .variable = "BENCH_INTERP"};
    struct side other = {.subject = subject, .variable = "BENCH_OTHER"};
    const struct bench_side sides[] = {
        {"native", sample_native, &native},    {"tier 0", sample_engine, &engine0},
        {"tier 1", sample_engine, &engine1},   {"wasm2c", sample_peer, &wasm2c},
        {"clang", sample_peer, &clang},        {"V8", sample_peer, &v8},
        {"wasm-interp", sample_once, &interp}, {"other", sample_peer, &other}};
    char what[64];

    if (!subject->is_turn) { /* turns have a state of their own in each side */
        check_digests(subject, tier0);
        check_digests(subject, tier1);
    }
    (void)snprintf(what, sizeof what, "%s(%u)", subject->what, subject->n);
    bench_compare_base(what, subject->is_turn ? "nanoseconds" : "microseconds", sides,
                       sizeof sides / sizeof sides[0], 0);
}

/* ---- loading ---- */

static double sample_load(void *context)
{
    struct machine *machine = context;
    double start = bench_cpu_s();
    double passed;
    uint64_t runs = 0;

    if (machine->code == NULL)
        return -1;
    do {
        machine_load_and_run(machine, "turn_message", 1);
        runs++;
        passed = bench_cpu_s() - start;
    } while (passed < sample_s);
    return passed * 1e6 / (double)runs;
}

static double sample_load_v8(void *context)
{
    const char *peer = getenv("BENCH_V8");
    char command[1024];
    double seconds;

    (void)context;
    if (peer == NULL)
        return -1;
    (void)snprintf(command, sizeof command, "%.900s load:turn_message 1 %g", peer, sample_s);
    seconds = bench_command(command);
    return seconds < 0 ? -1 : seconds * 1e6;
}

/* In wall time: the compiler is another process. */
static double sample_compile(void *context)
{
    struct machine *machine = context;
    double start = bench_now_s();

    if (machine->code == NULL || !machine_compile(machine))
        return -1;
    return (bench_now_s() - start) * 1e3;
}

static void bench_load(struct machine *tier0, struct machine *tier1)
{
    const struct bench_side load[] = {{"tier 0", sample_load, tier0},
                                      {"tier 1, compiled before", sample_load, tier1},
                                      {"V8", sample_load_v8, NULL}};
    const struct bench_side compile[] = {{"tier 1", sample_compile, tier1}};
    char what[96];

    (void)snprintf(what, sizeof what, "load to first turn, a module of %zu bytes",
                   tier0->module_size);
    bench_compare(what, "microseconds", load, sizeof load / sizeof load[0]);
    (void)snprintf(what, sizeof what, "compile, a module of %zu bytes", tier0->module_size);
    bench_compare(what, "milliseconds", compile, 1);
}

int main(void)
{
    struct machine tier0;
    struct machine tier1;
    bool native;

    machine_open(&tier0, "kernels");
    native = machine_open_native(&tier1, "kernels");
    for (size_t i = 0; i < SUBJECTS; i++)
        bench_subject(&subjects[i], &tier0, native ? &tier1 : NULL);
    bench_load(&tier0, &tier1);
    machine_close(&tier0);
    machine_close(&tier1);
    return 0;
}
