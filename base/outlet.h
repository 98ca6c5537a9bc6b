/*
 * Short texts to a descriptor that somebody else reads, or no longer reads: each is written at once
 * and whole, or not at all.  For the log, and for what a process says about its own end.
 *
 * No call waits for a reader, and none changes the flags of the open file description, which the
 * terminal, the shell and other programs share.  SIGPIPE is the caller's to ignore.
 */
#ifndef SERAI_BASE_OUTLET_H
#define SERAI_BASE_OUTLET_H

#include "base/outlet_way.h"

enum { OUTLET_BYTES_MAX = 4096 }; /* PIPE_BUF: up to this a pipe takes all or nothing */

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

#endif
