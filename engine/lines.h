/*
 * Where the bytes of a module come from: the table of lines that a compiler left in its section
 * ".debug_line" (DWARF 4, chapter 6.2).  For tools; a site never reads it.  The bytes are a
 * stranger's: what is wrong with them is ST_INVALID, and nothing else happens.
 */
#ifndef SERAI_ENGINE_LINES_H
#define SERAI_ENGINE_LINES_H

#include "base/status.h"

struct engine_lines; /* opaque */

/* The largest module with lines that a tool reads; a row of the table takes more than its bytes. */
enum { ENGINE_LINES_BYTES_MAX = 16 * 1024 * 1024 };

/*
 * Read the table of a module.  On ST_OK the caller ends *lines with engine_lines_free(); `bytes`
 * are not needed any more.  ST_MISSING: it has none, or is no module; ST_INVALID: it is damaged, or
 * of another version; ST_NOMEM.
 */
MUST_CHECK enum status engine_lines_new(struct engine_lines **lines, const uint8_t *bytes,
                                        size_t size, struct fault *fault);

/* Free it; NULL is allowed. */
void engine_lines_free(struct engine_lines *lines);

/*
 * Find the line that the byte at `offset` of the module comes from.  False: none is known.  *file
 * is as the compiler had it, any bytes but a NUL, and lives as long as `lines`.
 */
bool engine_lines_find(const struct engine_lines *lines, uint32_t offset, const char **file,
                       uint32_t *line);

/*
 * Whether two modules have the same code at the same place, so that the lines of the one are those
 * of the other.
 */
bool engine_same_code(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);

#endif
