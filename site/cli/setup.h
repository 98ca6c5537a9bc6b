/* How a site's daemon is to run, by the files of its directory; also for commands without one. */
#ifndef SERAI_SITE_CLI_SETUP_H
#define SERAI_SITE_CLI_SETUP_H

#include "site/config/config.h"
#include "site/daemon/daemon.h"

struct cli;

struct setup {
    struct site_config config;
    struct pricebook book;
    struct site_config next; /* as it was read last, while the site runs */
    struct daemon_reader reader;
    struct daemon_options options; /* point into the rest: a setup stays where it is */
    const char *dir;
};

/* Read the two configuration files; every error in them is printed.  Returns the exit code. */
MUST_CHECK int setup_read_config(struct cli *cli, struct setup *setup);

/*
 * Fill the daemon's options from a configuration that was read, and find whose site it is.  Prints
 * why it cannot; returns the exit code.
 */
MUST_CHECK int setup_fill_options(struct cli *cli, struct setup *setup);

#endif
