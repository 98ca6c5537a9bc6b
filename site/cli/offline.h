/* --offline: a command that works in the books of a site that does not run. */
#ifndef SERAI_SITE_CLI_OFFLINE_H
#define SERAI_SITE_CLI_OFFLINE_H

#include "base/bytes.h"
#include "site/control/control.h"

struct cli;

/*
 * Let the command ask the books themselves from here on, which no daemon may have open.  Prints why
 * it cannot and returns the exit code.
 */
MUST_CHECK int cli_offline_begin(struct cli *cli);

/*
 * End cli_offline_begin(); may be called again, and without it.  Call it before anything waits for
 * whoever reads the output.
 */
void cli_offline_end(struct cli *cli);

/* The store of the books that are open, to read from between requests. */
const struct store *cli_offline_store(const struct cli *cli);

/* Answer a request from the books, as client_ask() does from the daemon. */
MUST_CHECK enum status cli_offline_ask(const struct cli *cli, const struct bytes *request,
                                       struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES],
                                       struct fault *fault);

#endif
