/* Descriptors that others gave us, and that are files of the site itself. */
#ifndef SERAI_SITE_CLI_GUARD_H
#define SERAI_SITE_CLI_GUARD_H

#include <stdbool.h>

struct cli;

/*
 * `serai site run 2>>store/data.mdb`: what is printed would be written into the books.  Looked at
 * before anything is printed, and so before the words of the command are known: whatever may name a
 * site's directory or a key file is taken for one.  CLI_OK; else the exit code, and why is told
 * where that does no harm.
 */
int guard_output(int argc, char **argv);

/* Whether the descriptor is a file of the site in cli->dir; then that is printed. */
bool guard_is_own(const struct cli *cli, int fd);

#endif
