/* Times of the command line.  Each prints why it cannot read one, and returns the exit code. */
#ifndef SERAI_SITE_CLI_TIMES_H
#define SERAI_SITE_CLI_TIMES_H

#include <stdint.h>

#include "base/status.h"

/* Read how long something is to last: a whole number and s, m, h or d, of at most 366 days. */
MUST_CHECK int cli_duration(const char *text, const char *what, uint64_t *duration_us);

/*
 * Read a moment to come, and how long it is until then: a time as cli_duration() takes it, HH:MM
 * (the next one of the machine's clock), or YYYY-MM-DDTHH:MMZ (UTC), within 366 days.
 */
MUST_CHECK int cli_until(const char *text, const char *what, uint64_t *duration_us);

/* A moment in the books: a frame by its number, or a time of the wall clock. All zero: none. */
struct cli_moment {
    uint64_t frame;   /* 0: by time */
    uint64_t from_us; /* the first microsecond of the day or minute that was named; 0: none */
    uint64_t to_us;   /* the first one after it */
};

/* Read a moment: the number of a frame, YYYY-MM-DD, or YYYY-MM-DDTHH:MMZ (UTC). */
MUST_CHECK int cli_moment(const char *text, const char *what, struct cli_moment *moment);

/* Read a month, YYYY-MM (UTC), as its first and its last moment. */
MUST_CHECK int cli_month(const char *text, const char *what, struct cli_moment *from,
                         struct cli_moment *to);

/*
 * Whether a frame lies before or after a moment; neither for the frame, day or minute that was
 * named, nor when there is none.
 */
bool cli_moment_is_before(const struct cli_moment *moment, uint64_t frame, uint64_t wall_us);
bool cli_moment_is_after(const struct cli_moment *moment, uint64_t frame, uint64_t wall_us);

#endif
