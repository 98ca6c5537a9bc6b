#define _GNU_SOURCE /* pwritev2 */
#include "base/outlet_way.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * O_NONBLOCK is not ours to set: it belongs to the open file description, which the shell and other
 * programs share.  So poll() says whether there is room.  Between that and the write another
 * program may fill it: newer kernels take RWF_NOWAIT for pipes, which closes that gap, too.
 */
static ssize_t outlet_write_polled(int fd, const void *data, size_t size)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct pollfd item = {.fd = fd, .events = POLLOUT};
    ssize_t put;

    if (poll(&item, 1, 0) != 1 || (item.revents & POLLOUT) == 0)
        return -1;
    put = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
    /* The kernel, or this kind of file, does not know the flag: only the small gap is left open. */
    if (put < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
        put = write(fd, data, size);
    return put;
}

ssize_t outlet_way_write(enum outlet_way way, int fd, const void *data, size_t size)
{
    switch (way) {
    case OUTLET_PLAIN:
    case OUTLET_OWN:
        return write(fd, data, size);
    case OUTLET_SOCKET:
        return send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case OUTLET_POLLED:
        return outlet_write_polled(fd, data, size);
    case OUTLET_CLOSED:
        break;
    }
    return -1;
}

enum outlet_way outlet_way_of(const struct stat *file)
{
    if (S_ISREG(file->st_mode))
        return OUTLET_PLAIN;
    if (S_ISSOCK(file->st_mode))
        return OUTLET_SOCKET;
    return OUTLET_POLLED;
}

bool outlet_write_once(int fd, const void *data, size_t size)
{
    struct stat file;

    return fstat(fd, &file) == 0 &&
           outlet_way_write(outlet_way_of(&file), fd, data, size) == (ssize_t)size;
}
