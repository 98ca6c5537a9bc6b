#include "site/cli/guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site/cli/cli.h"
#include "site/control/paths.h"
#include "site/control/place.h"

/* By descriptor, for messages. */
static const char *const names[] = {"standard input", "standard output", "standard error"};

/* By device and inode: the shell may have opened it by any path. */
static bool guard_is_same(const struct stat *file, const char *path)
{
    struct stat other;

    return stat(path, &other) == 0 && other.st_dev == file->st_dev && other.st_ino == file->st_ino;
}

/*
 * Whether the file is the key file at `path`, or one that is kept next to it
 * (site/control/keyfile.h).
 */
static bool guard_is_key(const struct stat *file, const char *path)
{
    static const char *const suffixes[] = {".number", ".pending", ".site"};
    char name[FILE_PATH_BYTES];

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        int size = snprintf(name, sizeof name, "%s%s", path, suffixes[i]);

        if (size > 0 && (size_t)size < sizeof name && guard_is_same(file, name))
            return true;
    }
    return guard_is_same(file, path);
}

/*
 * Whether the descriptor can be written to.  A key file may be read from stdin: only writing into
 * it does harm.
 */
static bool guard_is_written(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/*
 * Whether a word of the command line leads to the file: as a site's directory, or as a key file.
 * `path` is set to its name, for people.
 */
static bool guard_is_found_by(const char *word, int fd, const struct stat *file,
                              char path[PLACE_OWN_BYTES])
{
    const char *value = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;

    if (value != NULL)
        word = value + 1;
    if (place_is_own_file(word, file, path))
        return true;
    if (!guard_is_written(fd) || !guard_is_key(file, word))
        return false;
    (void)snprintf(path, PLACE_OWN_BYTES, "%.*s", PLACE_OWN_BYTES - 1, word);
    return true;
}

/*
 * Try the default site and all words.  Which of them name a site or a key is not known before the
 * line is taken apart, and taking it apart may print.
 */
static bool guard_is_found(int argc, char **argv, int fd, const struct stat *file,
                           char path[PLACE_OWN_BYTES])
{
    const char *site = getenv("SERAI_SITE");

    if (guard_is_found_by(site == NULL || *site == '\0' ? SITE_DIR_DEFAULT : site, fd, file, path))
        return true;
    for (int i = 1; i < argc; i++)
        if (guard_is_found_by(argv[i], fd, file, path))
            return true;
    return false;
}

int guard_output(int argc, char **argv)
{
    char paths[STDERR_FILENO + 1][PLACE_OWN_BYTES];
    bool own[STDERR_FILENO + 1] = {false};
    int code = EXIT_OK;

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat file;

        own[fd] = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
                  guard_is_found(argc, argv, fd, &file, paths[fd]);
        if (own[fd])
            code = EXIT_USAGE;
    }
    /*
     * Then even the reason would be written into the site's file: the exit code is all that is
     * said.
     */
    if (own[STDERR_FILENO])
        return code;
    for (int fd = STDIN_FILENO; fd < STDERR_FILENO; fd++)
        if (own[fd])
            code = cli_fail(EXIT_USAGE,
                            "%s is %s, a file that this command works with: nothing was done. Send "
                            "it elsewhere",
                            names[fd], paths[fd]);
    return code;
}

bool guard_is_own(const struct cli *cli, int fd)
{
    char path[PLACE_OWN_BYTES];
    struct stat file;

    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) ||
        !place_is_own_file(cli->dir, &file, path))
        return false;
    (void)cli_fail(EXIT_USAGE, "descriptor %d is %s, a file of the site itself", fd, path);
    return true;
}
