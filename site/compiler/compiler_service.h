/* The compiler's service itself; private to compiler*.c. */
#ifndef SERAI_SITE_COMPILER_COMPILER_SERVICE_H
#define SERAI_SITE_COMPILER_COMPILER_SERVICE_H

#include "site/compiler/compiler.h"

/*
 * The service's body, in the child: lock itself in, say hello, answer questions until `fd` is
 * closed.  *group is the process group of the jail that runs, else 0.
 */
_Noreturn void compiler_serve(const struct compiler_options *options, int fd, _Atomic int *group);

#endif
