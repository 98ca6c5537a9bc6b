/*
 * Validation and pre-decoding of function bodies, operator by operator: control, calls and prices
 * are here, the other operators in plain.c.  Validation is that of the specification's appendix; a
 * frame of its control stack is a struct control.  See compile.h.
 */
#include "engine/compile.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/block.h"
#include "engine/fuse.h"
#include "engine/operators.h"
#include "engine/plain.h"

/*
 * The bytes of types outside the profile are those of its proposals, so that a refusal names them.
 */
bool compile_value_type(struct reader *in, uint8_t *type)
{
    size_t start = in->at;

    if (!reader_byte(in, type))
        return false;
    if (*type >= TYPE_F64 && *type <= TYPE_I32)
        return true;
    if (*type == 0x7b)
        return reader_refuse(in, start, "simd is outside the profile");
    if (*type >= 0x63 && *type <= 0x75)
        return reader_refuse(in, start, "reference types are outside the profile");
    return reader_refuse(in, start, "0x%02x is no value type", *type);
}

/* ---- control ---- */

static struct control *control_top(struct emit *emit)
{
    return &emit->controls[emit->depth - 1];
}

/*
 * Open a block: the function's own, block, loop or if.  A loop's label is its first word, which is
 * the next one.
 */
static bool control_push(struct emit *emit, uint8_t code, uint8_t result)
{
    if (emit->depth == LIMIT_DEPTH)
        return reader_refuse(emit->in, emit->offset, "blocks nested deeper than %d", LIMIT_DEPTH);
    emit->controls[emit->depth++] = (struct control){.code = code,
                                                     .result = result,
                                                     .dead = !emit->live,
                                                     .height = emit->height,
                                                     .target = emit->code->words_count,
                                                     .patches = EMIT_NONE,
                                                     .orelse = EMIT_NONE};
    return true;
}

/*
 * The type that a branch to the label carries.  Blocks of the profile take nothing, so a loop's is
 * none.
 */
static uint8_t label_type(const struct control *label)
{
    return label->code == CODE_LOOP ? TYPE_NONE : label->result;
}

/*
 * The rest of the block cannot be reached.  Its operands are dropped, and what follows is only
 * checked.
 */
static void control_set_unreachable(struct emit *emit)
{
    struct control *control = control_top(emit);

    emit_truncate(emit, control->height);
    control->unreachable = true;
    emit->live = false;
    emit_block(emit);
}

/* Read what a block leaves: nothing or one value. */
static bool compile_block_type(struct emit *emit, uint8_t *result)
{
    struct reader *in = emit->in;
    size_t start = in->at;
    uint8_t byte;

    if (!reader_byte(in, &byte))
        return false;
    *result = TYPE_NONE;
    if (byte == 0x40)
        return true;
    in->at = start;
    /* Bit 6 clear, or more bytes to come: a non-negative number, so the index of a type. */
    if ((byte & 0xc0) != 0x40)
        return reader_refuse(in, start,
                             "multi-value (a block with a type index) is outside the "
                             "profile");
    return compile_value_type(in, result);
}

/*
 * block, loop and if.  An `if` begins with a branch to its else, which compile_else() or
 * compile_end() fills in.
 */
static bool compile_block_open(struct emit *emit, uint8_t code)
{
    struct operand condition;
    uint16_t cell = 0;
    uint8_t result;

    if (!compile_block_type(emit, &result))
        return false;
    if (code == CODE_IF) {
        if (!emit_pop(emit, TYPE_I32, &condition))
            return false;
        cell = emit_use(emit, &condition, emit->height);
    }
    /* Whatever joins later finds the operands below in their own cells. */
    emit_settle(emit, 0);
    if (!control_push(emit, code, result))
        return false;
    if (code == CODE_BLOCK)
        return true;
    if (code == CODE_IF)
        control_top(emit)->orelse = emit_target(emit, OP_BR_UNLESS, cell, EMIT_NONE);
    emit_block(emit);
    /* A turn of a loop is never free: its operator is charged at its head. */
    if (code == CODE_LOOP)
        emit_price(emit, FUEL_ONE);
    return true;
}

/* Check what a block leaves and put its result where whatever follows finds it. */
static bool compile_block_leave(struct emit *emit)
{
    const struct control *control = control_top(emit);
    struct operand result;

    if (control->result != TYPE_NONE) {
        if (!emit_pop(emit, control->result, &result))
            return false;
        emit_move(emit, emit_cell(emit, control->height), &result, emit->height);
    }
    if (emit->height != control->height)
        return reader_refuse(emit->in, emit->offset, "%u operands are left at the end of a block",
                             emit->height - control->height);
    return true;
}

/*
 * The first arm ends as a block does, with a branch to the end; the second begins as the `if` did.
 */
static bool compile_else(struct emit *emit)
{
    struct control *control = control_top(emit);

    if (control->code != CODE_IF)
        return reader_refuse(emit->in, emit->offset, "else without if");
    if (!compile_block_leave(emit))
        return false;
    emit_branch(emit, OP_BR, 0, control);
    /* The else can be reached if the `if` could, whatever its first arm did. */
    emit->live = !control->dead;
    emit_bind(emit, control->orelse);
    control->orelse = EMIT_NONE;
    control->code = CODE_ELSE;
    control->unreachable = false;
    emit_block(emit);
    return true;
}

/*
 * The end of a block, or of the function.  It can be reached from before it or by a branch to it.
 */
static bool compile_end(struct emit *emit)
{
    struct control *control = control_top(emit);
    bool joined = control->patches != EMIT_NONE || control->orelse != EMIT_NONE;

    /* Without an else the condition's other way would leave no value. */
    if (control->code == CODE_IF && control->result != TYPE_NONE)
        return reader_refuse(emit->in, emit->offset, "an if with a result has no else");
    if (!compile_block_leave(emit))
        return false;
    emit->live = !control->dead && (emit->live || joined);
    emit_bind(emit, control->patches);
    emit_bind(emit, control->orelse);
    /* Nothing but the operator before it leads to the end of a loop. */
    if (control->code != CODE_LOOP)
        emit_block(emit);
    /*
     * What the block leaves is an operand of the block around it; the function's own is returned.
     */
    emit->depth--;
    if (emit->depth > 0)
        return control->result == TYPE_NONE || emit_push(emit, control->result, AT_CELL, 0, 0);
    (void)emit_word(emit, control->result == TYPE_NONE ? OP_RETURN : OP_RETURN_VALUE,
                    emit_cell(emit, 0), 0, 0);
    return true;
}

/* Read a label: the number of blocks between it and the branch. */
static bool label_read(struct emit *emit, struct control **label)
{
    size_t start = emit->in->at;
    uint32_t depth;

    if (!reader_u32(emit->in, &depth))
        return false;
    if (depth >= emit->depth)
        return reader_refuse(emit->in, start, "there is no block %u to branch to", depth);
    *label = &emit->controls[emit->depth - 1 - depth];
    return true;
}

/* The value goes to the first cell, which is the caller's too (do_RETURN_VALUE in run.c). */
static bool compile_return(struct emit *emit)
{
    uint8_t type = emit->controls[0].result;
    struct operand value;

    if (type == TYPE_NONE) {
        (void)emit_word(emit, OP_RETURN, 0, 0, 0);
    } else {
        if (!emit_pop(emit, type, &value))
            return false;
        (void)emit_word(emit, OP_RETURN_VALUE, emit_use(emit, &value, emit->height), 0, 0);
    }
    control_set_unreachable(emit);
    return true;
}

/* Branch always.  A branch to the function's own block is a return. */
static bool compile_br(struct emit *emit)
{
    struct control *label = NULL;
    struct operand value;

    if (!label_read(emit, &label))
        return false;
    if (label == &emit->controls[0])
        return compile_return(emit);
    if (label_type(label) != TYPE_NONE) {
        if (!emit_pop(emit, label_type(label), &value))
            return false;
        emit_move(emit, emit_cell(emit, label->height), &value, emit->height);
    }
    emit_branch(emit, OP_BR, 0, label);
    control_set_unreachable(emit);
    return true;
}

/*
 * Branch on a condition, and go on with the same operands otherwise: a value that the label takes
 * stays on the stack.
 */
static bool compile_br_if(struct emit *emit)
{
    struct control *label = NULL;
    struct operand condition;
    struct operand value;
    uint16_t cell;
    uint16_t to;
    uint32_t around;

    if (!label_read(emit, &label) || !emit_pop(emit, TYPE_I32, &condition))
        return false;
    cell = emit_use(emit, &condition, emit->height);
    if (label_type(label) == TYPE_NONE) {
        emit_branch(emit, OP_BR_IF, cell, label);
        emit_block(emit);
        return true;
    }
    if (!emit_pop(emit, label_type(label), &value))
        return false;
    to = emit_cell(emit, label->height);
    if (value.kind == AT_CELL && emit_cell(emit, emit->height) == to) {
        emit_branch(emit, OP_BR_IF, cell, label);
    } else {
        /* Only a branch that is taken may write the label's cell. */
        around = emit_target(emit, OP_BR_UNLESS, cell, EMIT_NONE);
        emit_move(emit, to, &value, emit->height);
        emit_branch(emit, OP_BR, 0, label);
        emit_bind(emit, around);
    }
    emit_block(emit);
    return emit_push(emit, label_type(label), (enum operand_kind)value.kind, value.local,
                     value.constant);
}

/*
 * All labels of a br_table must take what the last one takes.  Where the code cannot be reached and
 * the operand could be of any type (`known` is TYPE_NONE), they may differ in type, not in whether
 * they take one.
 */
static bool labels_check(struct emit *emit, uint32_t count, uint8_t known)
{
    uint8_t last = label_type(&emit->controls[emit->depth - 1 - emit->labels[count]]);

    for (uint32_t i = 0; i < count; i++) {
        uint8_t type = label_type(&emit->controls[emit->depth - 1 - emit->labels[i]]);

        if (type != last && (known != TYPE_NONE || type == TYPE_NONE || last == TYPE_NONE))
            return reader_refuse(emit->in, emit->offset, "a br_table to labels of several types");
    }
    return true;
}

/* The word, the count, and for each label a branch with the cell that its value goes to. */
static bool compile_br_table(struct emit *emit)
{
    struct operand index;
    struct operand value = {.kind = AT_CELL};
    struct control *label = NULL;
    uint16_t cell;
    uint16_t from = EMIT_NO_CELL;
    uint32_t count;
    uint8_t known;
    uint8_t type;

    if (!reader_count(emit->in, "entries of a br_table", LIMIT_BR_TABLE, &count))
        return false;
    for (uint32_t i = 0; i <= count; i++) {
        if (!label_read(emit, &label))
            return false;
        /* As depths: the table's branches are made when all labels and operands are checked. */
        emit->labels[i] = (uint32_t)(control_top(emit) - label);
    }
    type = label_type(label); /* the last one's */
    if (!emit_pop(emit, TYPE_I32, &index))
        return false;
    cell = emit_use(emit, &index, emit->height);
    if (type == TYPE_NONE) {
        if (!labels_check(emit, count, TYPE_I32))
            return false;
    } else {
        /*
         * Before it is popped, since popping an unknown operand gives it the type that is asked
         * for.
         */
        known = emit_top_type(emit);
        if (!emit_pop(emit, type, &value) || !labels_check(emit, count, known))
            return false;
        from = emit_use(emit, &value, emit->height);
    }
    (void)emit_word(emit, OP_BR_TABLE, cell, from, type);
    emit_constant(emit, count);
    for (uint32_t i = 0; i <= count; i++) {
        uint16_t to;

        label = control_top(emit) - emit->labels[i];
        to = emit_cell(emit, label->height);
        emit_branch(emit, OP_BR, type == TYPE_NONE || to == from ? EMIT_NO_CELL : to, label);
    }
    control_set_unreachable(emit);
    return true;
}

/* ---- calls ---- */

/*
 * Call by a function's number or, with `index`, through the table: `target` is the number or the
 * type's id.
 */
static bool compile_call_of(struct emit *emit, const struct signature *type, enum op op,
                            uint32_t target, const struct operand *index)
{
    uint32_t count = type->params_count;
    struct operand operand;
    uint16_t cell = 0;

    if (index != NULL)
        cell = emit_use(emit, index, emit->height);
    /* Arguments lie in their own cells, which become the first locals of the callee. */
    if (count <= emit->height)
        emit_settle(emit, emit->height - count);
    /* From the last parameter to the first: that is how they lie on the stack. */
    while (count > 0)
        if (!emit_pop(emit, type->params[--count], &operand))
            return false;
    emit_place(emit);
    if (index != NULL) {
        (void)emit_word(emit, op, emit_cell(emit, emit->height), cell, 0);
        emit_constant(emit, target);
    } else {
        (void)emit_target(emit, op, emit_cell(emit, emit->height), target);
    }
    emit_block(emit);
    return type->result == TYPE_NONE || emit_push(emit, type->result, AT_CELL, 0, 0);
}

static bool compile_call(struct emit *emit)
{
    size_t start = emit->in->at;
    uint32_t index;

    if (!reader_u32(emit->in, &index))
        return false;
    if (index >= emit->code->functions_count)
        return reader_refuse(emit->in, start, "there is no function %u", index);
    return compile_call_of(emit, &emit->code->types[emit->code->functions[index].type], OP_CALL,
                           index, NULL);
}

/* The type is named by the module's number and checked by its id, as equal types are one. */
static bool compile_call_indirect(struct emit *emit)
{
    size_t start = emit->in->at;
    struct operand index;
    uint32_t type;
    uint32_t table;

    if (!reader_u32(emit->in, &type) || !reader_u32(emit->in, &table))
        return false;
    if (type >= emit->code->types_count)
        return reader_refuse(emit->in, start, "there is no type %u", type);
    if (table != 0)
        return reader_refuse(emit->in, start,
                             "a second table (reference types) is outside the "
                             "profile");
    if (!emit->code->has_table)
        return reader_refuse(emit->in, emit->offset, "call_indirect in a module without a table");
    if (!emit_pop(emit, TYPE_I32, &index))
        return false;
    return compile_call_of(emit, &emit->code->types[type], OP_CALL_INDIRECT,
                           emit->code->types[type].id, &index);
}

/* ---- one operator ---- */

/* What an operator adds to the block that it stands in: the table of docs/fuel.md, "Prices". */
static uint32_t compile_price(const struct engine_code *module, uint32_t code)
{
    const struct operator_row *row = operator_row(code);
    uint32_t access = fuel_access(module->memory_pages_max);

    if (row->kind == OPERATOR_LOAD || row->kind == OPERATOR_STORE)
        return access;
    if (row->kind != OPERATOR_NONE)
        return row->fuel;
    switch (code) {
    case CODE_NOP:
    case CODE_BLOCK:
    case CODE_LOOP: /* charged at its head */
    case CODE_ELSE:
    case CODE_END:
    case CODE_DROP:
        return FUEL_NONE;
    case CODE_BR_TABLE:
        return module->code_bytes > FUEL_BR_TABLE_BYTES ? FUEL_BR_TABLE_LARGE : FUEL_BR_TABLE;
    case CODE_CALL:
        return FUEL_CALL;
    case CODE_CALL_INDIRECT:
        return FUEL_CALL_INDIRECT;
    case CODE_MEMORY_GROW:
        return FUEL_GROW;
    case CODE_MEMORY_COPY:
        return FUEL_BULK + 2 * access;
    case CODE_MEMORY_FILL:
        return FUEL_BULK + access;
    default:
        return FUEL_ONE;
    }
}

/*
 * The price first: it belongs to the block that the operator stands in, and some operators end
 * that.
 */
static bool compile_control(struct emit *emit, uint32_t code)
{
    emit_price(emit, code < OPERATOR_CODES ? emit->prices[code] : FUEL_NONE);
    switch (code) {
    case CODE_UNREACHABLE:
        emit_place(emit);
        (void)emit_word(emit, OP_UNREACHABLE, 0, 0, 0);
        control_set_unreachable(emit);
        return true;
    case CODE_BLOCK:
    case CODE_LOOP:
    case CODE_IF:
        return compile_block_open(emit, (uint8_t)code);
    case CODE_ELSE:
        return compile_else(emit);
    case CODE_END:
        return compile_end(emit);
    case CODE_BR:
        return compile_br(emit);
    case CODE_BR_IF:
        return compile_br_if(emit);
    case CODE_BR_TABLE:
        return compile_br_table(emit);
    case CODE_RETURN:
        return compile_return(emit);
    case CODE_CALL:
        return compile_call(emit);
    case CODE_CALL_INDIRECT:
        return compile_call_indirect(emit);
    default:
        return plain_operator(emit, code);
    }
}

/*
 * Read one operator's code: a byte, or 0xfc and a number.  Numbers past all that are known stay
 * unknown.
 */
static bool compile_operator(struct emit *emit)
{
    uint32_t code;
    uint8_t byte;

    emit->offset = emit->in->at;
    if (!reader_byte(emit->in, &byte))
        return false;
    code = byte;
    if (byte == CODE_PREFIX) {
        if (!reader_u32(emit->in, &code))
            return false;
        code = code > 0xffff ? 0xffff : code + 0x100;
    }
    /* Where no word was made because there is no room, the refusal is in the reader alone. */
    return compile_control(emit, code) && emit->in->status == ST_OK;
}

/* ---- one function ---- */

/*
 * The types of parameters and locals.  A group is one type and a count, so the sum is checked
 * before anything is written.
 */
static bool compile_locals(struct emit *emit, const struct signature *type)
{
    struct reader *in = emit->in;
    uint32_t groups;
    uint32_t total = type->params_count;

    for (uint32_t i = 0; i < total; i++)
        emit->local_types[i] = type->params[i];
    if (!reader_count(in, "groups of locals", LIMIT_LOCALS, &groups))
        return false;
    for (uint32_t group = 0; group < groups; group++) {
        size_t start = in->at;
        uint32_t count;
        uint8_t value_type;

        if (!reader_u32(in, &count) || !compile_value_type(in, &value_type))
            return false;
        if (count > LIMIT_LOCALS - total)
            return reader_refuse(in, start, "more than %d locals", LIMIT_LOCALS);
        memset(emit->local_types + total, value_type, count);
        total += count;
    }
    emit->function->locals = total;
    return true;
}

/*
 * The scratch of the last module, for the next one: its memory is large, and used already.
 * Exchanged whole, so that threads which load at the same time do not share one.
 */
static _Atomic(struct emit *) spare;

struct emit *compile_new(struct reader *in, struct engine_code *code)
{
    struct emit *emit = atomic_exchange(&spare, NULL);

    if (emit == NULL)
        emit = emit_new();
    if (emit == NULL)
        return NULL;
    emit->in = in;
    emit->code = code;
    memset(emit->local_uses, 0, sizeof emit->local_uses); /* a refused module leaves some */
    for (uint32_t i = 0; i < OPERATOR_CODES; i++)
        emit->prices[i] = (uint16_t)compile_price(code, i);
    return emit;
}

void compile_free(struct emit *emit)
{
    struct emit *none = NULL;

    if (emit != NULL && !atomic_compare_exchange_strong(&spare, &none, emit))
        emit_free(emit);
}

/* The scratch has room for the largest module; the code keeps blocks of its own size. */
bool compile_keep(struct emit *emit)
{
    struct engine_code *code = emit->code;

    code->words = block_copy(emit->words, code->words_count * sizeof *code->words);
    code->places = block_copy(emit->places, code->places_count * sizeof *code->places);
    return (code->words != NULL && code->places != NULL) || reader_out_of_memory(emit->in);
}

bool compile_function(struct emit *emit, struct function *function)
{
    const struct signature *type = &emit->code->types[function->type];

    /* A function begins with nothing on its stacks and every word reachable. */
    emit->function = function;
    emit->live = true;
    emit->height = 0;
    emit->height_max = 0;
    emit->settled = 0;
    emit->depth = 0;
    emit->offset = emit->in->at;
    function->body_offset = (uint32_t)emit->in->at;
    function->code = emit->code->words_count;
    function->params = type->params_count;
    if (!compile_locals(emit, type) || !control_push(emit, CODE_BLOCK, type->result))
        return false;
    emit_block(emit);
    /* The entry is paid with the first block (docs/fuel.md). */
    emit_price(emit, FUEL_ENTRY + function->locals / FUEL_ENTRY_LOCALS);
    /* The body ends with the `end` of the function's own block. */
    while (emit->depth > 0)
        if (!compile_operator(emit))
            return false;
    if (emit->in->at != emit->in->end)
        return reader_refuse(emit->in, emit->in->at, "bytes are left after the end of a function");
    function->body_bytes = (uint32_t)emit->in->at - function->body_offset;
    /* Known only now: the deepest operand stack. */
    function->cells = function->locals + emit->height_max;
    fuse_function(emit->words, function->code, emit->code->words_count);
    return true;
}
