/* What `serai top` takes from the books: who paid what to the site, and the lines of one agent. */
#ifndef SERAI_SITE_CLI_TOP_BOOKS_H
#define SERAI_SITE_CLI_TOP_BOOKS_H

#include "site/cli/top_read.h"

/*
 * Read the frames that are new, opening the books if they are not.  What went wrong is in
 * top->books_fault, and is tried again the next time.
 */
void top_books_read(struct top_source *source, struct top *top, uint64_t now_us);

/* Close them; NULL is allowed. */
void top_books_close(struct books *books);

#endif
