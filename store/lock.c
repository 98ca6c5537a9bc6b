/*
 * The site's own lock.  LMDB lets several processes take turns at writing, but a site has one
 * writer, whose memory is what the file says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private.h"

enum { PID_TEXT_BYTES = 24 };

/* Name the process that holds the lock, by what it wrote into the file. */
static enum status lock_busy(int fd, const char *name, struct fault *fault)
{
    char text[PID_TEXT_BYTES] = "";
    ssize_t size = pread(fd, text, sizeof text - 1, 0);

    text[size < 0 ? 0 : size] = '\0';
    text[strspn(text, "0123456789")] = '\0';
    return fault_set(fault, ST_BUSY, "%s: held by process %s; one site has one daemon", name,
                     text[0] == '\0' ? "(unknown)" : text);
}

enum status lock_take(int *lock, const char *path, struct fault *fault)
{
    char name[512];
    char text[PID_TEXT_BYTES];
    struct stat found;
    int size;
    int fd;

    /* Never through a link, and never waiting: somebody else may have put the file here. */
    size = snprintf(name, sizeof name, "%s/lock", path);
    if (size < 0 || (size_t)size >= sizeof name)
        return fault_set(fault, ST_INVALID, "the path of the store is too long");
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0 && errno != ELOOP)
        return fault_set(fault, errno == ENOENT ? ST_MISSING : ST_IO, "open %s: %s", name,
                         strerror(errno));
    /* It is cut and written below: not if it is some other file, by another name. */
    if (fd < 0 || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1) {
        if (fd >= 0)
            (void)close(fd);
        return fault_set(fault, ST_INVALID, "%s is no lock file of a store; move it away", name);
    }
    /* Not fcntl: such a lock would be lost when anything in this process closes the file. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK
                                 ? lock_busy(fd, name, fault)
                                 : fault_set(fault, ST_IO, "lock %s: %s", name, strerror(errno));

        (void)close(fd);
        return status;
    }
    /* The number is for the message of whoever comes second; a failure to write it harms nobody. */
    size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, (size_t)size, 0);
    *lock = fd;
    return ST_OK;
}

enum status store_lmdb_look(const char *path, struct fault *fault)
{
    char name[512];
    enum status status = ST_OK;
    int size = snprintf(name, sizeof name, "%s/lock", path);
    int fd;

    if (size < 0 || (size_t)size >= sizeof name)
        return fault_set(fault, ST_INVALID, "the path of the store is too long");
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? ST_OK
                               : fault_set(fault, ST_IO, "open %s: %s", name, strerror(errno));
    /* Shared, and given back at once by the close: two who look do not see each other. */
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        status = errno == EWOULDBLOCK
                     ? lock_busy(fd, name, fault)
                     : fault_set(fault, ST_IO, "lock %s: %s", name, strerror(errno));
    (void)close(fd);
    return status;
}

void lock_give(int lock)
{
    if (lock >= 0)
        (void)close(lock); /* the file stays: removing it would race with the next who opens it */
}
