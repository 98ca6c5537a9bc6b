/*
 * Words of the command line that name an agent, a customer, an account or a link, and how they are
 * found: by number, or by the name that the daemon's lists show.
 *
 * Each function prints why when it cannot, and returns the exit code; else EXIT_OK.
 */
#ifndef SERAI_SITE_CLI_NAMES_H
#define SERAI_SITE_CLI_NAMES_H

#include <stdint.h>

#include "base/status.h"

struct cli;

/*
 * Find an agent by "4097", "agent:4097" or a name.  The daemon is asked about names: EXIT_MISSING
 * when nobody has it, EXIT_USAGE when several do.
 */
MUST_CHECK int cli_agent(struct cli *cli, const char *text, uint64_t *agent);

/* Find a customer as cli_agent() finds an agent. */
MUST_CHECK int cli_customer(struct cli *cli, const char *text, uint64_t *customer);

/* Find the account of an agent or a customer by its name, or by `kind:` and its name or number. */
MUST_CHECK int cli_account(struct cli *cli, const char *text, uint64_t *account);

enum { CLI_LINK_BYTES = 40 };

/*
 * Find the name of a link by "north", "link:north" or its interface, "link:2" or "2".  The daemon
 * is asked about interfaces only.
 */
MUST_CHECK int cli_link(struct cli *cli, const char *text, char name[CLI_LINK_BYTES]);

#endif
