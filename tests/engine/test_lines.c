/* The table of lines: found by bytes of the module; damaged ones are refused, whatever they hold.
 */
#include <string.h>

#include "base/bytes.h"
#include "engine/lines.h"
#include "tests/check_main.h"

enum { CODE_AT = 10 /* of the code section's content: head, id and size before it */ };

static const char name[] = ".debug_line";

static void put_u32(struct bytes *out, uint32_t value)
{
    uint8_t bytes[4];

    le32_put(bytes, value);
    bytes_append(out, bytes, sizeof bytes);
}

/* A section of at most 16383 bytes, its size in two. */
static void put_section(struct bytes *out, uint8_t id, const struct bytes *content)
{
    uint8_t head[3] = {id, (uint8_t)(0x80 | (content->size & 0x7f)), (uint8_t)(content->size >> 7)};

    ck_assert_uint_lt(content->size, 1 << 14);
    bytes_append(out, head, sizeof head);
    bytes_append(out, content->data, content->size);
}

/* A unit of two files, one of them in the directory d, with this program. */
static void put_unit(struct bytes *out, uint8_t version, const void *program, size_t size)
{
    /* After the length of the head: steps of 1, 1 operation, a statement, lines from -5 on in a
     * range of 14, 13 opcodes; the directory d, then the files. */
    static const uint8_t head[] = {1, 1, 1, (uint8_t)-5, 14,  13,  0,   1, 1, 1,   1,   0,
                                   0, 0, 1, 0,           0,   1,   'd', 0, 0, 'a', '.', 'c',
                                   0, 0, 0, 0,           'b', '.', 'h', 0, 1, 0,   0,   0};

    put_u32(out, (uint32_t)(2 + 4 + sizeof head + size));
    bytes_append(out, &version, 1);
    bytes_append(out, "\0", 1);
    put_u32(out, sizeof head);
    bytes_append(out, head, sizeof head);
    bytes_append(out, program, size);
}

/* A module of a code section of 100 bytes, and this table. */
static void put_module(struct bytes *out, const struct bytes *table)
{
    uint8_t content[100] = {0};
    struct bytes code = {0};
    struct bytes custom = {0};
    uint8_t length = sizeof name - 1;

    bytes_append(out, "\0asm\1\0\0", 8);
    content[99] = 7;
    bytes_append(&code, content, sizeof content);
    bytes_append(out, "\12\144", 2); /* the code section, of 100 bytes */
    bytes_append(out, code.data, code.size);
    bytes_append(&custom, &length, 1);
    bytes_append(&custom, name, length);
    bytes_append(&custom, table->data, table->size);
    put_section(out, 0, &custom);
    bytes_fini(&code);
    bytes_fini(&custom);
}

/* Line 5 of the first file from byte 3 on, line 9 of the second from 8, and the first again (line
 * 7) from 20 to 29. */
static const uint8_t program[] = {
    0, 5, 2, 3,  0, 0, 0,       /* address 3 */
    3, 4, 1,                    /* line 5: a row */
    4, 2, 2, 5,  3, 4, 1,       /* file 2, address 8, line 9: a row */
    4, 1, 9, 12, 0, 3, 0x7e, 1, /* file 1, address 20, line 7 */
    2, 9, 0, 1,  1,             /* address 29: the end */
};

static void module_of(struct bytes *module, uint8_t version, const void *bytes, size_t size)
{
    struct bytes table = {0};

    put_unit(&table, version, bytes, size);
    put_module(module, &table);
    bytes_fini(&table);
}

static void is_at(const struct engine_lines *lines, uint32_t address, const char *file,
                  uint32_t line)
{
    const char *found_file = "";
    uint32_t found_line = 0;

    ck_assert_int_eq(engine_lines_find(lines, CODE_AT + address, &found_file, &found_line),
                     line != 0);
    if (line == 0)
        return;
    ck_assert_str_eq(found_file, file);
    ck_assert_uint_eq(found_line, line);
}

START_TEST(each_byte_has_the_line_before_it)
{
    struct engine_lines *lines;
    struct bytes module = {0};
    struct fault fault = {0};

    module_of(&module, 4, program, sizeof program);
    ck_assert_msg(engine_lines_new(&lines, module.data, module.size, &fault) == ST_OK, "%s",
                  fault.text);
    bytes_fini(&module); /* nothing of it is needed any more */
    is_at(lines, 0, "", 0);
    is_at(lines, 2, "", 0);
    is_at(lines, 3, "a.c", 5);
    is_at(lines, 7, "a.c", 5);
    is_at(lines, 8, "d/b.h", 9);
    is_at(lines, 19, "d/b.h", 9);
    is_at(lines, 20, "a.c", 7);
    is_at(lines, 28, "a.c", 7);
    is_at(lines, 29, "", 0);
    is_at(lines, 99, "", 0);
    ck_assert(!engine_lines_find(lines, 5, &(const char *){NULL}, &(uint32_t){0}));
    engine_lines_free(lines);
}
END_TEST

START_TEST(functions_that_were_left_out_have_no_line)
{
    /* One sequence at 0, one behind all, and one without an end. */
    static const uint8_t gone[] = {1, 2, 9, 0, 1, 1, 0, 5, 2,  0xff, 0xff, 0xff, 0xff, 1,
                                   2, 9, 0, 1, 1, 0, 5, 2, 40, 0,    0,    0,    1};
    struct engine_lines *lines;
    struct bytes module = {0};

    module_of(&module, 4, gone, sizeof gone);
    ck_assert_int_eq(engine_lines_new(&lines, module.data, module.size, NULL), ST_OK);
    for (uint32_t address = 0; address < 100; address++)
        is_at(lines, address, "", 0);
    engine_lines_free(lines);
    bytes_fini(&module);
}
END_TEST

START_TEST(special_opcodes_move_both)
{
    /* Address 3; opcode 13 + 14 * 2 + 7: 2 bytes and 2 lines on; then 255 by const_add_pc. */
    static const uint8_t special[] = {0, 5, 2, 3, 0, 0, 0, 1, 13 + 14 * 2 + 7, 8, 1, 0, 1, 1};
    struct engine_lines *lines;
    struct bytes module = {0};

    module_of(&module, 4, special, sizeof special);
    ck_assert_int_eq(engine_lines_new(&lines, module.data, module.size, NULL), ST_OK);
    is_at(lines, 4, "a.c", 1);
    is_at(lines, 5, "a.c", 3);
    is_at(lines, 5 + 16, "a.c", 3);
    is_at(lines, 5 + 17, "", 0); /* (255 - 13) / 14 = 17 further the sequence ends */
    engine_lines_free(lines);
    bytes_fini(&module);
}
END_TEST

START_TEST(what_is_not_there_or_of_another_version_is_told)
{
    struct engine_lines *lines;
    struct bytes module = {0};
    struct fault fault = {0};

    ck_assert_int_eq(engine_lines_new(&lines, (const uint8_t *)"", 0, &fault), ST_MISSING);
    ck_assert_int_eq(engine_lines_new(&lines, (const uint8_t *)"\0asm\1\0\0", 8, &fault),
                     ST_MISSING);
    ck_assert_ptr_null(lines);
    module_of(&module, 5, program, sizeof program);
    ck_assert_int_eq(engine_lines_new(&lines, module.data, module.size, &fault), ST_INVALID);
    ck_assert_ptr_nonnull(strstr(fault.text, "DWARF 4"));
    bytes_fini(&module);
}
END_TEST

START_TEST(code_is_compared_with_its_place)
{
    struct bytes module = {0};
    struct bytes other = {0};

    module_of(&module, 4, program, sizeof program);
    module_of(&other, 4, program, 7);
    ck_assert(engine_same_code(module.data, module.size, other.data, other.size));
    other.data[CODE_AT + 99] ^= 1;
    ck_assert(!engine_same_code(module.data, module.size, other.data, other.size));
    ck_assert(!engine_same_code(module.data, module.size, other.data, 8));
    bytes_fini(&module);
    bytes_fini(&other);
}
END_TEST

START_TEST(damage_is_survived)
{
    struct rng rng = rng_for_test();
    struct bytes module = {0};
    uint8_t copy[512];

    module_of(&module, 4, program, sizeof program);
    ck_assert_uint_le(module.size, sizeof copy);
    for (int round = 0; round < 20000; round++) {
        size_t size = round < 400 ? (size_t)round % module.size : module.size;
        struct engine_lines *lines;
        const char *file;
        uint32_t line;

        memcpy(copy, module.data, size);
        for (uint64_t hits = rng_below(&rng, 4); hits > 0 && size > 0; hits--)
            copy[rng_below(&rng, size)] = (uint8_t)rng_u64(&rng);
        if (engine_lines_new(&lines, copy, size, NULL) != ST_OK)
            continue;
        for (uint32_t offset = 0; offset < 200; offset += 3)
            if (engine_lines_find(lines, offset, &file, &line))
                ck_assert_uint_lt(strlen(file), 8192);
        engine_lines_free(lines);
    }
    bytes_fini(&module);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lines");
    TCase *cases = tcase_create("lines");

    tcase_add_test(cases, each_byte_has_the_line_before_it);
    tcase_add_test(cases, functions_that_were_left_out_have_no_line);
    tcase_add_test(cases, special_opcodes_move_both);
    tcase_add_test(cases, what_is_not_there_or_of_another_version_is_told);
    tcase_add_test(cases, code_is_compared_with_its_place);
    tcase_add_test(cases, damage_is_survived);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
