/*
 * Short texts to a descriptor that somebody else reads, or no longer reads: each is written at once
 * and whole, or not at all.  For the log, and for what a process says about its own end.
 *
 * No call waits for a reader, and none changes the flags of the open file description, which the
 * terminal, the shell and other programs share.  SIGPIPE is the caller's to ignore.
 */
#ifndef SERAI_BASE_OUTLET_H
#define SERAI_BASE_OUTLET_H

#include <sys/types.h>

#include "base/status.h"

enum { OUTLET_BYTES_MAX = 4096 }; /* PIPE_BUF: up to this a pipe takes all or nothing */

enum outlet_way {
    OUTLET_CLOSED,
    OUTLET_PLAIN,  /* a regular file: it has no reader to wait for, only the disk */
    OUTLET_SOCKET, /* sent with MSG_DONTWAIT */
    OUTLET_OWN,    /* a pipe or terminal, opened once more for ourselves with O_NONBLOCK */
    OUTLET_POLLED, /* one that we may not open, being another user's: written when it has room */
};

struct outlet {
    int fd; /* as given: borrowed */
    enum outlet_way way;
    int own; /* way OUTLET_OWN: our own description of the same thing */
    dev_t device;
    ino_t inode;
    bool torn; /* a line was cut short by a reader that stopped in it; the next begins a new one */
};

#define OUTLET_NONE ((struct outlet){.fd = -1, .way = OUTLET_CLOSED, .own = -1})

/*
 * Find out how `fd`, which is borrowed, can be written without waiting.  Cannot fail: an outlet of
 * a closed descriptor takes nothing.  When `fd` becomes another file later, outlet_write() notices.
 */
void outlet_open(struct outlet *outlet, int fd);

/* Close what the outlet opened for itself, not the descriptor that it was given. */
void outlet_close(struct outlet *outlet);

/*
 * Write all of `data` at once, at most OUTLET_BYTES_MAX bytes.  False: nothing can be written now,
 * or only a part could, which counts as lost.  One thread at a time.
 */
MUST_CHECK bool outlet_write(struct outlet *outlet, const void *data, size_t size);

/* Write one text as outlet_write() does, without an outlet.  Async-signal-safe. */
MUST_CHECK bool outlet_write_once(int fd, const void *data, size_t size);

#endif
