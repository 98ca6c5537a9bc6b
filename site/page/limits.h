/* Bounds of the page, and why. */
#ifndef SERAI_SITE_PAGE_LIMITS_H
#define SERAI_SITE_PAGE_LIMITS_H

enum {
    /* How long the core may take with a read: it answers within a frame, unless a disk stalls. */
    ASK_US = 4 * 1000 * 1000,
    ASK_STEP_MS = 100,
    /* How long one request looks through the journal; then it says how far it came. */
    SEARCH_US = 300 * 1000,
    /* Lines of one answer. */
    SEARCH_LINES_MAX = 200,
    SEARCH_LINES = 50, /* unless told */
    /* Points of a balance over time: a pixel has one or two. */
    HISTORY_POINTS_MAX = 240,
    /* Accounts whose burn is told at once, and the time that is looked back. */
    BURN_ACCOUNTS_MAX = 4096,
    BURN_SPAN_US = 600 * 1000 * 1000,
    /* All that the browser loads but answers; and the sum of its files is below it (README). */
    PAGE_BYTES_MAX = 100 * 1000,
};

#endif
