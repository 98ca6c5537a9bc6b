/*
 * Tier 1's text: each word of the pre-decoded code becomes a line of C.
 *
 * A cell of tier 0 is up to four variables here, one for each type that the function keeps in it:
 * i7, l7, f7 and d7 for cell 7.  The compiler then sees through moves and keeps floats in float
 * registers.  A float has a flag beside it, y7 or z7: native_prologue.c says what for.
 */
#include "engine/native_emit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/emit.h"
#include "engine/fuse.h"

/* How a word of a plain operator becomes a line. */
enum shape {
    SHAPE_NONE,
    SHAPE_BINARY,
    SHAPE_CONST,
    SHAPE_UNARY,
    SHAPE_DIVIDE,
    SHAPE_TRUNCATE,
    SHAPE_LOAD,
    SHAPE_STORE
};

struct row {
    const char *name;
    uint8_t shape;
    uint8_t in;
    uint8_t out;
    uint8_t bytes;
};

static const struct row rows[OP_COUNT] = {
#define X(name, code, in, out, ...) [OP_##name] = {#name, SHAPE_BINARY, TYPE_##in, TYPE_##out, 0},
    OPS_INTEGER(X) OPS_FLOAT(X)
#undef X
#define X(name, code, in, out, ...)                                                                \
    [OP_##name##_CONST] = {#name, SHAPE_CONST, TYPE_##in, TYPE_##out, 0},
        OPS_INTEGER(X)
#undef X
#define X(name, code, in, out, ...) [OP_##name] = {#name, SHAPE_UNARY, TYPE_##in, TYPE_##out, 0},
            OPS_UNARY(X)
#undef X
#define X(name, code, in, out, ...) [OP_##name] = {#name, SHAPE_DIVIDE, TYPE_##in, TYPE_##out, 0},
                OPS_DIVIDE(X)
#undef X
#define X(name, code, in, out, ...) [OP_##name] = {#name, SHAPE_TRUNCATE, TYPE_##in, TYPE_##out, 0},
                    OPS_TRUNCATE(X)
#undef X
#define X(name, code, out, bytes, ...)                                                             \
    [OP_##name] = {#name, SHAPE_LOAD, TYPE_I32, TYPE_##out, bytes},
                        OPS_LOAD(X)
#undef X
#define X(name, code, in, bytes) [OP_##name] = {#name, SHAPE_STORE, TYPE_##in, TYPE_NONE, bytes},
                            OPS_STORE(X)
#undef X
};

/* The operators whose expression works on the bits of floats. */
static bool op_takes_bits(enum op op)
{
    return op == OP_F32_ABS || op == OP_F32_NEG || op == OP_F32_COPYSIGN || op == OP_F64_ABS ||
           op == OP_F64_NEG || op == OP_F64_COPYSIGN || op == OP_I32_REINTERPRET_F32 ||
           op == OP_I64_REINTERPRET_F64;
}

static bool op_gives_bits(enum op op)
{
    return (op_takes_bits(op) && op != OP_I32_REINTERPRET_F32 && op != OP_I64_REINTERPRET_F64) ||
           op == OP_F32_REINTERPRET_I32 || op == OP_F64_REINTERPRET_I64;
}

/* ---- text ---- */

void native_put(struct bytes *text, const char *format, ...)
{
    char line[256];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    INVARIANT(size >= 0 && (size_t)size < sizeof line);
    bytes_append(text, line, (size_t)size);
}

char native_letter(uint8_t type)
{
    return type == TYPE_I32 ? 'i' : type == TYPE_I64 ? 'l' : type == TYPE_F32 ? 'f' : 'd';
}

const char *native_c_type(uint8_t type)
{
    return type == TYPE_I32   ? "uint32_t"
           : type == TYPE_I64 ? "uint64_t"
           : type == TYPE_F32 ? "float"
                              : "double";
}

const char *native_result_type(uint8_t type)
{
    return type == TYPE_NONE  ? "rv"
           : type == TYPE_I32 ? "ri"
           : type == TYPE_I64 ? "rl"
           : type == TYPE_F32 ? "rf"
                              : "rd";
}

static uint8_t type_bit(uint8_t type)
{
    return (uint8_t)(1U << (TYPE_I32 - type));
}

bool native_is_float(uint8_t type)
{
    return type == TYPE_F32 || type == TYPE_F64;
}

static char type_flag(uint8_t type)
{
    return type == TYPE_F32 ? 'y' : 'z';
}

/* ---- cells ---- */

struct name {
    char text[32];
};

static void writer_use(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    INVARIANT(cell < writer->function->cells);
    INVARIANT(type >= TYPE_F64 && type <= TYPE_I32);
    writer->used[cell] |= type_bit(type);
}

/* The variable, to be read by arithmetic or written. */
static struct name writer_cell(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct name name;

    writer_use(writer, cell, type);
    (void)snprintf(name.text, sizeof name.text, "%c%u", native_letter(type), cell);
    return name;
}

/* The value with its exact bits, in the C type of its own. */
static struct name writer_exact(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct name name;

    writer_use(writer, cell, type);
    if (native_is_float(type))
        (void)snprintf(name.text, sizeof name.text, "X%c(%c%u, %c%u)", type == TYPE_F32 ? 'F' : 'D',
                       native_letter(type), cell, type_flag(type), cell);
    else
        (void)snprintf(name.text, sizeof name.text, "%c%u", native_letter(type), cell);
    return name;
}

/* The value as the bits of a cell of tier 0. */
static struct name writer_bits(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct name name = writer_exact(writer, cell, type);

    if (native_is_float(type))
        (void)snprintf(name.text, sizeof name.text, "B%s(%c%u, %c%u)",
                       type == TYPE_F32 ? "32" : "64", native_letter(type), cell, type_flag(type),
                       cell);
    return name;
}

/* After a float was written: whether it may be a NaN of the machine's making. */
static void writer_flag(struct native_writer *writer, uint16_t cell, uint8_t type, bool made)
{
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %d;", type_flag(type), cell, made);
    native_put(&writer->body, "\n");
}

static void writer_constant(struct native_writer *writer, uint16_t to, uint8_t type, uint64_t value)
{
    struct bytes *body = &writer->body;
    bool nan = false;

    native_put(body, "%s = ", writer_cell(writer, to, type).text);
    switch (type) {
    case TYPE_I32:
        native_put(body, "0x%" PRIx32 "u;", (uint32_t)value);
        break;
    case TYPE_I64:
        native_put(body, "0x%" PRIx64 "u;", value);
        break;
    case TYPE_F32:
        native_put(body, "V32(0x%" PRIx32 "u);", (uint32_t)value);
        nan = (value & 0x7fffffff) > 0x7f800000;
        break;
    default:
        native_put(body, "V64(0x%" PRIx64 "u);", value);
        nan = (value & (uint64_t)INT64_MAX) > 0x7ff0000000000000;
        break;
    }
    /* A number goes with either; it most often meets what arithmetic made. */
    writer_flag(writer, to, type, !nan);
}

static void writer_copy(struct native_writer *writer, uint16_t to, uint16_t from, uint8_t type)
{
    native_put(&writer->body, "%s = %s;", writer_cell(writer, to, type).text,
               writer_cell(writer, from, type).text);
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %c%u;", type_flag(type), to, type_flag(type), from);
    native_put(&writer->body, "\n");
}

static void writer_select(struct native_writer *writer, const union word *word)
{
    uint8_t type = (uint8_t)word[1].b;
    struct name condition = writer_cell(writer, word[1].a, TYPE_I32);

    native_put(&writer->body, "%s = %s ? ", writer_cell(writer, word->a, type).text,
               condition.text);
    native_put(&writer->body, "%s : ", writer_cell(writer, word->b, type).text);
    native_put(&writer->body, "%s;", writer_cell(writer, word->c, type).text);
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %s ? %c%u : %c%u;", type_flag(type), word->a,
                   condition.text, type_flag(type), word->b, type_flag(type), word->c);
    native_put(&writer->body, "\n");
}

/* ---- plain operators ---- */

static void writer_load(struct native_writer *writer, const struct row *row, const union word *word)
{
    const char *width = row->out == TYPE_F32   ? "mf"
                        : row->out == TYPE_F64 ? "md"
                        : row->bytes == 8      ? "m8"
                        : row->bytes == 4      ? "m4"
                        : row->bytes == 2      ? "m2"
                                               : "m1";

    native_put(&writer->body, "LOAD(%s, %s, %s, ", writer_cell(writer, word->a, row->out).text,
               row->name, width);
    native_put(&writer->body, "%s, 0x%" PRIx64 "u, 0x%" PRIx32 "u)",
               writer_cell(writer, word->b, TYPE_I32).text, word[1].constant, writer->at);
    writer_flag(writer, word->a, row->out, false);
}

static void writer_store(struct native_writer *writer, const struct row *row,
                         const union word *word)
{
    const char *width = row->in == TYPE_F32   ? "mf"
                        : row->in == TYPE_F64 ? "md"
                        : row->bytes == 8     ? "m8"
                        : row->bytes == 4     ? "m4"
                        : row->bytes == 2     ? "m2"
                                              : "m1";

    native_put(&writer->body, "STORE(%s, %s, ", writer_exact(writer, word->b, row->in).text, width);
    native_put(&writer->body, "%s, 0x%" PRIx64 "u, 0x%" PRIx32 "u)\n",
               writer_cell(writer, word->a, TYPE_I32).text, word[1].constant, writer->at);
}

/* The operand as the expression of `op` wants it. */
static struct name writer_operand(struct native_writer *writer, enum op op, uint16_t from,
                                  uint8_t type)
{
    return op_takes_bits(op) ? writer_bits(writer, from, type) : writer_cell(writer, from, type);
}

static void writer_expression(struct native_writer *writer, const struct row *row,
                              const union word *word)
{
    enum op op = fuse_first(word);
    struct bytes *body = &writer->body;
    struct name a = writer_operand(writer, op, word->b, row->in);
    const char *wrap = !op_gives_bits(op) ? "" : row->out == TYPE_F32 ? "V32" : "V64";

    native_put(body, "%s = %s(%s(", writer_cell(writer, word->a, row->out).text, wrap, row->name);
    native_put(body, "%s", a.text);
    if (row->shape == SHAPE_BINARY)
        native_put(body, ", %s", writer_operand(writer, op, word->c, row->in).text);
    else if (row->shape == SHAPE_CONST && row->in == TYPE_I32)
        native_put(body, ", 0x%" PRIx32 "u", (uint32_t)word[1].constant);
    else if (row->shape == SHAPE_CONST)
        native_put(body, ", (uint64_t)0x%" PRIx64 "u", word[1].constant);
    native_put(body, "));");
    writer_flag(writer, word->a, row->out, !op_gives_bits(op));
}

static void writer_plain(struct native_writer *writer, const union word *word)
{
    const struct row *row = &rows[fuse_first(word)];
    struct bytes *body = &writer->body;

    switch ((enum shape)row->shape) {
    case SHAPE_BINARY:
    case SHAPE_CONST:
    case SHAPE_UNARY:
        writer_expression(writer, row, word);
        break;
    case SHAPE_DIVIDE:
        native_put(body, "DIVIDE(%s, %s, ", writer_cell(writer, word->a, row->out).text, row->name);
        native_put(body, "%s, ", writer_cell(writer, word->b, row->in).text);
        native_put(body, "%s, 0x%" PRIx32 "u)\n", writer_cell(writer, word->c, row->in).text,
                   writer->at);
        break;
    case SHAPE_TRUNCATE:
        native_put(body, "TRUNCATE(%s, %s, ", writer_cell(writer, word->a, row->out).text,
                   row->name);
        native_put(body, "%s, 0x%" PRIx32 "u)\n", writer_cell(writer, word->b, row->in).text,
                   writer->at);
        break;
    case SHAPE_LOAD:
        writer_load(writer, row, word);
        break;
    case SHAPE_STORE:
        writer_store(writer, row, word);
        break;
    case SHAPE_NONE:
        INVARIANT(row->shape != SHAPE_NONE);
        break;
    }
}

/* ---- calls ---- */

uint32_t native_need(const struct function *function)
{
    return function->imported ? 0 : NATIVE_ROOM(1, function->cells);
}

static void writer_arguments(struct native_writer *writer, const struct signature *type,
                             uint16_t first)
{
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(&writer->body, ", %s",
                   writer_exact(writer, (uint16_t)(first + i), type->params[i]).text);
}

/* After a call that left a struct in `r`. */
static void writer_result(struct native_writer *writer, const struct signature *type, uint16_t to)
{
    native_put(&writer->body, " fuel = r.fuel;%s", writer->grows ? " bytes = c->bytes;" : "");
    if (type->result != TYPE_NONE)
        native_put(&writer->body, " %s = r.v;", writer_cell(writer, to, type->result).text);
    native_put(&writer->body, " }");
    if (type->result == TYPE_NONE)
        native_put(&writer->body, "\n");
    else
        writer_flag(writer, to, type->result, false);
}

static void writer_host_call(struct native_writer *writer, const struct function *callee,
                             uint16_t first)
{
    const struct signature *type = &writer->code->types[callee->type];
    struct bytes *body = &writer->body;

    native_put(body, "{ uint64_t args[] = {");
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(body, "%s, ", writer_cell(writer, (uint16_t)(first + i), type->params[i]).text);
    native_put(body, "0}; fuel = c->host(c, fuel, %uu, args, SELF, 0x%" PRIx32 "u);%s ",
               callee->order, writer->at, writer->grows ? " bytes = c->bytes;" : "");
    native_put(body, "%s = args[0]; }\n", writer_cell(writer, first, TYPE_I64).text);
}

static void writer_call(struct native_writer *writer, const union word *word)
{
    const struct function *callee = &writer->code->functions[word->target];
    const struct signature *type = &writer->code->types[callee->type];
    struct bytes *body = &writer->body;

    if (callee->imported) {
        writer_host_call(writer, callee, word->a);
        return;
    }
    native_put(body, "{ ENTER(0x%" PRIx32 "u, 0x%" PRIx32 "u) struct %s r = fn%u(c, fuel, inner",
               native_need(callee), writer->at, native_result_type(type->result), word->target);
    writer_arguments(writer, type, word->a);
    native_put(body, ");");
    writer_result(writer, type, word->a);
}

static void writer_call_indirect(struct native_writer *writer, const union word *word)
{
    uint32_t id = (uint32_t)word[1].constant;
    const struct signature *type = &writer->code->types[id];
    struct bytes *body = &writer->body;

    struct name index = writer_cell(writer, word->b, TYPE_I32);

    native_put(body, "{ FIND(%s, %uu, 0x%" PRIx32 "u) ENTER(slots[%s].need, 0x%" PRIx32 "u) ",
               index.text, id, writer->at, index.text, writer->at);
    if (writer->host_in_table)
        native_put(body, "PLACE(0x%" PRIx32 "u) ", writer->at);
    native_put(body, "struct %s r = ((t%u)calls[%s])(c, fuel, inner",
               native_result_type(type->result), id, index.text);
    writer_arguments(writer, type, word->a);
    native_put(body, ");");
    writer_result(writer, type, word->a);
}

/* ---- the rest ---- */

static void writer_return(struct native_writer *writer, const union word *word, uint8_t type)
{
    if (type == TYPE_NONE)
        native_put(&writer->body, "return (struct rv){fuel};\n");
    else
        native_put(&writer->body, "return (struct %s){fuel, %s};\n", native_result_type(type),
                   writer_exact(writer, word->a, type).text);
}

static void writer_br_table(struct native_writer *writer, const union word *word)
{
    uint32_t count = (uint32_t)word[1].constant;
    uint8_t type = (uint8_t)word->c;
    struct bytes *body = &writer->body;

    native_put(body, "switch (%s) {\n", writer_cell(writer, word->a, TYPE_I32).text);
    for (uint32_t i = 0; i <= count; i++) {
        const union word *entry = &word[2 + i];

        if (i == count)
            native_put(body, "default: ");
        else
            native_put(body, "case %uu: ", i);
        /* Neighbours that do the same share it. */
        if (i < count && entry[1].target == entry->target && entry[1].a == entry->a)
            continue;
        if (entry->a != EMIT_NO_CELL)
            writer_copy(writer, entry->a, word->b, type);
        native_put(body, "goto L%u;\n", entry->target);
    }
    native_put(body, "}\n");
}

static void writer_global(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;
    bool set = word->op == OP_GLOBAL_SET;
    uint32_t index = set ? word->target : (uint32_t)word[1].constant;
    uint8_t type = writer->code->globals[index].type;

    if (set) {
        native_put(body, "g[%u] = %s;\n", index, writer_bits(writer, word->a, type).text);
        return;
    }
    native_put(body, "%s = ", writer_cell(writer, word->a, type).text);
    if (native_is_float(type))
        native_put(body, "V%s(g[%u]);", type == TYPE_F32 ? "32" : "64", index);
    else
        native_put(body, "g[%u];", index);
    writer_flag(writer, word->a, type, false);
}

static void writer_bulk(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;

    native_put(body, "{ uint64_t args[] = {%s, ", writer_cell(writer, word->a, TYPE_I32).text);
    native_put(body, "%s, ", writer_cell(writer, word->b, TYPE_I32).text);
    native_put(body, "%s}; fuel = c->%s(c, fuel, args, SELF, 0x%" PRIx32 "u); }\n",
               writer_cell(writer, word->c, TYPE_I32).text,
               word->op == OP_MEMORY_COPY ? "copy" : "fill", writer->at);
}

static void writer_grow(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;

    native_put(body,
               "{ uint64_t args[] = {%s}; fuel = c->grow(c, fuel, args, SELF, 0x%" PRIx32 "u); ",
               writer_cell(writer, word->b, TYPE_I32).text, writer->at);
    native_put(body, "%s%s = args[0]; }\n", writer->grows ? "bytes = c->bytes; " : "",
               writer_cell(writer, word->a, TYPE_I32).text);
}

static void writer_word(struct native_writer *writer, const union word *word)
{
    const struct signature *type = &writer->code->types[writer->function->type];
    struct bytes *body = &writer->body;

    switch (word->op) {
    case OP_CHARGE:
        native_put(body, "CHARGE(%uu, 0x%" PRIx32 "u)\n", word->target, writer->at);
        break;
    case OP_UNREACHABLE:
        native_put(body, "TRAP(TRAP_UNREACHABLE, 0x%" PRIx32 "u);\n", writer->at);
        break;
    case OP_BR:
        native_put(body, "goto L%u;\n", word->target);
        break;
    case OP_BR_IF:
        native_put(body, "if (%s) goto L%u;\n", writer_cell(writer, word->a, TYPE_I32).text,
                   word->target);
        break;
    case OP_BR_UNLESS:
        native_put(body, "if (!%s) goto L%u;\n", writer_cell(writer, word->a, TYPE_I32).text,
                   word->target);
        break;
    case OP_BR_TABLE:
        writer_br_table(writer, word);
        break;
    case OP_RETURN:
    case OP_RETURN_VALUE:
        writer_return(writer, word, type->result);
        break;
    case OP_CALL:
        writer_call(writer, word);
        break;
    case OP_CALL_INDIRECT:
        writer_call_indirect(writer, word);
        break;
    case OP_CONST:
        writer_constant(writer, word->a, (uint8_t)word->b, word[1].constant);
        break;
    case OP_COPY:
        writer_copy(writer, word->a, word->b, (uint8_t)word->c);
        break;
    case OP_SELECT:
        writer_select(writer, word);
        break;
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET:
        writer_global(writer, word);
        break;
    case OP_MEMORY_SIZE:
        native_put(body, "%s = bytes >> 16;\n", writer_cell(writer, word->a, TYPE_I32).text);
        break;
    case OP_MEMORY_GROW:
        writer_grow(writer, word);
        break;
    case OP_MEMORY_COPY:
    case OP_MEMORY_FILL:
        writer_bulk(writer, word);
        break;
    default:
        writer_plain(writer, word);
        break;
    }
}

/* ---- one function ---- */

static void writer_note_target(struct native_writer *writer, const union word *word, uint32_t first)
{
    switch (word->op) {
    case OP_BR:
    case OP_BR_IF:
    case OP_BR_UNLESS:
        writer->target[word->target - first] = 1;
        break;
    case OP_BR_TABLE:
        for (uint32_t i = 0; i <= word[1].constant; i++)
            writer->target[word[2 + i].target - first] = 1;
        break;
    default:
        break;
    }
}

void native_put_head(struct bytes *text, const struct signature *type, uint32_t index)
{
    native_put(text, "static struct %s fn%u(C *c, uint64_t fuel, uint32_t room",
               native_result_type(type->result), index);
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(text, ", %s %c%u", native_c_type(type->params[i]),
                   native_letter(type->params[i]), i);
    native_put(text, ")");
}

static void writer_variables(struct native_writer *writer, struct bytes *text)
{
    static const uint8_t types[] = {TYPE_I32, TYPE_I64, TYPE_F32, TYPE_F64};
    const struct function *function = writer->function;

    for (uint32_t i = 0; i < function->cells; i++)
        for (uint32_t j = 0; j < 4; j++) {
            uint8_t type = types[j];
            bool param =
                i < function->params && writer->code->types[function->type].params[i] == type;

            if ((writer->used[i] & type_bit(type)) == 0)
                continue;
            if (!param)
                native_put(text, "%s %c%u = 0;\n", native_c_type(type), native_letter(type), i);
            if (native_is_float(type))
                native_put(text, "bool %c%u = %d;\n", type_flag(type), i, !param);
        }
}

void native_put_function(struct native_writer *writer, uint32_t index, struct bytes *text)
{
    const struct engine_code *code = writer->code;
    const struct function *function = &code->functions[index];
    uint32_t first = function->code;
    uint32_t end = code_words_end(code, index);
    uint32_t effort = 0;

    writer->function = function;
    writer->index = index;
    bytes_clear(&writer->body);
    memset(writer->used, 0, function->cells);
    memset(writer->target, 0, end - first);
    for (uint32_t at = first; at < end; at += fuse_words(&code->words[at])) {
        writer_note_target(writer, &code->words[at], first);
        effort += native_effort(&code->words[at]);
    }
    for (uint32_t at = first; at < end; at += fuse_words(&code->words[at])) {
        while (writer->place < code->places_count && code->places[writer->place].word <= at)
            writer->at = code->places[writer->place++].offset;
        if (writer->target[at - first] != 0)
            native_put(&writer->body, "L%u:;\n", at);
        writer_word(writer, &code->words[at]);
    }
    /* A hint: without it a compiler thinks the checks too much to repeat even a small function. */
    native_put(text, "\n#undef SELF\n#define SELF %uu\n%s", index,
               effort <= LIMIT_NATIVE_INLINE ? "inline " : "");
    native_put_head(text, &code->types[function->type], index);
    native_put(text, "\n{\nuint8_t *const memory = c->memory;\nuint8_t *const cards = c->cards;\n"
                     "uint64_t *const g = c->globals;\n");
    if (writer->grows)
        native_put(text, "uint64_t bytes = c->bytes;\n");
    else
        native_put(text, "const uint64_t bytes = BYTES;\n");
    writer_variables(writer, text);
    bytes_append(text, writer->body.data, writer->body.size);
    native_put(text, "}\n");
    if (writer->body.failed)
        text->failed = true;
}

/* Roughly the lines of C, and the ways that control can take, which a word becomes. */
uint32_t native_effort(const union word *word)
{
    switch (word->op) {
    case OP_CALL:
        return 6;
    case OP_CALL_INDIRECT:
        return 8;
    case OP_CHARGE:
    case OP_MEMORY_GROW:
    case OP_MEMORY_COPY:
    case OP_MEMORY_FILL:
        return 2;
    case OP_BR_TABLE:
        return fuse_words(word);
    default:
        break;
    }
    switch ((enum shape)rows[fuse_first(word)].shape) {
    case SHAPE_LOAD:
        return 2;
    case SHAPE_STORE:
        return 4;
    case SHAPE_DIVIDE:
    case SHAPE_TRUNCATE:
        return 3;
    case SHAPE_NONE:
    case SHAPE_BINARY:
    case SHAPE_CONST:
    case SHAPE_UNARY:
        break;
    }
    return 1;
}
