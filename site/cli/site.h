/* Where the site of a command is: its directory or its socket, and what its files say of it. */
#ifndef SERAI_SITE_CLI_SITE_H
#define SERAI_SITE_CLI_SITE_H

#include <stdbool.h>

#include "base/status.h"

struct cli;

/*
 * Find the site in `dir` (borrowed; NULL or empty: the default): where its daemon listens and what
 * its money is called.  `dir` may also be the daemon's socket.  A configuration with errors is for
 * `site run` to report; a running daemon is still asked.  Prints why it cannot and returns the exit
 * code.
 */
MUST_CHECK int cli_site(struct cli *cli, const char *dir);

/* Whether a daemon listens at the site's socket now. */
MUST_CHECK bool cli_answers(const struct cli *cli);

#endif
