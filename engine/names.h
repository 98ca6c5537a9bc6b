/* The names of functions, for people; private to the engine. */
#ifndef SERAI_ENGINE_NAMES_H
#define SERAI_ENGINE_NAMES_H

#include "engine/code.h"
#include "engine/reader.h"

/*
 * Read the body of a name section, in->at .. in->end, for the names of functions.  A section that
 * is wrong in any way means no names and is no refusal: only people read them.  False when out of
 * memory, which is recorded in `in`.
 */
MUST_CHECK bool names_read(struct reader *in, struct engine_code *code);

#endif
