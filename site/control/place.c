#define _DEFAULT_SOURCE /* S_ISSOCK and dirfd in one */
#include "site/control/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "site/control/paths.h"

/* ---- what is the site's own ---- */

/* Files of a site, each with what is kept next to it under a longer name: operator.key.number. */
static const char *const own_files[] = {
    SITE_STORE,    SITE_CONFIG,          SITE_PRICES,   SITE_KEY,    SITE_KEY_PUBLIC,
    SITE_OPERATOR, SITE_OPERATOR_PUBLIC, SITE_COMPILED, SITE_MARKER,
};

/* By device and inode: paths differ where links and mounts lead to one folder. */
static bool place_is_same_folder(const char *a, const char *b)
{
    struct stat one;
    struct stat other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Whether `folder` is the folder `name` of the site. */
static bool place_is_folder_of(const char *dir, const char *name, const char *folder)
{
    char path[FILE_PATH_BYTES];

    return file_path(path, dir, name, NULL) == ST_OK && place_is_same_folder(path, folder);
}

/*
 * Whether `name` in `folder` is a file of the site in `dir`: anything in its store or its cache of
 * objects, and the files above.
 */
static bool place_is_own(const char *dir, const char *folder, const char *name)
{
    if (place_is_folder_of(dir, SITE_STORE, folder) ||
        place_is_folder_of(dir, SITE_COMPILED, folder))
        return true;
    if (!place_is_same_folder(dir, folder))
        return false;
    for (size_t i = 0; i < sizeof own_files / sizeof own_files[0]; i++) {
        size_t size = strlen(own_files[i]);

        if (strncmp(name, own_files[i], size) == 0 && (name[size] == '\0' || name[size] == '.'))
            return true;
    }
    return false;
}

/* Find the name that `file` has in the folder.  False: it is not there. */
static bool place_find_entry(const char *folder, const struct stat *file, char name[NAME_MAX + 1])
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    bool found = false;

    if (entries == NULL)
        return false;
    while (!found && (entry = readdir(entries)) != NULL) {
        struct stat other;

        /* The inode alone first: it costs no look at each file. */
        found = entry->d_ino == file->st_ino &&
                fstatat(dirfd(entries), entry->d_name, &other, 0) == 0 &&
                other.st_dev == file->st_dev && other.st_ino == file->st_ino;
        if (found)
            (void)snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
    }
    (void)closedir(entries);
    return found;
}

bool place_is_own_file(const char *dir, const struct stat *file, char path[PLACE_OWN_BYTES])
{
    static const char *const folders[] = {"", SITE_STORE "/", SITE_COMPILED "/"};
    char name[NAME_MAX + 1];

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char folder[FILE_PATH_BYTES];

        if (file_path(folder, dir, folders[i], NULL) != ST_OK ||
            !place_find_entry(folder, file, name) || !place_is_own(dir, folder, name))
            continue;
        (void)snprintf(path, PLACE_OWN_BYTES, "%s%s", folders[i], name);
        return true;
    }
    return false;
}

/* ---- sockets ---- */

/*
 * Check the folder that a socket is to be in: it is there, and the socket would be no file of the
 * site.
 */
static enum status place_check_folder(const char *dir, const char *setting, const char *path,
                                      struct fault *fault)
{
    char folder[FILE_PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    struct stat found;

    if (slash != NULL)
        (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
                       path);
    if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
        return fault_set(fault, ST_INVALID, "%s: %s: there is no directory %s; make it first",
                         setting, path, folder);
    if (place_is_own(dir, folder, slash == NULL ? path : slash + 1))
        return fault_set(fault, ST_INVALID,
                         "%s: %s is a file of the site itself; name another path in site.toml",
                         setting, path);
    return ST_OK;
}

enum status place_check_socket(const char *dir, const char *setting, const char *path,
                               struct fault *fault)
{
    const size_t bytes_max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
    struct stat found;
    enum status status;

    if (strlen(path) > bytes_max)
        return fault_set(fault, ST_INVALID,
                         "%s: %.120s...: the path has %zu bytes and a socket allows %zu; name a "
                         "shorter one in site.toml",
                         setting, path, strlen(path), bytes_max);
    status = place_check_folder(dir, setting, path, fault);
    if (status != ST_OK)
        return status;
    /* Not through a link: what would be replaced is what stands here. */
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? ST_OK
                               : fault_set(fault, ST_INVALID, "%s: look at %s: %s", setting, path,
                                           strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return fault_set(fault, ST_INVALID,
                         "%s: %s is there and is no socket, so it is left alone; move it away or "
                         "name another path in site.toml",
                         setting, path);
    if (found.st_uid != geteuid())
        return fault_set(fault, ST_INVALID,
                         "%s: the socket %s belongs to another user (%lu), so it is left alone",
                         setting, path, (unsigned long)found.st_uid);
    return ST_OK;
}

/*
 * Try whether anybody answers at a socket.  0: nobody, it is left over; else the error that is the
 * reason to leave it alone.
 */
static int place_try_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = 0;

    if (fd < 0)
        return errno;
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        error = EADDRINUSE;
    else if (errno != ECONNREFUSED && errno != ENOENT)
        error = errno; /* such as a full backlog, or a socket of another type: somebody's */
    (void)close(fd);   /* nothing was sent */
    return error;
}

enum status place_look_at_socket(const char *dir, const char *setting, const char *path,
                                 struct fault *fault)
{
    enum status status = place_check_socket(dir, setting, path, fault);
    struct stat found;
    int error;

    if (status != ST_OK || lstat(path, &found) != 0)
        return status;
    error = place_try_socket(path);
    if (error != 0)
        return fault_set(fault, ST_BUSY,
                         "%s: %s is in use (%s): another program listens there; stop it or name "
                         "another path in site.toml",
                         setting, path, strerror(error));
    return ST_OK;
}

enum status place_clear_socket(const char *dir, const char *setting, const char *path,
                               struct fault *fault)
{
    enum status status = place_look_at_socket(dir, setting, path, fault);
    struct stat found;

    if (status != ST_OK || lstat(path, &found) != 0 || unlink(path) == 0 || errno == ENOENT)
        return status;
    return fault_set(fault, ST_IO, "%s: replace %s: %s", setting, path, strerror(errno));
}

const char *place_of_endpoint(const char *endpoint)
{
    static const char scheme[] = "ipc://";
    const char *path = endpoint + sizeof scheme - 1;

    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0)
        return NULL;
    /* "@name" is Linux's space without files, "*" a name that libzmq makes up. */
    return *path == '@' || *path == '*' || *path == '\0' ? NULL : path;
}

enum status place_remember_socket(struct place_socket *socket, const char *path,
                                  struct fault *fault)
{
    struct stat found;

    *socket = (struct place_socket){0};
    if (lstat(path, &found) != 0)
        return fault_set(fault, ST_IO, "look at %s: %s", path, strerror(errno));
    *socket = (struct place_socket){.device = found.st_dev, .inode = found.st_ino};
    return ST_OK;
}

void place_remove_socket(const struct place_socket *socket, const char *path)
{
    struct stat found;

    if (socket->inode != 0 && lstat(path, &found) == 0 && S_ISSOCK(found.st_mode) &&
        found.st_dev == socket->device && found.st_ino == socket->inode)
        (void)!unlink(path); /* one that stays is seen to be left over at the next start */
}

/* ---- the directory of a new site ---- */

/*
 * Nothing of somebody else's may come to lie among a site's files, where its mode would change,
 * too.
 */
static enum status place_check_empty(DIR *folder, const char *dir, struct fault *fault)
{
    struct dirent *file;

    if (faccessat(dirfd(folder), SITE_CONFIG, F_OK, 0) == 0)
        return fault_set(fault, ST_EXISTS, "there is a site in %s already", dir);
    while ((file = readdir(folder)) != NULL)
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0)
            return fault_set(fault, ST_EXISTS, "%s is not empty: it has %.100s", dir, file->d_name);
    return ST_OK;
}

/* Take a directory that is there already, by its descriptor: what is checked is what is changed. */
static enum status place_take_folder(const char *dir, struct fault *fault)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct stat found;
    enum status status;

    if (folder == NULL) {
        status = errno == ENOTDIR
                     ? fault_set(fault, ST_EXISTS, "%s is there and is no directory", dir)
                     : fault_set(fault, ST_IO, "open %s: %s", dir, strerror(errno));
        if (fd >= 0)
            (void)close(fd); /* it was only looked at */
        return status;
    }
    status = place_check_empty(folder, dir, fault);
    if (status == ST_OK && (fstat(fd, &found) != 0 || found.st_uid != geteuid()))
        status = fault_set(fault, ST_DENIED, "the directory %s belongs to another user", dir);
    if (status == ST_OK && fchmod(fd, 0700) != 0)
        status = fault_set(fault, ST_IO, "chmod 700 %s: %s", dir, strerror(errno));
    (void)closedir(folder); /* it was only read */
    return status;
}

enum status place_make_folder(const char *dir, struct fault *fault)
{
    /* Made with its mode, so that nobody can look in between. */
    if (mkdir(dir, 0700) == 0)
        return ST_OK;
    if (errno != EEXIST)
        return fault_set(fault, ST_IO, "make %s: %s", dir, strerror(errno));
    return place_take_folder(dir, fault);
}
