/*
 * What the daemon answered, for people and for programs.  Items are encoded CBOR that was checked
 * when the answer was decoded; keys that are missing are passed over.
 */
#ifndef SERAI_SITE_CLI_RENDER_H
#define SERAI_SITE_CLI_RENDER_H

#include <stdio.h>

#include "base/cbor.h"
#include "base/money.h"

enum { RENDER_TEXT_BYTES = 1100 }; /* a line of an agent's log fits */

/* One item as JSON, byte strings in hex. */
void render_json(FILE *out, const uint8_t *item, size_t size);
/* Text as a JSON string; a byte that is not UTF-8 as \udcHH, as Python's surrogateescape has it. */
void render_json_text(FILE *out, const char *text);

/*
 * Text that others chose, for people: escaped as base/text.h says.  Whatever a command prints that
 * is not JSON goes through here, through render_fields() or through a table.
 */
void render_escaped(FILE *out, const char *text);
void render_escaped_sized(FILE *out, const char *text, size_t size);

/* One line `label  value`, both escaped and lined up with those of render_fields(). */
void render_field(FILE *out, const char *label, const char *value);

/* A map as `key  value` lines; amounts with their unit.  Lists in it are the caller's to show. */
void render_fields(FILE *out, const uint8_t *map, size_t size, const char *currency);

/* Visit the items of an array, or of the one array that a map holds. */
void render_each(const uint8_t *item, size_t size,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context);

/* A field of a map as text (cut to fit) or as a number.  False when it is not there or no such. */
bool render_text(const uint8_t *map, size_t size, const char *key, char text[RENDER_TEXT_BYTES]);
/* A field that is a byte string, inside the map; NULL when it is not there or no such. */
const uint8_t *render_bytes(const uint8_t *map, size_t size, const char *key, size_t *bytes_size);
bool render_number(const uint8_t *map, size_t size, const char *key, uint64_t *number);

/* A total of nanos with nine decimals; `text` has room for 64. Returns text. */
char *render_total(char text[64], u128 nanos);

/*
 * A table: rows of cells, printed with columns as wide as they need.  Cells that look like numbers
 * stand right; all are escaped.
 */
struct table_text; /* opaque */
enum { TABLE_COLUMNS_MAX = 12 };
/* NULL when memory is short.  The strings of `headers` are borrowed. */
struct table_text *table_text_new(const char *const *headers, size_t columns);
void table_text_row(struct table_text *table, const char *const *cells);         /* copied */
void table_text_row_escaped(struct table_text *table, const char *const *cells); /* they are */
/* Prints and frees; columns that are empty in all rows are left out. */
void table_text_print(struct table_text *table, FILE *out);

#endif
