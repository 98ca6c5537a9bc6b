/* Tier 1's text of functions; private to the engine. */
#ifndef SERAI_AGENTS_ENGINE_NATIVE_EMIT_H
#define SERAI_AGENTS_ENGINE_NATIVE_EMIT_H

#include "agents/engine/code.h"
#include "agents/engine/native_text.h"

struct writer {
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

/* Append a line's worth of text. */
void native_put(struct bytes *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* Of a value type: the letter of its variables, its C type, the struct that a call returns. */
char native_letter(uint8_t type);
const char *native_c_type(uint8_t type);
const char *native_result_type(uint8_t type);
bool native_is_float(uint8_t type);

/* What a call of it takes of the activation budget. */
uint32_t native_need(const struct function *function);

/* Where the words of a function end. */
uint32_t native_words_end(const struct engine_code *code, uint32_t index);

/* Roughly the lines of C, and the ways that control can take, which a word becomes. */
uint32_t native_effort(const union word *word);

/* A function's result, name and parameters, and all of it. */
void native_put_head(struct bytes *text, const struct signature *type, uint32_t index);
void native_put_function(struct writer *writer, uint32_t index, struct bytes *text);

#endif
