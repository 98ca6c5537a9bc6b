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

#endif
