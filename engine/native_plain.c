/*
 * Tier 1's lines for plain operators, and the variables that all lines name.
 *
 * A cell of tier 0 is up to four variables here, one for each type that the function keeps in it:
 * i7, l7, f7 and d7 for cell 7.  The compiler then sees through moves and keeps floats in float
 * registers.  Each float has a flag, y7 or z7: native_prologue.c says what for.
 */
#include "engine/native_plain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/fuse.h"
#include "engine/ops.h"

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

/*
 * What a line needs to know of a plain operator: its macro in the prologue and the types of its
 * cells.
 */
struct native_row {
    const char *name;
    uint8_t shape;
    uint8_t in;
    uint8_t out;
    uint8_t bytes;
};

static const struct native_row rows[OP_COUNT] = {
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

/*
 * The operators whose expression works on the bits of floats: the others take a float as a value,
 * where one NaN is as good as another.
 */
static bool op_takes_bits(enum op op)
{
    return op == OP_F32_ABS || op == OP_F32_NEG || op == OP_F32_COPYSIGN || op == OP_F64_ABS ||
           op == OP_F64_NEG || op == OP_F64_COPYSIGN || op == OP_I32_REINTERPRET_F32 ||
           op == OP_I64_REINTERPRET_F64;
}

/* The operators whose result is the bits of a float, which are turned into one (V32, V64). */
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
    /* Lines hold numbers and names of our own, never a module's: none is near the size. */
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

/* The bit of a type in native_writer.used: types are four bytes in a row (enum value_type). */
uint8_t native_type_bit(uint8_t type)
{
    return (uint8_t)(1U << (TYPE_I32 - type));
}

bool native_is_float(uint8_t type)
{
    return type == TYPE_F32 || type == TYPE_F64;
}

/*
 * The letter of the flag that a float variable has: whether it may be a NaN that arithmetic made.
 */
char native_flag_letter(uint8_t type)
{
    return type == TYPE_F32 ? 'y' : 'z';
}

/* ---- cells ---- */

/*
 * Remember that the function keeps this type in this cell: writer_variables() declares what was
 * used.
 */
static void writer_use(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    INVARIANT(cell < writer->function->cells);
    INVARIANT(type >= TYPE_F64 && type <= TYPE_I32);
    writer->used[cell] |= native_type_bit(type);
}

/* The variable, to be read by arithmetic or written. */
struct native_name native_cell(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct native_name name;

    writer_use(writer, cell, type);
    (void)snprintf(name.text, sizeof name.text, "%c%u", native_letter(type), cell);
    return name;
}

/* The value with its exact bits, in the C type of its own. */
struct native_name native_exact(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct native_name name;

    writer_use(writer, cell, type);
    if (native_is_float(type))
        (void)snprintf(name.text, sizeof name.text, "X%c(%c%u, %c%u)", type == TYPE_F32 ? 'F' : 'D',
                       native_letter(type), cell, native_flag_letter(type), cell);
    else
        (void)snprintf(name.text, sizeof name.text, "%c%u", native_letter(type), cell);
    return name;
}

/* The value as the bits of a cell of tier 0. */
struct native_name native_bits(struct native_writer *writer, uint16_t cell, uint8_t type)
{
    struct native_name name = native_exact(writer, cell, type);

    if (native_is_float(type))
        (void)snprintf(name.text, sizeof name.text, "B%s(%c%u, %c%u)",
                       type == TYPE_F32 ? "32" : "64", native_letter(type), cell,
                       native_flag_letter(type), cell);
    return name;
}

/* After a float was written: whether it may be a NaN of the machine's making. */
void native_flag(struct native_writer *writer, uint16_t cell, uint8_t type, bool made)
{
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %d;", native_flag_letter(type), cell, made);
    native_put(&writer->body, "\n");
}

void native_constant(struct native_writer *writer, uint16_t to, uint8_t type, uint64_t value)
{
    struct bytes *body = &writer->body;
    bool nan = false;

    native_put(body, "%s = ", native_cell(writer, to, type).text);
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
    native_flag(writer, to, type, !nan);
}

/* A float's flag goes with it: what it may be is known where it was made. */
void native_copy(struct native_writer *writer, uint16_t to, uint16_t from, uint8_t type)
{
    native_put(&writer->body, "%s = %s;", native_cell(writer, to, type).text,
               native_cell(writer, from, type).text);
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %c%u;", native_flag_letter(type), to,
                   native_flag_letter(type), from);
    native_put(&writer->body, "\n");
}

/*
 * Where the result is a float, the condition is another variable, so it is still there for the
 * flag.
 */
void native_select(struct native_writer *writer, const union word *word)
{
    uint8_t type = (uint8_t)word[1].b;
    struct native_name condition = native_cell(writer, word[1].a, TYPE_I32);

    native_put(&writer->body, "%s = %s ? ", native_cell(writer, word->a, type).text,
               condition.text);
    native_put(&writer->body, "%s : ", native_cell(writer, word->b, type).text);
    native_put(&writer->body, "%s;", native_cell(writer, word->c, type).text);
    if (native_is_float(type))
        native_put(&writer->body, " %c%u = %s ? %c%u : %c%u;", native_flag_letter(type), word->a,
                   condition.text, native_flag_letter(type), word->b, native_flag_letter(type),
                   word->c);
    native_put(&writer->body, "\n");
}

/* ---- plain operators ---- */

/* A load keeps the bits that it finds: a NaN from memory is no machine's making. */
static void writer_load(struct native_writer *writer, const struct native_row *row,
                        const union word *word)
{
    const char *width = row->out == TYPE_F32   ? "mf"
                        : row->out == TYPE_F64 ? "md"
                        : row->bytes == 8      ? "m8"
                        : row->bytes == 4      ? "m4"
                        : row->bytes == 2      ? "m2"
                                               : "m1";

    native_put(&writer->body, "LOAD(%s, %s, %s, ", native_cell(writer, word->a, row->out).text,
               row->name, width);
    native_put(&writer->body, "%s, 0x%" PRIx64 "u, 0x%" PRIx32 "u)",
               native_cell(writer, word->b, TYPE_I32).text, word[1].constant, writer->at);
    native_flag(writer, word->a, row->out, false);
}

/* A store shows the bits, so the value is the exact one. */
static void writer_store(struct native_writer *writer, const struct native_row *row,
                         const union word *word)
{
    const char *width = row->in == TYPE_F32   ? "mf"
                        : row->in == TYPE_F64 ? "md"
                        : row->bytes == 8     ? "m8"
                        : row->bytes == 4     ? "m4"
                        : row->bytes == 2     ? "m2"
                                              : "m1";

    native_put(&writer->body, "STORE(%s, %s, ", native_exact(writer, word->b, row->in).text, width);
    native_put(&writer->body, "%s, 0x%" PRIx64 "u, 0x%" PRIx32 "u)\n",
               native_cell(writer, word->a, TYPE_I32).text, word[1].constant, writer->at);
}

/* The operand as the expression of `op` wants it. */
static struct native_name writer_operand(struct native_writer *writer, enum op op, uint16_t from,
                                         uint8_t type)
{
    return op_takes_bits(op) ? native_bits(writer, from, type) : native_cell(writer, from, type);
}

/*
 * One line for an operator that cannot trap: a = op(b, c), where the macro is the expression of
 * ops.h.
 */
static void writer_expression(struct native_writer *writer, const struct native_row *row,
                              const union word *word)
{
    enum op op = fuse_first(word);
    struct bytes *body = &writer->body;
    struct native_name a = writer_operand(writer, op, word->b, row->in);
    const char *wrap = !op_gives_bits(op) ? "" : row->out == TYPE_F32 ? "V32" : "V64";

    native_put(body, "%s = %s(%s(", native_cell(writer, word->a, row->out).text, wrap, row->name);
    native_put(body, "%s", a.text);
    if (row->shape == SHAPE_BINARY)
        native_put(body, ", %s", writer_operand(writer, op, word->c, row->in).text);
    else if (row->shape == SHAPE_CONST && row->in == TYPE_I32)
        native_put(body, ", 0x%" PRIx32 "u", (uint32_t)word[1].constant);
    else if (row->shape == SHAPE_CONST)
        native_put(body, ", (uint64_t)0x%" PRIx64 "u", word[1].constant);
    native_put(body, "));");
    native_flag(writer, word->a, row->out, !op_gives_bits(op));
}

/*
 * A line for a word of ops.h; for what can trap the macro has the checks, and the place that a trap
 * reports.
 */
void native_plain(struct native_writer *writer, const union word *word)
{
    const struct native_row *row = &rows[fuse_first(word)];
    struct bytes *body = &writer->body;

    switch ((enum shape)row->shape) {
    case SHAPE_BINARY:
    case SHAPE_CONST:
    case SHAPE_UNARY:
        writer_expression(writer, row, word);
        break;
    case SHAPE_DIVIDE:
        native_put(body, "DIVIDE(%s, %s, ", native_cell(writer, word->a, row->out).text, row->name);
        native_put(body, "%s, ", native_cell(writer, word->b, row->in).text);
        native_put(body, "%s, 0x%" PRIx32 "u)\n", native_cell(writer, word->c, row->in).text,
                   writer->at);
        break;
    case SHAPE_TRUNCATE:
        native_put(body, "TRUNCATE(%s, %s, ", native_cell(writer, word->a, row->out).text,
                   row->name);
        native_put(body, "%s, 0x%" PRIx32 "u)\n", native_cell(writer, word->b, row->in).text,
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

uint32_t native_plain_effort(const union word *word)
{
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
