/* The imports of modules.  Private to this part. */
#ifndef SERAI_AGENTS_IMPORTS_H
#define SERAI_AGENTS_IMPORTS_H

#include "engine/engine.h"

/* The imports that engine_code_new() binds to: the table of sdk/abi.h. */
extern const struct engine_imports turn_imports;

#endif
