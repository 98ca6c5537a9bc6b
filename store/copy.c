/* A copy of a store that is as one commit left it, also while a daemon commits on. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/private.h"
#include "store/store.h"

/* LMDB writes the file and does not say when it is on the disk. */
static int copy_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int error = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        (void)close(fd);
    return error;
}

enum status store_lmdb_copy(struct store_lmdb *lmdb, const char *path, struct fault *fault)
{
    char data[FILE_PATH_BYTES];
    void *held = NULL;
    enum status status = file_path(data, path, "data.mdb", fault);
    int error;

    if (status != ST_OK)
        return status;
    if (mkdir(path, 0700) != 0)
        return fault_set(fault, errno == EEXIST ? ST_EXISTS : ST_IO, "make %s: %s", path,
                         strerror(errno));
    status = read_begin(lmdb, &held, fault); /* the map stays as it is while a read goes on */
    if (status != ST_OK)
        return status;
    /* One read transaction; pages that are in use, in order, and none of the free list. */
    error = mdb_env_copy2(lmdb->env, path, MDB_CP_COMPACT);
    read_end(held);
    if (error == 0)
        error = copy_sync(data);
    if (error == 0)
        error = copy_sync(path);
    return error == 0 ? ST_OK
                      : fault_set(fault, ST_IO, "copy %s to %s: %s", lmdb->path, path,
                                  mdb_strerror(error));
}
