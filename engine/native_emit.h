/* Tier 1's text of functions; private to the engine. */
#ifndef SERAI_ENGINE_NATIVE_EMIT_H
#define SERAI_ENGINE_NATIVE_EMIT_H

#include "engine/code.h"
#include "engine/native_text.h"

struct native_writer {
    const struct engine_code *code;
    const struct function *function;
    uint32_t index; /* of the function */
    uint32_t place; /* the next of code->places */
    uint32_t at;    /* offset in the module of the word at hand */
    bool grows;     /* memory may grow */
    bool host_in_table;
    struct bytes body;
    uint8_t *used;   /* for each cell: types that it holds, as bits of type_bit() */
    uint8_t *target; /* for each word of the function: something branches to it */
};

/* Append text to be compiled.  Out of memory is remembered in text->failed. */
void native_put(struct bytes *text, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Properties of a value type: native_letter() of its variables, native_c_type() in C,
 * native_result_type() the struct that a function with this result returns.
 */
char native_letter(uint8_t type);
const char *native_c_type(uint8_t type);
const char *native_result_type(uint8_t type);

/* Whether a value type is f32 or f64, whose NaNs need care. */
bool native_is_float(uint8_t type);

/* The part of the activation budget that a call of the function takes; 0 for an import. */
uint32_t native_need(const struct function *function);

/* About how many lines of C and ways of control a word becomes. */
uint32_t native_effort(const union word *word);

/* Append the head of a function's definition: result, name and parameters. */
void native_put_head(struct bytes *text, const struct signature *type, uint32_t index);

/*
 * Append the whole definition of function `index`. writer->code is set; the rest of *writer is
 * scratch that is kept for the next function.
 */
void native_put_function(struct native_writer *writer, uint32_t index, struct bytes *text);

#endif
