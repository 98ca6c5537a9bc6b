/* Validation and pre-decoding of function bodies; private to the engine. */
#ifndef SERAI_AGENTS_ENGINE_COMPILE_H
#define SERAI_AGENTS_ENGINE_COMPILE_H

#include "agents/engine/code.h"
#include "agents/engine/reader.h"

struct emit; /* scratch for compile_function(), a few hundred KiB */

struct emit *compile_new(struct reader *in, struct engine_code *code); /* NULL: no memory */
void compile_free(struct emit *emit);

/*
 * The body in->at .. in->end becomes words of code, and `function` learns its place and sizes.
 * By the algorithm in the specification's appendix "Validation Algorithm"; false after a refusal.
 */
MUST_CHECK bool compile_function(struct emit *emit, struct function *function);

/* A value type by its byte, other types refused by name. */
MUST_CHECK bool compile_value_type(struct reader *in, uint8_t *type);

#endif
