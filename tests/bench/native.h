/* Objects of tier 1 for the benches, made by `cc`, or what the environment's CC names. */
#ifndef SERAI_TESTS_BENCH_NATIVE_H
#define SERAI_TESTS_BENCH_NATIVE_H

#include "base/bytes.h"
#include "engine/native.h"

enum { NATIVE_PATH_BYTES = 512 };

/* Where the object `name` lies, in BENCH_DIR (/tmp), for this process alone. */
void native_path(char path[NATIVE_PATH_BYTES], const char *name);
/* Compile the C of engine_native_emit().  False when there is no compiler or it fails. */
MUST_CHECK bool native_build(const struct bytes *text, const char *path);
/*
 * The object of this code, mapped; its file is gone again.  `name` is used once in a process, for
 * the loader knows files by their names.  NULL: tier 1 refuses the code, and *fault says why; or
 * there is no compiler or it fails, and *fault is as it was.
 */
MUST_CHECK struct engine_native *native_compile(const struct engine_code *code, const char *name,
                                                struct fault *fault);

#endif
