/* Lines of the view of `serai top`, put together piece by piece and never wider than the page. */
#ifndef SERAI_SITE_CLI_TOP_OUT_H
#define SERAI_SITE_CLI_TOP_OUT_H

#include "site/cli/top_view.h"

struct top_out {
    const struct top_page *page;
    char text[TOP_LINE_BYTES];
    size_t used;
    size_t columns; /* of the line so far */
    size_t rows;    /* that were given to the page */
};

/* Append text, as much as there is room for. */
void top_put(struct top_out *out, const char *text);
void top_putf(struct top_out *out, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append text in exactly `width` columns, cut or filled up, to the left or to the right. */
void top_put_cell(struct top_out *out, const char *text, size_t width, bool right);

/* Append a mark of top_view.h. */
void top_mark(struct top_out *out, int mark);

/* Fill the line up with blanks. */
void top_fill(struct top_out *out);

/* The line is whole: hand it to the page, if it has a row left, and begin the next. */
void top_end_line(struct top_out *out);

/* How many rows are left; SIZE_MAX when there is no bound. */
size_t top_rows_left(const struct top_out *out);

#endif
