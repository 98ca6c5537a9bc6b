/*
 * Tier 1: a module as plain C, compiled by the system's compiler and loaded as a shared object.
 *
 * This part writes the text and loads the object; whoever runs the compiler, and in what jail, is
 * the host's affair.  Between runs code moves from tier 0 to tier 1 and back by
 * engine_code_use_native(); a run never changes its tier.  Results, traps, fuel and memory are the
 * same in both to the last bit.
 */
#ifndef SERAI_ENGINE_NATIVE_H
#define SERAI_ENGINE_NATIVE_H

#include "base/bytes.h"
#include "engine/engine.h"

struct engine_native; /* opaque: a loaded object and its entry */

/*
 * Append the C of `code` to *text: a function of the code and this engine alone.  No name of the
 * module reaches it, only numbers.  Linear in the size of the code.  ST_INVALID: the module is one
 * that a compiler may take too long for (engine/limits.h), so it stays in tier 0; *fault
 * says why.  ST_NOMEM.  After either, *text holds a part that is good for nothing.
 */
MUST_CHECK enum status engine_native_emit(const struct engine_code *code, struct bytes *text,
                                          struct fault *fault);

/*
 * Estimate the lines of that text, with which a compiler's time grows, so that a host can weigh a
 * compile before it pays for one.  Linear in the size of the code, and far below the text itself.
 * ST_INVALID: engine_native_emit() refuses the module.
 */
MUST_CHECK enum status engine_native_effort(const struct engine_code *code, uint64_t *effort,
                                            struct fault *fault);

/*
 * Identify all that the text depends on besides the module: the emitter, the fuel table, the layout
 * that engine and object share.  Lower-case hex, part of the cache's key.  Never NULL.
 */
const char *engine_native_id(void);

/* The compiler's arguments besides its own name, input and output; ends with NULL. */
const char *const *engine_native_flags(void);

/*
 * Map the shared object at `path`, made of engine_native_emit()'s text for this code.  On ST_OK the
 * caller owns *native.  ST_INVALID: made for other code or by another engine.  ST_IO: it cannot be
 * loaded; *fault says why.
 */
MUST_CHECK enum status engine_native_load(struct engine_native **native,
                                          const struct engine_code *code, const char *path,
                                          struct fault *fault);

/* Free an object that no code uses any more; NULL is allowed. */
void engine_native_free(struct engine_native *native);

/*
 * From the next engine_run() on, instances of `code` run in tier 1; NULL: in tier 0.  Not while one
 * runs.  `native` stays the caller's and outlives its use.
 */
void engine_code_use_native(struct engine_code *code, const struct engine_native *native);

#endif
