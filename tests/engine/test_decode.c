/* What is refused, one by one and by name; and what a decoded module can be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

static void must_refuse(const struct bytes *module, const char *says)
{
    struct engine_code *code = (struct engine_code *)1;
    struct fault fault = {.status = ST_OK};

    ck_assert(!module->failed);
    ck_assert_int_eq(engine_code_new(&code, module->data, module->size, &guest_imports, &fault),
                     ST_INVALID);
    ck_assert_ptr_null(code);
    ck_assert_msg(strstr(fault.text, says) != NULL, "\"%s\" does not say \"%s\"", fault.text, says);
    ck_assert_msg(strstr(fault.text, ", at byte 0x") != NULL, "%s: where?", fault.text);
}

static void must_accept(const struct bytes *module)
{
    struct fault fault = {.status = ST_OK};
    struct engine_code *code = NULL;

    ck_assert_msg(engine_code_new(&code, module->data, module->size, &guest_imports, &fault) ==
                      ST_OK,
                  "%s", fault.text);
    engine_code_free(code);
}

/* ---- bodies ---- */

static const struct {
    const char *says; /* NULL: accepted */
    const char *params;
    char result;
    const uint8_t *code;
    size_t size;
} bodies[] = {
    /* outside the profile */
    {"simd is outside", "", 0, BYTES(0xfd, 0x0c)},
    {"threads is outside", "", 0, BYTES(0xfe, 0x00)},
    {"garbage collection", "", 0, BYTES(0xfb, 0x00)},
    {"reference types", "", 0, BYTES(0xd0, 0x70, 0x1a)},
    {"reference types", "", 0, BYTES(0x41, 0, 0x25, 0, 0x1a)},
    {"reference types", "", 0, BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0x1c, 1, 0x7f, 0x1a)},
    {"multi-value", "", 0, BYTES(0x02, 0x00, 0x0b)},
    {"simd", "", 0, BYTES(0x02, 0x7b, 0x00, 0x0b, 0x1a)},
    {"reference types", "", 0, BYTES(0x02, 0x70, 0x00, 0x0b, 0x1a)},
    {"passive data segment", "", 0, BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0)},
    {"passive data segment", "", 0, BYTES(0xfc, 9, 0)},
    {"table mutation", "", 0, BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 0)},
    {"unknown operator 0xfc 18", "", 0, BYTES(0xfc, 18)},
    {"unknown operator 0xff", "", 0, BYTES(0xff)},
    {"tail call", "", 0, BYTES(0x12, 0)},
    {"exception handling", "", 0, BYTES(0x06, 0x40, 0x0b)},
    {"multi-memory", "", 'i', BYTES(0x3f, 1)},
    {"multi-memory", "", 0, BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 1)},
    {"second table", "", 0, BYTES(0x41, 0, 0x11, 0, 1)},
    /* not valid */
    {"an operand is missing", "", 0, BYTES(0x1a)},
    {"an operand is missing", "", 'i', BYTES(0x41, 0, 0x6a)},
    {"an operand is missing", "", 'i', BYTES(0x01)},
    {"an operand is missing", "", 0, BYTES(0x41, 0, 0x02, 0x40, 0x1a, 0x0b)},
    {"type i64 where i32 is needed", "", 'i', BYTES(0x42, 0)},
    {"type f32 where f64 is needed", "", 'd', BYTES(0x43, 0, 0, 0, 0, 0x9f)},
    {"type i32 where i64 is needed", "", 'i', BYTES(0x41, 0, 0x42, 0, 0x41, 0, 0x1b)},
    {"1 operands are left", "", 0, BYTES(0x41, 0)},
    {"1 operands are left", "", 0, BYTES(0x02, 0x40, 0x41, 0, 0x0b)},
    {"no block 2 to branch to", "", 0, BYTES(0x02, 0x40, 0x0c, 2, 0x0b)},
    {"else without if", "", 0, BYTES(0x05)},
    {"else without if", "", 0, BYTES(0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b)},
    {"has no else", "", 'i', BYTES(0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b)},
    {"labels of several types", "", 'i',
     BYTES(0x02, 0x40, 0x41, 1, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x41, 0)},
    {"no block 9", "", 0, BYTES(0x41, 0, 0x0e, 1, 0, 9)},
    {"no local 1", "l", 0, BYTES(0x20, 1, 0x1a)},
    {"no global 2", "", 0, BYTES(0x23, 2, 0x1a)},
    {"global 1 is constant", "", 0, BYTES(0x42, 0, 0x24, 1)},
    {"no function 5", "", 0, BYTES(0x10, 5)},
    {"no type 5", "", 0, BYTES(0x41, 0, 0x11, 5, 0)},
    {"alignment larger", "", 0, BYTES(0x41, 0, 0x28, 3, 0, 0x1a)},
    {"alignment larger", "", 0, BYTES(0x41, 0, 0x28, 0x40, 0, 0x1a)},
    {"ends too soon", "", 0, BYTES(0x41)},
    {"bytes are left after the end", "", 0, BYTES(0x0b, 0x01)},
    {"stray bits", "", 0, BYTES(0x41, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a)},
    {"0x41 is no value type", "", 0, BYTES(0x02, 0x41, 0x0b)},
    {"type i32 where i64 is needed", "", 0, BYTES(0x00, 0x41, 0, 0x42, 0, 0x7c, 0x6a, 0x1a)},
    {"type i32 where i64 is needed", "", 0, BYTES(0x41, 0, 0x24, 0)},
    {"type i32 where i64 is needed", "", 0, BYTES(0x41, 0, 0x41, 0, 0x10, 0, 0x1a)},
    /* valid, though it may not look so */
    {NULL, "", 'i', BYTES(0x00)},
    {NULL, "", 'i', BYTES(0x00, 0x6a)},
    {NULL, "", 0, BYTES(0x00, 0x1b, 0x1a)},
    {NULL, "", 0, BYTES(0x0c, 0, 0x6a, 0x1a)},
    {NULL, "", 'l', BYTES(0x00, 0x41, 0, 0x1b)},
    {NULL, "", 'i', BYTES(0x02, 0x7f, 0x41, 1, 0x0c, 0, 0x0b)},
    {NULL, "", 'i', BYTES(0x03, 0x7f, 0x0c, 0, 0x0b)},
    {NULL, "", 0, BYTES(0x0f, 0x02, 0x40, 0x0c, 0, 0x0b)},
    {NULL, "", 0, BYTES(0x00, 0x41, 0, 0x0e, 0, 0)},
};

START_TEST(a_body_is_refused_by_name)
{
    struct bytes module = {0};

    assemble(&module, &(struct program){.params = bodies[_i].params,
                                        .result = bodies[_i].result,
                                        .code = bodies[_i].code,
                                        .size = bodies[_i].size,
                                        .memory = true,
                                        .table = true});
    if (bodies[_i].says == NULL)
        must_accept(&module);
    else
        must_refuse(&module, bodies[_i].says);
    bytes_fini(&module);
}
END_TEST

START_TEST(memory_and_table_operators_need_a_memory_and_a_table)
{
    const struct {
        const uint8_t *code;
        size_t size;
    } programs[] = {{BYTES(0x41, 0, 0x28, 0, 0, 0x1a)},
                    {BYTES(0x41, 0, 0x41, 0, 0x36, 0, 0)},
                    {BYTES(0x3f, 0, 0x1a)},
                    {BYTES(0x41, 0, 0x40, 0, 0x1a)},
                    {BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0)},
                    {BYTES(0x41, 0, 0x11, 0, 0)}};
    struct bytes module = {0};

    for (size_t i = 0; i < 6; i++) {
        assemble(&module, &(struct program){
                              .params = "", .code = programs[i].code, .size = programs[i].size});
        must_refuse(&module, "in a module without");
    }
    bytes_fini(&module);
}
END_TEST

START_TEST(a_refusal_names_the_byte)
{
    struct engine_code *code;
    struct fault fault;
    struct bytes module = {0};
    char says[64];

    assemble(&module, &(struct program){
                          .params = "", .code = (const uint8_t[]){0x01, 0xfd, 0x0c}, .size = 3});
    ck_assert_int_eq(engine_code_new(&code, module.data, module.size, &guest_imports, &fault),
                     ST_INVALID);
    /* The body ends the module: nop, simd, its number, end. */
    (void)snprintf(says, sizeof says, "simd is outside the profile, at byte 0x%zx",
                   module.size - 3);
    ck_assert_str_eq(fault.text, says);
    bytes_fini(&module);
}
END_TEST

/* ---- sections ---- */

/* Sections after the header, by their bytes. */
static const struct {
    const char *says;
    const uint8_t *bytes;
    size_t size;
} sections[] = {
    {NULL, BYTES(0, 1, 0)}, /* a custom section of no name */
    {NULL, BYTES(1, 4, 1, 0x60, 0, 0)},
    {NULL, BYTES(5, 4, 1, 1, 1, 2)},
    {NULL, BYTES(4, 4, 1, 0x70, 0, 2)},
    {NULL, BYTES(5, 4, 1, 1, 1, 2, 11, 8, 1, 0, 0x41, 0, 0x0b, 2, 'h', 'i')},
    {"unknown section 14", BYTES(14, 0)},
    {NULL, BYTES(12, 1, 0)}, /* a data count of no segments, and none are there */
    {NULL, BYTES(5, 4, 1, 1, 1, 2, 12, 1, 1, 11, 8, 1, 0, 0x41, 0, 0x0b, 2, 'h', 'i')},
    {NULL, BYTES(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 12, 1, 0, 10, 4, 1, 2, 0, 0x0b)},
    {"a data count of 1, and 0 data segments, at byte 0x8", BYTES(12, 1, 1)},
    {"a data count of 4294967295, and 0 data segments", BYTES(12, 5, 0xff, 0xff, 0xff, 0xff, 0x0f)},
    {"a data count of 2, and 1 data segments, at byte 0xe",
     BYTES(5, 4, 1, 1, 1, 2, 12, 1, 2, 11, 8, 1, 0, 0x41, 0, 0x0b, 2, 'h', 'i')},
    {"a data count of 0, and 1 data segments",
     BYTES(5, 4, 1, 1, 1, 2, 12, 1, 0, 11, 8, 1, 0, 0x41, 0, 0x0b, 2, 'h', 'i')},
    {"section 12 is repeated or out of order", BYTES(12, 1, 0, 12, 1, 0)},
    {"section 12 is repeated or out of order", /* behind the code */
     BYTES(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b, 12, 1, 0)},
    {"section 9 is repeated or out of order", BYTES(12, 1, 0, 9, 1, 0)},
    {"bytes are left at the end of section 12", BYTES(12, 2, 0, 0)},
    {"ends too soon", BYTES(12, 0)},
    {"tag section", BYTES(13, 1, 0)},
    {"start function", BYTES(1, 4, 1, 0x60, 0, 0, 8, 1, 0)},
    {"repeated or out of order", BYTES(5, 1, 0, 5, 1, 0)},
    {"repeated or out of order", BYTES(5, 1, 0, 4, 1, 0)},
    {"longer than the module", BYTES(5, 9, 0)},
    {"bytes are left at the end of section 5", BYTES(5, 2, 0, 0)},
    {"ends too soon", BYTES(5, 0)},
    {"not UTF-8", BYTES(0, 2, 1, 0xff)},
    {"form 0x5f", BYTES(1, 4, 1, 0x5f, 0, 0)},
    {"multi-value (2 results)", BYTES(1, 6, 1, 0x60, 0, 2, 0x7f, 0x7f)},
    {"simd", BYTES(1, 5, 1, 0x60, 1, 0x7b, 0)},
    {"reference types", BYTES(1, 5, 1, 0x60, 1, 0x6f, 0)},
    {"0x40 is no value type", BYTES(1, 5, 1, 0x60, 1, 0x40, 0)},
    {"the memory has no maximum", BYTES(5, 3, 1, 0, 1)},
    {"maximum of 257 pages", BYTES(5, 5, 1, 1, 1, 0x81, 2)},
    {"below the minimum", BYTES(5, 4, 1, 1, 2, 1)},
    {"shared memory (threads)", BYTES(5, 4, 1, 3, 1, 2)},
    {"memory64", BYTES(5, 4, 1, 5, 1, 2)},
    {"unknown limits", BYTES(5, 4, 1, 8, 1, 2)},
    {"second memory", BYTES(5, 7, 2, 1, 1, 2, 1, 1, 2)},
    {"second table", BYTES(4, 7, 2, 0x70, 0, 2, 0x70, 0, 2)},
    {"reference types", BYTES(4, 4, 1, 0x6f, 0, 2)},
    {"table of 16385 entries", BYTES(4, 6, 1, 0x70, 0, 0x81, 0x80, 1)},
    {"there is no type 0", BYTES(3, 2, 1, 0)},
    {"1 functions have no bodies", BYTES(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0)},
    {"1 function bodies for 0 functions", BYTES(10, 4, 1, 2, 0, 0x0b)},
    {"outside the initial memory", BYTES(5, 4, 1, 1, 0, 2, 11, 7, 1, 0, 0x41, 0, 0x0b, 1, 'h')},
    {"outside the initial memory",
     BYTES(5, 4, 1, 1, 1, 2, 11, 8, 1, 0, 0x41, 0x7f, 0x0b, 2, 'h', 'i')},
    {"without memory", BYTES(11, 6, 1, 0, 0x41, 0, 0x0b, 0)},
    {"passive data", BYTES(5, 4, 1, 1, 1, 2, 11, 4, 1, 1, 1, 'h')},
    {"data segment of form 2", BYTES(5, 4, 1, 1, 1, 2, 11, 7, 1, 2, 0, 0x41, 0, 0x0b, 0)},
    {"passive element", BYTES(4, 4, 1, 0x70, 0, 2, 9, 4, 1, 1, 0, 0)},
    {"element segment of form 2", BYTES(4, 4, 1, 0x70, 0, 2, 9, 4, 1, 2, 0, 0)},
    {"without a table", BYTES(9, 6, 1, 0, 0x41, 0, 0x0b, 0)},
    {"outside the table", BYTES(4, 4, 1, 0x70, 0, 2, 9, 6, 1, 0, 0x41, 3, 0x0b, 0)},
    {"no function 0", BYTES(4, 4, 1, 0x70, 0, 2, 9, 7, 1, 0, 0x41, 1, 0x0b, 1, 0)},
    {"is no constant of the profile", BYTES(6, 6, 1, 0x7f, 0, 0x23, 0, 0x0b)},
    {"constant of another type", BYTES(6, 6, 1, 0x7f, 0, 0x42, 0, 0x0b)},
    {"more than one constant", BYTES(6, 7, 1, 0x7f, 0, 0x41, 0, 0x41, 0x0b)},
    {"unknown mutability", BYTES(6, 6, 1, 0x7f, 2, 0x41, 0, 0x0b)},
    {"does not exist", BYTES(7, 5, 1, 1, 'm', 2, 0)},
    {"does not exist", BYTES(7, 5, 1, 1, 'f', 0, 0)},
    {"export of kind 4", BYTES(7, 5, 1, 1, 't', 4, 0)},
    {"two exports are named \"m\"", BYTES(5, 4, 1, 1, 1, 2, 7, 9, 2, 1, 'm', 2, 0, 1, 'm', 2, 0)},
};

START_TEST(a_section_is_refused_by_name)
{
    struct bytes module = {0};

    put_header(&module);
    bytes_append(&module, sections[_i].bytes, sections[_i].size);
    if (sections[_i].says == NULL)
        must_accept(&module);
    else
        must_refuse(&module, sections[_i].says);
    bytes_fini(&module);
}
END_TEST

START_TEST(a_header_must_be_that_of_version_1)
{
    struct bytes module = {0};

    bytes_append(&module, "\0as", 3);
    must_refuse(&module, "no WebAssembly module");
    bytes_clear(&module);
    bytes_append(&module, "\0asm\2\0\0\0", 8);
    must_refuse(&module, "another version");
    bytes_clear(&module);
    put_header(&module);
    must_accept(&module); /* empty: no memory, no table, no functions */
    bytes_fini(&module);
}
END_TEST

/* ---- imports ---- */

static void import_module(struct bytes *module, const char *from, const char *name, uint8_t kind,
                          const uint8_t *type, size_t type_size)
{
    struct bytes body = {0};

    bytes_clear(module);
    put_header(module);
    put_u32(&body, 1);
    bytes_append(&body, type, type_size);
    put_section(module, 1, body.data, body.size);
    bytes_clear(&body);
    put_u32(&body, 1);
    put_name(&body, from);
    put_name(&body, name);
    put_byte(&body, kind);
    bytes_append(&body,
                 kind == 0   ? "\0"
                 : kind == 1 ? "\x70\0\1"
                 : kind == 2 ? "\1\1\2"
                             : "\x7f\0",
                 kind == 0   ? 1
                 : kind == 3 ? 2
                             : 3);
    put_section(module, 2, body.data, body.size);
    bytes_fini(&body);
}

START_TEST(imports_are_by_exact_name_and_signature)
{
    struct bytes module = {0};

    import_module(&module, "serai", "add", 0, BYTES(0x60, 2, 0x7f, 0x7e, 1, 0x7e));
    must_accept(&module);
    import_module(&module, "env", "add", 0, BYTES(0x60, 2, 0x7f, 0x7e, 1, 0x7e));
    must_refuse(&module, "an import from \"env\": only \"serai\"");
    import_module(&module, "serai", "sub", 0, BYTES(0x60, 2, 0x7f, 0x7e, 1, 0x7e));
    must_refuse(&module, "the host has no import \"sub\"");
    import_module(&module, "serai", "ad", 0, BYTES(0x60, 2, 0x7f, 0x7e, 1, 0x7e));
    must_refuse(&module, "the host has no import \"ad\"");
    import_module(&module, "serai", "add", 0, BYTES(0x60, 2, 0x7e, 0x7e, 1, 0x7e));
    must_refuse(&module, "import \"add\" has another signature");
    import_module(&module, "serai", "add", 0, BYTES(0x60, 1, 0x7f, 1, 0x7e));
    must_refuse(&module, "another signature");
    import_module(&module, "serai", "add", 0, BYTES(0x60, 2, 0x7f, 0x7e, 1, 0x7f));
    must_refuse(&module, "another signature");
    import_module(&module, "serai", "add", 0, BYTES(0x60, 2, 0x7f, 0x7e, 0));
    must_refuse(&module, "another signature");
    import_module(&module, "serai", "t", 1, BYTES(0x60, 0, 0));
    must_refuse(&module, "imported table");
    import_module(&module, "serai", "m", 2, BYTES(0x60, 0, 0));
    must_refuse(&module, "imported memory");
    import_module(&module, "serai", "g", 3, BYTES(0x60, 0, 0));
    must_refuse(&module, "imported global");
    import_module(&module, "serai", "t", 4, BYTES(0x60, 0, 0));
    must_refuse(&module, "imported tag");
    import_module(&module, "serai", "t", 5, BYTES(0x60, 0, 0));
    must_refuse(&module, "unknown kind");
    bytes_fini(&module);
}
END_TEST

/* ---- limits ---- */

/* A body of `count` times `piece`, then `tail`. */
static void repeated(struct bytes *module, const uint8_t *piece, size_t piece_size, uint32_t count,
                     const uint8_t *tail, size_t tail_size, uint32_t tail_count)
{
    struct bytes text = {0};

    for (uint32_t i = 0; i < count; i++)
        bytes_append(&text, piece, piece_size);
    for (uint32_t i = 0; i < tail_count; i++)
        bytes_append(&text, tail, tail_size);
    assemble(module, &(struct program){.params = "", .code = text.data, .size = text.size});
    bytes_fini(&text);
}

START_TEST(depth_is_bounded)
{
    struct bytes module = {0};

    /* The function itself is a block too. */
    repeated(&module, BYTES(0x02, 0x40), LIMIT_DEPTH - 1, BYTES(0x0b), LIMIT_DEPTH - 1);
    must_accept(&module);
    repeated(&module, BYTES(0x02, 0x40), LIMIT_DEPTH, BYTES(0x0b), LIMIT_DEPTH);
    must_refuse(&module, "nested deeper than");
    repeated(&module, BYTES(0x03, 0x40), 60000, BYTES(0x0b), 1);
    must_refuse(&module, "nested deeper than");
    bytes_fini(&module);
}
END_TEST

START_TEST(operands_are_bounded)
{
    struct bytes module = {0};

    repeated(&module, BYTES(0x41, 0), LIMIT_OPERANDS, BYTES(0x1a), LIMIT_OPERANDS);
    must_accept(&module);
    repeated(&module, BYTES(0x41, 0), LIMIT_OPERANDS + 1, BYTES(0x1a), LIMIT_OPERANDS + 1);
    must_refuse(&module, "more than 1024 operands");
    bytes_fini(&module);
}
END_TEST

START_TEST(locals_are_bounded_whatever_their_groups_claim)
{
    struct bytes module = {0};

    assemble(&module, &(struct program){.params = "", .locals = LIMIT_LOCALS});
    must_accept(&module);
    assemble(&module, &(struct program){.params = "", .locals = LIMIT_LOCALS + 1});
    must_refuse(&module, "more than 4096 locals");
    assemble(&module, &(struct program){.params = "i", .locals = LIMIT_LOCALS});
    must_refuse(&module, "more than 4096 locals");
    assemble(&module, &(struct program){.params = "", .locals = UINT32_MAX});
    must_refuse(&module, "more than 4096 locals");
    bytes_fini(&module);
}
END_TEST

START_TEST(a_br_table_is_bounded)
{
    struct bytes module = {0};
    struct bytes text = {0};

    for (uint32_t count = LIMIT_BR_TABLE; count <= LIMIT_BR_TABLE + 1; count++) {
        bytes_clear(&text);
        bytes_append(&text, "\x41\x00\x0e", 3);
        put_u32(&text, count);
        memset(bytes_extend(&text, count + 1), 0, count + 1);
        assemble(&module, &(struct program){.params = "", .code = text.data, .size = text.size});
        if (count == LIMIT_BR_TABLE)
            must_accept(&module);
        else
            must_refuse(&module, "entries of a br_table are over the limit");
    }
    repeated(&module, BYTES(0x41, 0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f), 1, BYTES(0), 9);
    must_refuse(&module, "4294967295 entries of a br_table");
    bytes_fini(&text);
    bytes_fini(&module);
}
END_TEST

START_TEST(bodies_and_modules_are_bounded)
{
    struct bytes module = {0};
    struct bytes custom = {0};

    repeated(&module, BYTES(0x01), LIMIT_BODY_BYTES - 2, NULL, 0, 0);
    must_accept(&module);
    repeated(&module, BYTES(0x01), LIMIT_BODY_BYTES - 1, NULL, 0, 0);
    must_refuse(&module, "a function of 131073 bytes");
    bytes_clear(&module);
    put_header(&module);
    memset(bytes_extend(&custom, ENGINE_MODULE_BYTES_MAX), 0, ENGINE_MODULE_BYTES_MAX);
    put_section(&module, 0, custom.data, custom.size);
    must_refuse(&module, "over the limit of 1048576");
    bytes_fini(&custom);
    bytes_fini(&module);
}
END_TEST

START_TEST(counts_of_sections_are_bounded)
{
    static const struct {
        uint8_t id;
        uint32_t limit;
        const char *says;
    } counts[] = {
        {1, LIMIT_TYPES, "types are over"},
        {2, LIMIT_FUNCTIONS, "imports are over"},
        {3, LIMIT_FUNCTIONS, "functions are over"},
        {6, ENGINE_GLOBALS_MAX, "globals are over"},
        {7, LIMIT_EXPORTS, "exports are over"},
        {9, LIMIT_ELEMENT_SEGMENTS, "element segments are over"},
        {11, LIMIT_DATA_SEGMENTS, "data segments are over"},
    };
    struct bytes module = {0};
    struct bytes body = {0};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bytes_clear(&module);
        bytes_clear(&body);
        put_header(&module);
        put_u32(&body, counts[i].limit + 1);
        memset(bytes_extend(&body, 65536), 0, 65536);
        put_section(&module, counts[i].id, body.data, body.size);
        must_refuse(&module, counts[i].says);
    }
    bytes_fini(&body);
    bytes_fini(&module);
}
END_TEST

/* Constants and branches grow most: even so a full module stays within what limits.h says. */
START_TEST(the_largest_code_is_bounded)
{
    struct bytes module = {0};
    struct engine_code *code = NULL;
    struct fault fault;

    repeated(&module, BYTES(0x02, 0x7f, 0x41, 0, 0x41, 0, 0x0d, 0, 0x0b, 0x1a),
             LIMIT_BODY_BYTES / 10 - 1, NULL, 0, 0);
    ck_assert_int_eq(engine_code_new(&code, module.data, module.size, &guest_imports, &fault),
                     ST_OK);
    ck_assert_uint_lt(engine_code_bytes(code), (size_t)LIMIT_BODY_BYTES * 40);
    engine_code_free(code);
    bytes_fini(&module);
}
END_TEST

/* ---- what a module can be asked ---- */

START_TEST(every_truncation_is_refused)
{
    size_t size;
    uint8_t *bytes = guest_read_file("kernels.wasm", &size);
    struct engine_code *code;
    struct fault fault;
    uint32_t accepted = 0;

    for (size_t cut = 0; cut < size; cut++) {
        /* Its own block of memory, so that a sanitizer sees a byte too many. */
        uint8_t *copy = malloc(cut + 1);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, cut);
        copy = realloc(copy, cut == 0 ? 1 : cut);
        if (engine_code_new(&code, copy, cut, &guest_imports, &fault) == ST_OK) {
            accepted++; /* cut between the last sections: still a module */
            engine_code_free(code);
        }
        free(copy);
    }
    ck_assert_uint_lt(accepted, 16);
    free(bytes);
}
END_TEST

START_TEST(exports_are_found_by_name_and_signature)
{
    struct guest *guest = guest_open("semantics.wasm");
    struct fault fault;
    uint32_t function;

    ck_assert_int_eq(engine_code_export(guest->code, "add", "il", 'l', &function, &fault),
                     ST_INVALID); /* an import that is exported */
    ck_assert_int_eq(engine_code_export(guest->code, "fac", "l", 'l', &function, &fault), ST_OK);
    ck_assert_int_eq(engine_code_export(guest->code, "fac", "i", 'l', &function, &fault),
                     ST_INVALID);
    ck_assert_int_eq(engine_code_export(guest->code, "fac", "l", 'i', &function, &fault),
                     ST_INVALID);
    ck_assert_int_eq(engine_code_export(guest->code, "fac", "ll", 'l', &function, &fault),
                     ST_INVALID);
    ck_assert_int_eq(engine_code_export(guest->code, "fac", "l", 0, &function, &fault), ST_INVALID);
    ck_assert_int_eq(engine_code_export(guest->code, "facs", "l", 'l', &function, &fault),
                     ST_MISSING);
    ck_assert_str_eq(fault.text, "the module has no exported function \"facs\"");
    ck_assert_int_eq(engine_code_export(guest->code, "memory", "", 0, &function, &fault),
                     ST_MISSING);
    guest_free(guest);
}
END_TEST

START_TEST(the_first_image_has_the_data_wherever_it_is_cut)
{
    struct guest *guest = guest_open("semantics.wasm");
    uint8_t whole[ENGINE_WASM_PAGE_BYTES];
    uint8_t part[64];

    ck_assert_uint_eq(engine_code_memory_pages(guest->code), 1);
    ck_assert_uint_eq(engine_code_memory_pages_max(guest->code), 3);
    engine_code_initial_memory(guest->code, 0, sizeof whole, whole);
    ck_assert_mem_eq(whole + 100, "abXYef", 6); /* the second segment covers the first */
    ck_assert_uint_eq(whole[99], 0);
    ck_assert_uint_eq(whole[106], 0);
    ck_assert_uint_eq(whole[65535], 'z');
    for (uint32_t from = 60; from < 140; from++)
        for (uint32_t size = 0; size <= sizeof part; size++) {
            engine_code_initial_memory(guest->code, from, size, part);
            ck_assert_mem_eq(part, whole + from, size);
        }
    guest_free(guest);
}
END_TEST

START_TEST(globals_have_their_first_values)
{
    struct guest *guest = guest_open("semantics.wasm");
    uint64_t globals[ENGINE_GLOBALS_MAX];

    ck_assert_uint_eq(engine_code_globals(guest->code), 4);
    engine_code_initial_globals(guest->code, globals);
    ck_assert_uint_eq(globals[0], 0xffffffff); /* i32 -1, zero-extended */
    ck_assert_uint_eq(globals[1], (uint64_t)-2);
    ck_assert_uint_eq(globals[2], 0x3f800000);
    ck_assert_uint_eq(globals[3], 0x3ff0000000000000);
    guest_free(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine decoder");
    TCase *tcase = tcase_create("decoder");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_body_is_refused_by_name, 0,
                        (int)(sizeof bodies / sizeof bodies[0]));
    tcase_add_test(tcase, memory_and_table_operators_need_a_memory_and_a_table);
    tcase_add_test(tcase, a_refusal_names_the_byte);
    tcase_add_loop_test(tcase, a_section_is_refused_by_name, 0,
                        (int)(sizeof sections / sizeof sections[0]));
    tcase_add_test(tcase, a_header_must_be_that_of_version_1);
    tcase_add_test(tcase, imports_are_by_exact_name_and_signature);
    tcase_add_test(tcase, depth_is_bounded);
    tcase_add_test(tcase, operands_are_bounded);
    tcase_add_test(tcase, locals_are_bounded_whatever_their_groups_claim);
    tcase_add_test(tcase, a_br_table_is_bounded);
    tcase_add_test(tcase, bodies_and_modules_are_bounded);
    tcase_add_test(tcase, counts_of_sections_are_bounded);
    tcase_add_test(tcase, the_largest_code_is_bounded);
    tcase_add_test(tcase, every_truncation_is_refused);
    tcase_add_test(tcase, exports_are_found_by_name_and_signature);
    tcase_add_test(tcase, the_first_image_has_the_data_wherever_it_is_cut);
    tcase_add_test(tcase, globals_have_their_first_values);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
