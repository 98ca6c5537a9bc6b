/*
 * The model of `serai top` as lines of text.  A line has at most so many columns as were asked for,
 * and holds marks, bytes below space that say how what follows is to be drawn: it ends as
 * TOP_MARK_PLAIN.  Everything else in it can be shown as it is.
 */
#ifndef SERAI_SITE_CLI_TOP_VIEW_H
#define SERAI_SITE_CLI_TOP_VIEW_H

#include "site/cli/top.h"

enum {
    TOP_MARK_PLAIN = 1,
    TOP_MARK_BOLD,
    TOP_MARK_REVERSE,
    TOP_MARK_GOOD,
    TOP_MARK_WARN,
    TOP_MARK_BAD,
    TOP_MARKS,
};
enum {
    TOP_LINE_BYTES = 2048,
    TOP_COLUMNS_MAX = 500,
    TOP_COLUMNS_MIN = 40, /* of less only a word can be made */
    TOP_ROWS_MIN = 10,
};

struct top_page {
    size_t rows;    /* 0: as many as there are */
    size_t columns; /* at most TOP_COLUMNS_MAX */
    bool ascii;     /* nothing else can be shown: other characters become '?' */
    bool keys;      /* the keys are shown, and the selected row; not on paper */
    uint64_t now_us;
    void (*line)(void *context, const char *text);
    void *context;
};

/* Lay the model out: calls page->line for each, at most page->rows of them. */
void top_view(const struct top *top, const struct top_page *page);

/* How many rows of agents a page of so many rows shows; for paging. */
size_t top_view_agents(const struct top *top, size_t rows, size_t columns);

/* ---- parts, for tests, for lines and for `serai doctor` ---- */

/* Whether a debt is near its limit, four fifths of it or more; and how much of it, at most 100. */
bool top_debt_is_near(u128 owes, u128 limit);
unsigned top_debt_percent(u128 owes, u128 limit);

/*
 * An amount in at most `columns` columns if its whole units fit: as many decimals as there is room
 * for, the rest cut.  None at all is "0".
 */
char *top_print_money(char text[64], u128 nanos, size_t columns);

/* Bytes in at most six columns, "12.3M"; and seconds in at most four, "5d". */
char *top_print_bytes(char text[32], uint64_t bytes);
char *top_print_seconds(char text[32], uint64_t seconds);

#endif
