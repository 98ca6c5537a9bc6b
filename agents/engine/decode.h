/* The decoder's parts; private to the engine. */
#ifndef SERAI_AGENTS_ENGINE_DECODE_H
#define SERAI_AGENTS_ENGINE_DECODE_H

#include "agents/engine/code.h"
#include "agents/engine/reader.h"

struct decoder {
    struct reader in;
    struct engine_code *code;
    const struct engine_imports *imports;
    bool has_code;
};

/* Room for `count` zeroed items; at least one, so that NULL means what it says. */
MUST_CHECK void *decode_take(struct decoder *decoder, uint32_t count, size_t size);
/* Compare a name of the module with a C string. */
bool decode_name_is(const char *name, uint32_t size, const char *text);

/* ---- sections that name things and their signatures ---- */

MUST_CHECK bool decode_types(struct decoder *decoder);
MUST_CHECK bool decode_imports(struct decoder *decoder);
MUST_CHECK bool decode_functions(struct decoder *decoder);
MUST_CHECK bool decode_exports(struct decoder *decoder);

#endif
