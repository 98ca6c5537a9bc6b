/*
 * The figures of a site, served over HTTP: /metrics, /healthz and /readyz (docs/metrics.md).  The
 * daemon's threads leave what there is to know on the board and never wait for those who ask.
 */
#ifndef SERAI_SITE_METRICS_METRICS_H
#define SERAI_SITE_METRICS_METRICS_H

#include "base/clock.h"
#include "site/metrics/board.h"
#include "site/metrics/http.h"
#include "site/metrics/settings.h"

struct metrics_options {
    int listen_fd;           /* bound, listens, does not block */
    bool own_names;          /* as of http.h */
    struct http_table more;  /* what is served besides; all-zero: nothing */
    const uint8_t *site_key; /* CONTROL_KEY_BYTES; copied */
    struct clock_source clock;
};

struct metrics; /* opaque */

/*
 * Start to serve, in a thread of its own; the site is BOARD_STARTING.  On ST_OK `listen_fd` belongs
 * to *metrics, and the caller ends it with metrics_free().  ST_NOMEM; ST_IO.
 */
MUST_CHECK enum status metrics_new(struct metrics **metrics, const struct metrics_options *options,
                                   struct fault *fault);

/* Stop serving, when no thread uses the board any more; NULL is allowed. */
void metrics_free(struct metrics *metrics);

/* Where the figures are left; it lives as long as *metrics.  NULL of NULL. */
struct board *metrics_board(struct metrics *metrics);

#endif
