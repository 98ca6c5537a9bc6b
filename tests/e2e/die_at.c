/*
 * A library to preload: its process is killed in one of its system calls, as a power cut would do.
 * DIE_AT is the call and its number from 1, as `rename:1`; DIE_AFTER, if set, lets that call be
 * made first.  DIE_IF is a file: calls count from when it is there.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long left; /* calls before the one */

static int counts(const char *call)
{
    const char *at = getenv("DIE_AT");
    const char *only = getenv("DIE_IF");
    size_t size = strlen(call);

    if (at == NULL || strncmp(at, call, size) != 0 || at[size] != ':')
        return 0;
    if (only != NULL && access(only, F_OK) != 0)
        return 0;
    if (left == 0)
        left = strtol(at + size + 1, NULL, 10);
    return --left == 0;
}

static void die(void)
{
    (void)raise(SIGKILL);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = NULL;
    int dies = counts("rename");
    int result;

    *(void **)&real = dlsym(RTLD_NEXT, "rename");
    if (dies && getenv("DIE_AFTER") == NULL)
        die();
    result = real(from, to);
    if (dies)
        die();
    return result;
}

static int die_in_sync(const char *call, int fd)
{
    int (*real)(int) = NULL;
    int dies = counts(call);
    int result;

    *(void **)&real = dlsym(RTLD_NEXT, call);
    if (dies && getenv("DIE_AFTER") == NULL)
        die();
    result = real(fd);
    if (dies)
        die();
    return result;
}

int fsync(int fd)
{
    return die_in_sync("fsync", fd);
}

int fdatasync(int fd)
{
    return die_in_sync("fdatasync", fd);
}
