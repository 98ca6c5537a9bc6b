/*
 * Operators that neither branch nor call: pop operands by their types, make a word, push the
 * result.  In each the operands become cells before the word is made, as a constant may need a word
 * of its own.
 */
#include "engine/plain.h"

#include "engine/operators.h"

/*
 * An operator outside the profile is named by its extension, so that an author knows what to switch
 * off.
 */
static bool plain_refuse(struct emit *emit, uint32_t code)
{
    const char *extension = operator_extension(code);

    if (extension != NULL)
        return reader_refuse(emit->in, emit->offset, "%s is outside the profile", extension);
    if (code >= 0x100)
        return reader_refuse(emit->in, emit->offset, "unknown operator 0xfc %u", code - 0x100);
    return reader_refuse(emit->in, emit->offset, "unknown operator 0x%02x", code);
}

/* False, refused, in a module without memory. */
static bool plain_need_memory(struct emit *emit)
{
    return emit->code->has_memory ||
           reader_refuse(emit->in, emit->offset, "a memory operator in a module without memory");
}

/* The memory's number behind an operator: there is one memory, so 0. */
static bool plain_memory_index(struct emit *emit)
{
    size_t start = emit->in->at;
    uint32_t index;

    if (!reader_u32(emit->in, &index))
        return false;
    if (index != 0)
        return reader_refuse(emit->in, start, "multi-memory is outside the profile");
    return plain_need_memory(emit);
}

/*
 * The alignment and offset of a load or store of `bytes`.  The alignment is checked and dropped: it
 * is a hint, and every access may be unaligned.
 */
static bool plain_memory_argument(struct emit *emit, uint32_t bytes, uint32_t *offset)
{
    size_t start = emit->in->at;
    uint32_t align;

    if (!reader_u32(emit->in, &align) || !reader_u32(emit->in, offset) || !plain_need_memory(emit))
        return false;
    if (align >= 4 || (1U << align) > bytes)
        return reader_refuse(emit->in, start, "an alignment larger than the access");
    return true;
}

/* A constant second operand goes into the word where ops.h has that form. */
static bool plain_binary(struct emit *emit, const struct operator_row *row)
{
    struct operand a;
    struct operand b;
    uint16_t cell_a;

    if (!emit_pop(emit, row->operand, &b) || !emit_pop(emit, row->operand, &a))
        return false;
    cell_a = emit_use(emit, &a, emit->height);
    if (row->kind == OPERATOR_INTEGER && b.kind == AT_CONST)
        return emit_define_constant(emit, row->result, (enum op)row->op_const, cell_a, 0,
                                    b.constant);
    b.local = emit_use(emit, &b, emit->height + 1);
    if (row->traps)
        emit_place(emit);
    return emit_define(emit, row->result, (enum op)row->op, cell_a, b.local);
}

static bool plain_unary(struct emit *emit, const struct operator_row *row)
{
    struct operand a;
    uint16_t cell;

    if (!emit_pop(emit, row->operand, &a))
        return false;
    cell = emit_use(emit, &a, emit->height);
    if (row->traps)
        emit_place(emit);
    return emit_define(emit, row->result, (enum op)row->op, cell, 0);
}

/* Can trap, so its place is kept; the offset is the second word. */
static bool plain_load(struct emit *emit, const struct operator_row *row)
{
    struct operand address;
    uint32_t offset;
    uint16_t cell;

    if (!plain_memory_argument(emit, row->bytes, &offset) || !emit_pop(emit, TYPE_I32, &address))
        return false;
    cell = emit_use(emit, &address, emit->height);
    emit_place(emit);
    return emit_define_constant(emit, row->result, (enum op)row->op, cell, 0, offset);
}

static bool plain_store(struct emit *emit, const struct operator_row *row)
{
    struct operand address;
    struct operand value;
    uint32_t offset;
    uint16_t cell;
    uint16_t from;

    if (!plain_memory_argument(emit, row->bytes, &offset) ||
        !emit_pop(emit, row->operand, &value) || !emit_pop(emit, TYPE_I32, &address))
        return false;
    cell = emit_use(emit, &address, emit->height);
    from = emit_use(emit, &value, emit->height + 1);
    emit_place(emit);
    (void)emit_word(emit, (enum op)row->op, cell, from, 0);
    emit_constant(emit, offset);
    return true;
}

/*
 * The operator has three operands, a word room for two and the result: the condition and the type
 * are in its second word.
 */
static bool plain_select(struct emit *emit)
{
    struct operand condition;
    struct operand a;
    struct operand b;
    uint16_t cells[3];

    if (!emit_pop(emit, TYPE_I32, &condition) || !emit_pop(emit, TYPE_NONE, &b) ||
        !emit_pop(emit, b.type, &a))
        return false;
    cells[0] = emit_use(emit, &a, emit->height);
    cells[1] = emit_use(emit, &b, emit->height + 1);
    cells[2] = emit_use(emit, &condition, emit->height + 2);
    condition.constant = (union word){.a = cells[2], .b = b.type}.constant;
    return emit_define_constant(emit, a.type != TYPE_NONE ? a.type : b.type, OP_SELECT, cells[0],
                                cells[1], condition.constant);
}

/*
 * A local that is read makes no word: the operand stands for it, until it is assigned
 * (emit_set_local()).
 */
static bool plain_local(struct emit *emit, uint32_t code)
{
    size_t start = emit->in->at;
    struct operand value;
    uint32_t index;
    uint8_t type;

    if (!reader_u32(emit->in, &index))
        return false;
    if (index >= emit->function->locals)
        return reader_refuse(emit->in, start, "there is no local %u", index);
    type = emit->local_types[index];
    if (code == CODE_LOCAL_GET)
        return emit_push(emit, type, AT_LOCAL, index, 0);
    if (!emit_pop(emit, type, &value))
        return false;
    emit_set_local(emit, index, &value);
    return code == CODE_LOCAL_SET || emit_push(emit, type, AT_LOCAL, index, 0);
}

/* Read or assign a global; only the latter needs it to be mutable. */
static bool plain_global(struct emit *emit, uint32_t code)
{
    size_t start = emit->in->at;
    const struct global *global;
    struct operand value;
    uint32_t index;

    if (!reader_u32(emit->in, &index))
        return false;
    if (index >= emit->code->globals_count)
        return reader_refuse(emit->in, start, "there is no global %u", index);
    global = &emit->code->globals[index];
    if (code == CODE_GLOBAL_GET)
        return emit_define_constant(emit, global->type, OP_GLOBAL_GET, 0, 0, index);
    if (!global->mutable)
        return reader_refuse(emit->in, start, "global %u is constant", index);
    if (!emit_pop(emit, global->type, &value))
        return false;
    value.local = emit_use(emit, &value, emit->height);
    (void)emit_target(emit, OP_GLOBAL_SET, value.local, index);
    return true;
}

/* Makes no word: the operand stands for the constant until a cell is needed. */
static bool plain_const(struct emit *emit, uint32_t code)
{
    struct reader *in = emit->in;
    uint64_t bits = 0;
    int32_t narrow = 0;
    int64_t wide = 0;

    if (code == CODE_I32_CONST)
        return reader_s32(in, &narrow) && emit_push(emit, TYPE_I32, AT_CONST, 0, (uint32_t)narrow);
    if (code == CODE_I64_CONST)
        return reader_s64(in, &wide) && emit_push(emit, TYPE_I64, AT_CONST, 0, (uint64_t)wide);
    if (code == CODE_F32_CONST)
        return reader_fixed(in, 4, &bits) && emit_push(emit, TYPE_F32, AT_CONST, 0, bits);
    return reader_fixed(in, 8, &bits) && emit_push(emit, TYPE_F64, AT_CONST, 0, bits);
}

/* The host is asked, and fuel is paid for pages (run.h), so its place is kept. */
static bool plain_memory_grow(struct emit *emit)
{
    struct operand pages;
    uint16_t cell;

    if (!plain_memory_index(emit) || !emit_pop(emit, TYPE_I32, &pages))
        return false;
    cell = emit_use(emit, &pages, emit->height);
    emit_place(emit);
    return emit_define(emit, TYPE_I32, OP_MEMORY_GROW, cell, 0);
}

/* memory.copy and memory.fill: three i32 operands. */
static bool plain_bulk(struct emit *emit, uint32_t code)
{
    struct operand operands[3];
    uint16_t cells[3];

    if ((code == CODE_MEMORY_COPY && !plain_memory_index(emit)) || !plain_memory_index(emit))
        return false;
    for (uint32_t i = 3; i > 0; i--)
        if (!emit_pop(emit, TYPE_I32, &operands[i - 1]))
            return false;
    for (uint32_t i = 0; i < 3; i++)
        cells[i] = emit_use(emit, &operands[i], emit->height + i);
    emit_place(emit);
    (void)emit_word(emit, code == CODE_MEMORY_COPY ? OP_MEMORY_COPY : OP_MEMORY_FILL, cells[0],
                    cells[1], cells[2]);
    return true;
}

/* The operators of ops.h, by their shape. */
static bool plain_row(struct emit *emit, uint32_t code)
{
    const struct operator_row *row = operator_row(code);

    switch ((enum operator_kind)row->kind) {
    case OPERATOR_INTEGER:
    case OPERATOR_BINARY:
        return plain_binary(emit, row);
    case OPERATOR_UNARY:
        return plain_unary(emit, row);
    case OPERATOR_LOAD:
        return plain_load(emit, row);
    case OPERATOR_STORE:
        return plain_store(emit, row);
    case OPERATOR_NONE:
        break;
    }
    return plain_refuse(emit, code);
}

bool plain_operator(struct emit *emit, uint32_t code)
{
    struct operand dropped;

    switch (code) {
    case CODE_NOP:
        return true;
    case CODE_DROP:
        return emit_pop(emit, TYPE_NONE, &dropped);
    case CODE_SELECT:
        return plain_select(emit);
    case CODE_LOCAL_GET:
    case CODE_LOCAL_SET:
    case CODE_LOCAL_TEE:
        return plain_local(emit, code);
    case CODE_GLOBAL_GET:
    case CODE_GLOBAL_SET:
        return plain_global(emit, code);
    case CODE_MEMORY_SIZE:
        return plain_memory_index(emit) && emit_define(emit, TYPE_I32, OP_MEMORY_SIZE, 0, 0);
    case CODE_MEMORY_GROW:
        return plain_memory_grow(emit);
    case CODE_MEMORY_COPY:
    case CODE_MEMORY_FILL:
        return plain_bulk(emit, code);
    case CODE_I32_CONST:
    case CODE_I64_CONST:
    case CODE_F32_CONST:
    case CODE_F64_CONST:
        return plain_const(emit, code);
    default:
        return plain_row(emit, code);
    }
}
