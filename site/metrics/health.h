/* Whether a site is alive, and whether it serves: the verdicts of /healthz and /readyz. */
#ifndef SERAI_SITE_METRICS_HEALTH_H
#define SERAI_SITE_METRICS_HEALTH_H

#include "site/metrics/board.h"

/*
 * The core goes round at least once a second (docs/architecture.md); a turn takes some 50 ms and
 * its frame less than a second to close.  After that long without a round it stands.
 */
enum { CORE_STANDS_US = 10 * 1000 * 1000 };

struct health {
    bool good;
    const char *text; /* a line for people */
};

/* Whether the core went on lately, or has not begun. */
struct health health_alive(enum board_phase phase, uint64_t now_us, uint64_t beat_us);

/* Whether the books are loaded, the site serves, and is not about to stop. */
struct health health_ready(enum board_phase phase, bool has_snapshot, bool drained);

#endif
