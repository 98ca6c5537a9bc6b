/* See native_build.h.  Not all who use it are Check tests, so what fails here is an INVARIANT. */
#include "tests/engine/native_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"

enum { ARGS_MAX = 64 };

static const char folder[] = ENGINE_TEST_MODULES "/native";

/* Run a command to its end; whether it went well.  What it says on stderr is shown. */
static bool run_command(char *const *args, bool quiet)
{
    int result = 0;
    pid_t child = fork();

    if (child < 0)
        return false;
    if (child == 0) {
        if (quiet) {
            (void)!freopen("/dev/null", "w", stdout); /* it would only be seen */
            (void)!freopen("/dev/null", "w", stderr);
        }
        (void)execvp(args[0], args);
        _exit(127);
    }
    while (waitpid(child, &result, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

bool native_build_can(const char *compiler)
{
    char name[64];
    char version[] = "--version";
    char *args[] = {name, version, NULL};

    (void)snprintf(name, sizeof name, "%s", compiler);
    return run_command(args, true);
}

static void write_text(const char *path, const struct bytes *text)
{
    FILE *out = fopen(path, "wb");

    INVARIANT(out != NULL);
    INVARIANT(fwrite(text->data, 1, text->size, out) == text->size);
    INVARIANT(fclose(out) == 0);
}

/* The command's words; `space` keeps those that are cut out of `more`. */
static void make_command(char *args[ARGS_MAX], const char *compiler, const char *more,
                         char space[256], char *input, char *output)
{
    int count = 0;
    char *rest = space;
    char option[] = "-o";
    static char dash_o[3];

    memcpy(dash_o, option, sizeof dash_o);
    args[count++] = (char *)(uintptr_t)compiler;
    for (const char *const *flag = engine_native_flags(); *flag != NULL; flag++)
        args[count++] = (char *)(uintptr_t)*flag;
    args[count++] = dash_o;
    args[count++] = output;
    args[count++] = input;
    (void)snprintf(space, 256, "%s", more == NULL ? "" : more);
    for (char *word = strtok_r(space, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        INVARIANT(count < ARGS_MAX - 4);
        args[count++] = word;
    }
    args[count] = NULL;
}

bool native_build_text(const struct bytes *text, const char *compiler, const char *more,
                       char path[512])
{
    char *args[ARGS_MAX];
    char space[256];
    char hash_text[HASH_TEXT_BYTES];
    char input[512];
    char output[512];
    struct hasher *hasher = hasher_new();
    struct hash hash;
    bool made;

    INVARIANT(hasher != NULL);
    make_command(args, compiler, more, space, input, output);
    input[0] = '\0';
    output[0] = '\0';
    hasher_start(hasher);
    hasher_add(hasher, text->data, text->size);
    for (int i = 0; args[i] != NULL; i++)
        hasher_add(hasher, args[i], strlen(args[i]) + 1);
    hash = hasher_end(hasher);
    hasher_free(hasher);
    (void)mkdir(folder, 0777); /* it may be there */
    (void)snprintf(path, 512, "%s/%s.so", folder, hash_print(hash_text, &hash));
    if (access(path, R_OK) == 0)
        return true;
    (void)snprintf(input, sizeof input, "%s/%ld.c", folder, (long)getpid());
    (void)snprintf(output, sizeof output, "%s/%ld.o", folder, (long)getpid());
    write_text(input, text);
    made = run_command(args, false) && rename(output, path) == 0;
    (void)unlink(input);
    return made;
}

struct engine_native *native_build(const struct engine_code *code, const char *compiler,
                                   const char *more)
{
    struct engine_native *native = NULL;
    struct fault fault = {.status = ST_OK};
    struct bytes text = {0};
    char path[512];
    enum status status = engine_native_emit(code, &text, &fault);

    if (status == ST_OK) {
        INVARIANT(native_build_text(&text, compiler, more, path));
        if (engine_native_load(&native, code, path, &fault) != ST_OK)
            (void)fprintf(stderr, "%s\n", fault.text);
        INVARIANT(native != NULL);
    }
    INVARIANT(status == ST_OK || status == ST_INVALID);
    bytes_fini(&text);
    return native;
}
