#define _GNU_SOURCE /* O_PATH, AT_EMPTY_PATH, struct ucred */
#include "site/daemon/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_OWN = 0600 };

/* All by the descriptor: between two looks a path may come to lead elsewhere. */
static enum status access_set_by_fd(int fd, const char *path, const struct socket_access *access,
                                    struct fault *fault)
{
    char self[64];
    struct stat info;

    if (fstat(fd, &info) != 0)
        return fault_set(fault, ST_IO, "socket %s: %s", path, strerror(errno));
    if (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid())
        return fault_set(fault, ST_IO, "socket %s: something else stands there now", path);
    /* The group before the mode: a wider mode must not hold for the old group, not for a moment. */
    if (access->has_group && fchownat(fd, "", (uid_t)-1, access->group, AT_EMPTY_PATH) != 0)
        return fault_set(fault, errno == EPERM ? ST_INVALID : ST_IO,
                         "socket %s: it cannot be given to group %lu (control.group): %s; the "
                         "daemon's user must be one of that group",
                         path, (unsigned long)access->group, strerror(errno));
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (chmod(self, access->mode) != 0)
        return fault_set(fault, ST_IO, "socket %s: mode %04o (control.mode): %s", path,
                         (unsigned)access->mode, strerror(errno));
    return ST_OK;
}

enum status access_set(const char *path, const struct socket_access *access, struct fault *fault)
{
    enum status status;
    int fd;

    /* As it was bound: nothing to change, and no descriptor is needed. */
    if (!access->has_group && (access->mode == 0 || access->mode == MODE_OWN))
        return ST_OK;
    fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fault_set(fault, ST_IO, "socket %s: %s", path, strerror(errno));
    status = access_set_by_fd(fd, path, access, fault);
    (void)!close(fd); /* O_PATH: nothing was written by it */
    return status;
}

bool access_is_own(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}
