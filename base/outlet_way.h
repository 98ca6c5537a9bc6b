/*
 * One write to a descriptor that somebody else reads, which never waits for that reader.  Needs no
 * state and no memory, so a process can still use it for the reason of its own end.
 *
 * SIGPIPE is the caller's to ignore.
 */
#ifndef SERAI_BASE_OUTLET_WAY_H
#define SERAI_BASE_OUTLET_WAY_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/status.h"

enum outlet_way {
    OUTLET_CLOSED,
    OUTLET_PLAIN,  /* a regular file: it has no reader to wait for, only the disk */
    OUTLET_SOCKET, /* sent with MSG_DONTWAIT */
    OUTLET_OWN,    /* a pipe or terminal, opened once more for ourselves with O_NONBLOCK */
    OUTLET_POLLED, /* one that we may not open, being another user's: written when it has room */
};

/* The way that fits a file as it was given: OUTLET_PLAIN, OUTLET_SOCKET or OUTLET_POLLED. */
enum outlet_way outlet_way_of(const struct stat *file);

/*
 * Write as write(2) does, without waiting; `fd` is open in the way that is named.  -1: nothing can
 * be written now.  A reader that stops may leave a part written.  Async-signal-safe.
 */
MUST_CHECK ssize_t outlet_way_write(enum outlet_way way, int fd, const void *data, size_t size);

/*
 * Write one text to `fd`, in the way that fits.  False: nothing can be written now, or only a part
 * could.  Async-signal-safe.  Any thread.
 */
MUST_CHECK bool outlet_write_once(int fd, const void *data, size_t size);

#endif
