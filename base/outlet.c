/*
 * Why so many ways.  O_NONBLOCK belongs to the open file description: set on the stderr that we
 * were given, it would reach the shell and every program in the same pipeline, which do not expect
 * it.  A pipe or terminal can be opened once more through /proc, for a description of our own.  If
 * it belongs to another user (sudo, a container) that is refused; then poll() says whether it has
 * room. Between that and the write another program may fill it: newer kernels take RWF_NOWAIT for
 * pipes, which closes that gap, too.
 */
#define _GNU_SOURCE /* pwritev2 */
#include "base/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t write_waiting_not(int fd, const void *data, size_t size)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct pollfd item = {.fd = fd, .events = POLLOUT};
    ssize_t put;

    if (poll(&item, 1, 0) != 1 || (item.revents & POLLOUT) == 0)
        return -1;
    put = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
    if (put < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
        put = write(fd, data, size);
    return put;
}

static ssize_t write_by(enum outlet_way way, int fd, const void *data, size_t size)
{
    switch (way) {
    case OUTLET_PLAIN:
    case OUTLET_OWN:
        return write(fd, data, size);
    case OUTLET_SOCKET:
        return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case OUTLET_POLLED:
        return write_waiting_not(fd, data, size);
    case OUTLET_CLOSED:
        break;
    }
    return -1;
}

static enum outlet_way way_of(const struct stat *file)
{
    if (S_ISREG(file->st_mode))
        return OUTLET_PLAIN;
    if (S_ISSOCK(file->st_mode))
        return OUTLET_SOCKET;
    return OUTLET_POLLED;
}

static int open_once_more(int fd)
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
    outlet->device = file.st_dev;
    outlet->inode = file.st_ino;
    outlet->way = way_of(&file);
    /* Only these two: opening any other device again may mean something to it. */
    if (S_ISFIFO(file.st_mode) || isatty(fd))
        outlet->own = open_once_more(fd);
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
    if (outlet->torn && write_by(outlet->way, fd, "\n", 1) != 1)
        return false;
    outlet->torn = false;
    put = write_by(outlet->way, fd, data, size);
    outlet->torn = put > 0 && (size_t)put < size;
    return put == (ssize_t)size;
}

bool outlet_write_once(int fd, const void *data, size_t size)
{
    struct stat file;

    return fstat(fd, &file) == 0 && write_by(way_of(&file), fd, data, size) == (ssize_t)size;
}
