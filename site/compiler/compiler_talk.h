/* How the daemon and the compiler's service talk; private to compiler*.c. */
#ifndef SERAI_SITE_COMPILER_COMPILER_TALK_H
#define SERAI_SITE_COMPILER_COMPILER_TALK_H

#include "base/hash.h"

/*
 * A question to the service; `size` bytes of the module follow, and the answer is a struct
 * compiler_answer.  Before the first question the service sends a struct compiler_hello.  Both ends
 * are one program, so structs are sent as they are.
 */
struct compiler_request {
    struct hash code;
    bool kept_only; /* no module follows */
    uint64_t size;
};

/*
 * compiler_send() and compiler_receive() move exactly `size` bytes over the socket, and wait as
 * long as that takes.  False: the other end is gone.
 */
MUST_CHECK bool compiler_send(int fd, const void *data, size_t size);
MUST_CHECK bool compiler_receive(int fd, void *data, size_t size);

#endif
