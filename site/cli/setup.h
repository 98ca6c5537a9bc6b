/* What the site's directory says of how its daemon is to run; for a request without one, too. */
#ifndef SERAI_SITE_CLI_SETUP_H
#define SERAI_SITE_CLI_SETUP_H

#include "site/config/config.h"
#include "site/daemon/daemon.h"

struct cli;

struct setup {
    struct site_config config;
    struct pricebook book;
    struct daemon_options options; /* point into the rest: a setup stays where it is */
};

/* The two files; every error in them is printed.  Returns the exit code. */
MUST_CHECK int setup_read_config(struct cli *cli, struct setup *setup);
/* After that, what a daemon is to do by them, and whose site it is.  Prints, returns the code. */
MUST_CHECK int setup_fill_options(struct cli *cli, struct setup *setup);

#endif
