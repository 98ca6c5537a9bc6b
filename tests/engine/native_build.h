/* Tier 1 for tests: emit, compile with a compiler of this machine, load. */
#ifndef SERAI_TESTS_ENGINE_NATIVE_BUILD_H
#define SERAI_TESTS_ENGINE_NATIVE_BUILD_H

#include "engine/native.h"

/* Whether a program of this name is on the PATH and can compile. */
bool native_build_can(const char *compiler);

/*
 * The object of `code`, made by `compiler` with engine_native_flags() and, last, `more` flags
 * (separated by spaces, NULL for none).  Objects are kept in the build folder under the hash of
 * their text and command, so many test processes share one compile.  NULL: the code is not for tier
 * 1; all other failures end the test.
 */
struct engine_native *native_build(const struct engine_code *code, const char *compiler,
                                   const char *more);

/* Compile any text; returns whether the compiler was content.  The object is at `path`. */
bool native_build_text(const struct bytes *text, const char *compiler, const char *more,
                       char path[512]);

#endif
