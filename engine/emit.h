/*
 * Pre-decoded code for one function at a time, made while the function is validated.
 *
 * The operand stack of WebAssembly is known at each point, so its places become cells of the
 * activation and the code names cells instead of pushing and popping.  A local or a constant that
 * is pushed makes no code: the stack remembers it (AT_LOCAL, AT_CONST) until it is used, or until
 * its place must hold it because control flow joins or the local changes.
 *
 * In code that cannot be reached (`live` is false) operands are still checked but nothing is made.
 */
#ifndef SERAI_ENGINE_EMIT_H
#define SERAI_ENGINE_EMIT_H

#include "engine/code.h"
#include "engine/operators.h"
#include "engine/ops.h"
#include "engine/reader.h"

enum { EMIT_NONE = UINT32_MAX >> 1, EMIT_NO_CELL = UINT16_MAX };

enum operand_kind { AT_CELL, AT_LOCAL, AT_CONST };

struct operand {
    uint8_t type; /* enum value_type; TYPE_NONE is unknown, in unreachable code only */
    uint8_t kind;
    uint16_t local;
    uint64_t constant;
};

struct control {
    uint8_t code;     /* block, loop, if or else by its byte; block for the function itself */
    uint8_t result;   /* enum value_type */
    bool unreachable; /* the rest of it cannot be reached: its operands are whatever is asked */
    bool dead;        /* it was entered in unreachable code */
    uint32_t height;  /* of the operand stack below it */
    uint32_t target;  /* of a loop: its first word */
    uint32_t patches; /* else: words that wait for its end, each `target` naming the next */
    uint32_t orelse;  /* of an if: the branch to its else */
};

struct emit {
    struct reader *in;
    struct engine_code *code;
    struct function *function;
    size_t offset; /* in the module, of the operator at hand */
    bool live;
    uint32_t height;
    uint32_t height_max;
    uint32_t settled; /* operands below this are AT_CELL */
    uint32_t depth;
    uint32_t charge; /* the word that charges the block at hand, EMIT_NONE before its first price */
    uint32_t defined; /* the last word, when it does nothing but define the cell in its `a` */
    uint16_t prices[OPERATOR_CODES]; /* what each operator adds to the block that it stands in */
    union word *words;               /* of the module so far, LIMIT_CODE_WORDS */
    struct code_place *places;       /* as many */
    struct operand operands[LIMIT_OPERANDS];
    struct control controls[LIMIT_DEPTH];
    uint8_t local_types[LIMIT_LOCALS];
    uint16_t local_uses[LIMIT_LOCALS]; /* operands that are AT_LOCAL of it */
    uint32_t labels[LIMIT_BR_TABLE + 1];
};

/* Make an emitter, with room for the largest module.  NULL when out of memory. */
MUST_CHECK struct emit *emit_new(void);

/* Free it; NULL is allowed. */
void emit_free(struct emit *emit);

/* ---- the operand stack ---- */

/* The cell that belongs to a position of the operand stack. */
uint16_t emit_cell(const struct emit *emit, uint32_t position);

/*
 * Push an operand: what is in the cell of its position, a local, or a constant.  False, refused,
 * when the stack is at its limit.
 */
MUST_CHECK bool emit_push(struct emit *emit, uint8_t type, enum operand_kind kind, uint32_t local,
                          uint64_t constant);

/*
 * Pop an operand of `type` (TYPE_NONE: any); its position is emit->height afterwards.  False,
 * refused, when it has another type or is missing; in code that cannot be reached a missing one is
 * taken for granted.
 */
MUST_CHECK bool emit_pop(struct emit *emit, uint8_t type, struct operand *operand);

/* The type of what emit_pop() would give.  TYPE_NONE: unknown, or nothing is there. */
uint8_t emit_top_type(const struct emit *emit);

/* Drop the operands above `height`, whatever they are. */
void emit_truncate(struct emit *emit, uint32_t height);

/*
 * Move the operands from `position` up into the cells of their positions, where joining paths
 * expect them.
 */
void emit_settle(struct emit *emit, uint32_t position);

/* The cell where an operand popped from `position` can be read.  Makes a word for a constant. */
uint16_t emit_use(struct emit *emit, const struct operand *operand, uint32_t position);

/* Make the word, if one is needed, that puts an operand popped from `position` into `cell`. */
void emit_move(struct emit *emit, uint16_t cell, const struct operand *operand, uint32_t position);

/*
 * Assign the operand popped last, whose position is emit->height, to a local.  Operands that stand
 * for the former value get it first.
 */
void emit_set_local(struct emit *emit, uint32_t local, const struct operand *operand);

/* ---- words ---- */

/* Record the offset in the module that the next word comes from, for words that can end a run. */
void emit_place(struct emit *emit);

/*
 * Append a word with three cells.  Returns its index; EMIT_NONE in code that cannot be reached and
 * after a refusal.
 */
uint32_t emit_word(struct emit *emit, enum op op, uint16_t a, uint16_t b, uint16_t c);

/* Append a word with a cell and a branch target or a number, as emit_word(). */
uint32_t emit_target(struct emit *emit, enum op op, uint16_t a, uint32_t target);

/* Append the second word of an operator: a constant or what else it needs. */
void emit_constant(struct emit *emit, uint64_t constant);

/*
 * Append an operator that defines the next free position, and push that with its type.  False after
 * a refusal.
 */
MUST_CHECK bool emit_define(struct emit *emit, uint8_t type, enum op op, uint16_t b, uint16_t c);

/* Append an operator of two words as emit_define() does. */
MUST_CHECK bool emit_define_constant(struct emit *emit, uint8_t type, enum op op, uint16_t b,
                                     uint16_t c, uint64_t constant);

/* ---- blocks ---- */

/* Begin a basic block with the next word: it can be reached from elsewhere, or is charged apart. */
void emit_block(struct emit *emit);

/* Add fuel to the charge of the current block; the first price makes the word that charges. */
void emit_price(struct emit *emit, uint32_t fuel);

/*
 * Append the branch word `op`, with cell `a`, to a label: to the first word of a loop, else to an
 * end that emit_bind() fills in.
 */
void emit_branch(struct emit *emit, enum op op, uint16_t a, struct control *label);

/* Let every branch in the chain that begins at the word `patches` lead to the next word. */
void emit_bind(struct emit *emit, uint32_t patches);

#endif
