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

/* By the descriptor: between two looks a path may come to lead elsewhere. */
static enum status access_open(int *fd, struct stat *info, const char *path, struct fault *fault)
{
    *fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, info) != 0)
        return fault_set(fault, ST_IO, "socket %s: %s", path, strerror(errno));
    if (!S_ISSOCK(info->st_mode) || info->st_uid != geteuid())
        return fault_set(fault, ST_IO, "socket %s: something else stands there now", path);
    return ST_OK;
}

static enum status access_set_group(int fd, const char *path, gid_t group, struct fault *fault)
{
    if (fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH) == 0)
        return ST_OK;
    return fault_set(fault, errno == EPERM ? ST_INVALID : ST_IO,
                     "socket %s: it cannot be given to group %lu (control.group): %s; the "
                     "daemon's user must be one of that group",
                     path, (unsigned long)group, strerror(errno));
}

static enum status access_set_mode(int fd, const char *path, mode_t mode, struct fault *fault)
{
    char self[64];

    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (chmod(self, mode) == 0)
        return ST_OK;
    return fault_set(fault, ST_IO, "socket %s: mode %04o (control.mode): %s", path, (unsigned)mode,
                     strerror(errno));
}

enum status access_set(const char *path, const struct socket_access *access, struct fault *fault)
{
    struct stat info;
    enum status status;
    int fd;

    /* As it was bound: nothing to change, and no descriptor is needed. */
    if (!access->has_group && (access->mode == 0 || access->mode == MODE_OWN))
        return ST_OK;
    status = access_open(&fd, &info, path, fault);
    /* The group before the mode: a wider mode must not hold for the old group, not for a moment. */
    if (status == ST_OK && access->has_group)
        status = access_set_group(fd, path, access->group, fault);
    if (status == ST_OK)
        status = access_set_mode(fd, path, access->mode, fault);
    if (fd >= 0)
        (void)!close(fd); /* O_PATH: nothing was written by it */
    return status;
}

enum status access_change(const char *path, const struct socket_access *access, struct fault *fault)
{
    gid_t group = access->has_group ? access->group : getegid();
    struct stat info;
    enum status status;
    int fd;

    status = access_open(&fd, &info, path, fault);
    if (status == ST_OK)
        status = access_set_mode(fd, path, MODE_OWN, fault);
    if (status == ST_OK && info.st_gid != group)
        status = access_set_group(fd, path, group, fault);
    if (status == ST_OK)
        status = access_set_mode(fd, path, access->mode, fault);
    else if (fd >= 0) /* what failed is reported, and not this */
        (void)!access_set_mode(fd, path, info.st_mode & 0777, NULL);
    if (fd >= 0)
        (void)!close(fd); /* O_PATH: nothing was written by it */
    return status;
}

enum status access_look(const struct socket_access *access, struct fault *fault)
{
    gid_t groups[256];
    int count = getgroups(256, groups);
    bool may = !access->has_group || geteuid() == 0 || access->group == getegid() ||
               count < 0; /* more than that: not found here */

    for (int i = 0; i < count && !may; i++)
        may = groups[i] == access->group;
    if (may)
        return ST_OK;
    return fault_set(fault, ST_INVALID,
                     "control.group: the socket cannot be given to group %lu; the daemon's user "
                     "must be one of that group",
                     (unsigned long)access->group);
}

bool access_is_own(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid();
}
