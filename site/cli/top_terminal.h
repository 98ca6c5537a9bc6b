/* The terminal of `serai top`: the only place that knows ncurses. */
#ifndef SERAI_SITE_CLI_TOP_TERMINAL_H
#define SERAI_SITE_CLI_TOP_TERMINAL_H

#include "site/cli/top.h"

/*
 * Take the terminal of stdin and stdout over, or give it back as it was.  False: it is of a kind
 * that has no such screen; why was printed.
 */
MUST_CHECK bool top_terminal_begin(void);
void top_terminal_end(void);

/* Draw the model. */
void top_terminal_draw(const struct top *top, uint64_t now_us);

/* The next key that was pressed: a character, or one of TOP_KEY_*.  False: none waits. */
MUST_CHECK bool top_terminal_key(int *key);

/* How many rows of agents are shown; for paging. */
size_t top_terminal_page(const struct top *top);

/* Whether the locale of the person can show nothing but ASCII. */
bool top_terminal_is_ascii(void);

#endif
