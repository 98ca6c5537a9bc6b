/* The compiler's service itself, and how it and the daemon talk; private to compiler*.c. */
#ifndef SERAI_SITE_DAEMON_COMPILER_SERVICE_H
#define SERAI_SITE_DAEMON_COMPILER_SERVICE_H

#include "site/daemon/compiler.h"

/* Then `size` bytes of the module.  Both ends are one program, so structs are sent as they are. */
struct compiler_request {
    struct hash code;
    bool kept_only; /* no module follows */
    uint64_t size;
};

/* All of it, or false. */
MUST_CHECK bool compiler_send(int fd, const void *data, size_t size);
MUST_CHECK bool compiler_receive(int fd, void *data, size_t size);

/* In the child: locks itself in, says hello, answers requests until `fd` is closed. */
_Noreturn void compiler_serve(const struct compiler_options *options, int fd, _Atomic int *group);

#endif
