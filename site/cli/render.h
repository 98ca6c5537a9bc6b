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
/* Text as a JSON string; bytes that are no UTF-8 must have been refused before. */
void render_json_text(FILE *out, const char *text);

/* A map as `key  value` lines; amounts with their unit.  Lists in it are the caller's to show. */
void render_fields(FILE *out, const uint8_t *map, size_t size, const char *currency);

/* Visit the items of an array, or of the one array that a map holds. */
void render_each(const uint8_t *item, size_t size,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context);

/* A field of a map as text (cut to fit) or as a number.  False when it is not there or no such. */
bool render_text(const uint8_t *map, size_t size, const char *key, char text[RENDER_TEXT_BYTES]);
bool render_number(const uint8_t *map, size_t size, const char *key, uint64_t *number);

/* A total of nanos with nine decimals; `text` has room for 64. Returns text. */
char *render_total(char text[64], u128 nanos);

/*
 * A table: rows of cells, printed with columns as wide as they need.  Cells that look like numbers
 * stand right.
 */
struct table_text; /* opaque */
enum { TABLE_COLUMNS_MAX = 12 };
/* NULL when memory is short.  The strings of `headers` are borrowed. */
struct table_text *table_text_new(const char *const *headers, size_t columns);
void table_text_row(struct table_text *table, const char *const *cells); /* copied */
/* Prints and frees; columns that are empty in all rows are left out. */
void table_text_print(struct table_text *table, FILE *out);

#endif
