#define _GNU_SOURCE /* O_PATH */
#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Open a filler for `fd`, the wrong way round: reading from a filled stdin and writing to a filled
 * stdout fail, as they would have done.
 */
static int descriptor_open_filler(int fd)
{
    int filler = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);

    /* Without /dev, in a jail: any directory is as useless. */
    return filler >= 0 ? filler : open("/", O_RDONLY | O_DIRECTORY);
}

bool descriptors_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* open() takes the lowest free number, and all below are in use: so it is `fd`. */
        if (descriptor_open_filler(fd) != fd)
            return false;
    }
    return true;
}

enum status descriptor_check_output(int fd, struct fault *fault)
{
    struct stat file;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, &file) != 0)
        return fault_set(fault, ST_INVALID, "descriptor %d: %s", fd, strerror(errno));
    if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0)
        return fault_set(fault, ST_INVALID, "descriptor %d is not open for writing", fd);
    if (!S_ISFIFO(file.st_mode) && !S_ISSOCK(file.st_mode) && !S_ISCHR(file.st_mode) &&
        !S_ISREG(file.st_mode))
        return fault_set(fault, ST_INVALID,
                         "descriptor %d is no pipe, socket, terminal or file to write to", fd);
    return ST_OK;
}
