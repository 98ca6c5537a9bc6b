/* Validation and pre-decoding of function bodies; private to the engine. */
#ifndef SERAI_ENGINE_COMPILE_H
#define SERAI_ENGINE_COMPILE_H

#include "engine/code.h"
#include "engine/reader.h"

struct emit; /* scratch for compile_function(): up to 32 MiB, as the largest module so far took */

/*
 * Take the scratch for compile_function(), of a reader and a code that outlive it.  The one that
 * was given back last is kept for this; more are made when several are in use.  NULL when out of
 * memory.
 */
struct emit *compile_new(struct reader *in, struct engine_code *code);

/* Give the scratch back; NULL is allowed. */
void compile_free(struct emit *emit);

/* When all bodies are compiled: the code gets its words.  False, refused, when out of memory. */
MUST_CHECK bool compile_keep(struct emit *emit);

/*
 * Validate the body in->at .. in->end and append it to the code as words; `function` learns its
 * first word and its sizes.  By the algorithm in the specification's appendix "Validation
 * Algorithm".  False after a refusal, which is in the reader.
 */
MUST_CHECK bool compile_function(struct emit *emit, struct function *function);

/* Read the byte of a value type.  Types outside the profile are refused by name. */
MUST_CHECK bool compile_value_type(struct reader *in, uint8_t *type);

#endif
