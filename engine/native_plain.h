/* Tier 1's lines for plain operators, and the variables of a function; private to the engine. */
#ifndef SERAI_ENGINE_NATIVE_PLAIN_H
#define SERAI_ENGINE_NATIVE_PLAIN_H

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
    uint8_t *used;   /* for each cell: types that it holds, as bits of native_type_bit() */
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

/* The bit of a value type in native_writer.used. */
uint8_t native_type_bit(uint8_t type);

/* The letter of the flag of a float variable: whether it may be a NaN that arithmetic made. */
char native_flag_letter(uint8_t type);

/* ---- variables ---- */

/* The text that names a cell's value. */
struct native_name {
    char text[32];
};

/*
 * native_cell(), native_exact() and native_bits() name the value of a type in a cell, and remember
 * that the function keeps that type there: the variable itself, to be read by arithmetic or
 * written; its exact bits in the C type of its own; and as the raw cell of tier 0.
 */
struct native_name native_cell(struct native_writer *writer, uint16_t cell, uint8_t type);
struct native_name native_exact(struct native_writer *writer, uint16_t cell, uint8_t type);
struct native_name native_bits(struct native_writer *writer, uint16_t cell, uint8_t type);

/* End a line that wrote a cell.  Of a float, `made`: it may be a NaN that arithmetic made. */
void native_flag(struct native_writer *writer, uint16_t cell, uint8_t type, bool made);

/* ---- lines ---- */

/* Append a line that puts a raw value into a cell. */
void native_constant(struct native_writer *writer, uint16_t to, uint8_t type, uint64_t value);

/* Append a line that copies a cell. */
void native_copy(struct native_writer *writer, uint16_t to, uint16_t from, uint8_t type);

/* Append the line of a SELECT. */
void native_select(struct native_writer *writer, const union word *word);

/* Append the line of a word of ops.h, fused or not. */
void native_plain(struct native_writer *writer, const union word *word);

/* native_effort() of a word of ops.h, or of one that becomes a plain line. */
uint32_t native_plain_effort(const union word *word);

#endif
