/* Completions of the command line for shells, printed from the tables that parsing reads. */
#ifndef SERAI_SITE_CLI_COMPLETION_H
#define SERAI_SITE_CLI_COMPLETION_H

#include <stdio.h>

#include "base/status.h"

/* Print the completions for "bash", "zsh" or "fish".  False: it is none of them. */
MUST_CHECK bool completion_print(FILE *out, const char *shell);

#endif
