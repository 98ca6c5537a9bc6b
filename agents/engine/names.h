/* The names of functions, for people; private to the engine. */
#ifndef SERAI_AGENTS_ENGINE_NAMES_H
#define SERAI_AGENTS_ENGINE_NAMES_H

#include "agents/engine/code.h"
#include "agents/engine/reader.h"

/*
 * Take what the body of a name section, in->at .. in->end, says of the functions.  A section that
 * is wrong in any way means no names and is no refusal: nothing but what people read hangs on it.
 * false: no memory left, said in `in`.
 */
MUST_CHECK bool names_read(struct reader *in, struct engine_code *code);

#endif
