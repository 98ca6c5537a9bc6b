/* Words and the operand stack that they are made from: see emit.h. */
#include "engine/emit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/block.h"

static const char *emit_type_name(uint8_t type)
{
    switch (type) {
    case TYPE_I32:
        return "i32";
    case TYPE_I64:
        return "i64";
    case TYPE_F32:
        return "f32";
    case TYPE_F64:
        return "f64";
    default:
        return "unknown";
    }
}

/* One block for all of it, of which words and places are the first parts. */
struct emit *emit_new(void)
{
    const size_t words_bytes = LIMIT_CODE_WORDS * sizeof(union word);
    const size_t places_bytes = LIMIT_CODE_WORDS * sizeof(struct code_place);
    uint8_t *block = block_take(words_bytes + places_bytes + sizeof(struct emit));
    struct emit *emit;

    if (block == NULL)
        return NULL;
    emit = (struct emit *)(void *)(block + words_bytes + places_bytes);
    memset(emit, 0, sizeof *emit);
    emit->words = (union word *)(void *)block;
    emit->places = (struct code_place *)(void *)(block + words_bytes);
    return emit;
}

void emit_free(struct emit *emit)
{
    if (emit != NULL)
        free(emit->words);
}

uint16_t emit_cell(const struct emit *emit, uint32_t position)
{
    return (uint16_t)(emit->function->locals + position);
}

bool emit_push(struct emit *emit, uint8_t type, enum operand_kind kind, uint32_t local,
               uint64_t constant)
{
    if (emit->height == LIMIT_OPERANDS)
        return reader_refuse(emit->in, emit->offset, "more than %d operands", LIMIT_OPERANDS);
    emit->operands[emit->height++] = (struct operand){
        .type = type, .kind = (uint8_t)kind, .local = (uint16_t)local, .constant = constant};
    if (kind == AT_LOCAL)
        emit->local_uses[local]++;
    if (emit->live && emit->height > emit->height_max)
        emit->height_max = emit->height;
    return true;
}

/* Take the top operand, whatever it is.  One that stood for a local is counted no more. */
static struct operand emit_drop(struct emit *emit)
{
    struct operand operand = emit->operands[--emit->height];

    if (operand.kind == AT_LOCAL)
        emit->local_uses[operand.local]--;
    if (emit->settled > emit->height)
        emit->settled = emit->height;
    return operand;
}

uint8_t emit_top_type(const struct emit *emit)
{
    const struct control *control = &emit->controls[emit->depth - 1];

    return emit->height == control->height ? TYPE_NONE : emit->operands[emit->height - 1].type;
}

bool emit_pop(struct emit *emit, uint8_t type, struct operand *operand)
{
    const struct control *control = &emit->controls[emit->depth - 1];

    *operand = (struct operand){.type = type, .kind = AT_CELL};
    if (emit->height == control->height) {
        /*
         * The specification's "polymorphic" stack: an operand of just the type that is asked for.
         */
        if (control->unreachable)
            return true;
        return reader_refuse(emit->in, emit->offset, "an operand is missing");
    }
    *operand = emit_drop(emit);
    if (type != TYPE_NONE && operand->type != TYPE_NONE && operand->type != type)
        return reader_refuse(emit->in, emit->offset, "an operand of type %s where %s is needed",
                             emit_type_name(operand->type), emit_type_name(type));
    return true;
}

void emit_truncate(struct emit *emit, uint32_t height)
{
    while (emit->height > height)
        (void)emit_drop(emit);
}

/* Operands below `settled` are in their cells already, and are not looked at again. */
void emit_settle(struct emit *emit, uint32_t position)
{
    uint32_t from = position > emit->settled ? position : emit->settled;

    for (uint32_t i = from; i < emit->height; i++) {
        struct operand *operand = &emit->operands[i];

        emit_move(emit, emit_cell(emit, i), operand, i);
        if (operand->kind == AT_LOCAL)
            emit->local_uses[operand->local]--;
        operand->kind = AT_CELL;
    }
    /* Operands are settled from the bottom without a gap, or `settled` stays where it is. */
    if (position <= emit->settled)
        emit->settled = emit->height;
}

/* A cell is moved only when it is not there already; most operands of blocks are. */
void emit_move(struct emit *emit, uint16_t cell, const struct operand *operand, uint32_t position)
{
    uint16_t from = operand->kind == AT_LOCAL ? operand->local : emit_cell(emit, position);

    if (operand->kind == AT_CONST) {
        (void)emit_word(emit, OP_CONST, cell, operand->type, 0);
        emit_constant(emit, operand->constant);
    } else if (from != cell) {
        (void)emit_word(emit, OP_COPY, cell, from, operand->type);
    }
}

uint16_t emit_use(struct emit *emit, const struct operand *operand, uint32_t position)
{
    if (operand->kind == AT_LOCAL)
        return operand->local;
    if (operand->kind == AT_CONST)
        emit_move(emit, emit_cell(emit, position), operand, position);
    return emit_cell(emit, position);
}

/*
 * Operands that stand for `local` get its value into their cells before it changes.  `local_uses`
 * ends the search with the last of them.
 */
static void emit_settle_local(struct emit *emit, uint32_t local)
{
    for (uint32_t i = emit->height; i > 0 && emit->local_uses[local] > 0; i--) {
        struct operand *operand = &emit->operands[i - 1];

        if (operand->kind != AT_LOCAL || operand->local != local)
            continue;
        emit_move(emit, emit_cell(emit, i - 1), operand, i - 1);
        operand->kind = AT_CELL;
        emit->local_uses[local]--;
    }
}

void emit_set_local(struct emit *emit, uint32_t local, const struct operand *operand)
{
    union word *words = emit->words;
    bool fresh = emit->live && operand->kind == AT_CELL && emit->defined != EMIT_NONE &&
                 words[emit->defined].a == emit_cell(emit, emit->height);

    /* The value was computed just now and nothing waits for the old one: compute it in place. */
    if (fresh && emit->local_uses[local] == 0) {
        words[emit->defined].a = (uint16_t)local;
        return;
    }
    emit_settle_local(emit, local);
    emit_move(emit, (uint16_t)local, operand, emit->height);
}

/* ---- words ---- */

/* The module has more words than fit; `emit` stays as it is. */
static void emit_refuse_full(struct emit *emit)
{
    (void)reader_refuse(emit->in, emit->offset, "the code is over the limit of %d words",
                        LIMIT_CODE_WORDS);
}

/* Every word is made here: none in code that cannot be reached, and none past the limit. */
static inline uint32_t emit_append(struct emit *emit, union word word)
{
    struct engine_code *code = emit->code;

    emit->defined = EMIT_NONE;
    if (!emit->live)
        return EMIT_NONE;
    if (code->words_count == LIMIT_CODE_WORDS) {
        emit_refuse_full(emit);
        return EMIT_NONE;
    }
    emit->words[code->words_count] = word;
    return code->words_count++;
}

/* Places rise with words, as a search in them needs (trace.c). */
void emit_place(struct emit *emit)
{
    struct engine_code *code = emit->code;

    if (!emit->live)
        return;
    if (code->places_count == LIMIT_CODE_WORDS) {
        emit_refuse_full(emit);
        return;
    }
    emit->places[code->places_count++] =
        (struct code_place){.word = code->words_count, .offset = (uint32_t)emit->offset};
}

uint32_t emit_word(struct emit *emit, enum op op, uint16_t a, uint16_t b, uint16_t c)
{
    union word word = {.constant = 0};

    word.op = (uint16_t)op;
    word.a = a;
    word.b = b;
    word.c = c;
    return emit_append(emit, word);
}

uint32_t emit_target(struct emit *emit, enum op op, uint16_t a, uint32_t target)
{
    union word word = {.constant = 0};

    word.op = (uint16_t)op;
    word.a = a;
    word.target = target;
    return emit_append(emit, word);
}

void emit_constant(struct emit *emit, uint64_t constant)
{
    (void)emit_append(emit, (union word){.constant = constant});
}

bool emit_define(struct emit *emit, uint8_t type, enum op op, uint16_t b, uint16_t c)
{
    uint32_t word = emit_word(emit, op, emit_cell(emit, emit->height), b, c);

    emit->defined = word;
    return emit_push(emit, type, AT_CELL, 0, 0);
}

bool emit_define_constant(struct emit *emit, uint8_t type, enum op op, uint16_t b, uint16_t c,
                          uint64_t constant)
{
    uint32_t word = emit_word(emit, op, emit_cell(emit, emit->height), b, c);

    emit_constant(emit, constant);
    emit->defined = word;
    return emit_push(emit, type, AT_CELL, 0, 0);
}

/* ---- blocks ---- */

void emit_block(struct emit *emit)
{
    emit->charge = EMIT_NONE;
    emit->defined = EMIT_NONE;
}

void emit_price(struct emit *emit, uint32_t fuel)
{
    if (fuel == 0)
        return;
    if (emit->charge == EMIT_NONE) {
        emit_place(emit);
        emit->charge = emit_target(emit, OP_CHARGE, 0, 0);
    }
    if (emit->charge != EMIT_NONE)
        emit->words[emit->charge].target += fuel;
}

/*
 * A branch ahead does not know its target: it joins the chain of the label's patches, through the
 * targets themselves.
 */
void emit_branch(struct emit *emit, enum op op, uint16_t a, struct control *label)
{
    bool back = label->code == 0x03 /* loop */;
    uint32_t word = emit_target(emit, op, a, back ? label->target : label->patches);

    if (!back && word != EMIT_NONE)
        label->patches = word;
}

void emit_bind(struct emit *emit, uint32_t patches)
{
    union word *words = emit->words;

    while (patches != EMIT_NONE) {
        uint32_t next = words[patches].target;

        words[patches].target = emit->code->words_count;
        patches = next;
    }
}
