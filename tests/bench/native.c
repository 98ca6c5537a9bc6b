#include "tests/bench/native.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { COMMAND_BYTES = 4096 };

void native_path(char path[NATIVE_PATH_BYTES], const char *name)
{
    const char *base = getenv("BENCH_DIR");

    (void)snprintf(path, NATIVE_PATH_BYTES, "%.200s/serai-bench-%.64s-%ld.so",
                   base == NULL ? "/tmp" : base, name, (long)getpid());
}

bool native_build(const struct bytes *text, const char *path)
{
    const char *compiler = getenv("CC");
    const char *const *flags = engine_native_flags();
    char source[NATIVE_PATH_BYTES + 2];
    char command[COMMAND_BYTES];
    /* No longer than a daemon lets it by default: engine.compile_seconds. */
    int length =
        snprintf(command, sizeof command, "ulimit -t 30; %s", compiler == NULL ? "cc" : compiler);
    FILE *out;

    for (; *flags != NULL; flags++)
        length += snprintf(command + length, sizeof command - (size_t)length, " %s", *flags);
    (void)snprintf(source, sizeof source, "%s.c", path);
    (void)snprintf(command + length, sizeof command - (size_t)length, " -o %s %s", path, source);
    out = fopen(source, "w");
    if (out == NULL || fwrite(text->data, 1, text->size, out) != text->size || fclose(out) != 0)
        bench_die(source, NULL);
    length = system(command);
    (void)unlink(source);
    return length == 0;
}

struct engine_native *native_compile(const struct engine_code *code, const char *name,
                                     struct fault *fault)
{
    struct engine_native *native = NULL;
    struct bytes text = {0};
    char path[NATIVE_PATH_BYTES];

    native_path(path, name);
    if (engine_native_emit(code, &text, fault) == ST_OK && native_build(&text, path))
        (void)!engine_native_load(&native, code, path, fault); /* NULL when it cannot */
    (void)unlink(path);                                        /* it stays mapped */
    bytes_fini(&text);
    return native;
}
