/* The decoder's parts; private to the engine. */
#ifndef SERAI_ENGINE_DECODE_H
#define SERAI_ENGINE_DECODE_H

#include "engine/code.h"
#include "engine/reader.h"

struct decoder {
    struct reader in;
    struct engine_code *code;
    const struct engine_imports *imports;
    bool has_code;
    uint32_t data_count;  /* what the data count section says, ... */
    size_t data_count_at; /* ... which begins here; 0: there is none */
};

/*
 * Allocate `count` zeroed items; at least one, so that NULL always means out of memory, which is
 * recorded in the reader.
 */
MUST_CHECK void *decode_take(struct decoder *decoder, uint32_t count, size_t size);

/* Whether a name of the module, which has no NUL at its end, equals a C string. */
bool decode_name_is(const char *name, uint32_t size, const char *text);

/*
 * ---- sections that name things and their signatures ----
 *
 * Each reads the body of its section, decoder->in, into the code.  False after a refusal, which is
 * in the reader.
 */

/* Read section 1.  Equal signatures get the same id, which call_indirect compares. */
MUST_CHECK bool decode_types(struct decoder *decoder);

/* Read section 2 and bind each import to the host's order of its name and signature. */
MUST_CHECK bool decode_imports(struct decoder *decoder);

/* Read section 3: the types of the functions whose bodies section 10 brings. */
MUST_CHECK bool decode_functions(struct decoder *decoder);

/*
 * Read section 7.  No name may be there twice.  The names are copied, as the module's bytes are
 * only lent.
 */
MUST_CHECK bool decode_exports(struct decoder *decoder);

#endif
