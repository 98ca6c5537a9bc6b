/*
 * Small dense modules that are kept, until the quota of a customer is full: each is compiled into
 * blocks that the system has to map first, in pages of 4 KiB below half a large one.
 */
#include "tests/bench/hostile_small.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/limits.h"
#include "agents/modules.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "tests/bench/bench.h"
#include "tests/engine/hostile.h"

enum { SMALL_ROUNDS = 3, SMALL_HELD_MAX = 64 * 1024 * 1024, SMALL_COUNT_MAX = 16384 };

static const struct engine_imports no_imports = {.module = "serai"};

struct small_code {
    uint8_t *bytes;
    struct engine_code *engine;
};

static struct small_code small_codes[SMALL_COUNT_MAX];

/* As the order does: a hash, a copy, the engine's part.  The bytes decoded. */
static size_t small_load(struct small_code *made, const struct bytes *wasm)
{
    struct fault fault;

    (void)hash_of(wasm->data, wasm->size);
    made->bytes = malloc(wasm->size);
    if (made->bytes == NULL)
        bench_die("memory", NULL);
    memcpy(made->bytes, wasm->data, wasm->size);
    if (engine_code_new(&made->engine, made->bytes, wasm->size, &no_imports, &fault) != ST_OK)
        bench_die("a small module", &fault);
    return wasm->size + engine_code_bytes(made->engine);
}

/* Nanoseconds for a module; *held is what one takes. */
static double small_sample(const struct bytes *wasm, size_t *held)
{
    size_t count = 0;
    size_t held_all = 0;
    double start = bench_cpu_s();
    double passed;

    while (count < SMALL_COUNT_MAX && held_all < SMALL_HELD_MAX) {
        *held = small_load(&small_codes[count++], wasm);
        held_all += *held;
    }
    passed = bench_cpu_s() - start;
    for (size_t i = 0; i < count; i++) {
        engine_code_free(small_codes[i].engine);
        free(small_codes[i].bytes);
    }
    (void)malloc_trim(0); /* or the next round would find its pages mapped */
    return passed * 1e9 / (double)count;
}

double hostile_small(double (*fuel_ns)(void *context), void *context)
{
    static const size_t sizes[] = {300, 1000, 3000, 10000, 30000, 60000, 100000, 140000, 200000};
    struct bytes wasm = {0};
    double worst = 0;
    double plain = INFINITY; /* the least of all rounds */

    (void)printf("small dense modules that are kept, in fresh memory\n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double ns = INFINITY;
        double charge;
        size_t held = 0;

        bytes_clear(&wasm);
        hostile_dense(&wasm, sizes[i]);
        for (int round = 0; round < SMALL_ROUNDS; round++) {
            plain = fmin(plain, fuel_ns(context));
            ns = fmin(ns, small_sample(&wasm, &held));
        }
        charge = (double)(WORK_CHECK + agents_check_fuel(wasm.size));
        (void)printf("  %7zu bytes, %8zu held: %8.0f us, %5.1f ns a byte; pays %.0f fuel: %.2f "
                     "times\n",
                     wasm.size, held, ns / 1e3, ns / (double)wasm.size, charge,
                     ns / (charge * plain));
        (void)fflush(stdout);
        worst = fmax(worst, ns / (charge * plain));
    }
    (void)printf("  worst of small ones: %.2f times what it pays\n", worst);
    bytes_fini(&wasm);
    return worst;
}
