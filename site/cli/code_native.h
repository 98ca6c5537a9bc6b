/* Tier 1 for one command: compiled by the system's compiler, in a directory that goes again. */
#ifndef SERAI_SITE_CLI_CODE_NATIVE_H
#define SERAI_SITE_CLI_CODE_NATIVE_H

#include "engine/native.h"
#include "site/cli/code_module.h"

/*
 * Compile the module with `cc`, or what the environment's CC names, and let it run in tier 1.  On
 * EXIT_OK the caller owns *native and frees it after the module.  Else the reason is printed and
 * the exit code returned: EXIT_NO_DAEMON when there is no compiler, EXIT_REFUSED when it fails.
 */
MUST_CHECK int code_native_use(struct code_module *module, struct engine_native **native);

#endif
