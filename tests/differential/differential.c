/*
 * Differential test of the engine: random modules and damaged ones, tier 0 against wabt's
 * interpreter, against V8 and against tier 1.
 *
 *     differential [--modules N] [--seed S] [--keep DIR] [--write DIR]
 *                  [--compiler cc|none] [--level -O0] [FILE.wasm ...]
 *
 * Case i is a function of seed S + i and the files, so `--modules 1 --seed X` plays case X again.
 * --write keeps every module.  A difference is printed with its seed, and its module kept in DIR
 * (.).  Exit 1 when there is one.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/operators.h"
#include "tests/differential/compare.h"
#include "tests/differential/generate.h"
#include "tests/differential/host.h"
#include "tests/differential/mutate.h"
#include "tests/differential/native.h"
#include "tests/differential/tier.h"
#include "tests/differential/v8.h"
#include "tests/differential/wabt.h"
#include "tests/differential/walk.h"

enum { PACK = 400, FILES_MAX = 64, FILE_BYTES_MAX = 1024 * 1024, DIFFERENCES_MAX = 20 };
enum { SELDOM = 4, SELDOM_EVERY = 12 };
enum { STACK_BYTES = 512 * 1024 * 1024 };

/* What a case is made of. */
enum source {
    SOURCE_STRICT, /* random; NaNs made one, so that all sides can be compared */
    SOURCE_RAW,    /* random, NaNs as they come: only the tiers agree on their bits */
    SOURCE_DAMAGED,
    SOURCE_REAL, /* a damaged one of the files */
    SOURCES,
};
static const char *const source_names[SOURCES] = {"random", "random, raw NaNs", "random, damaged",
                                                  "real, damaged"};

struct totals {
    uint64_t modules[SOURCES];
    uint64_t accepted[SOURCES];
    uint64_t all_ran[SOURCES]; /* a call at least, and the same on every side */
    uint64_t calls;
    uint64_t outcomes[ENGINE_TRAP_STACK + 1];
    uint64_t wabt;
    uint64_t wabt_shallow;
    uint64_t v8;
    uint64_t v8_shallow;
    uint64_t native;         /* modules that ran in both tiers */
    uint64_t crashes;        /* packs that one of the compilers gave up */
    uint64_t native_starved; /* runs of them on less fuel than they need */
    uint64_t differences;
};

struct run {
    uint64_t modules;
    uint64_t seed;
    const char *keep;
    const char *write; /* NULL: only what differs */
    struct bytes files[FILES_MAX];
    uint32_t files_count;
    struct tier *tier;
    struct native_pack *native; /* NULL: there is no compiler here */
    struct native_compiler often;
    struct native_compiler seldom[SELDOM];
    struct engine_native *natives[PACK];
    struct v8 *v8; /* NULL: there is none here */
    struct diff_case *cases;
    enum source sources[PACK];
    struct totals totals;
};

/* ---- cases ---- */

static enum source source_of(const struct run *run, struct rng *rng)
{
    uint64_t dice = rng_below(rng, 16);

    if (dice < 12)
        return SOURCE_STRICT;
    if (dice < 13)
        return SOURCE_RAW;
    return dice < 15 || run->files_count == 0 ? SOURCE_DAMAGED : SOURCE_REAL;
}

static void make_module(const struct run *run, struct diff_case *diff, struct rng *rng,
                        enum source source)
{
    struct generate_options options = {.strict = source != SOURCE_RAW,
                                       .integers = source == SOURCE_DAMAGED,
                                       .budget = 2 + (uint32_t)rng_below(rng, 10)};
    const struct bytes *file;

    /* Many small ones say more for the time of a compiler than few large ones; but some. */
    if (rng_below(rng, 4) == 0)
        options.budget += 10;
    if (rng_below(rng, 8) == 0)
        options.budget *= 4;
    if (rng_below(rng, 150) == 0)
        options.budget *= 20;
    bytes_clear(&diff->wasm);
    if (source == SOURCE_REAL) {
        file = &run->files[rng_below(rng, run->files_count)];
        bytes_append(&diff->wasm, file->data, file->size);
    } else {
        generate_module(&diff->wasm, rng, &options);
    }
    if (source == SOURCE_DAMAGED || source == SOURCE_REAL)
        mutate(&diff->wasm, rng);
    INVARIANT(!diff->wasm.failed);
}

/* How many calls V8 and wabt can follow: up to the first that had not enough fuel or stack. */
static uint32_t followable(const struct diff_case *diff, const struct diff_seen *seen,
                           enum source source)
{
    if (source == SOURCE_RAW ||
        (diff->code != NULL && engine_code_memory_pages_max(diff->code) > 0 &&
         !diff->plan.has_memory) ||
        (source != SOURCE_STRICT && walk_makes_nans(diff->wasm.data, diff->wasm.size)))
        return 0;
    for (uint32_t i = 0; i < seen->calls_count; i++)
        if (seen->outcome[i] == ENGINE_OUT_OF_FUEL || seen->outcome[i] == ENGINE_TRAP_STACK)
            return i;
    return seen->calls_count;
}

static void run_tier0(struct run *run, struct diff_case *diff, enum source source)
{
    struct tier_seen seen;

    tier_run(run->tier, diff, diff->plan.calls_count, NULL, &seen);
    run->totals.calls += seen.seen.calls_count;
    for (uint32_t i = 0; i < seen.seen.calls_count; i++)
        run->totals.outcomes[seen.seen.outcome[i]]++;
    diff->plan.foreign = followable(diff, &seen.seen, source);
    if (diff->plan.foreign < diff->plan.calls_count)
        tier_run(run->tier, diff, diff->plan.foreign, NULL, &seen);
    diff->tier0 = seen.seen;
}

static void make_case(struct run *run, struct diff_case *diff, uint64_t seed, enum source *source)
{
    struct rng rng;

    rng_init(&rng, seed);
    diff->seed = seed;
    *source = source_of(run, &rng);
    make_module(run, diff, &rng, *source);
    memset(&diff->plan, 0, sizeof diff->plan);
    run->totals.modules[*source]++;
    if (engine_code_new(&diff->code, diff->wasm.data, diff->wasm.size, &host_imports,
                        &diff->fault) != ST_OK) {
        INVARIANT(diff->code == NULL && diff->fault.status == ST_INVALID);
        return;
    }
    run->totals.accepted[*source]++;
    if (diff_plan_make(diff, &rng))
        run_tier0(run, diff, *source);
}

/* ---- differences ---- */

static void keep_module(const struct diff_case *diff, const char *folder, const char *name)
{
    char path[512];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".wasm", folder, name, diff->seed);
    out = fopen(path, "wb");
    if (out == NULL || fwrite(diff->wasm.data, 1, diff->wasm.size, out) != diff->wasm.size)
        (void)fprintf(stderr, "differential: %s cannot be written\n", path);
    if (out != NULL)
        (void)fclose(out);
}

static void differ(struct run *run, const struct diff_case *diff, const char *side,
                   const char *text)
{
    run->totals.differences++;
    (void)printf("DIFFERENCE, seed %" PRIu64 " (%s): tier 0 and %s: %s\n", diff->seed,
                 source_names[run->sources[diff - run->cases]], side, text);
    (void)printf("  kept as %s/difference-%" PRIu64 ".wasm\n", run->keep, diff->seed);
    keep_module(diff, run->keep, "difference");
    (void)fflush(stdout);
}

static bool compare_wabt_of(struct run *run, struct diff_case *diff)
{
    char text[512] = "";

    run->totals.wabt++;
    switch (compare_wabt(diff, text, sizeof text)) {
    case COMPARED_SAME:
        return true;
    case COMPARED_SHALLOW:
        run->totals.wabt_shallow++;
        return false;
    case COMPARED_DIFFERENT:
        differ(run, diff, "wabt", text);
        return false;
    }
    return false;
}

static bool compare_v8_of(struct run *run, struct diff_case *diff)
{
    char text[512] = "";

    run->totals.v8++;
    switch (compare_v8(diff, text, sizeof text)) {
    case COMPARED_SAME:
        return true;
    case COMPARED_SHALLOW:
        run->totals.v8_shallow++;
        return false;
    case COMPARED_DIFFERENT:
        differ(run, diff, "V8", text);
        return false;
    }
    return false;
}

/* One run in each tier on the same budgets; the end of tier 0's is put into *seen. */
static bool tiers_agree(struct run *run, struct diff_case *diff, const uint64_t *budgets,
                        struct tier_seen *seen)
{
    const struct engine_native *native = run->natives[diff - run->cases];
    struct tier_seen other;
    char text[512];

    tier_run(run->tier, diff, diff->plan.calls_count, budgets, seen);
    engine_code_use_native(diff->code, native);
    tier_run(run->tier, diff, diff->plan.calls_count, budgets, &other);
    engine_code_use_native(diff->code, NULL);
    if (!tier_differs(diff, seen, &other, text, sizeof text))
        return true;
    differ(run, diff, "tier 1", text);
    return false;
}

/* With fuel enough, with exactly what is needed, and with less at some call. */
static bool compare_tiers(struct run *run, struct diff_case *diff)
{
    struct tier_seen seen;
    uint64_t budgets[DIFF_CALLS_MAX];
    struct rng rng;

    if (run->natives[diff - run->cases] == NULL)
        return false;
    run->totals.native++;
    if (!tiers_agree(run, diff, NULL, &seen))
        return false;
    rng_init(&rng, ~diff->seed);
    for (uint32_t i = 0; i < diff->plan.calls_count; i++)
        budgets[i] = i < seen.seen.calls_count ? TIER_FUEL - seen.fuel[i] : TIER_FUEL;
    if (!tiers_agree(run, diff, budgets, &seen))
        return false;
    for (uint32_t i = 0; i < diff->plan.calls_count; i++)
        if (rng_coin(&rng) && budgets[i] > 0)
            budgets[i] = rng_coin(&rng) ? budgets[i] - 1 : rng_below(&rng, budgets[i]);
    run->totals.native_starved++;
    return tiers_agree(run, diff, budgets, &seen);
}

static void compare_case(struct run *run, struct diff_case *diff)
{
    enum source source = run->sources[diff - run->cases];
    bool same;

    if (source <= SOURCE_RAW && diff->code == NULL) {
        differ(run, diff, "the generator", diff->fault.text);
        return;
    }
    same = run->native == NULL || compare_tiers(run, diff);
    same = compare_wabt_of(run, diff) && same;
    same = (run->v8 != NULL && compare_v8_of(run, diff)) && same;
    if (same && diff->plan.foreign > 0)
        run->totals.all_ran[source]++;
}

/* ---- packs ---- */

static bool make_natives(struct run *run, uint64_t seed, uint32_t count, struct fault *fault)
{
    uint64_t pack = (seed - run->seed) / PACK;
    const struct native_compiler *compiler = &run->often;

    if (run->native == NULL)
        return true;
    if (pack % SELDOM_EVERY == SELDOM_EVERY - 1)
        compiler = &run->seldom[pack / SELDOM_EVERY % SELDOM];
    if (native_pack_make(run->native, run->cases, count, compiler, run->natives, fault) == ST_OK)
        return true;
    if (compiler == &run->often)
        return false;
    /* A compiler that crashes leaves a module in tier 0, and is not the engine's fault. */
    run->totals.crashes++;
    (void)printf("compiler failed, seeds %" PRIu64 " to %" PRIu64 ": %s\n", seed, seed + count - 1,
                 fault->text);
    for (uint32_t i = 0; i < count; i++) {
        engine_native_free(run->natives[i]);
        run->natives[i] = NULL;
    }
    return native_pack_make(run->native, run->cases, count, &run->often, run->natives, fault) ==
           ST_OK;
}

static void run_pack(struct run *run, uint64_t seed, uint32_t count)
{
    struct fault fault;

    for (uint32_t i = 0; i < count; i++)
        make_case(run, &run->cases[i], seed + i, &run->sources[i]);
    for (uint32_t i = 0; i < count && run->write != NULL; i++)
        keep_module(&run->cases[i], run->write, "module");
    for (uint32_t i = 0; i < count; i++)
        wabt_run(&run->cases[i]);
    if (run->v8 != NULL && v8_run(run->v8, run->cases, count, &fault) != ST_OK) {
        run->totals.differences++;
        (void)printf("DIFFERENCE, seeds %" PRIu64 " to %" PRIu64 ": %s\n", seed, seed + count - 1,
                     fault.text);
        return;
    }
    if (!make_natives(run, seed, count, &fault)) {
        run->totals.differences++;
        (void)printf("DIFFERENCE, seeds %" PRIu64 " to %" PRIu64 ": %s\n", seed, seed + count - 1,
                     fault.text);
    }
    for (uint32_t i = 0; i < count; i++) {
        compare_case(run, &run->cases[i]);
        engine_native_free(run->natives[i]);
        run->natives[i] = NULL;
        engine_code_free(run->cases[i].code);
        run->cases[i].code = NULL;
    }
}

static void print_totals(const struct run *run)
{
    const struct totals *totals = &run->totals;
    uint64_t modules = 0;
    uint64_t all = 0;

    for (int i = 0; i < SOURCES; i++) {
        modules += totals->modules[i];
        all += totals->all_ran[i];
        (void)printf("  %s: %" PRIu64 " modules, %" PRIu64 " accepted, %" PRIu64
                     " ran alike on every side\n",
                     source_names[i], totals->modules[i], totals->accepted[i], totals->all_ran[i]);
    }
    (void)printf("  %" PRIu64 " calls:", totals->calls);
    for (int i = 0; i <= ENGINE_TRAP_STACK; i++)
        (void)printf("%s %s %" PRIu64, i == 0 ? "" : ",",
                     engine_outcome_name((enum engine_outcome)i), totals->outcomes[i]);
    (void)printf("\n  tier 1 %" PRIu64 " (%" PRIu64 " also on less fuel)", totals->native,
                 totals->native_starved);
    (void)printf(", %" PRIu64 " packs given up by a compiler", totals->crashes);
    (void)printf(", wabt %" PRIu64 " (%" PRIu64 " beyond its stack), V8 %" PRIu64 " (%" PRIu64
                 " beyond its stack)\n",
                 totals->wabt, totals->wabt_shallow, totals->v8, totals->v8_shallow);
    (void)printf("differential: %" PRIu64 " modules, %" PRIu64 " ran alike on every side, %" PRIu64
                 " differences\n",
                 modules, all, totals->differences);
    (void)fflush(stdout);
}

/* Every operator of the profile must have come up, or the test is not what it says. */
static bool every_operator_came_up(const struct run *run)
{
    bool all = true;

    if (run->modules < 500) /* by chance */
        return true;
    for (uint32_t code = 0; code < 0x108; code++) {
        if (operator_row(code)->kind == OPERATOR_NONE || generate_count(code) > 0)
            continue;
        (void)printf("differential: operator 0x%x never came up\n", code);
        all = false;
    }
    return all;
}

/* ---- the command ---- */

static void read_file(struct bytes *bytes, const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *to = bytes_extend(bytes, FILE_BYTES_MAX);

    if (in == NULL || to == NULL) {
        (void)fprintf(stderr, "differential: %s cannot be read\n", path);
        exit(66);
    }
    bytes->size = fread(to, 1, FILE_BYTES_MAX, in);
    (void)fclose(in);
}

static void read_arguments(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {{"modules", required_argument, NULL, 'm'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"keep", required_argument, NULL, 'k'},
                                            {"compiler", required_argument, NULL, 'c'},
                                            {"level", required_argument, NULL, 'l'},
                                            {"write", required_argument, NULL, 'w'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'm')
            run->modules = strtoull(optarg, NULL, 10);
        else if (option == 's')
            run->seed = strtoull(optarg, NULL, 10);
        else if (option == 'k')
            run->keep = optarg;
        else if (option == 'c')
            run->often.name = optarg;
        else if (option == 'l')
            run->often.level = optarg;
        else if (option == 'w')
            run->write = optarg;
        else
            exit(64);
    }
    for (int i = optind; i < argc && run->files_count < FILES_MAX; i++)
        read_file(&run->files[run->files_count++], argv[i]);
}

/*
 * Nearly all packs are compiled by whoever is fastest, some by each of the others; all by the one
 * that was asked for.
 */
static void choose_compilers(struct run *run)
{
    static const struct native_compiler fast[] = {{"clang", "-O0"}, {"gcc", "-O1"}, {"cc", "-O1"}};
    static const struct native_compiler others[SELDOM] = {
        {"gcc", "-O1"}, {"clang", "-O1"}, {"gcc", "-O2"}, {"gcc", "-O0"}};
    bool asked = run->often.name != NULL;

    for (size_t i = 0; i < sizeof fast / sizeof fast[0] && run->often.name == NULL; i++)
        if (native_can(fast[i].name))
            run->often = fast[i];
    if (run->often.level == NULL)
        run->often.level = "-O1";
    for (size_t i = 0; i < SELDOM; i++)
        run->seldom[i] = !asked && native_can(others[i].name) ? others[i] : run->often;
}

static void set_up(struct run *run)
{
    struct fault fault = {.status = ST_OK};

    run->cases = calloc(PACK, sizeof *run->cases);
    if (run->cases == NULL || tier_new(&run->tier) != ST_OK) {
        (void)fprintf(stderr, "differential: no memory\n");
        exit(71);
    }
    if (v8_new(&run->v8, &fault) != ST_OK)
        (void)printf("differential: %s\n", fault.text);
    choose_compilers(run);
    if (run->often.name != NULL && strcmp(run->often.name, "none") == 0)
        (void)printf("differential: tier 1 is not asked for\n");
    else if (run->often.name == NULL)
        (void)printf("differential: no gcc and no clang here: tier 1 is not compared with\n");
    else if (native_pack_new(&run->native, run->keep) != ST_OK)
        exit(71);
}

static void tear_down(struct run *run)
{
    for (uint32_t i = 0; i < PACK; i++)
        bytes_fini(&run->cases[i].wasm);
    for (uint32_t i = 0; i < run->files_count; i++)
        bytes_fini(&run->files[i]);
    free(run->cases);
    tier_free(run->tier);
    native_pack_free(run->native);
    v8_free(run->v8);
}

/* In a thread of its own, for its stack: the frames of tier 1 are large without optimisation. */
static void *go(void *context)
{
    struct run *run = context;
    uint64_t done = 0;

    while (done < run->modules && run->totals.differences < DIFFERENCES_MAX) {
        uint64_t left = run->modules - done;
        uint32_t count = left < PACK ? (uint32_t)left : PACK;

        run_pack(run, run->seed + done, count);
        done += count;
        if (done % (PACK * 50) == 0)
            print_totals(run);
    }
    print_totals(run);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct run run = {.modules = 2000, .seed = 1, .keep = "."};
    pthread_attr_t attributes;
    pthread_t thread;
    bool good;

    read_arguments(&run, argc, argv);
    set_up(&run);
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, STACK_BYTES) != 0 ||
        pthread_create(&thread, &attributes, go, &run) != 0 || pthread_join(thread, NULL) != 0) {
        (void)fprintf(stderr, "differential: no thread\n");
        return 71;
    }
    good = every_operator_came_up(&run) && run.totals.differences == 0;
    tear_down(&run);
    return good ? 0 : 1;
}
