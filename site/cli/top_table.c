#include "site/cli/top_table.h"

#include <stdio.h>
#include <string.h>

enum {
    CELL_BYTES = TOP_REASON_BYTES,
    NAME_COLUMNS_MIN = 9,
    NAME_COLUMNS_MAX = 32,
};

/* In the order in which they are shown. */
enum column {
    COLUMN_AGENT,
    COLUMN_NAME,
    COLUMN_STATE,
    COLUMN_BALANCE,
    COLUMN_BURN,
    COLUMN_PAID,
    COLUMN_IN,
    COLUMN_LASTS,
    COLUMN_MEMORY,
    COLUMN_INBOX,
    COLUMN_CUSTOMER,
    COLUMN_WHY,
    COLUMNS,
};

static const struct {
    const char *title;
    size_t width; /* of the name: what is left */
    bool right;
    bool is_pace;
    enum top_key key; /* TOP_KEYS: it is no order */
} table_columns[COLUMNS] = {
    [COLUMN_AGENT] = {"AGENT", 6, true, false, TOP_BY_AGENT},
    [COLUMN_NAME] = {"NAME", NAME_COLUMNS_MIN, false, false, TOP_BY_NAME},
    [COLUMN_STATE] = {"STATE", 7, false, false, TOP_KEYS},
    [COLUMN_BALANCE] = {"BALANCE", 10, true, false, TOP_BY_BALANCE},
    [COLUMN_BURN] = {"BURN", 11, true, true, TOP_BY_BURN},
    [COLUMN_PAID] = {"PAID", 11, true, true, TOP_BY_PAID},
    [COLUMN_IN] = {"IN", 11, true, true, TOP_BY_IN},
    [COLUMN_LASTS] = {"LASTS", 6, true, false, TOP_BY_LASTS},
    [COLUMN_MEMORY] = {"MEM", 6, true, false, TOP_BY_MEMORY},
    [COLUMN_INBOX] = {"INBOX", 6, true, false, TOP_BY_INBOX},
    [COLUMN_CUSTOMER] = {"CUSTOMER", 9, true, false, TOP_KEYS},
    [COLUMN_WHY] = {"WHY", 24, false, false, TOP_KEYS},
};

/* Which has room first.  The column that the rows are ordered by goes before all but these two. */
static const enum column first_columns[] = {
    COLUMN_AGENT, COLUMN_NAME,   COLUMN_BURN,  COLUMN_BALANCE, COLUMN_STATE,    COLUMN_LASTS,
    COLUMN_PAID,  COLUMN_MEMORY, COLUMN_INBOX, COLUMN_IN,      COLUMN_CUSTOMER, COLUMN_WHY,
};

/* Widths of the columns; 0: it is not shown. */
struct table_layout {
    size_t widths[COLUMNS];
};

static void layout_take(struct table_layout *layout, enum column column, size_t *left)
{
    size_t width = table_columns[column].width;

    if (layout->widths[column] != 0 || *left < width + 1)
        return;
    layout->widths[column] = width;
    *left -= width + 1;
}

static struct table_layout layout_of(const struct top *top, size_t columns)
{
    struct table_layout layout = {{0}};
    size_t left = columns + 1; /* no blank before the first */
    size_t more;

    layout_take(&layout, COLUMN_AGENT, &left);
    layout_take(&layout, COLUMN_NAME, &left);
    for (int i = 0; i < COLUMNS; i++)
        if (table_columns[i].key == top->choice.by && i != COLUMN_PAID)
            layout_take(&layout, (enum column)i, &left);
    for (size_t i = 0; i < sizeof first_columns / sizeof first_columns[0]; i++)
        if (first_columns[i] != COLUMN_PAID || top->has_books)
            layout_take(&layout, first_columns[i], &left);
    /* Names take what is left. */
    more = NAME_COLUMNS_MAX - NAME_COLUMNS_MIN;
    if (more > left)
        more = left;
    layout.widths[COLUMN_NAME] += more;
    if (layout.widths[COLUMN_WHY] != 0)
        layout.widths[COLUMN_WHY] += left - more;
    return layout;
}

/* ---- cells ---- */

static void table_pace(char cell[CELL_BYTES], const struct top *top,
                       const struct top_series *series)
{
    char text[64];
    u128 pace;

    if (top_pace(series, top->choice.window, top_per_us(top->choice.per), &pace))
        (void)snprintf(cell, CELL_BYTES, "%s",
                       top_print_money(text, pace, table_columns[COLUMN_BURN].width));
    else
        (void)snprintf(cell, CELL_BYTES, "-");
}

/* A balance that rises has a sign. */
static void table_burn(char cell[CELL_BYTES], const struct top *top, const struct top_agent *agent)
{
    char text[64];
    bool rises;
    u128 burn;

    if (!top_burn(agent, top->choice.window, top_per_us(top->choice.per), &burn, &rises))
        (void)snprintf(cell, CELL_BYTES, "-");
    else
        (void)snprintf(
            cell, CELL_BYTES, "%s%s", rises ? "+" : "",
            top_print_money(text, burn, table_columns[COLUMN_BURN].width - (rises ? 1 : 0)));
}

static void table_lasts(char cell[CELL_BYTES], const struct top *top, const struct top_agent *agent)
{
    char text[32];
    uint64_t lasts_s;

    if (top_lasts(agent, top->choice.window, &lasts_s))
        (void)snprintf(cell, CELL_BYTES, "%s", top_print_seconds(text, lasts_s));
    else
        (void)snprintf(cell, CELL_BYTES, "-");
}

static void table_cell(char cell[CELL_BYTES], const struct top *top, const struct top_agent *agent,
                       enum column column)
{
    char text[64];

    switch (column) {
    case COLUMN_AGENT:
        (void)snprintf(cell, CELL_BYTES, "%llu", (unsigned long long)agent->id);
        return;
    case COLUMN_NAME:
        (void)snprintf(cell, CELL_BYTES, "%s", agent->name);
        return;
    case COLUMN_STATE:
        (void)snprintf(cell, CELL_BYTES, "%s", agent->state);
        return;
    case COLUMN_BALANCE:
        (void)snprintf(cell, CELL_BYTES, "%s",
                       top_print_money(text, agent->balance, table_columns[COLUMN_BALANCE].width));
        return;
    case COLUMN_BURN:
        table_burn(cell, top, agent);
        return;
    case COLUMN_PAID:
        table_pace(cell, top, &agent->paid);
        return;
    case COLUMN_IN:
        table_pace(cell, top, &agent->in);
        return;
    case COLUMN_LASTS:
        table_lasts(cell, top, agent);
        return;
    case COLUMN_MEMORY:
        (void)snprintf(cell, CELL_BYTES, "%s", top_print_bytes(text, agent->memory_bytes));
        return;
    case COLUMN_INBOX:
        (void)snprintf(cell, CELL_BYTES, "%llu", (unsigned long long)agent->inbox);
        return;
    case COLUMN_CUSTOMER:
        (void)snprintf(cell, CELL_BYTES, "%llu", (unsigned long long)agent->customer);
        return;
    case COLUMN_WHY:
        (void)snprintf(cell, CELL_BYTES, "%s", agent->reason);
        return;
    case COLUMNS:
        break;
    }
    cell[0] = '\0';
}

/* ---- lines ---- */

static void table_header(struct top_out *out, const struct top *top,
                         const struct table_layout *layout)
{
    bool first = true;

    top_mark(out, TOP_MARK_REVERSE);
    for (int i = 0; i < COLUMNS; i++) {
        char title[CELL_BYTES];

        if (layout->widths[i] == 0)
            continue;
        (void)snprintf(title, sizeof title, "%s%s%s%s", table_columns[i].title,
                       table_columns[i].is_pace ? "/" : "",
                       table_columns[i].is_pace ? top_per_name(top->choice.per) : "",
                       table_columns[i].key == top->choice.by ? "*" : "");
        top_put(out, first ? "" : " ");
        top_put_cell(out, title, layout->widths[i], table_columns[i].right);
        first = false;
    }
    top_fill(out);
    top_end_line(out);
}

static int table_mark(const struct top_agent *agent, enum column column)
{
    bool runs = strcmp(agent->state, "running") == 0 || strcmp(agent->state, "desk") == 0;

    return column == COLUMN_STATE && !runs ? TOP_MARK_WARN : TOP_MARK_PLAIN;
}

static void table_row(struct top_out *out, const struct top *top, const struct table_layout *layout,
                      const struct top_agent *agent, bool selected)
{
    bool first = true;

    if (selected)
        top_mark(out, TOP_MARK_REVERSE);
    for (int i = 0; i < COLUMNS; i++) {
        char cell[CELL_BYTES];

        if (layout->widths[i] == 0)
            continue;
        table_cell(cell, top, agent, (enum column)i);
        top_put(out, first ? "" : " ");
        if (!selected)
            top_mark(out, table_mark(agent, (enum column)i));
        top_put_cell(out, cell, layout->widths[i], table_columns[i].right);
        first = false;
    }
    if (selected)
        top_fill(out);
    top_end_line(out);
}

void top_view_table(struct top_out *out, const struct top *top)
{
    struct table_layout layout = layout_of(top, out->page->columns);
    size_t selected = top_selected(top);
    size_t left;
    size_t from = 0;

    table_header(out, top, &layout);
    left = top_rows_left(out);
    if (out->page->keys && left > 0)
        left--; /* of the keys */
    /* Whole pages, so that moving within one moves nothing else. */
    if (left > 0 && selected >= left)
        from = selected / left * left;
    for (size_t i = from; i < top->shown && i - from < left; i++)
        table_row(out, top, &layout, top->rows[i],
                  out->page->keys && i == selected && top->choice.selected != 0);
    if (top->shown == 0) {
        top_put(out, top->row_count == 0 ? "no agents" : "no agent is as the filter says");
        top_end_line(out);
    }
}
