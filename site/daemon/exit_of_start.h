/* The exit code of a daemon that cannot start or go on. */
#ifndef SERAI_SITE_DAEMON_EXIT_OF_START_H
#define SERAI_SITE_DAEMON_EXIT_OF_START_H

#include "base/status.h"

/* By docs/control.md and site/control/exit_code.h: what a script that started it may do about it.
 */
int exit_of_start(enum status status);

#endif
