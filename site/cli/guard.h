/* Descriptors that others gave us, and that are files of the site itself. */
#ifndef SERAI_SITE_CLI_GUARD_H
#define SERAI_SITE_CLI_GUARD_H

#include <stdbool.h>

struct cli;

/*
 * Refuse to run when stdout or stderr is a file of the site, as with `serai site run
 * 2>>store/data.mdb`, which would print into the books.  Called before anything is printed, and so
 * before the words of the command are known: whatever may name a site's directory or a key file is
 * taken for one.  Returns EXIT_OK, or the exit code after the reason was printed where that does no
 * harm.
 */
int guard_output(int argc, char **argv);

/* Whether the descriptor is a file of the site in cli->dir; if so, that is printed. */
bool guard_is_own(const struct cli *cli, int fd);

#endif
