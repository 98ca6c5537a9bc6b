/* The compiler's service itself, and how it and the daemon talk; private to compiler*.c. */
#ifndef SERAI_SITE_COMPILER_COMPILER_SERVICE_H
#define SERAI_SITE_COMPILER_COMPILER_SERVICE_H

#include "site/compiler/compiler.h"

/*
 * A question to the service; `size` bytes of the module follow.  Both ends are one program, so
 * structs are sent as they are.
 */
struct compiler_request {
    struct hash code;
    bool kept_only; /* no module follows */
    uint64_t size;
};

/*
 * compiler_send() and compiler_receive() move exactly `size` bytes over the socket.  False: the
 * other end is gone.
 */
MUST_CHECK bool compiler_send(int fd, const void *data, size_t size);
MUST_CHECK bool compiler_receive(int fd, void *data, size_t size);

/*
 * The service's body, in the child: lock itself in, say hello, answer questions until `fd` is
 * closed.  *group is the process group of the jail that runs, else 0.
 */
_Noreturn void compiler_serve(const struct compiler_options *options, int fd, _Atomic int *group);

#endif
