/*
 * The page of a site: a browser's view of it, read only, served beside the figures (docs/page.md).
 * Its files are in the program.  Figures come from the board, lists from the control socket, lines
 * from the store; nothing here changes anything, and no thread of the site waits for it.
 */
#ifndef SERAI_SITE_PAGE_PAGE_H
#define SERAI_SITE_PAGE_PAGE_H

#include "base/clock.h"
#include "site/metrics/board.h"
#include "site/metrics/http.h"

struct store;
struct page; /* opaque */

/*
 * Make a page that says "the site starts" until page_open().  `control_path` is that of the control
 * socket, and is borrowed.  On ST_OK the caller ends *page with page_free().  ST_NOMEM.
 */
MUST_CHECK enum status page_new(struct page **page, const char *control_path,
                                struct clock_source clock);

/* Free it, once nobody serves it any more; NULL is allowed. */
void page_free(struct page *page);

/* What the server serves; it lives as long as *page. */
struct http_table page_table(struct page *page);

/* From now on there are figures to show; any thread. */
void page_watch(struct page *page, struct board *board);

/* From now on the books can be read, until the server has ended; any thread. */
void page_open(struct page *page, const struct store *store);

/* End what goes on soon: the site stops.  NULL is allowed; any thread. */
void page_stop(struct page *page);

#endif
