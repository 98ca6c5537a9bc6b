#include "site/cli/top_terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "site/cli/cli.h"
#include "site/cli/top_view.h"

enum { ESCAPE_MS = 50 }; /* how long the rest of an arrow key may take after its first byte */

static SCREEN *screen;
static bool has_colour;
static bool is_ascii;

bool top_terminal_is_ascii(void)
{
    if (setlocale(LC_CTYPE, "") == NULL)
        return true;
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* https://no-color.org: set and not empty. */
static bool terminal_wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");

    return no_colour == NULL || *no_colour == '\0';
}

bool top_terminal_begin(void)
{
    const char *kind = getenv("TERM");

    is_ascii = top_terminal_is_ascii();
    /* The other way to begin ends the program for a terminal that it does not know. */
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        (void)cli_fail(EXIT_USAGE,
                       "top cannot draw on a terminal of the kind \"%.40s\"; set TERM, or take "
                       "--once",
                       kind == NULL ? "" : kind);
        return false;
    }
    if (tigetstr("cup") == NULL) { /* it cannot move the cursor */
        top_terminal_end();
        (void)cli_fail(EXIT_USAGE,
                       "a terminal of the kind \"%.40s\" cannot place text; take --once",
                       kind == NULL ? "" : kind);
        return false;
    }
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)set_escdelay(ESCAPE_MS);
    (void)curs_set(0); /* some terminals cannot hide it */
    has_colour = terminal_wants_colour() && has_colors() && start_color() == OK;
    if (has_colour) {
        (void)use_default_colors();
        (void)init_pair(TOP_MARK_GOOD, COLOR_GREEN, -1);
        (void)init_pair(TOP_MARK_WARN, COLOR_YELLOW, -1);
        (void)init_pair(TOP_MARK_BAD, COLOR_RED, -1);
    }
    return true;
}

void top_terminal_end(void)
{
    if (screen == NULL)
        return;
    (void)endwin();
    delscreen(screen);
    screen = NULL;
}

/* How a mark is drawn.  Without colour what needs attention still stands out. */
static attr_t terminal_attributes(char mark)
{
    switch (mark) {
    case TOP_MARK_BOLD:
        return A_BOLD;
    case TOP_MARK_REVERSE:
        return A_REVERSE;
    case TOP_MARK_GOOD:
        return has_colour ? (attr_t)COLOR_PAIR(TOP_MARK_GOOD) : A_NORMAL;
    case TOP_MARK_WARN:
        return has_colour ? (attr_t)COLOR_PAIR(TOP_MARK_WARN) | A_BOLD : A_BOLD;
    case TOP_MARK_BAD:
        return has_colour ? (attr_t)COLOR_PAIR(TOP_MARK_BAD) | A_BOLD : A_REVERSE;
    default: /* plain */
        return A_NORMAL;
    }
}

struct terminal_drawing {
    int row;
};

static void terminal_draw_line(void *context, const char *text)
{
    struct terminal_drawing *drawing = context;

    (void)move(drawing->row++, 0);
    (void)attrset(A_NORMAL);
    while (*text != '\0') {
        size_t plain = 0;

        while ((unsigned char)text[plain] >= TOP_MARKS)
            plain++;
        /* Fails in the last column of the last row, which is drawn all the same. */
        (void)addnstr(text, (int)plain);
        text += plain;
        if (*text != '\0')
            (void)attrset((int)terminal_attributes(*text++));
    }
}

void top_terminal_draw(const struct top *top, uint64_t now_us)
{
    struct terminal_drawing drawing = {0};
    const struct top_page page = {
        .rows = (size_t)(LINES < 1 ? 1 : LINES),
        .columns = (size_t)(COLS > TOP_COLUMNS_MAX ? TOP_COLUMNS_MAX : COLS),
        .ascii = is_ascii,
        .keys = true,
        .now_us = now_us,
        .line = terminal_draw_line,
        .context = &drawing,
    };

    (void)erase();
    top_view(top, &page);
    (void)refresh();
}

static int terminal_translate(int key)
{
    switch (key) {
    case KEY_UP:
        return TOP_KEY_UP;
    case KEY_DOWN:
        return TOP_KEY_DOWN;
    case KEY_PPAGE:
        return TOP_KEY_PAGE_UP;
    case KEY_NPAGE:
        return TOP_KEY_PAGE_DOWN;
    case KEY_HOME:
        return TOP_KEY_HOME;
    case KEY_END:
        return TOP_KEY_END;
    case KEY_BACKSPACE:
    case 0x7f:
    case '\b':
        return TOP_KEY_BACKSPACE;
    case KEY_ENTER:
    case '\r':
    case '\n':
        return TOP_KEY_ENTER;
    case 0x1b:
        return TOP_KEY_ESCAPE;
    case KEY_RESIZE:
        return TOP_KEY_RESIZE;
    default:
        return key < 0x80 ? key : 0;
    }
}

bool top_terminal_key(int *key)
{
    int pressed = getch();

    if (pressed == ERR)
        return false;
    *key = terminal_translate(pressed);
    return true;
}

size_t top_terminal_page(const struct top *top)
{
    return top_view_agents(top, (size_t)(LINES < 1 ? 1 : LINES),
                           (size_t)(COLS > TOP_COLUMNS_MAX ? TOP_COLUMNS_MAX : COLS));
}
