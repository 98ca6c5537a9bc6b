/* Modules that mean harm: each is refused, trapped or charged, and takes no longer than it may. */
#define _GNU_SOURCE /* memmem() */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/code.h"
#include "engine/inspect.h"
#include "engine/native.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"
#include "tests/engine/harms.h"
#include "tests/engine/hostile.h"
#include "tests/engine/native_build.h"

/* How much longer a build with sanitizers may take. */
#ifdef __SANITIZE_ADDRESS__
#define CHECK_SLOWNESS 20.0
#else
#define CHECK_SLOWNESS 1.0
#endif

static double processor_s(void)
{
    struct timespec time;

    ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct engine_code *load(const struct hostile *hostile, struct bytes *wasm,
                                struct fault *fault)
{
    struct engine_code *code = NULL;

    hostile->make(wasm);
    ck_assert(!wasm->failed);
    if (engine_code_new(&code, wasm->data, wasm->size, &guest_imports, fault) != ST_OK)
        ck_assert_ptr_null(code);
    return code;
}

/*
 * What is refused says why.  The time is 20 times that of the worst of them and far below what
 * anything of higher order than the size would take: the bench `hostile` has the figures.
 */
START_TEST(a_hostile_module_is_refused_by_name_or_loads_in_time)
{
    const struct hostile *hostile = &hostile_modules[_i];
    struct fault fault = {.text = ""};
    struct bytes wasm = {0};
    double start = processor_s();
    struct engine_code *code = load(hostile, &wasm, &fault);
    double passed = processor_s() - start;

    if (hostile->refused == NULL)
        ck_assert_msg(code != NULL, "%s: %s", hostile->name, fault.text);
    else
        ck_assert_msg(code == NULL && strstr(fault.text, hostile->refused) != NULL, "%s: %s",
                      hostile->name, code == NULL ? fault.text : "taken");
    ck_assert_msg(passed < 0.5 * CHECK_SLOWNESS, "%s: %.2f s", hostile->name, passed);
    if (code != NULL) {
        ck_assert_uint_le(engine_code_bytes(code), 40 * wasm.size + 4096 * 16);
        ck_assert(code->words != NULL && code->places != NULL); /* if there are none, too */
    }
    engine_code_free(code);
    bytes_fini(&wasm);
}
END_TEST

static bool same_words(const struct engine_code *a, const struct engine_code *b)
{
    return a->words_count == b->words_count && a->places_count == b->places_count &&
           memcmp(a->words, b->words, a->words_count * sizeof *a->words) == 0 &&
           memcmp(a->places, b->places, a->places_count * sizeof *a->places) == 0;
}

/* Refused with operands on its stack that stand for a local: what the scratch knows of them stays.
 */
static void refused_half_way(struct bytes *out)
{
    static const uint8_t code[] = {0x20, 0, 0x20, 0, 0x20, 0, 0x6a, 0xff};
    const struct program program = {.params = "i", .code = code, .size = sizeof code};

    assemble(out, &program);
}

/* The scratch that modules are compiled in is one after another's. */
START_TEST(what_a_module_becomes_does_not_depend_on_the_one_before)
{
    /* A local that is set while operands may stand for it. */
    static const uint8_t setting[] = {0x20, 0, 0x41, 1, 0x6a, 0x21, 0, 0x20, 0, 0x1a};
    const struct program program = {.params = "i", .code = setting, .size = sizeof setting};
    struct engine_code *first = NULL;
    struct bytes wasm = {0};
    struct bytes other = {0};

    assemble(&wasm, &program);
    ck_assert_int_eq(engine_code_new(&first, wasm.data, wasm.size, &guest_imports, NULL), ST_OK);
    for (size_t i = 0; i <= hostile_count; i++) {
        struct engine_code *between = NULL;
        struct engine_code *again = NULL;

        bytes_clear(&other);
        if (i < hostile_count)
            hostile_modules[i].make(&other);
        else
            refused_half_way(&other);
        (void)!engine_code_new(&between, other.data, other.size, &guest_imports, NULL);
        engine_code_free(between);
        ck_assert_int_eq(engine_code_new(&again, wasm.data, wasm.size, &guest_imports, NULL),
                         ST_OK);
        ck_assert(same_words(first, again));
        engine_code_free(again);
    }
    engine_code_free(first);
    bytes_fini(&other);
    bytes_fini(&wasm);
}
END_TEST

/* The compiler sees our words and numbers, whatever the module's names are. */
START_TEST(no_letter_of_a_hostile_module_reaches_the_compiler)
{
    const struct hostile *hostile = &hostile_modules[_i];
    struct fault fault = {.text = ""};
    struct bytes wasm = {0};
    struct bytes text = {0};
    struct engine_code *code = load(hostile, &wasm, &fault);

    if (wasm.size > 20000) {
        /* Its text is megabytes of the same, and it has no names. */
    } else if (code != NULL && engine_native_emit(code, &text, &fault) == ST_OK) {
        ck_assert_ptr_null(memmem(text.data, text.size, HOSTILE_WORD, strlen(HOSTILE_WORD)));
        for (size_t i = 0; i < text.size; i++)
            ck_assert(text.data[i] == '\n' || (text.data[i] >= ' ' && text.data[i] <= '~'));
    } else if (code != NULL) {
        ck_assert_int_eq(fault.status, ST_INVALID); /* tier 1 alone refuses it */
        ck_assert_uint_gt(strlen(fault.text), 0);
    }
    engine_code_free(code);
    bytes_fini(&text);
    bytes_fini(&wasm);
}
END_TEST

static const struct hostile *named(const char *name)
{
    for (size_t i = 0; i < hostile_count; i++)
        if (strcmp(hostile_modules[i].name, name) == 0)
            return &hostile_modules[i];
    ck_abort_msg("there is no hostile module \"%s\"", name);
    return NULL;
}

START_TEST(names_that_are_c_are_shown_in_plain_letters_and_compile)
{
    struct bytes wasm = {0};
    struct fault fault = {.text = ""};
    struct engine_code *code = load(named("names that are C"), &wasm, &fault);
    struct engine_native *native;

    ck_assert_ptr_nonnull(code);
    for (uint32_t i = 0; i < engine_code_functions(code); i++) {
        struct engine_function function;

        engine_code_function(code, i, &function);
        ck_assert_ptr_nonnull(function.name);
        for (const char *at = function.name; *at != '\0'; at++)
            ck_assert(*at >= ' ' && *at <= '~');
    }
    if (native_build_can("cc")) {
        native = native_build(code, "cc", NULL);
        ck_assert_ptr_nonnull(native);
        engine_native_free(native);
    }
    engine_code_free(code);
    bytes_fini(&wasm);
}
END_TEST

/* ---- running ---- */

START_TEST(a_hostile_run_is_trapped_or_charged)
{
    const struct harm *harm = &hostile_harms[_i];
    struct program program = harm->program;
    struct bytes wasm = {0};
    struct guest *guest;
    double start = processor_s();

    program.params = "";
    assemble(&wasm, &program);
    guest = guest_new(wasm.data, wasm.size);
    ck_assert_msg(guest_run(guest, "f", "", 0, NULL, harm->budget, NULL) == harm->outcome, "%s",
                  harm->name);
    ck_assert_uint_le(guest->used, harm->budget);
    if (harm->used != 0)
        ck_assert_msg(guest->used == harm->used, "%s: %llu fuel", harm->name,
                      (unsigned long long)guest->used);
    ck_assert_msg(processor_s() - start < 2.0 * CHECK_SLOWNESS, "%s is slow", harm->name);
    guest_free(guest);
    bytes_fini(&wasm);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile modules");
    TCase *tcase = tcase_create("hostile");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_hostile_module_is_refused_by_name_or_loads_in_time, 0,
                        (int)hostile_count);
    tcase_add_test(tcase, what_a_module_becomes_does_not_depend_on_the_one_before);
    tcase_add_loop_test(tcase, no_letter_of_a_hostile_module_reaches_the_compiler, 0,
                        (int)hostile_count);
    tcase_add_test(tcase, names_that_are_c_are_shown_in_plain_letters_and_compile);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("runs"); /* in both tiers */
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_hostile_run_is_trapped_or_charged, 0, (int)hostile_harm_count);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
