/* A directory of a test's own, removed by temp_dir_fini. */
#ifndef SERAI_TESTS_TEMP_DIR_H
#define SERAI_TESTS_TEMP_DIR_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEMP_DIR_BYTES = 64, TEMP_PATH_BYTES = 160 };

static inline void temp_dir_init(char dir[TEMP_DIR_BYTES])
{
    (void)snprintf(dir, TEMP_DIR_BYTES, "/tmp/serai-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* "dir/name" in one of a few buffers that take turns. */
static inline const char *temp_path(const char *dir, const char *name)
{
    static char paths[4][TEMP_PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, TEMP_PATH_BYTES, "%s/%s", dir, name);
    return path;
}

static inline void temp_dir_fini(const char *dir)
{
    char command[TEMP_DIR_BYTES + 16];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

#endif
