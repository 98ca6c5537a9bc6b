#include "site/cli/top_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

enum { PIECE_BYTES = 8, PIECES_BYTES_MAX = 512 };

/* Append one character, if it fits into `most` columns of the line.  Returns whether it did. */
static bool out_put_one(struct top_out *out, const char *at, size_t length, size_t most)
{
    char piece[PIECE_BYTES] = "?";
    size_t columns;

    if (length == 1 || !out->page->ascii)
        memcpy(piece, at, length);
    else
        length = 1; /* of "?" */
    columns = text_columns(piece);
    if (out->columns + columns > most || out->used + length + 1 > sizeof out->text)
        return false;
    memcpy(out->text + out->used, piece, length);
    out->used += length;
    out->text[out->used] = '\0';
    out->columns += columns;
    return true;
}

static void out_put_within(struct top_out *out, const char *text, size_t most)
{
    size_t size = strlen(text);

    for (size_t at = 0; at < size;) {
        uint32_t character;
        size_t length = utf8_next(text + at, size - at, &character);

        if (length == 0)
            length = 1; /* escaped texts have no such byte */
        if (!out_put_one(out, text + at, length, most))
            return;
        at += length;
    }
}

void top_put(struct top_out *out, const char *text)
{
    out_put_within(out, text, out->page->columns);
}

void top_putf(struct top_out *out, const char *format, ...)
{
    char text[PIECES_BYTES_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* what does not fit is wider than a line */
    va_end(args);
    top_put(out, text);
}

static void out_pad(struct top_out *out, size_t count)
{
    while (count-- > 0 && out_put_one(out, " ", 1, out->page->columns))
        continue;
}

void top_put_cell(struct top_out *out, const char *text, size_t width, bool right)
{
    size_t wanted = text_columns(text);
    size_t end = out->columns + width;

    if (end > out->page->columns)
        end = out->page->columns;
    if (right && wanted < width)
        out_pad(out, width - wanted);
    out_put_within(out, text, end);
    if (end > out->columns)
        out_pad(out, end - out->columns);
}

void top_mark(struct top_out *out, int mark)
{
    if (out->used + 2 > sizeof out->text)
        return;
    out->text[out->used++] = (char)mark;
    out->text[out->used] = '\0';
}

void top_fill(struct top_out *out)
{
    out_pad(out, out->page->columns - out->columns);
}

void top_end_line(struct top_out *out)
{
    /* Room for it is kept by top_mark()'s callers having marked less than a line has bytes. */
    top_mark(out, TOP_MARK_PLAIN);
    if (top_rows_left(out) > 0) {
        out->page->line(out->page->context, out->text);
        out->rows++;
    }
    out->used = 0;
    out->columns = 0;
    out->text[0] = '\0';
}

size_t top_rows_left(const struct top_out *out)
{
    if (out->page->rows == 0)
        return SIZE_MAX;
    return out->page->rows > out->rows ? out->page->rows - out->rows : 0;
}
