/* Answers of the daemon for people and for programs: one walk over CBOR for each. */
#include "site/cli/render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/text.h"

enum {
    ITEMS_MAX = 1 << 20, /* an answer's bytes bound them long before */
    LABEL_COLUMNS = 16,
};

/* ---- times ---- */

char *render_wall(char text[RENDER_WALL_BYTES], uint64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    size_t size = 0;

    text[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        size = strftime(text, RENDER_WALL_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + size, RENDER_WALL_BYTES - size, ".%03uZ",
                   (unsigned)(wall_us / 1000 % 1000));
    return text;
}

/* ---- JSON ---- */

#define JSON_LARGE (UINT64_C(1) << 53)

void render_json_text(FILE *out, const char *text)
{
    size_t size = strlen(text);

    putc('"', out);
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)text[at];
        uint32_t character;
        /* length 0: this byte is no UTF-8. */
        size_t length = utf8_next(text + at, size - at, &character);

        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)c);
        else if (length == 0)
            fprintf(out, "\\udc%02x", (unsigned)c);
        else
            (void)fwrite(text + at, 1, length, out); /* cli_main() sees whether stdout took it */
        at += length == 0 ? 1 : length;
    }
    putc('"', out);
}

/* docs/json.md, "large": a reader that has only floating point loses no digit. */
static void json_number(FILE *out, uint64_t number)
{
    const char *quote = number < JSON_LARGE ? "" : "\"";

    fprintf(out, "%s%" PRIu64 "%s", quote, number, quote);
}

static void json_bytes(FILE *out, struct cbor *in)
{
    size_t size;
    const uint8_t *bytes = cbor_get_bytes(in, &size, SIZE_MAX);

    putc('"', out);
    for (size_t i = 0; i < size; i++)
        fprintf(out, "%02x", (unsigned)bytes[i]);
    putc('"', out);
}

/*
 * A text of any length, which a fixed buffer could not hold.  Without memory it is printed as null.
 */
static void json_text(FILE *out, struct cbor *in)
{
    struct cbor ahead = *in;
    size_t size;
    char *text;

    (void)cbor_get_raw(&ahead, &size); /* a text is never longer than its encoding */
    text = malloc(size + 1);
    if (text == NULL) {
        (void)cbor_get_raw(in, &size);
        fputs("null", out);
        return;
    }
    cbor_get_text(in, text, size);
    render_json_text(out, text);
    free(text);
}

/* Print the next item.  The depth of arrays and maps is bounded by the reader (base/cbor.h). */
static void json_item(FILE *out, struct cbor *in);

static void json_array(FILE *out, struct cbor *in)
{
    uint64_t count = cbor_get_array_any(in, ITEMS_MAX);

    putc('[', out);
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            putc(',', out);
        json_item(out, in);
    }
    putc(']', out);
}

/* Keys are texts (docs/control.md, "Messages"), as JSON wants. */
static void json_map(FILE *out, struct cbor *in)
{
    uint64_t count = cbor_get_map_any(in, ITEMS_MAX);

    putc('{', out);
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            putc(',', out);
        json_item(out, in);
        putc(':', out);
        json_item(out, in);
    }
    putc('}', out);
}

static void json_item(FILE *out, struct cbor *in)
{
    switch (cbor_peek(in)) {
    case CBOR_UINT:
        json_number(out, cbor_get_uint(in, UINT64_MAX));
        return;
    case CBOR_BYTES:
        json_bytes(out, in);
        return;
    case CBOR_TEXT:
        json_text(out, in);
        return;
    case CBOR_ARRAY:
        json_array(out, in);
        return;
    case CBOR_MAP:
        json_map(out, in);
        return;
    case CBOR_BOOL:
        fputs(cbor_get_bool(in) ? "true" : "false", out);
        return;
    case CBOR_NULL:
        cbor_get_null(in);
        fputs("null", out);
        return;
    case CBOR_END: /* an item that is missing: the JSON stays well-formed */
        fputs("null", out);
        return;
    }
}

/* ---- for people ---- */

void render_escaped_sized(FILE *out, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        char piece[TEXT_PIECE_BYTES];

        at += text_escape_one(piece, text + at, size - at);
        fputs(piece, out);
    }
}

void render_escaped(FILE *out, const char *text)
{
    render_escaped_sized(out, text, strlen(text));
}

void render_json(FILE *out, const uint8_t *item, size_t size)
{
    struct cbor in;

    cbor_init(&in, item, size);
    json_item(out, &in);
}

void render_json_object(FILE *out, const uint8_t *item, size_t size)
{
    struct cbor in;

    cbor_init(&in, item, size);
    if (cbor_peek(&in) == CBOR_NULL)
        fputs("{}", out);
    else
        json_item(out, &in);
}

/* ---- fields ---- */

/*
 * Read the next item as a short text: a scalar as people write it, anything else as JSON, cut to
 * fit.
 */
static void render_take_text(struct cbor *in, char text[RENDER_TEXT_BYTES])
{
    size_t size;
    const uint8_t *item = cbor_get_raw(in, &size);
    struct cbor inside;
    FILE *out;

    text[0] = '\0';
    cbor_init(&inside, item, size);
    if (cbor_peek(&inside) == CBOR_TEXT && size < RENDER_TEXT_BYTES) {
        cbor_get_text(&inside, text, RENDER_TEXT_BYTES - 1);
        return;
    }
    if (cbor_peek(&inside) == CBOR_NULL)
        return;
    /* The rest is printed into `text`; what does not fit is lost. */
    out = fmemopen(text, RENDER_TEXT_BYTES, "w");
    if (out == NULL)
        return;
    if (cbor_peek(&inside) == CBOR_BYTES) {
        const uint8_t *bytes = cbor_get_bytes(&inside, &size, SIZE_MAX);

        for (size_t i = 0; i < size && i < RENDER_TEXT_BYTES / 2 - 1; i++)
            fprintf(out, "%02x", (unsigned)bytes[i]);
    } else {
        json_item(out, &inside);
    }
    (void)!fclose(out); /* memory */
    text[RENDER_TEXT_BYTES - 1] = '\0';
}

/* Find the value of a key in a map; *in then stands before it. */
static bool render_find_field(const uint8_t *map, size_t size, const char *key, struct cbor *in)
{
    uint64_t count;

    cbor_init(in, map, size);
    if (cbor_peek(in) != CBOR_MAP)
        return false;
    count = cbor_get_map_any(in, ITEMS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        char name[RENDER_TEXT_BYTES];
        size_t skipped;

        if (cbor_peek(in) != CBOR_TEXT)
            return false;
        render_take_text(in, name);
        if (strcmp(name, key) == 0)
            return true;
        (void)cbor_get_raw(in, &skipped);
    }
    return false;
}

bool render_text(const uint8_t *map, size_t size, const char *key, char text[RENDER_TEXT_BYTES])
{
    struct cbor in;

    text[0] = '\0';
    if (!render_find_field(map, size, key, &in))
        return false;
    render_take_text(&in, text);
    return true;
}

bool render_number(const uint8_t *map, size_t size, const char *key, uint64_t *number)
{
    struct cbor in;

    if (!render_find_field(map, size, key, &in) || cbor_peek(&in) != CBOR_UINT)
        return false;
    *number = cbor_get_uint(&in, UINT64_MAX);
    return true;
}

uint64_t render_number_or_0(const uint8_t *map, size_t size, const char *key)
{
    uint64_t number;

    return render_number(map, size, key, &number) ? number : 0;
}

bool render_true(const uint8_t *map, size_t size, const char *key)
{
    struct cbor in;

    return render_find_field(map, size, key, &in) && cbor_peek(&in) == CBOR_BOOL &&
           cbor_get_bool(&in);
}

const uint8_t *render_bytes(const uint8_t *map, size_t size, const char *key, size_t *bytes_size)
{
    struct cbor in;

    if (!render_find_field(map, size, key, &in) || cbor_peek(&in) != CBOR_BYTES)
        return NULL;
    return cbor_get_bytes(&in, bytes_size, SIZE_MAX);
}

const char *render_text_whole(const uint8_t *map, size_t size, const char *key, size_t *text_size)
{
    struct cbor in;

    if (!render_find_field(map, size, key, &in) || cbor_peek(&in) != CBOR_TEXT)
        return NULL;
    return cbor_get_text_sized(&in, text_size, SIZE_MAX);
}

/*
 * Whether a text is digits, a point and nine digits.  Only amounts look like that, so they need no
 * type of their own in answers.
 */
static bool render_is_amount(const char *text)
{
    size_t whole = strspn(text, "0123456789");

    return whole > 0 && text[whole] == '.' && strspn(text + whole + 1, "0123456789") == 9 &&
           text[whole + 10] == '\0';
}

/* Print a label, filled up so that values stand below each other. */
static void render_label(FILE *out, const char *label)
{
    size_t length = strlen(label);

    render_escaped(out, label);
    fprintf(out, "%*s", length < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - length) + 1 : 1, "");
}

void render_field(FILE *out, const char *label, const char *value)
{
    render_label(out, label);
    render_escaped(out, value);
    putc('\n', out);
}

/* A field as one line: blanks for underscores in the key, the unit after an amount. */
static void render_print_field(FILE *out, const char *key, const char *value, const char *currency)
{
    char label[RENDER_TEXT_BYTES];
    size_t used = 0;

    for (; key[used] != '\0'; used++)
        label[used] = key[used] == '_' ? ' ' : key[used];
    label[used] = '\0';
    render_label(out, label);
    render_escaped(out, value);
    fprintf(out, "%s%s\n", render_is_amount(value) ? " " : "",
            render_is_amount(value) ? currency : "");
}

/* Keys that are shown first: who it is and how it is.  Deterministic CBOR sorts keys by length. */
static const char *const first_keys[] = {"name",   "agent", "id",     "customer", "account",
                                         "parent", "state", "reason", "balance",  "needs",
                                         "mark",   "site",  "frame",  "currency"};
enum { FIRST_KEYS = sizeof first_keys / sizeof first_keys[0] };

static bool render_is_first_key(const char *key)
{
    for (size_t i = 0; i < FIRST_KEYS; i++)
        if (strcmp(first_keys[i], key) == 0)
            return true;
    return false;
}

void render_fields(FILE *out, const uint8_t *map, size_t size, const char *currency)
{
    char key[RENDER_TEXT_BYTES];
    char value[RENDER_TEXT_BYTES];
    struct cbor in;
    uint64_t count;

    cbor_init(&in, map, size);
    if (cbor_peek(&in) == CBOR_NULL)
        return;
    if (cbor_peek(&in) != CBOR_MAP) {
        json_item(out, &in);
        putc('\n', out);
        return;
    }
    /* Twice over the map: first the keys that come first, then all others as they stand. */
    for (size_t i = 0; i < FIRST_KEYS; i++)
        if (render_text(map, size, first_keys[i], value) && value[0] != '\0')
            render_print_field(out, first_keys[i], value, currency);
    count = cbor_get_map_any(&in, ITEMS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        render_take_text(&in, key);
        render_take_text(&in, value);
        if (!render_is_first_key(key))
            render_print_field(out, key, value, currency);
    }
}

void render_each(const uint8_t *item, size_t size,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context)
{
    struct cbor in;
    uint64_t count;

    cbor_init(&in, item, size);
    /* A map: its first array is the one that is meant. */
    if (cbor_peek(&in) == CBOR_MAP) {
        count = cbor_get_map_any(&in, ITEMS_MAX);
        for (uint64_t i = 0; i < count; i++) {
            const uint8_t *value;
            size_t value_size;

            (void)cbor_get_raw(&in, &value_size);
            if (cbor_peek(&in) == CBOR_ARRAY) {
                value = cbor_get_raw(&in, &value_size);
                render_each(value, value_size, visit, context);
                return;
            }
            (void)cbor_get_raw(&in, &value_size);
        }
        return;
    }
    if (cbor_peek(&in) != CBOR_ARRAY)
        return;
    count = cbor_get_array_any(&in, ITEMS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        size_t inside_size;
        const uint8_t *inside = cbor_get_raw(&in, &inside_size);

        visit(context, inside, inside_size);
    }
}

void render_list(const uint8_t *map, size_t size, const char *key,
                 void (*visit)(void *context, const uint8_t *item, size_t size), void *context)
{
    struct cbor in;
    const uint8_t *array;
    size_t array_size;

    if (!render_find_field(map, size, key, &in) || cbor_peek(&in) != CBOR_ARRAY)
        return;
    array = cbor_get_raw(&in, &array_size);
    render_each(array, array_size, visit, context);
}

u128 render_total_or_0(const uint8_t *map, size_t size, const char *key)
{
    char text[RENDER_TEXT_BYTES];
    u128 total = 0;

    if (!render_text(map, size, key, text) || !render_is_amount(text))
        return 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '.')
            continue;
        if (total > (u128)-1 / 10 - 1)
            return 0;
        total = total * 10 + (unsigned)(*at - '0');
    }
    return total;
}

char *render_total(char text[64], u128 nanos)
{
    char whole[U128_TEXT_BYTES];

    u128_print(whole, nanos / MONEY_NANOS_PER_UNIT);
    (void)snprintf(text, 64, "%s.%09" PRIu64, whole, (uint64_t)(nanos % MONEY_NANOS_PER_UNIT));
    return text;
}

/* ---- tables ---- */

struct table_text {
    const char *headers[TABLE_COLUMNS_MAX];
    size_t columns;
    char **cells; /* row by row */
    size_t count;
    size_t capacity;
    bool failed; /* out of memory: later rows are lost, and table_text_print() says so */
};

struct table_text *table_text_new(const char *const *headers, size_t columns)
{
    struct table_text *table = calloc(1, sizeof *table);

    INVARIANT(columns <= TABLE_COLUMNS_MAX);
    if (table == NULL)
        return NULL;
    for (size_t i = 0; i < columns; i++)
        table->headers[i] = headers[i];
    table->columns = columns;
    return table;
}

/* Room for one more row. */
static bool table_text_make_room(struct table_text *table)
{
    char **cells =
        array_grow(table->cells, &table->capacity, table->count + table->columns, sizeof *cells);

    if (cells == NULL)
        return false;
    table->cells = cells;
    return true;
}

/* NULL when out of memory. */
static char *table_text_copy_escaped(const char *text)
{
    size_t size = strlen(text);
    size_t room = size * TEXT_ESCAPED_PER_BYTE + 1;
    char *copy = malloc(room);

    if (copy != NULL)
        (void)text_escape(copy, room, text, size);
    return copy;
}

/* Add a row, each cell by `copy`.  After one that is lost no further rows are taken. */
static void table_text_add_row(struct table_text *table, const char *const *cells,
                               char *(*copy)(const char *text))
{
    if (table == NULL || table->failed)
        return;
    if (!table_text_make_room(table)) {
        table->failed = true;
        return;
    }
    for (size_t i = 0; i < table->columns; i++)
        table->cells[table->count++] = copy(cells[i]); /* NULL prints as empty */
}

void table_text_row(struct table_text *table, const char *const *cells)
{
    table_text_add_row(table, cells, table_text_copy_escaped);
}

void table_text_row_escaped(struct table_text *table, const char *const *cells)
{
    table_text_add_row(table, cells, strdup);
}

/* A cell that could not be copied is empty. */
static const char *table_text_cell(const struct table_text *table, size_t row, size_t column)
{
    const char *text = table->cells[row * table->columns + column];

    return text == NULL ? "" : text;
}

static bool table_text_is_numeric(const char *text)
{
    return *text != '\0' && text[strspn(text, "-0123456789.")] == '\0';
}

/*
 * The width of a column: 0 when it is empty in all rows, negative for text, which stands left, as
 * for printf().
 */
static int table_text_width(const struct table_text *table, size_t rows, size_t column)
{
    int width = 0;
    bool numeric = true;

    for (size_t row = 0; row < rows; row++) {
        const char *text = table_text_cell(table, row, column);

        if ((int)text_columns(text) > width)
            width = (int)text_columns(text);
        if (*text != '\0' && !table_text_is_numeric(text))
            numeric = false;
    }
    if (width == 0)
        return 0;
    if ((int)strlen(table->headers[column]) > width)
        width = (int)strlen(table->headers[column]);
    return numeric ? width : -width;
}

/* Print a cell.  *blanks are printed before the next one only, so that no line ends in blanks. */
static void table_text_print_cell(FILE *out, const char *text, int width, size_t *blanks)
{
    size_t length = text_columns(text);
    size_t room = (size_t)(width < 0 ? -width : width);
    size_t pad = room > length ? room - length : 0;

    if (length == 0) {
        *blanks += room + 2;
        return;
    }
    fprintf(out, "%*s%s", (int)(*blanks + (width < 0 ? 0 : pad)), "", text);
    *blanks = 2 + (width < 0 ? pad : 0);
}

/* Row 0 is the headers. */
static void table_text_print_row(FILE *out, const struct table_text *table, const int *widths,
                                 size_t row)
{
    size_t blanks = 0;

    for (size_t i = 0; i < table->columns; i++)
        if (widths[i] != 0)
            table_text_print_cell(out,
                                  row == 0 ? table->headers[i] : table_text_cell(table, row - 1, i),
                                  widths[i], &blanks);
    putc('\n', out);
}

void table_text_free(struct table_text *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void table_text_print(struct table_text *table, FILE *out)
{
    int widths[TABLE_COLUMNS_MAX];
    size_t rows;

    if (table == NULL)
        return;
    rows = table->count / table->columns;
    for (size_t i = 0; i < table->columns; i++)
        widths[i] = table_text_width(table, rows, i);
    /* Row 0 is the headers; a table without rows prints nothing. */
    for (size_t row = 0; row <= rows && rows > 0; row++)
        table_text_print_row(out, table, widths, row);
    if (table->failed)
        fputs("(out of memory: not all rows are shown)\n", out);
    table_text_free(table);
}
