/* Tier 1's text of functions; private to the engine. */
#ifndef SERAI_ENGINE_NATIVE_EMIT_H
#define SERAI_ENGINE_NATIVE_EMIT_H

#include "engine/code.h"
#include "engine/native_plain.h"
#include "engine/native_text.h"

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
