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
#ifndef SERAI_AGENTS_ENGINE_EMIT_H
#define SERAI_AGENTS_ENGINE_EMIT_H

#include "agents/engine/code.h"
#include "agents/engine/ops.h"
#include "agents/engine/reader.h"

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
    struct operand operands[LIMIT_OPERANDS];
    struct control controls[LIMIT_DEPTH];
    uint8_t local_types[LIMIT_LOCALS];
    uint16_t local_uses[LIMIT_LOCALS]; /* operands that are AT_LOCAL of it */
    uint32_t labels[LIMIT_BR_TABLE + 1];
};

/* ---- the operand stack ---- */

/* The cell of stack position `position`. */
uint16_t emit_cell(const struct emit *emit, uint32_t position);
MUST_CHECK bool emit_push(struct emit *emit, uint8_t type, enum operand_kind kind, uint32_t local,
                          uint64_t constant);
/* Pop an operand of `type` (TYPE_NONE: any).  Its position is then emit->height. */
MUST_CHECK bool emit_pop(struct emit *emit, uint8_t type, struct operand *operand);
/* The type of what would be popped; TYPE_NONE: unknown, or nothing is there. */
uint8_t emit_top_type(const struct emit *emit);
void emit_truncate(struct emit *emit, uint32_t height);
/* Put the operands from `position` up into their own cells. */
void emit_settle(struct emit *emit, uint32_t position);
/* The cell where a popped operand of `position` can be read; makes a constant if need be. */
uint16_t emit_use(struct emit *emit, const struct operand *operand, uint32_t position);
/* Put a popped operand of `position` into `cell`. */
void emit_move(struct emit *emit, uint16_t cell, const struct operand *operand, uint32_t position);
/* Assign a popped operand (its position is emit->height) to a local. */
void emit_set_local(struct emit *emit, uint32_t local, const struct operand *operand);

/* ---- words ---- */

/* Remember where the next word came from: it can end a run. */
void emit_place(struct emit *emit);
/* Append; the index, or EMIT_NONE when nothing is made. */
uint32_t emit_word(struct emit *emit, enum op op, uint16_t a, uint16_t b, uint16_t c);
uint32_t emit_target(struct emit *emit, enum op op, uint16_t a, uint32_t target);
void emit_constant(struct emit *emit, uint64_t constant);
/* Append an operator that defines the next free position, and push that with its type. */
MUST_CHECK bool emit_define(struct emit *emit, uint8_t type, enum op op, uint16_t b, uint16_t c);
/* The same for an operator of two words. */
MUST_CHECK bool emit_define_constant(struct emit *emit, uint8_t type, enum op op, uint16_t b,
                                     uint16_t c, uint64_t constant);

/* ---- blocks ---- */

/* The next word begins a basic block: it can be reached from elsewhere, or is charged apart. */
void emit_block(struct emit *emit);
/* Add to the price of the block at hand. */
void emit_price(struct emit *emit, uint32_t fuel);
/* A branch word to a label: `op` with cell `a`. */
void emit_branch(struct emit *emit, enum op op, uint16_t a, struct control *label);
/* Let every word of the chain branch to here. */
void emit_bind(struct emit *emit, uint32_t patches);

#endif
