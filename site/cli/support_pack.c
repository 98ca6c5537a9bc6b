/* The directory in which the items of a bundle lie, and tar(1), which packs it. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "site/cli/support.h"

#define BUNDLE_NAME "serai-support"

enum status support_begin(struct support *support, struct fault *fault)
{
    const char *temporary = getenv("TMPDIR");
    char name[64];
    char parent[FILE_PATH_BYTES];

    (void)snprintf(name, sizeof name, "serai-support-XXXXXX");
    if (file_path(parent, temporary == NULL || *temporary == '\0' ? "/tmp" : temporary, name,
                  fault) != ST_OK)
        return ST_INVALID;
    if (mkdtemp(parent) == NULL) /* mode 0700 */
        return fault_set(fault, ST_IO, "%s: %s", parent, strerror(errno));
    if (file_path(support->stage, parent, BUNDLE_NAME, fault) != ST_OK)
        return ST_INVALID;
    if (mkdir(support->stage, 0700) != 0)
        return fault_set(fault, ST_IO, "%s: %s", support->stage, strerror(errno));
    return ST_OK;
}

static struct support_item *support_add(struct support *support, const char *name)
{
    struct support_item *item;

    INVARIANT(support->count < SUPPORT_ITEMS_MAX);
    item = &support->items[support->count++];
    (void)snprintf(item->name, sizeof item->name, "%s", name);
    return item;
}

FILE *support_open(struct support *support, const char *name)
{
    char path[FILE_PATH_BYTES];
    FILE *item = NULL;
    int fd = -1;

    if (file_path(path, support->stage, name, NULL) == ST_OK)
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        item = fdopen(fd, "w");
    if (item == NULL) {
        support_lacks(support, name, "%s", strerror(errno));
        if (fd >= 0)
            (void)!close(fd);
        return NULL;
    }
    (void)support_add(support, name);
    return item;
}

void support_close(struct support *support, FILE *item)
{
    struct support_item *last = &support->items[support->count - 1];
    long size = ftell(item);
    bool failed = ferror(item) != 0;

    if (fclose(item) != 0 || failed || size < 0)
        (void)snprintf(last->why, sizeof last->why, "it could not be written");
    else
        last->bytes = (uint64_t)size;
}

void support_lacks(struct support *support, const char *name, const char *format, ...)
{
    struct support_item *item = support_add(support, name);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(item->why, sizeof item->why, format, args); /* cut to fit */
    va_end(args);
    if (item->why[0] == '\0')
        (void)snprintf(item->why, sizeof item->why, "not known why");
}

/* ---- packing ---- */

/* How tar is told to compress, by the name of the archive.  NULL: no such name. */
static const char *pack_option(const char *path)
{
    static const struct {
        const char *end;
        const char *option;
    } kinds[] = {{".tar.gz", "--gzip"},
                 {".tgz", "--gzip"},
                 {".tar.zst", "--zstd"},
                 {".tar", "--format=gnu"}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t size = strlen(kinds[i].end);

        if (strlen(path) > size && strcmp(path + strlen(path) - size, kinds[i].end) == 0)
            return kinds[i].option;
    }
    return NULL;
}

_Noreturn static void pack_child(const char *parent, const char *option, int fd)
{
    const char *const args[] = {"tar",       "--create", "--file=-", option,      "--owner=0",
                                "--group=0", "-C",       parent,     BUNDLE_NAME, NULL};

    if (dup2(fd, STDOUT_FILENO) >= 0)
        (void)execvp(args[0], (char *const *)(uintptr_t)args); /* it writes to none of them */
    _exit(127);
}

/* Run tar.  ST_IO says what is lacking. */
static enum status pack_run(const char *parent, const char *option, int fd, struct fault *fault)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        pack_child(parent, option, fd);
    if (pid < 0)
        return fault_set(fault, ST_IO, "tar: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ST_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return fault_set(fault, ST_IO, "tar is not installed");
    return fault_set(fault, ST_IO, "tar could not write the bundle%s",
                     strcmp(option, "--zstd") == 0 ? "; without zstd, take a name in .tar.gz" : "");
}

static void pack_parent(const struct support *support, char parent[FILE_PATH_BYTES])
{
    (void)snprintf(parent, FILE_PATH_BYTES, "%s", support->stage);
    *strrchr(parent, '/') = '\0';
}

enum status support_pack(struct support *support, const char *path, struct fault *fault)
{
    const char *option = pack_option(path);
    char parent[FILE_PATH_BYTES];
    enum status status;
    int fd;

    if (option == NULL)
        return fault_set(fault, ST_INVALID,
                         "%s: its name ends with .tar.gz, .tgz, .tar.zst or .tar", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fault_set(fault, errno == EEXIST ? ST_EXISTS : ST_IO, "%s: %s", path,
                         strerror(errno));
    pack_parent(support, parent);
    status = pack_run(parent, option, fd, fault);
    if (close(fd) != 0 && status == ST_OK)
        status = fault_set(fault, ST_IO, "%s: %s", path, strerror(errno));
    if (status != ST_OK)
        (void)!unlink(path); /* half a bundle helps nobody */
    return status;
}

void support_end(struct support *support)
{
    char path[FILE_PATH_BYTES];

    if (support->stage[0] == '\0')
        return;
    for (size_t i = 0; i < support->count; i++)
        if (file_path(path, support->stage, support->items[i].name, NULL) == ST_OK)
            (void)!unlink(path); /* it may not be there */
    (void)!rmdir(support->stage);
    pack_parent(support, path);
    (void)!rmdir(path);
    support->stage[0] = '\0';
}
