/* Objects as files, before they are mapped; private to the engine. */
#ifndef SERAI_ENGINE_NATIVE_ELF_H
#define SERAI_ENGINE_NATIVE_ELF_H

#include "base/status.h"

/*
 * Check an object before it is mapped.  ST_INVALID: `path` is no shared object of this machine, or
 * one whose loading would run something, want a library or a foreign symbol, or map what is
 * writable and executable.  ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status native_elf_check(const char *path, struct fault *fault);

#endif
