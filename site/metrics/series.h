/* The figures of a site as text for Prometheus; docs/metrics.md has the meaning of each. */
#ifndef SERAI_SITE_METRICS_SERIES_H
#define SERAI_SITE_METRICS_SERIES_H

#include "base/bytes.h"
#include "site/metrics/board.h"

/* What is known of the process at the time of asking, besides the latest snapshot. */
struct metrics_now {
    const struct snapshot *snapshot; /* NULL: there is none yet */
    enum board_phase phase;
    uint64_t now_us;          /* monotonic */
    uint64_t beat_us;         /* when the core thread last went on; 0: it did not begin */
    uint64_t commit_since_us; /* since when a commit has been under way; 0: none is */
    uint64_t start_wall_us;
    const char *version;
    const char *site; /* the site's key in hexadecimal digits */
};

/* Append all families.  Out of memory is left in out->failed. */
void metrics_render(struct bytes *out, const struct metrics_now *now);

#endif
