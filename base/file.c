/*
 * Small whole files.  A replacement is written under a new name, synced and renamed, and then its
 * directory is synced: so a crash at any point leaves the old file or the new one, whole.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP_BYTES = 16384 };

enum status file_path(char path[FILE_PATH_BYTES], const char *dir, const char *name,
                      struct fault *fault)
{
    int length = snprintf(path, FILE_PATH_BYTES, "%s/%s", dir, name);

    if (length < 0 || length >= FILE_PATH_BYTES)
        return fault_set(fault, ST_INVALID, "path too long: %.100s/%s", dir, name);
    return ST_OK;
}

/* A fault from errno, with the verb and the path; ENOENT and EEXIST have statuses of their own. */
static enum status file_io_fault(struct fault *fault, const char *verb, const char *path)
{
    enum status status = errno == ENOENT ? ST_MISSING : errno == EEXIST ? ST_EXISTS : ST_IO;

    return fault_set(fault, status, "%s %s: %s", verb, path, strerror(errno));
}

/*
 * No more room is asked for than the bound leaves, and one byte more to see the end.  So a small
 * file such as a key is read into the memory that was taken first, and no copy of it is left in
 * another.
 */
static enum status file_read_all(int fd, const char *path, size_t size_max, struct bytes *bytes,
                                 struct fault *fault)
{
    size_t total = 0;

    for (;;) {
        size_t step = size_max - total < READ_STEP_BYTES ? size_max - total + 1 : READ_STEP_BYTES;
        uint8_t *room = bytes_extend(bytes, step);
        ssize_t got;

        if (room == NULL)
            return fault_set(fault, ST_NOMEM, "read %s: out of memory", path);
        got = read(fd, room, step);
        bytes->size -= step - (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_io_fault(fault, "read", path);
        if (got == 0)
            return ST_OK;
        total += (size_t)got;
        if (total > size_max)
            return fault_set(fault, ST_FULL, "%s is longer than %zu bytes", path, size_max);
    }
}

enum status file_read(const char *path, size_t size_max, struct bytes *bytes, struct fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum status status;

    if (fd < 0)
        return file_io_fault(fault, "open", path);
    status = file_read_all(fd, path, size_max, bytes, fault);
    (void)!close(fd); /* nothing was written */
    return status;
}

/* O_NONBLOCK: opening a pipe for reading would wait for somebody who writes into it. */
enum status file_open_kept(const char *path, int *fd, struct fault *fault)
{
    struct stat found;

    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return file_io_fault(fault, "open", path);
    if (fstat(*fd, &found) == 0 && S_ISREG(found.st_mode))
        return ST_OK;
    (void)!close(*fd); /* nothing was read */
    *fd = -1;
    return fault_set(fault, ST_INVALID, "%s is no regular file", path);
}

enum status file_read_kept(const char *path, size_t size_max, struct bytes *bytes,
                           struct fault *fault)
{
    int fd;
    enum status status = file_open_kept(path, &fd, fault);

    if (status != ST_OK)
        return status;
    status = file_read_all(fd, path, size_max, bytes, fault);
    (void)!close(fd); /* nothing was written */
    return status;
}

/* Write all of it, over as many calls as the system needs.  False: errno says why. */
static bool file_write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, data, size);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        size -= (size_t)put;
    }
    return true;
}

/* A new name is durable only once its directory is. */
static bool file_sync_folder(const char *path)
{
    char folder[FILE_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    int fd;
    bool good;

    if (length >= sizeof folder)
        return false;
    memcpy(folder, path, length);
    folder[length] = '\0';
    fd = open(slash == NULL ? "." : length == 0 ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    good = fsync(fd) == 0;
    (void)!close(fd); /* a directory opened for reading */
    return good;
}

/* Make the file, write it and sync its bytes; its name is the caller's to sync. */
static enum status file_write_new(const char *path, int flags, const void *data, size_t size,
                                  unsigned mode, struct fault *fault)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, (mode_t)mode);
    bool good;

    if (fd < 0)
        return file_io_fault(fault, "create", path);
    /* close() may report what a write could not: a file is good only after all three. */
    good = file_write_all(fd, data, size) && fsync(fd) == 0;
    if (close(fd) != 0)
        good = false;
    return good ? ST_OK : file_io_fault(fault, "write", path);
}

enum status file_create(const char *path, const void *data, size_t size, unsigned mode,
                        struct fault *fault)
{
    enum status status = file_write_new(path, O_EXCL, data, size, mode, fault);

    if (status == ST_OK && !file_sync_folder(path))
        return file_io_fault(fault, "sync the directory of", path);
    return status;
}

/* What an earlier run left half written goes; what else has the name may be anybody's. */
static enum status file_remove_left_over(const char *path, struct fault *fault)
{
    struct stat found;

    if (lstat(path, &found) != 0)
        return errno == ENOENT ? ST_OK : file_io_fault(fault, "look at", path);
    if (!S_ISREG(found.st_mode) || found.st_uid != geteuid() || found.st_nlink != 1)
        return fault_set(fault, ST_IO, "%s is in the way and is no file of ours; move it away",
                         path);
    return unlink(path) == 0 ? ST_OK : file_io_fault(fault, "remove", path);
}

enum status file_replace(const char *path, const void *data, size_t size, struct fault *fault)
{
    char temporary[FILE_PATH_BYTES];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    enum status status;

    if (length < 0 || (size_t)length >= sizeof temporary)
        return fault_set(fault, ST_INVALID, "path too long: %.100s", path);
    status = file_remove_left_over(temporary, fault);
    if (status != ST_OK)
        return status;
    /* O_EXCL: nothing that somebody put there meanwhile, a link above all, is written through. */
    status = file_write_new(temporary, O_EXCL, data, size, 0600, fault);
    if (status != ST_OK) {
        (void)unlink(temporary); /* a part of a file, if anything */
        return status;
    }
    if (rename(temporary, path) != 0)
        return file_io_fault(fault, "replace", path);
    if (!file_sync_folder(path))
        return file_io_fault(fault, "sync the directory of", path);
    return ST_OK;
}
