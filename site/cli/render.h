/*
 * Answers of the daemon, printed for people and for programs.  Items are encoded CBOR that was
 * checked when the answer was decoded; keys that are missing are passed over.
 */
#ifndef SERAI_SITE_CLI_RENDER_H
#define SERAI_SITE_CLI_RENDER_H

#include <stdio.h>

#include "base/cbor.h"
#include "base/money.h"

enum {
    RENDER_TEXT_BYTES = 1100, /* a line of an agent's log fits */
    JSON_VERSION = 1,         /* of what commands print with --json: docs/json.md */
};

/* Print one item as JSON, byte strings in hex. */
void render_json(FILE *out, const uint8_t *item, size_t size);

/* As render_json(); null, which a result may be, is printed as {}. */
void render_json_object(FILE *out, const uint8_t *item, size_t size);

/*
 * Print text as a JSON string.  A byte that is not UTF-8 becomes \udcHH, as in Python's
 * surrogateescape.
 */
void render_json_text(FILE *out, const char *text);

/*
 * Text that others chose, for people: render_escaped() and render_escaped_sized() print it escaped
 * as base/text.h says.  Whatever a command prints that is not JSON goes through here, through
 * render_fields() or through a table.
 */
void render_escaped(FILE *out, const char *text);
void render_escaped_sized(FILE *out, const char *text, size_t size);

/* Print one line `label value`, both escaped and lined up with those of render_fields(). */
void render_field(FILE *out, const char *label, const char *value);

/*
 * Print a map as `key value` lines, amounts with their unit.  Lists in it are left to the caller.
 */
void render_fields(FILE *out, const uint8_t *map, size_t size, const char *currency);

/*
 * Visit the items of an array, or of the one array that a map holds.  An item is borrowed for the
 * visit.
 */
void render_each(const uint8_t *item, size_t size,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context);

/* Visit the items of the array that a map holds under `key`; none if it holds no such array. */
void render_list(const uint8_t *map, size_t size, const char *key,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context);

/* Copy a field of a map that is a text, cut to fit.  False when there is none of that type. */
bool render_text(const uint8_t *map, size_t size, const char *key, char text[RENDER_TEXT_BYTES]);

/*
 * Find a field of a map that is a byte string; the result points into the map.  NULL when there is
 * none of that type.
 */
const uint8_t *render_bytes(const uint8_t *map, size_t size, const char *key, size_t *bytes_size);

/* Find a field of a map that is a text, of any length; as render_bytes(), without a NUL. */
const char *render_text_whole(const uint8_t *map, size_t size, const char *key, size_t *text_size);

/* Read a field of a map that is an integer.  False when there is none of that type. */
bool render_number(const uint8_t *map, size_t size, const char *key, uint64_t *number);

/* The same; 0 when there is none. */
uint64_t render_number_or_0(const uint8_t *map, size_t size, const char *key);

/* Whether a field of a map is there and true. */
bool render_true(const uint8_t *map, size_t size, const char *key);

/* A field of a map that is an amount or a total, in nanos; 0 when there is none. */
u128 render_total_or_0(const uint8_t *map, size_t size, const char *key);

/* Write a total of nanos with nine decimals; `text` has room for 64.  Returns `text`. */
char *render_total(char text[64], u128 nanos);

/* Write a time of the calendar, "2026-12-01T22:00:04.125Z".  Returns `text`. */
enum { RENDER_WALL_BYTES = 32 };
char *render_wall(char text[RENDER_WALL_BYTES], uint64_t wall_us);

/*
 * A table: rows of cells, printed with columns as wide as they need.  Cells that look like numbers
 * stand right; all are escaped.
 */
struct table_text; /* opaque */
enum { TABLE_COLUMNS_MAX = 12 };

/*
 * Make a table with these columns, at most TABLE_COLUMNS_MAX.  The strings of `headers` are
 * borrowed until it is printed.  NULL when out of memory.
 */
struct table_text *table_text_new(const char *const *headers, size_t columns);

/* Add a row of cells, which are copied and escaped. */
void table_text_row(struct table_text *table, const char *const *cells);

/* Add a row of cells that are escaped already; they are copied. */
void table_text_row_escaped(struct table_text *table, const char *const *cells);

/* Free a table that is not printed; NULL is allowed. */
void table_text_free(struct table_text *table);

/* Print the table and free it.  Columns that are empty in all rows are left out. */
void table_text_print(struct table_text *table, FILE *out);

#endif
