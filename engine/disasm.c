/*
 * The text of a function, from the module's bytes: words are no way back, as locals and constants
 * make none.  The bytes may be other ones than the code was made of, so nothing that is read is
 * believed; see inspect.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/code.h"
#include "engine/inspect.h"
#include "engine/ops.h"
#include "engine/plain.h"
#include "engine/reader.h"

enum { NAME_BYTES = 24 };

struct text {
    struct reader in;
    const struct engine_code *code;
    struct engine_line line;
    size_t used;
    uint32_t depth; /* of the next line */
};

static void text_put(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append to the line; what does not fit is cut. */
static void text_put(struct text *text, const char *format, ...)
{
    size_t room = sizeof text->line.text - text->used;
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(text->line.text + text->used, room, format, args);
    va_end(args);
    INVARIANT(size >= 0);
    text->used += (size_t)size < room ? (size_t)size : room - 1;
}

/* ---- names ---- */

/* The name of an operator of ops.h as it stands there, "I32_ADD"; NULL for another code. */
static const char *disasm_row_name(uint32_t code)
{
    static const char *const names[0x108] = {
#define X(name, code, ...) [code] = #name,
        OPS_INTEGER(X) OPS_FLOAT(X) OPS_UNARY(X) OPS_DIVIDE(X) OPS_TRUNCATE(X) OPS_LOAD(X)
            OPS_STORE(X)
#undef X
    };

    return code < 0x108 ? names[code] : NULL;
}

/* The name of an operator that has a shape of its own; NULL for no such code. */
static const char *disasm_code_name(uint32_t code)
{
    switch ((enum code)code) {
    case CODE_UNREACHABLE:
        return "unreachable";
    case CODE_NOP:
        return "nop";
    case CODE_BLOCK:
        return "block";
    case CODE_LOOP:
        return "loop";
    case CODE_IF:
        return "if";
    case CODE_ELSE:
        return "else";
    case CODE_END:
        return "end";
    case CODE_BR:
        return "br";
    case CODE_BR_IF:
        return "br_if";
    case CODE_BR_TABLE:
        return "br_table";
    case CODE_RETURN:
        return "return";
    case CODE_CALL:
        return "call";
    case CODE_CALL_INDIRECT:
        return "call_indirect";
    case CODE_DROP:
        return "drop";
    case CODE_SELECT:
        return "select";
    case CODE_LOCAL_GET:
        return "local.get";
    case CODE_LOCAL_SET:
        return "local.set";
    case CODE_LOCAL_TEE:
        return "local.tee";
    case CODE_GLOBAL_GET:
        return "global.get";
    case CODE_GLOBAL_SET:
        return "global.set";
    case CODE_MEMORY_SIZE:
        return "memory.size";
    case CODE_MEMORY_GROW:
        return "memory.grow";
    case CODE_I32_CONST:
        return "i32.const";
    case CODE_I64_CONST:
        return "i64.const";
    case CODE_F32_CONST:
        return "f32.const";
    case CODE_F64_CONST:
        return "f64.const";
    /* It is read together with the number behind it. */
    case CODE_PREFIX:
        break;
    case CODE_MEMORY_COPY:
        return "memory.copy";
    case CODE_MEMORY_FILL:
        return "memory.fill";
    }
    return NULL;
}

/* "I32_ADD" is i32.add, "I64_EXTEND_I32_S" is i64.extend_i32_s. */
static void text_name(struct text *text, uint32_t code)
{
    const char *constant = disasm_row_name(code);
    char name[NAME_BYTES];
    size_t size = 0;

    if (constant == NULL) {
        constant = disasm_code_name(code);
        text_put(text, "%s", constant == NULL ? "?" : constant);
        return;
    }
    for (; size < sizeof name - 1 && constant[size] != '\0'; size++) {
        char c = constant[size];

        name[size] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    name[size] = '\0';
    name[3] = '.';
    text_put(text, "%s", name);
}

static const char *disasm_type_name(uint8_t type)
{
    return type == TYPE_I32   ? "i32"
           : type == TYPE_I64 ? "i64"
           : type == TYPE_F32 ? "f32"
           : type == TYPE_F64 ? "f64"
                              : "?";
}

/* ---- what stands behind an operator ---- */

/* Enough digits to read the same number back; a NaN by its payload. */
static bool text_float(struct text *text, uint32_t size)
{
    uint64_t bits;
    double value;

    if (!reader_fixed(&text->in, size, &bits))
        return false;
    value = size == 4 ? (double)num_f32(bits) : num_f64(bits);
    if (isnan(value))
        text_put(text, " nan:0x%" PRIx64, bits & (size == 4 ? 0x7fffff : 0xfffffffffffff));
    else
        text_put(text, size == 4 ? " %.9g" : " %.17g", value);
    return true;
}

static bool text_const(struct text *text, uint32_t code)
{
    int32_t narrow;
    int64_t wide;

    if (code == CODE_I32_CONST) {
        if (!reader_s32(&text->in, &narrow))
            return false;
        text_put(text, " %" PRId32, narrow);
        return true;
    }
    if (code == CODE_I64_CONST) {
        if (!reader_s64(&text->in, &wide))
            return false;
        text_put(text, " %" PRId64, wide);
        return true;
    }
    return text_float(text, code == CODE_F32_CONST ? 4 : 8);
}

/* `count` indexes of locals, globals, labels or types. */
static bool text_indexes(struct text *text, uint32_t count)
{
    uint32_t index;

    for (uint32_t i = 0; i < count; i++) {
        if (!reader_u32(&text->in, &index))
            return false;
        text_put(text, " %" PRIu32, index);
    }
    return true;
}

/* Read over `count` indexes of the table or memory: always 0, and not shown. */
static bool text_skip_indexes(struct text *text, uint32_t count)
{
    uint32_t index;

    for (uint32_t i = 0; i < count; i++)
        if (!reader_u32(&text->in, &index))
            return false;
    return true;
}

/* The function's name stands behind its number, as an author's claim (engine_function_name()). */
static bool text_call(struct text *text)
{
    const char *name;
    uint32_t index;

    if (!reader_u32(&text->in, &index))
        return false;
    name = engine_function_name(text->code, index);
    text_put(text, " %" PRIu32, index);
    if (name != NULL)
        text_put(text, " (%s)", name);
    return true;
}

static bool text_block_type(struct text *text)
{
    uint8_t type;

    if (!reader_byte(&text->in, &type))
        return false;
    if (type != 0x40)
        text_put(text, " (result %s)", disasm_type_name(type));
    return true;
}

/* As many labels as fit into a line, then "..."; the rest is read all the same. */
static bool text_br_table(struct text *text)
{
    const size_t tail = sizeof " ...";
    uint32_t count;
    uint32_t label;

    if (!reader_count(&text->in, "entries of a br_table", LIMIT_BR_TABLE, &count))
        return false;
    for (uint32_t i = 0; i <= count; i++) {
        if (!reader_u32(&text->in, &label))
            return false;
        /* A label takes a blank and at most 10 digits. */
        if (text->used + tail + 11 < sizeof text->line.text)
            text_put(text, " %" PRIu32, label);
        else if (i == count)
            text_put(text, " ...");
    }
    return true;
}

/* Offset and alignment; an offset of 0 is left out. */
static bool text_memory_argument(struct text *text)
{
    uint32_t align;
    uint32_t offset;

    if (!reader_u32(&text->in, &align) || !reader_u32(&text->in, &offset))
        return false;
    if (offset != 0)
        text_put(text, " offset=%" PRIu32, offset);
    if (align < 4)
        text_put(text, " align=%u", 1U << align);
    return true;
}

/*
 * What stands behind an operator in the module, by its code.  False: the bytes end, or are no
 * number.
 */
static bool text_immediates(struct text *text, uint32_t code)
{
    switch (code) {
    case CODE_BLOCK:
    case CODE_LOOP:
    case CODE_IF:
        return text_block_type(text);
    case CODE_BR:
    case CODE_BR_IF:
    case CODE_LOCAL_GET:
    case CODE_LOCAL_SET:
    case CODE_LOCAL_TEE:
    case CODE_GLOBAL_GET:
    case CODE_GLOBAL_SET:
        return text_indexes(text, 1);
    case CODE_BR_TABLE:
        return text_br_table(text);
    case CODE_CALL:
        return text_call(text);
    case CODE_CALL_INDIRECT:
        text_put(text, " type");
        return text_indexes(text, 1) && text_skip_indexes(text, 1);
    case CODE_I32_CONST:
    case CODE_I64_CONST:
    case CODE_F32_CONST:
    case CODE_F64_CONST:
        return text_const(text, code);
    case CODE_MEMORY_SIZE:
    case CODE_MEMORY_GROW:
    case CODE_MEMORY_FILL:
        return text_skip_indexes(text, 1);
    case CODE_MEMORY_COPY:
        return text_skip_indexes(text, 2);
    default:
        return code < 0x28 || code > 0x3e || text_memory_argument(text);
    }
}

/* ---- lines ---- */

/*
 * A line begins where the cursor is; its fuel is that of the block that begins there, if one does.
 */
static void text_start_line(struct text *text)
{
    struct engine_block block;

    text->used = 0;
    text->line.text[0] = '\0';
    text->line.offset = (uint32_t)text->in.at;
    text->line.depth = text->depth;
    text->line.fuel = 0;
    if (engine_code_next_block(text->code, text->line.offset, &block) &&
        block.offset == text->line.offset)
        text->line.fuel = block.fuel;
}

/* A function's first line: its groups of locals as "count type". */
static bool text_locals(struct text *text)
{
    uint32_t groups;
    uint32_t count;
    uint8_t type;

    text_start_line(text);
    text_put(text, "locals");
    if (!reader_count(&text->in, "groups of locals", LIMIT_LOCALS, &groups))
        return false;
    for (uint32_t i = 0; i < groups; i++) {
        if (!reader_u32(&text->in, &count) || !reader_byte(&text->in, &type))
            return false;
        /* A blank, 10 digits, a blank and a type, and still room for " ...". */
        if (text->used + 24 < sizeof text->line.text)
            text_put(text, " %" PRIu32 " %s", count, disasm_type_name(type));
        else if (i + 1 == groups)
            text_put(text, " ...");
    }
    return true;
}

/* One line for one operator.  An `end` or `else` stands under what it ends. */
static bool text_operator(struct text *text)
{
    uint32_t code;
    uint8_t byte;

    text_start_line(text);
    if (!reader_byte(&text->in, &byte))
        return false;
    code = byte;
    if (byte == CODE_PREFIX) {
        if (!reader_u32(&text->in, &code) || code > 0xff)
            return false;
        code += 0x100;
    }
    if ((code == CODE_END || code == CODE_ELSE) && text->depth > 0)
        text->line.depth = --text->depth;
    if (code == CODE_BLOCK || code == CODE_LOOP || code == CODE_IF || code == CODE_ELSE)
        text->depth++;
    text_name(text, code);
    return text_immediates(text, code);
}

enum status engine_disassemble(const struct engine_code *code, uint32_t index, const uint8_t *bytes,
                               size_t size,
                               bool (*line)(void *context, const struct engine_line *line),
                               void *context)
{
    const struct function *function = &code->functions[index];
    struct text text = {.in = {.bytes = bytes, .at = function->body_offset}, .code = code};
    bool fine;

    INVARIANT(index < code->functions_count);
    if (function->imported)
        return ST_OK;
    /* The bytes may be others than the code was made of, or fewer. */
    if (size < function->body_offset || size - function->body_offset < function->body_bytes)
        return ST_INVALID;
    text.in.end = function->body_offset + function->body_bytes;
    fine = text_locals(&text);
    while (fine) {
        text.line.size = (uint32_t)text.in.at - text.line.offset;
        if (!line(context, &text.line) || text.in.at == text.in.end)
            return ST_OK;
        fine = text_operator(&text);
    }
    return ST_INVALID;
}
