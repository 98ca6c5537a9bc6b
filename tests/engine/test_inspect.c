/* What tools are told of a module, its text, names and backtraces. */
#include "engine/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

#define BYTES_OF(...)                                                                              \
    .code = (const uint8_t[]){__VA_ARGS__}, .size = sizeof((const uint8_t[]){__VA_ARGS__})

enum { IMPORTS = 4, F = 4, TEXT_BYTES = 4096 };

static void section(struct bytes *out, uint8_t id, const uint8_t *body, size_t size)
{
    put_section(out, id, body, size);
}

/* A name section that says what `names` says of function `first` and those that follow it. */
static void put_names(struct bytes *out, uint32_t first, const char *const *names, uint32_t count)
{
    struct bytes body = {0};
    struct bytes map = {0};

    put_name(&body, "name");
    put_u32(&map, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(&map, first + i);
        put_name(&map, names[i]);
    }
    put_byte(&body, 1);
    put_u32(&body, (uint32_t)map.size);
    bytes_append(&body, map.data, map.size);
    section(out, 0, body.data, body.size);
    bytes_fini(&body);
    bytes_fini(&map);
}

static struct guest *guest_of(struct bytes *module, const struct program *program,
                              const char *const *names, uint32_t count)
{
    assemble(module, program);
    if (count > 0)
        put_names(module, F, names, count);
    return guest_new(module->data, module->size);
}

/* ---- functions ---- */

static struct engine_function function_of(const struct program *program)
{
    struct bytes module = {0};
    struct guest *guest = guest_of(&module, program, NULL, 0);
    struct engine_function function;

    ck_assert_uint_eq(engine_code_functions(guest->code), IMPORTS + 1);
    ck_assert_uint_eq(engine_code_imports(guest->code), IMPORTS);
    engine_code_function(guest->code, F, &function);
    ck_assert(!function.imported);
    ck_assert_ptr_null(function.name);
    guest_free(guest);
    bytes_fini(&module);
    return function;
}

START_TEST(a_function_is_described)
{
    struct engine_function function =
        function_of(&(struct program){.params = "ilfd",
                                      .result = 'd',
                                      .locals = 3,
                                      /* get 3; block: const, drop; end */
                                      BYTES_OF(0x20, 3, 0x02, 0x40, 0x41, 0, 0x1a, 0x0b)});

    ck_assert_str_eq(function.params, "ilfd");
    ck_assert_int_eq(function.result, 'd');
    ck_assert_uint_eq(function.locals, 7);
    ck_assert_uint_eq(function.operands, 2);
    ck_assert_uint_eq(function.cells, 9);
    ck_assert_uint_eq(function.blocks, 1);
    ck_assert_uint_eq(function.body_bytes, 3 + 8 + 1);
    ck_assert_uint_eq(function.straight_fuel, 4 + 1 + 1);
}
END_TEST

START_TEST(an_import_is_described)
{
    struct guest *guest = guest_open("semantics.wasm");
    struct engine_function function;

    engine_code_function(guest->code, 0, &function);
    ck_assert(function.imported);
    ck_assert_int_eq(function.result, 'l');
    ck_assert_uint_eq(function.cells, 0);
    ck_assert_uint_lt(engine_code_import_order(guest->code, 0), guest_imports.count);
    guest_free(guest);
}
END_TEST

static uint64_t straight(const uint8_t *code, size_t size)
{
    return function_of(&(struct program){.params = "i", .code = code, .size = size}).straight_fuel -
           4;
}

START_TEST(the_straight_path_takes_no_branch_but_every_if)
{
    /* br_if 0 by a local: not taken. */
    ck_assert_uint_eq(straight(BYTES(0x20, 0, 0x0d, 0, 0x41, 0, 0x1a)), 2 + 1);
    /* if: its first arm of 1, not the other of 2. */
    ck_assert_uint_eq(straight(BYTES(0x20, 0, 0x04, 0x40, 0x41, 0, 0x1a, 0x05, 0x41, 0, 0x1a, 0x41,
                                     0, 0x1a, 0x0b)),
                      2 + 1);
    /* Both arms empty, and something behind. */
    ck_assert_uint_eq(
        straight(BYTES(0x20, 0, 0x04, 0x40, 0x05, 0x41, 0, 0x1a, 0x0b, 0x41, 0, 0x1a)), 2 + 1);
    /* A br_if with a value that must be moved: const 7, local, br_if 0, drop. */
    ck_assert_uint_eq(straight(BYTES(0x02, 0x7f, 0x20, 0, 0x41, 7, 0x20, 0, 0x0d, 0, 0x1a, 0x0b,
                                     0x1a, 0x41, 0, 0x1a)),
                      4 + 1);
    /* br leaves out what stands behind it; a loop runs once. */
    ck_assert_uint_eq(straight(BYTES(0x02, 0x40, 0x0c, 0, 0x41, 0, 0x1a, 0x0b, 0x41, 0, 0x1a)), 2);
    ck_assert_uint_eq(straight(BYTES(0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b)), 1 + 2);
    ck_assert_uint_eq(straight(BYTES(0x03, 0x40, 0x0c, 0, 0x0b)), 1 + 1);
    /* br_table: its default, the outer block; the inner one leads to 1 more. */
    ck_assert_uint_eq(straight(BYTES(0x02, 0x40, 0x02, 0x40, 0x20, 0, 0x0e, 1, 0, 1, 0x0b, 0x41, 0,
                                     0x1a, 0x0b, 0x41, 0, 0x1a)),
                      3 + 1);
    ck_assert_uint_eq(straight(BYTES(0x00, 0x41, 0, 0x1a)), 1);
}
END_TEST

/* ---- exports and the rest ---- */

START_TEST(exports_globals_and_memory_are_told)
{
    struct guest *guest = guest_open("semantics.wasm");
    uint32_t found = 0;
    uint32_t index;
    bool is_mutable = false;

    for (uint32_t i = 0; i < engine_code_exports(guest->code); i++) {
        struct engine_export export;

        engine_code_export_at(guest->code, i, &export);
        ck_assert_int_eq(engine_code_find_export(guest->code, export.name, export.name_bytes,
                                                 export.kind, &index),
                         ST_OK);
        ck_assert_uint_eq(index, export.index);
        found += export.name_bytes == 4 && memcmp(export.name, "host", 4) == 0;
    }
    ck_assert_uint_eq(found, 1);
    ck_assert_int_eq(engine_code_find_export(guest->code, "host", 4, ENGINE_KIND_MEMORY, &index),
                     ST_MISSING);
    ck_assert_int_eq(engine_code_find_export(guest->code, "hos", 3, ENGINE_KIND_FUNCTION, &index),
                     ST_MISSING);
    ck_assert(engine_code_has_memory(guest->code));
    ck_assert_uint_gt(engine_code_table_entries(guest->code), 0);
    ck_assert_int_ne(engine_code_global_type(guest->code, 0, &is_mutable), 0);
    ck_assert_int_ne(engine_code_global_type(guest->code, 0, NULL), 0);
    guest_free(guest);
}
END_TEST

START_TEST(a_function_with_floats_is_found_by_its_signature)
{
    struct bytes module = {0};
    struct fault fault = {.text = ""};
    struct guest *guest;
    uint32_t function = 0;

    guest = guest_of(&module, &(struct program){.params = "fd", .result = 'f', BYTES_OF(0x20, 0)},
                     NULL, 0);
    ck_assert_int_eq(engine_code_export(guest->code, "f", "fd", 'f', &function, &fault), ST_OK);
    ck_assert_uint_eq(function, F);
    ck_assert_int_eq(engine_code_export(guest->code, "f", "df", 'f', &function, &fault),
                     ST_INVALID);
    ck_assert_int_eq(engine_code_export(guest->code, "f", "fd", 'd', &function, &fault),
                     ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "and return f64"));
    guest_free(guest);
    bytes_fini(&module);
}
END_TEST

START_TEST(blocks_are_walked_in_order_and_sum_to_what_a_run_costs)
{
    struct bytes module = {0};
    /* get, if, const, drop, end, const, drop */
    struct guest *guest = guest_of(
        &module,
        &(struct program){.params = "i",
                          BYTES_OF(0x20, 0, 0x04, 0x40, 0x41, 0, 0x1a, 0x0b, 0x41, 0, 0x1a)},
        NULL, 0);
    struct engine_function function;
    struct engine_block block = {.offset = 0};
    uint32_t offsets[4];
    uint32_t fuel[4];
    uint32_t count = 0;

    engine_code_function(guest->code, F, &function);
    for (uint32_t at = 0; engine_code_next_block(guest->code, at, &block); at = block.offset + 1) {
        ck_assert_uint_lt(count, 4);
        offsets[count] = block.offset;
        fuel[count++] = block.fuel;
    }
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(function.blocks, 3);
    ck_assert_uint_eq(offsets[0], function.body_offset);
    ck_assert_uint_eq(offsets[1], function.body_offset + 1 + 4);
    ck_assert_uint_eq(offsets[2], function.body_offset + 1 + 8);
    ck_assert_uint_eq(fuel[0], 4 + 2);
    ck_assert_uint_eq(fuel[1], 1);
    ck_assert_uint_eq(fuel[2], 1);
    guest_free(guest);
    bytes_fini(&module);
}
END_TEST

/* ---- text ---- */

struct collected {
    char text[TEXT_BYTES];
    size_t used;
    uint32_t offset;
    uint32_t lines;
    uint32_t lines_max;
};

static bool collect(void *context, const struct engine_line *line)
{
    struct collected *to = context;

    /* Lines follow each other without a gap. */
    ck_assert(to->lines == 0 || line->offset == to->offset);
    to->offset = line->offset + line->size;
    to->used += (size_t)snprintf(to->text + to->used, sizeof to->text - to->used, "%u:%u:%s\n",
                                 line->depth, line->fuel, line->text);
    ck_assert_uint_lt(to->used, sizeof to->text);
    return ++to->lines != to->lines_max;
}

static void check_text(const struct program *program, const char *expected)
{
    struct bytes module = {0};
    struct guest *guest = guest_of(&module, program, (const char *const[]){"its name"}, 1);
    struct collected text = {.lines_max = 0};

    ck_assert_int_eq(engine_disassemble(guest->code, F, module.data, module.size, collect, &text),
                     ST_OK);
    ck_assert_str_eq(text.text, expected);
    text = (struct collected){.lines_max = 1};
    ck_assert_int_eq(engine_disassemble(guest->code, F, module.data, module.size, collect, &text),
                     ST_OK);
    ck_assert_uint_eq(text.lines, 1);
    /* Other bytes: no harm. */
    for (size_t size = 0; size < module.size; size++) {
        text = (struct collected){.lines_max = 0};
        (void)!engine_disassemble(guest->code, F, module.data, size, collect, &text);
    }
    guest_free(guest);
    bytes_fini(&module);
}

START_TEST(a_function_is_shown_as_text)
{
    check_text(&(struct program){.params = "i",
                                 .locals = 2,
                                 .memory = true,
                                 .table = true,
                                 BYTES_OF(0x20, 0, 0x04, 0x40, 0x41, 0x7f, 0x28, 2, 8, 0x1a, 0x05,
                                          0x42, 5, 0x1a, 0x0b, 0x02, 0x7c, 0x44, 0, 0, 0, 0, 0, 0,
                                          0xf8, 0x3f, 0x0b, 0x1a, 0x10, 2, 0x1a, 0x20, 0, 0x10, 4,
                                          0x03, 0x40, 0x41, 3, 0x0e, 2, 0, 1, 0, 0x0b)},
               "0:6:locals 2 i64\n"
               "0:0:local.get 0\n"
               "0:0:if\n"
               "1:3:i32.const -1\n"
               "1:0:i32.load offset=8 align=4\n"
               "1:0:drop\n"
               "0:0:else\n"
               "1:1:i64.const 5\n"
               "1:0:drop\n"
               "0:0:end\n"
               "0:0:block (result f64)\n"
               "1:1:f64.const 1.5\n"
               "0:0:end\n"
               "0:0:drop\n"
               "0:2:call 2\n"
               "0:0:drop\n"
               "0:3:local.get 0\n"
               "0:0:call 4 (its?name)\n"
               "0:4:loop\n"
               "1:0:i32.const 3\n"
               "1:0:br_table 0 1 0\n"
               "0:0:end\n"
               "0:0:end\n");
}
END_TEST

START_TEST(every_operator_of_the_profile_has_a_name)
{
    struct guest *guest = guest_open("kernels.wasm");
    size_t size = 0;
    uint8_t *bytes = guest_read_file("kernels.wasm", &size);

    for (uint32_t i = engine_code_imports(guest->code); i < engine_code_functions(guest->code);
         i++) {
        struct collected *text = calloc(1, sizeof *text);
        struct engine_function function;

        ck_assert_ptr_nonnull(text);
        text->lines_max = 100;
        ck_assert_int_eq(engine_disassemble(guest->code, i, bytes, size, collect, text), ST_OK);
        ck_assert_ptr_null(strstr(text->text, ":?"));
        engine_code_function(guest->code, i, &function);
        ck_assert_uint_gt(function.blocks, 0);
        ck_assert_uint_gt(function.straight_fuel, 0);
        free(text);
    }
    free(bytes);
    guest_free(guest);
}
END_TEST

/* ---- names ---- */

static const char *name_after(const uint8_t *section_body, size_t size, bool before_code)
{
    static char name[ENGINE_NAME_BYTES];
    struct bytes module = {0};
    struct bytes plain = {0};
    struct guest *guest;
    const char *found;

    assemble(&plain, &(struct program){.params = ""});
    bytes_append(&module, plain.data, 8);
    if (before_code)
        section(&module, 0, section_body, size);
    bytes_append(&module, plain.data + 8, plain.size - 8);
    if (!before_code)
        section(&module, 0, section_body, size);
    guest = guest_new(module.data, module.size);
    found = engine_function_name(guest->code, F);
    if (found != NULL)
        (void)snprintf(name, sizeof name, "%s", found);
    guest_free(guest);
    bytes_fini(&module);
    bytes_fini(&plain);
    return found == NULL ? NULL : name;
}
#define NAMED(...) name_after(BYTES(4, 'n', 'a', 'm', 'e', __VA_ARGS__), false)

START_TEST(names_are_kept_when_the_section_is_right_and_dropped_when_it_is_not)
{
    ck_assert_str_eq(NAMED(1, 4, 1, F, 1, 'a'), "a");
    /* Other subsections, before and behind. */
    ck_assert_str_eq(NAMED(0, 2, 1, 'm', 1, 4, 1, F, 1, 'a', 2, 1, 0), "a");
    /* What no terminal should see. */
    ck_assert_str_eq(NAMED(1, 9, 1, F, 6, 'a', 0x1b, '\n', ' ', 0xc3, 0xa9), "a?????");
    ck_assert_str_eq(NAMED(1, 7, 2, F, 1, 'a', F, 1, 'b'), "a"); /* the first one */
    ck_assert_ptr_null(NAMED(1, 4, 1, F + 1, 1, 'a'));           /* no such function */
    ck_assert_ptr_null(NAMED(1, 3, 1, F, 0));                    /* an empty name */
    ck_assert_ptr_null(NAMED(1, 4, 2, F, 1, 'a'));               /* too few */
    ck_assert_ptr_null(NAMED(1, 5, 1, F, 1, 'a', 0));            /* bytes left */
    ck_assert_ptr_null(NAMED(1, 9, 1, F, 1, 'a'));               /* longer than the section */
    ck_assert_ptr_null(NAMED(1, 4, 1, F, 9, 'a'));               /* a name that is */
    ck_assert_ptr_null(NAMED(1, 4, 1, F, 1, 'a', 2, 9));         /* a bad one behind a good one */
    ck_assert_ptr_null(name_after(BYTES(4, 'n', 'a', 'm', 'f', 1, 4, 1, F, 1, 'a'), false));
    ck_assert_ptr_null(name_after(BYTES(4, 'n', 'a', 'm', 'e', 1, 4, 1, F, 1, 'a'), true));
    ck_assert_ptr_null(name_after(BYTES(4, 'n', 'a', 'm', 'e'), false));
}
END_TEST

START_TEST(long_names_are_cut_and_their_sum_is_bounded)
{
    char name[201] = "";
    const char *names[600];
    struct bytes module = {0};
    struct guest *guest;

    memset(name, 'x', 200);
    for (size_t i = 0; i < 600; i++)
        names[i] = name;
    guest = guest_of(&module, &(struct program){.params = ""}, names, 600);
    ck_assert_uint_eq(strlen(engine_function_name(guest->code, F)), ENGINE_NAME_BYTES - 1);
    ck_assert_ptr_null(engine_function_name(guest->code, F + 1));
    ck_assert_uint_lt(engine_code_bytes(guest->code), 100000);
    guest_free(guest);
    bytes_fini(&module);
}
END_TEST

/* ---- backtraces ---- */

START_TEST(a_backtrace_names_the_trap_and_each_caller)
{
    struct bytes module = {0};
    /* f(n): if n == 0, trap; else f(n - 1) */
    struct guest *guest = guest_of(&module,
                                   &(struct program){.params = "i",
                                                     BYTES_OF(0x20, 0, 0x45, 0x04, 0x40, 0x00, 0x0b,
                                                              0x20, 0, 0x41, 1, 0x6b, 0x10, F)},
                                   NULL, 0);
    struct engine_function function;
    struct engine_frame frames[8];
    const uint64_t three[1] = {3};
    const uint64_t deep[1] = {100000};
    uint32_t at;
    uint32_t place;
    uint32_t depth = 9;
    bool native = getenv("ENGINE_TEST_TIER") != NULL;

    engine_code_function(guest->code, F, &function);
    ck_assert_int_eq(guest_run(guest, "f", "i", 0, three, 100000, NULL), ENGINE_TRAP_UNREACHABLE);
    engine_trap_place(guest->stack, &at, &place);
    ck_assert_uint_eq(place, function.body_offset + 1 + 5);
    ck_assert_uint_eq(engine_backtrace(guest->stack, frames, 8, &depth), native ? 1 : 4);
    ck_assert_uint_eq(frames[0].function, F);
    ck_assert_uint_eq(frames[0].offset, place);
    for (uint32_t i = 1; i < 4 && !native; i++) {
        ck_assert_uint_eq(frames[i].function, F);
        ck_assert_uint_eq(frames[i].offset, function.body_offset + 1 + 12);
    }
    ck_assert_uint_eq(depth, native ? 1 : 4);
    ck_assert_int_eq(guest_run(guest, "f", "i", 0, deep, 100000000, NULL), ENGINE_TRAP_STACK);
    ck_assert_uint_eq(engine_backtrace(guest->stack, frames, 2, &depth), native ? 1 : 2);
    ck_assert_uint_eq(depth, native ? 1 : 2048);
    ck_assert_uint_eq(frames[0].offset, function.body_offset + 1 + 12);
    guest_free(guest);
    bytes_fini(&module);
}
END_TEST

START_TEST(a_run_that_is_done_has_no_backtrace)
{
    struct guest *guest = guest_open("semantics.wasm");
    struct engine_frame frames[2];
    uint32_t depth = 9;

    (void)guest_run(guest, "trap", "", 0, NULL, 1000, NULL);
    ck_assert_uint_ge(engine_backtrace(guest->stack, frames, 2, &depth), 1);
    ck_assert_uint_eq(guest_call(guest, "fac", "l", 'l', 5, 0), 120);
    ck_assert_uint_eq(engine_backtrace(guest->stack, frames, 2, &depth), 0);
    ck_assert_uint_eq(depth, 0);
    guest_free(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine inspect");
    TCase *tcase = tcase_create("inspect");

    tcase_add_test(tcase, a_function_is_described);
    tcase_add_test(tcase, an_import_is_described);
    tcase_add_test(tcase, the_straight_path_takes_no_branch_but_every_if);
    tcase_add_test(tcase, exports_globals_and_memory_are_told);
    tcase_add_test(tcase, a_function_with_floats_is_found_by_its_signature);
    tcase_add_test(tcase, blocks_are_walked_in_order_and_sum_to_what_a_run_costs);
    tcase_add_test(tcase, a_function_is_shown_as_text);
    tcase_add_test(tcase, every_operator_of_the_profile_has_a_name);
    tcase_add_test(tcase, names_are_kept_when_the_section_is_right_and_dropped_when_it_is_not);
    tcase_add_test(tcase, long_names_are_cut_and_their_sum_is_bounded);
    tcase_add_test(tcase, a_backtrace_names_the_trap_and_each_caller);
    tcase_add_test(tcase, a_run_that_is_done_has_no_backtrace);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
