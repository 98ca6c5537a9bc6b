/* Tier 1 against tier 0, its text, and its objects. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/code.h"
#include "engine/inspect.h"
#include "engine/native_elf.h"
#include "engine/native_text.h"
#include "engine/run.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/families.h"
#include "tests/engine/guest.h"
#include "tests/engine/native_build.h"

enum { FUEL = 200000 };

/* ---- one module in two instances, one in each tier ---- */

struct twins {
    struct guest *tiers[2];
    struct engine_native *native;
};

static struct twins twins_of(const uint8_t *bytes, size_t size, const char *compiler,
                             const char *more)
{
    struct twins twins = {{guest_new(bytes, size), guest_new(bytes, size)}, NULL};

    twins.native = native_build(twins.tiers[1]->code, compiler, more);
    ck_assert_ptr_nonnull(twins.native);
    engine_code_use_native(twins.tiers[1]->code, twins.native);
    return twins;
}

static struct twins twins_open(const char *file, const char *compiler, const char *more)
{
    size_t size;
    uint8_t *bytes = guest_read_file(file, &size);
    struct twins twins = twins_of(bytes, size, compiler, more);

    free(bytes);
    return twins;
}

static void twins_free(struct twins *twins)
{
    guest_free(twins->tiers[0]);
    guest_free(twins->tiers[1]);
    engine_native_free(twins->native);
}

struct end {
    enum engine_outcome outcome;
    uint64_t result;
    uint64_t fuel;
    uint32_t function;
    uint32_t offset;
};

static struct end run_one(struct guest *guest, uint32_t function, const uint64_t *args,
                          uint64_t fuel)
{
    struct end end = {.outcome = ENGINE_DONE};

    guest_reset(guest);
    guest->host_calls = 0;
    guest->instance.fuel = fuel;
    end.outcome = engine_run(&guest->instance, guest->stack, function, args, &end.result);
    end.fuel = guest->instance.fuel;
    if (end.outcome != ENGINE_DONE)
        engine_trap_place(guest->stack, &end.function, &end.offset);
    return end;
}

/* Both tiers, with this budget: everything that can be seen is the same.  Returns the fuel left. */
static struct end run_both(struct twins *twins, uint32_t function, const uint64_t *args,
                           uint64_t fuel)
{
    const struct guest *a = twins->tiers[0];
    const struct guest *b = twins->tiers[1];
    struct end ends[2];

    ck_assert(native_has(&b->instance, function));
    ck_assert(!native_has(&a->instance, function));
    for (int i = 0; i < 2; i++)
        ends[i] = run_one(twins->tiers[i], function, args, fuel);
    ck_assert_msg(ends[0].outcome == ends[1].outcome, "function %u: %s, but %s in tier 1", function,
                  engine_outcome_name(ends[0].outcome), engine_outcome_name(ends[1].outcome));
    ck_assert_msg(ends[0].result == ends[1].result, "function %u: %llx, but %llx in tier 1",
                  function, (unsigned long long)ends[0].result, (unsigned long long)ends[1].result);
    ck_assert_msg(ends[0].fuel == ends[1].fuel, "function %u: fuel %llu, but %llu in tier 1",
                  function, (unsigned long long)ends[0].fuel, (unsigned long long)ends[1].fuel);
    ck_assert_uint_eq(ends[0].function, ends[1].function);
    ck_assert_uint_eq(ends[0].offset, ends[1].offset);
    ck_assert_uint_eq(a->host_calls, b->host_calls);
    ck_assert_uint_eq(a->instance.memory_pages, b->instance.memory_pages);
    ck_assert_int_eq(memcmp(a->instance.memory, b->instance.memory,
                            (size_t)a->instance.memory_pages * ENGINE_WASM_PAGE_BYTES),
                     0);
    ck_assert_mem_eq(a->instance.cards, b->instance.cards, ENGINE_CARDS_MAX);
    ck_assert_mem_eq(a->instance.globals, b->instance.globals,
                     ENGINE_GLOBALS_MAX * sizeof(uint64_t));
    return ends[0];
}

static const uint64_t integers[] = {0,          1,    2,     7,     0x7fffffff, 0x80000000,
                                    0xffffffff, 4093, 65530, 65536, UINT64_MAX, (uint64_t)1 << 63};
static const uint64_t floats[] = {0x00000000, 0x80000000, 0x3f800000, 0xc0200000,
                                  0x7f800000, 0xff800000, 0x7fc00000, 0xffa00001,
                                  0x4f000000, 0xcf000001, 0x3e000000, 0x00000001};
static const uint64_t doubles[] = {
    0,
    (uint64_t)1 << 63,
    0x3ff0000000000000,
    0xc004000000000000,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000000,
    0xfff4000000000007,
    0x41e0000000000000,
    0xc3e0000000000001,
    0x3fdfffffffffffff,
    0x4330000000000001,
};
enum { VALUES = 12 };

static uint64_t value_of(char type, uint32_t number)
{
    number %= VALUES;
    return type == 'f' ? floats[number] : type == 'd' ? doubles[number] : integers[number];
}

/* With each budget that is too small, and some above: out of fuel at the same word. */
static void sweep_budgets(struct twins *twins, uint32_t function, const uint64_t *args,
                          uint64_t used)
{
    uint64_t step = used < 400 ? 1 : used / 200;

    for (uint64_t fuel = 0; fuel < used; fuel += step)
        (void)run_both(twins, function, args, fuel);
    (void)run_both(twins, function, args, used);
}

static void compare_function(struct twins *twins, uint32_t index, uint32_t rounds)
{
    struct engine_function function;
    uint64_t args[ENGINE_PARAMS_MAX] = {0};

    engine_code_function(twins->tiers[0]->code, index, &function);
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t digits = round;
        uint64_t used;

        for (size_t i = 0; i < strlen(function.params); i++) {
            args[i] = value_of(function.params[i], digits);
            digits /= VALUES;
        }
        used = FUEL - run_both(twins, index, args, FUEL).fuel;
        if (round % 37 == 5)
            sweep_budgets(twins, index, args, used);
    }
}

static void compare_exports(struct twins *twins, uint32_t rounds_max)
{
    const struct engine_code *code = twins->tiers[0]->code;

    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        struct engine_export export;
        struct engine_function function;
        uint32_t rounds = 1;

        engine_code_export_at(code, i, &export);
        if (export.kind != ENGINE_KIND_FUNCTION || export.index < engine_code_imports(code))
            continue;
        engine_code_function(code, export.index, &function);
        for (size_t j = 0; j < strlen(function.params) && rounds < rounds_max; j++)
            rounds *= VALUES;
        compare_function(twins, export.index, rounds < rounds_max ? rounds : rounds_max);
    }
}

START_TEST(both_tiers_do_the_same_and_stop_at_the_same_word)
{
    static const char *const files[] = {"native.wasm", "semantics.wasm", "fixed.wasm"};
    struct twins twins = twins_open(files[_i], "cc", NULL);

    compare_exports(&twins, 300);
    twins_free(&twins);
}
END_TEST

/* The object of code that cannot grow its memory counts on the size; a run with another is none. */
START_TEST(another_size_than_the_objects_runs_in_tier_0)
{
    struct twins twins = twins_open("fixed.wasm", "cc", NULL);
    struct guest *guest = twins.tiers[1];
    uint64_t result = 0;
    struct fault fault;
    uint32_t function;

    ck_assert_int_eq(engine_code_export(guest->code, "size", "", 'i', &function, &fault), ST_OK);
    for (uint32_t pages = 1; pages <= 3; pages++) {
        guest->instance.memory_pages = pages;
        guest->instance.fuel = FUEL;
        ck_assert_int_eq(native_has(&guest->instance, function), pages == 1);
        ck_assert_int_eq(engine_run(&guest->instance, guest->stack, function, NULL, &result),
                         ENGINE_DONE);
        ck_assert_uint_eq(result, pages);
    }
    twins_free(&twins);
}
END_TEST

/* ---- every plain operator, with variables and with a constant ---- */

static uint8_t type_byte(char letter)
{
    return letter == 'i' ? 0x7f : letter == 'l' ? 0x7e : letter == 'f' ? 0x7d : 0x7c;
}

/* A body: local.get 0, then local.get 1 or a constant, the operator, end. */
static void put_body(struct bytes *out, uint32_t code, const char *types, int64_t constant)
{
    struct bytes body = {0};

    put_byte(&body, 0);
    put_byte(&body, 0x20);
    put_byte(&body, 0);
    if (strlen(types) == 3 && constant == 0) {
        put_byte(&body, 0x20);
        put_byte(&body, 1);
    } else if (strlen(types) == 3) {
        put_byte(&body, types[1] == 'i' ? 0x41 : 0x42);
        put_s64(&body, constant);
    }
    if (code >= 0x100) {
        put_byte(&body, 0xfc);
        code -= 0x100;
    }
    put_byte(&body, (uint8_t)code);
    put_byte(&body, 0x0b);
    put_u32(out, (uint32_t)body.size);
    bytes_append(out, body.data, body.size);
    bytes_fini(&body);
}

struct sections {
    struct bytes types;
    struct bytes functions;
    struct bytes exports;
    struct bytes code;
    uint32_t count;
};

static void put_operator(struct sections *sections, uint32_t family, uint32_t code,
                         int64_t constant)
{
    char name[16];

    (void)snprintf(name, sizeof name, "o%u", sections->count);
    put_u32(&sections->functions, family);
    put_name(&sections->exports, name);
    put_byte(&sections->exports, 0);
    put_u32(&sections->exports, sections->count++);
    put_body(&sections->code, code, families[family].types, constant);
}

static void put_counted(struct bytes *module, uint8_t id, uint32_t count, struct bytes *items)
{
    struct bytes body = {0};

    put_u32(&body, count);
    bytes_append(&body, items->data, items->size);
    put_section(module, id, body.data, body.size);
    bytes_fini(&body);
    bytes_fini(items);
}

static void put_operators(struct bytes *module)
{
    struct sections sections = {0};

    for (uint32_t i = 0; i < FAMILIES; i++) {
        const char *types = families[i].types;
        size_t params = strlen(types) - 1;

        put_byte(&sections.types, 0x60);
        put_u32(&sections.types, (uint32_t)params);
        for (size_t j = 0; j < params; j++)
            put_byte(&sections.types, type_byte(types[j]));
        put_byte(&sections.types, 1);
        put_byte(&sections.types, type_byte(types[params]));
        for (uint32_t code = families[i].first; code <= families[i].last; code++) {
            put_operator(&sections, i, code, 0);
            if (params == 2 && (types[0] == 'i' || types[0] == 'l')) {
                put_operator(&sections, i, code, 13);
                put_operator(&sections, i, code, -1);
            }
        }
    }
    put_header(module);
    put_counted(module, 1, FAMILIES, &sections.types);
    put_counted(module, 3, sections.count, &sections.functions);
    put_counted(module, 7, sections.count, &sections.exports);
    put_counted(module, 10, sections.count, &sections.code);
}

START_TEST(every_operator_is_the_same_in_both_tiers)
{
    struct bytes module = {0};
    struct twins twins;

    put_operators(&module);
    twins = twins_of(module.data, module.size, "cc", NULL);
    compare_exports(&twins, VALUES * VALUES);
    twins_free(&twins);
    bytes_fini(&module);
}
END_TEST

/* ---- compilers ---- */

static const struct {
    const char *compiler;
    const char *more;
} builds[] = {
    {"gcc", "-O0 -DANY_FRAME"},   {"gcc", "-O1"},  {"gcc", NULL},
    {"clang", "-O0 -DANY_FRAME"}, {"clang", NULL},
};

START_TEST(compilers_and_levels_agree)
{
    struct twins twins;

    if (!native_build_can(builds[_i].compiler)) {
        printf("SKIPPED: there is no %s\n", builds[_i].compiler);
        return;
    }
    twins = twins_open("native.wasm", builds[_i].compiler, builds[_i].more);
    compare_exports(&twins, 60);
    twins_free(&twins);
}
END_TEST

/* ---- the text ---- */

static void emit_file(const char *file, struct bytes *text)
{
    struct guest *guest = guest_open(file);
    struct fault fault;

    ck_assert_int_eq(engine_native_emit(guest->code, text, &fault), ST_OK);
    guest_free(guest);
}

START_TEST(the_text_depends_on_nothing_but_the_code)
{
    struct bytes first = {0};
    struct bytes second = {0};

    emit_file("native.wasm", &first);
    emit_file("native.wasm", &second);
    ck_assert_uint_eq(first.size, second.size);
    ck_assert_mem_eq(first.data, second.data, first.size);
    bytes_fini(&first);
    bytes_fini(&second);
}
END_TEST

/* Swap each byte of the exports' names: the text must not notice. */
START_TEST(no_name_of_the_module_reaches_the_text)
{
    static const char *const names[] = {"*/ int x = 1; /*", "narrow \" ; \\", "\?\?/ \n #error",
                                        "same place, other types"};
    size_t size;
    uint8_t *bytes = guest_read_file("native.wasm", &size);
    struct guest *guest;
    struct bytes text = {0};
    struct bytes other = {0};
    struct fault fault;

    emit_file("native.wasm", &text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i]);
        uint32_t found = 0;

        for (size_t at = 0; at + length <= size; at++)
            if (memcmp(bytes + at, names[i], length) == 0) {
                memset(bytes + at, 'a' + (int)i, length);
                found++;
            }
        ck_assert_uint_ge(found, 1);
        for (size_t at = 0; at + length <= text.size; at++)
            ck_assert_msg(memcmp(text.data + at, names[i], length) != 0, "%s is there", names[i]);
    }
    guest = guest_new(bytes, size);
    ck_assert_int_eq(engine_native_emit(guest->code, &other, &fault), ST_OK);
    ck_assert_uint_eq(text.size, other.size);
    ck_assert_mem_eq(text.data, other.data, text.size);
    for (size_t at = 0; at < text.size; at++)
        ck_assert((text.data[at] >= ' ' && text.data[at] < 127) || text.data[at] == '\n');
    bytes_fini(&text);
    bytes_fini(&other);
    guest_free(guest);
    free(bytes);
}
END_TEST

/* `count` times i32.const 0, i32.load, drop. */
static void put_loads(struct bytes *module, uint32_t count)
{
    struct bytes code = {0};
    static const uint8_t load[] = {0x41, 0, 0x28, 2, 0, 0x1a};

    for (uint32_t i = 0; i < count; i++)
        bytes_append(&code, load, sizeof load);
    assemble(module,
             &(struct program){.params = "", .code = code.data, .size = code.size, .memory = true});
    bytes_fini(&code);
}

START_TEST(what_takes_a_compiler_too_long_is_refused_and_runs_in_tier_0)
{
    struct bytes module = {0};
    struct bytes text = {0};
    struct fault fault;
    struct guest *guest;

    put_loads(&module, LIMIT_NATIVE_FUNCTION_EFFORT);
    guest = guest_new(module.data, module.size);
    ck_assert_int_eq(engine_native_emit(guest->code, &text, &fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, "function 4 is too large for tier 1") != NULL, "%s",
                  fault.text);
    ck_assert_int_eq(guest_run(guest, "f", "", 0, NULL, 1000000, NULL), ENGINE_DONE);
    guest_free(guest);
    bytes_fini(&text);
    bytes_fini(&module);
}
END_TEST

/* ---- objects ---- */

START_TEST(an_object_of_other_code_is_refused)
{
    struct guest *one = guest_open("native.wasm");
    struct guest *other = guest_open("semantics.wasm");
    struct engine_native *native;
    struct bytes text = {0};
    struct fault fault;
    char path[512];

    ck_assert_int_eq(engine_native_emit(one->code, &text, &fault), ST_OK);
    ck_assert(native_build_text(&text, "cc", NULL, path));
    ck_assert_int_eq(engine_native_load(&native, other->code, path, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "other code"));
    ck_assert_ptr_null(native);
    ck_assert_int_eq(engine_native_load(&native, one->code, path, &fault), ST_OK);
    engine_native_free(native);
    engine_native_free(NULL);
    guest_free(one);
    guest_free(other);
    bytes_fini(&text);
}
END_TEST

/* Each would do something before anyone could look at it, or is none of ours. */
static const struct {
    const char *text;
    const char *more;
    const char *says;
} foreign[] = {
    {"const int another = 1;\n", NULL, "no object of this engine"},
    {"__attribute__((constructor)) static void run(void) { __builtin_trap(); }\n", NULL,
     "runs something when it is loaded"},
    {"void abort(void); void run(void) { abort(); }\n", "-lc", "wants a library"},
    {"_Thread_local int mine; int *run(void) { return &mine; }\n", "-Wl,-z,undefs",
     "is no object of tier 1"},
    {"extern int other; int *run(void) { return &other; }\n", "-Wl,-z,undefs",
     "more than its own addresses"},
    {"int run(void) { return 1; }\n", "-Wl,-z,execstack", "executable stack"},
};

START_TEST(an_object_that_would_do_more_than_lie_there_is_refused)
{
    struct guest *guest = guest_open("native.wasm");
    struct bytes text = {0};
    struct engine_native *native;
    struct fault fault;
    char path[512];

    bytes_append(&text, foreign[_i].text, strlen(foreign[_i].text));
    ck_assert(native_build_text(&text, "cc", foreign[_i].more, path));
    ck_assert_int_eq(engine_native_load(&native, guest->code, path, &fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, foreign[_i].says) != NULL, "%s", fault.text);
    ck_assert_ptr_null(native);
    bytes_fini(&text);
    guest_free(guest);
}
END_TEST

/* Every shorter piece of an object, and one with a byte changed here and there: no crash. */
START_TEST(a_damaged_object_is_refused_or_loads_unharmed)
{
    struct guest *guest = guest_open("native.wasm");
    struct bytes text = {0};
    struct fault fault;
    char path[512];
    uint8_t *bytes;
    FILE *file;
    long size;

    ck_assert_int_eq(native_elf_check(ENGINE_TEST_MODULES "/not-there.so", &fault), ST_IO);
    ck_assert_int_eq(native_elf_check(ENGINE_TEST_MODULES "/native.wasm", &fault), ST_INVALID);
    ck_assert_int_eq(engine_native_emit(guest->code, &text, &fault), ST_OK);
    ck_assert(native_build_text(&text, "cc", NULL, path));
    ck_assert_int_eq(native_elf_check(path, &fault), ST_OK);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    bytes = malloc((size_t)size);
    rewind(file);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)size, file), (size_t)size);
    ck_assert_int_eq(fclose(file), 0);
    for (long at = 0; at < 1024; at += 7) {
        uint8_t was = bytes[at];

        (void)snprintf(path, sizeof path, "%s/native/%ld.damaged", ENGINE_TEST_MODULES,
                       (long)getpid());
        file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        bytes[at] ^= (uint8_t)(1 + at % 255);
        ck_assert_uint_eq(fwrite(bytes, 1, (size_t)(at % 3 == 0 ? at : size), file),
                          (size_t)(at % 3 == 0 ? at : size));
        ck_assert_int_eq(fclose(file), 0);
        bytes[at] = was;
        ck_assert_int_ne(native_elf_check(path, &fault) == ST_OK && at < 4, true);
        ck_assert(at % 3 != 0 || native_elf_check(path, &fault) == ST_INVALID);
        ck_assert_int_eq(remove(path), 0);
    }
    free(bytes);
    bytes_fini(&text);
    guest_free(guest);
}
END_TEST

/* The bound on the native stack rests on this. */
START_TEST(a_frame_over_its_bound_does_not_compile)
{
    static const char *const compilers[] = {"gcc", "clang"};
    char function[200];
    struct bytes text = {0};
    char path[512];

    if (!native_build_can(compilers[_i])) {
        printf("SKIPPED: there is no %s\n", compilers[_i]);
        return;
    }
    for (int size = 1500; size <= 2500; size += 1000) {
        native_put_prologue(&text);
        (void)snprintf(function, sizeof function,
                       "void frame(void (*use)(char *)) { char all[%d]; use(all); }\n", size);
        bytes_append(&text, function, strlen(function));
        ck_assert_int_eq(native_build_text(&text, compilers[_i], NULL, path), size == 1500);
        bytes_clear(&text);
    }
    bytes_fini(&text);
}
END_TEST

static void *run_on_small_stack(void *context)
{
    struct guest *guest = context;
    const uint64_t args[1] = {1000};
    uint64_t result = 0;
    struct fault fault;
    uint32_t function;

    ck_assert_int_eq(engine_code_export(guest->code, "depth", "i", 'i', &function, &fault), ST_OK);
    ck_assert(!native_has(&guest->instance, function));
    guest->instance.fuel = FUEL;
    ck_assert_int_eq(engine_run(&guest->instance, guest->stack, function, args, &result),
                     ENGINE_DONE);
    ck_assert_uint_eq(result, 1000);
    return NULL;
}

START_TEST(a_thread_with_too_little_stack_runs_tier_0)
{
    struct twins twins = twins_open("native.wasm", "cc", NULL);
    pthread_attr_t attributes;
    pthread_t thread;
    uint32_t function;
    struct fault fault;

    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, 1024 * 1024), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run_on_small_stack, twins.tiers[1]), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    (void)pthread_attr_destroy(&attributes); /* cannot fail once it was made */
    ck_assert_int_eq(engine_code_export(twins.tiers[1]->code, "depth", "i", 'i', &function, &fault),
                     ST_OK);
    ck_assert(native_has(&twins.tiers[1]->instance, function));
    engine_code_use_native(twins.tiers[1]->code, NULL);
    ck_assert(!native_has(&twins.tiers[1]->instance, function));
    twins_free(&twins);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine native");
    TCase *tcase = tcase_create("native");

    if (!native_build_can("cc")) {
        printf("SKIPPED: there is no cc, so there is no tier 1\n");
        return 77;
    }
    tcase_set_timeout(tcase, 50);
    tcase_add_loop_test(tcase, both_tiers_do_the_same_and_stop_at_the_same_word, 0, 3);
    tcase_add_test(tcase, another_size_than_the_objects_runs_in_tier_0);
    tcase_add_test(tcase, every_operator_is_the_same_in_both_tiers);
    tcase_add_loop_test(tcase, compilers_and_levels_agree, 0,
                        (int)(sizeof builds / sizeof builds[0]));
    tcase_add_test(tcase, the_text_depends_on_nothing_but_the_code);
    tcase_add_test(tcase, no_name_of_the_module_reaches_the_text);
    tcase_add_test(tcase, what_takes_a_compiler_too_long_is_refused_and_runs_in_tier_0);
    tcase_add_test(tcase, an_object_of_other_code_is_refused);
    tcase_add_loop_test(tcase, an_object_that_would_do_more_than_lie_there_is_refused, 0,
                        (int)(sizeof foreign / sizeof foreign[0]));
    tcase_add_test(tcase, a_damaged_object_is_refused_or_loads_unharmed);
    tcase_add_loop_test(tcase, a_frame_over_its_bound_does_not_compile, 0, 2);
    tcase_add_test(tcase, a_thread_with_too_little_stack_runs_tier_0);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
