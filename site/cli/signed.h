/* Signed commands, and the promise that none is made twice (docs/control.md, "Once, and only
 * once"). */
#ifndef SERAI_SITE_CLI_SIGNED_H
#define SERAI_SITE_CLI_SIGNED_H

#include "base/bytes.h"

struct cli;

/*
 * Sign `command`, send it, and print its result.  With --retry ask for the answer of the request
 * that waits, with --forget give that one up; there are no args then.  Returns the exit code: done,
 * not done and unknown have codes of their own.  `args` is taken: freed in any case.
 */
MUST_CHECK int cli_signed_print(struct cli *cli, const char *command, struct bytes *args);

#endif
