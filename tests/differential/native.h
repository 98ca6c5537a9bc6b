/*
 * Tier 1 for many modules at once: their texts share one prologue and are one compile, for starting
 * a compiler costs more than a small module does.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_NATIVE_H
#define SERAI_TESTS_DIFFERENTIAL_NATIVE_H

#include "engine/native.h"
#include "tests/differential/case.h"

struct native_pack;

/* Which compiler and how far it optimises, as its last flag. */
struct native_compiler {
    const char *name;
    const char *level;
};

/* Whether there is such a program here. */
bool native_can(const char *name);

/* `folder` is for its files. */
MUST_CHECK enum status native_pack_new(struct native_pack **pack, const char *folder);
void native_pack_free(struct native_pack *pack); /* NULL allowed */

/*
 * Compile the accepted modules of the cases, of the large ones a few, and load them: natives[i] is
 * of cases[i], NULL when it has none.  Whoever calls frees them before the next pack.  ST_IO:
 * it does not compile or load; *fault says why.
 */
MUST_CHECK enum status native_pack_make(struct native_pack *pack, const struct diff_case *cases,
                                        size_t count, const struct native_compiler *compiler,
                                        struct engine_native **natives, struct fault *fault);

#endif
