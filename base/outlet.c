/*
 * Why so many ways.  O_NONBLOCK belongs to the open file description: set on the stderr that we
 * were given, it would reach the shell and every program in the same pipeline, which do not expect
 * it.  A pipe or terminal can be opened once more through /proc, for a description of our own.  If
 * it belongs to another user (sudo, a container) that is refused, and base/outlet_way.c polls it.
 */
#include "base/outlet.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A description of our own, whose O_NONBLOCK nobody else sees.  -1: we may not open it. */
static int outlet_open_own(int fd)
{
    char path[64];

    (void)!snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void outlet_open(struct outlet *outlet, int fd)
{
    struct stat file;

    *outlet = OUTLET_NONE;
    outlet->fd = fd;
    if (fstat(fd, &file) != 0)
        return;
    /* By these outlet_write() notices when another file takes the number. */
    outlet->device = file.st_dev;
    outlet->inode = file.st_ino;
    outlet->way = outlet_way_of(&file);
    /* Only these two: opening any other device again may mean something to it. */
    if (S_ISFIFO(file.st_mode) || isatty(fd))
        outlet->own = outlet_open_own(fd);
    if (outlet->own >= 0)
        outlet->way = OUTLET_OWN;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->own >= 0)
        (void)!close(outlet->own); /* what was written is written */
    *outlet = OUTLET_NONE;
}

/* Somebody may have put another file at the number, as a process does that redirects its own. */
static bool outlet_is_same(const struct outlet *outlet)
{
    struct stat file;

    return fstat(outlet->fd, &file) == 0 && outlet->way != OUTLET_CLOSED &&
           file.st_dev == outlet->device && file.st_ino == outlet->inode;
}

bool outlet_write(struct outlet *outlet, const void *data, size_t size)
{
    int fd;
    ssize_t put;

    INVARIANT(size <= OUTLET_BYTES_MAX);
    if (!outlet_is_same(outlet)) {
        fd = outlet->fd;
        outlet_close(outlet);
        outlet_open(outlet, fd);
    }
    fd = outlet->way == OUTLET_OWN ? outlet->own : outlet->fd;
    /* What was cut short gets its line end first, so that the reader does not join two lines. */
    if (outlet->torn && outlet_way_write(outlet->way, fd, "\n", 1) != 1)
        return false;
    outlet->torn = false;
    put = outlet_way_write(outlet->way, fd, data, size);
    outlet->torn = put > 0 && (size_t)put < size;
    return put == (ssize_t)size;
}
