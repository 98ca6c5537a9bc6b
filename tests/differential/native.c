/* See native.h. */
#include "tests/differential/native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/code.h"
#include "engine/native_text.h"

enum { ARGS_MAX = 48, PATH_MAX_BYTES = 512 };
/* A larger module costs a compiler as much as a hundred small ones: one in so many is taken. */
enum { LARGE_BYTES = 2000, LARGE_EVERY = 64 };

struct native_pack {
    char input[PATH_MAX_BYTES];
    char output[PATH_MAX_BYTES];
    struct bytes prologue;
    struct bytes one;
    struct bytes all;
};

bool native_can(const char *name)
{
    char command[128];

    (void)snprintf(command, sizeof command, "%s --version >/dev/null 2>&1", name);
    return system(command) == 0;
}

enum status native_pack_new(struct native_pack **pack, const char *folder)
{
    *pack = calloc(1, sizeof **pack);
    if (*pack == NULL)
        return ST_NOMEM;
    (void)snprintf((*pack)->input, PATH_MAX_BYTES, "%s/pack-%ld.c", folder, (long)getpid());
    (void)snprintf((*pack)->output, PATH_MAX_BYTES, "%s/pack-%ld.so", folder, (long)getpid());
    native_put_prologue(&(*pack)->prologue);
    return ST_OK;
}

void native_pack_free(struct native_pack *pack)
{
    if (pack == NULL)
        return;
    (void)unlink(pack->input); /* neither need be there */
    (void)unlink(pack->output);
    bytes_fini(&pack->prologue);
    bytes_fini(&pack->one);
    bytes_fini(&pack->all);
    free(pack);
}

/* ---- one text of many ---- */

/* Clang wants it without optimisation, which the engine never asks for. */
static const char memset_text[] =
    "void *memset(void *to, int byte, unsigned long size)\n"
    "{ volatile char *at = to; while (size-- > 0) *at++ = byte; return to; }\n";

static void put_rename(struct bytes *text, const char *name, size_t number, bool on)
{
    char line[96];

    (void)snprintf(line, sizeof line, on ? "#define %s m%zu_%s\n" : "#undef %s\n", name, number,
                   name);
    bytes_append(text, line, strlen(line));
}

/* The names that every module's text defines get the module's number, or lose it again. */
static void put_renames(struct bytes *text, const struct engine_code *code, size_t number, bool on)
{
    static const char *const fixed[] = {"slots", "calls", "entries", NATIVE_SYMBOL};
    char name[16];

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        put_rename(text, fixed[i], number, on);
    for (uint32_t i = 0; i < code->types_count; i++) {
        (void)snprintf(name, sizeof name, "t%u", i);
        put_rename(text, name, number, on);
    }
    for (uint32_t i = 0; i < code->functions_count; i++) {
        (void)snprintf(name, sizeof name, "fn%u", i);
        put_rename(text, name, number, on);
        (void)snprintf(name, sizeof name, "e%u", i);
        put_rename(text, name, number, on);
    }
}

static bool put_module(struct native_pack *pack, const struct engine_code *code, size_t number)
{
    static const char own[] = "#undef TABLE\n#undef PAST\n#undef BYTES\n";
    size_t skip = pack->prologue.size;
    struct fault fault;
    enum status status;

    bytes_clear(&pack->one);
    status = engine_native_emit(code, &pack->one, &fault);
    INVARIANT(status == ST_OK || status == ST_INVALID);
    if (status == ST_INVALID)
        return false;
    INVARIANT(pack->one.size > skip && memcmp(pack->one.data, pack->prologue.data, skip) == 0);
    put_renames(&pack->all, code, number, true);
    bytes_append(&pack->all, pack->one.data + skip, pack->one.size - skip);
    put_renames(&pack->all, code, number, false);
    bytes_append(&pack->all, own, strlen(own));
    return true;
}

/* ---- compiling ---- */

static enum status write_text(const struct native_pack *pack, struct fault *fault)
{
    FILE *out = fopen(pack->input, "wb");
    bool good = out != NULL && fwrite(pack->all.data, 1, pack->all.size, out) == pack->all.size;

    if (out != NULL && fclose(out) != 0)
        good = false;
    return good ? ST_OK : fault_set(fault, ST_IO, "%s cannot be written", pack->input);
}

static enum status compile(struct native_pack *pack, const struct native_compiler *compiler,
                           struct fault *fault)
{
    const char *args[ARGS_MAX] = {compiler->name};
    int count = 1;
    int result = 0;
    pid_t child;

    for (const char *const *flags = engine_native_flags(); *flags != NULL; flags++)
        args[count++] = *flags;
    INVARIANT(count < ARGS_MAX - 7);
    args[count++] = compiler->level;
    /* Frames are larger without optimisation; the tests' thread has room for any. */
    args[count++] = "-DANY_FRAME";
    args[count++] = "-Wframe-larger-than=16777216";
    args[count++] = "-o";
    args[count++] = pack->output;
    args[count++] = pack->input;
    child = fork();
    if (child == 0) {
        (void)execvp(args[0], (char *const *)(uintptr_t)args);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &result, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0 || !WIFEXITED(result) || WEXITSTATUS(result) != 0)
        return fault_set(fault, ST_IO, "%s %s does not compile %s", compiler->name, compiler->level,
                         pack->input);
    return ST_OK;
}

enum status native_pack_make(struct native_pack *pack, const struct diff_case *cases, size_t count,
                             const struct native_compiler *compiler, struct engine_native **natives,
                             struct fault *fault)
{
    bool *has = calloc(count, sizeof *has);
    enum status status;

    INVARIANT(has != NULL);
    bytes_clear(&pack->all);
    bytes_append(&pack->all, pack->prologue.data, pack->prologue.size);
    bytes_append(&pack->all, memset_text, strlen(memset_text));
    for (size_t i = 0; i < count; i++) {
        natives[i] = NULL;
        has[i] = cases[i].code != NULL && cases[i].plan.calls_count > 0 &&
                 (cases[i].wasm.size < LARGE_BYTES || cases[i].seed % LARGE_EVERY == 0) &&
                 put_module(pack, cases[i].code, i);
    }
    INVARIANT(!pack->all.failed);
    status = write_text(pack, fault);
    if (status == ST_OK)
        status = compile(pack, compiler, fault);
    for (size_t i = 0; i < count && status == ST_OK; i++) {
        char symbol[64];

        (void)snprintf(symbol, sizeof symbol, "m%zu_" NATIVE_SYMBOL, i);
        if (has[i])
            status = native_load_symbol(&natives[i], cases[i].code, pack->output, symbol, fault);
    }
    free(has);
    return status;
}
