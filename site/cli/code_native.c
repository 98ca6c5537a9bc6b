#include "site/cli/code_native.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "site/cli/cli.h"

enum {
    ARGS_MAX = 64,
    SAID_BYTES = 2048, /* of what the compiler complains, shown to the user */
    EXIT_NO_COMPILER = 127,
};

/*
 * The module may be a stranger's, and its C is what the compiler is given: bounds on what that may
 * cost.  The user runs the result in his own name anyway, so there is no jail beside them.
 */
static const struct {
    int resource;
    rlim_t most;
} bounds[] = {{RLIMIT_CPU, 120},
              {RLIMIT_AS, (rlim_t)4 << 30},
              {RLIMIT_FSIZE, (rlim_t)256 << 20},
              {RLIMIT_CORE, 0}};

struct native_job {
    const char *compiler;
    char directory[FILE_PATH_BYTES];
    char source[FILE_PATH_BYTES];
    char object[FILE_PATH_BYTES];
    char said[FILE_PATH_BYTES];
};

static int native_begin(struct native_job *job)
{
    const char *base = getenv("TMPDIR");
    struct fault fault = {0};

    job->compiler = getenv("CC");
    if (job->compiler == NULL || *job->compiler == '\0')
        job->compiler = "cc";
    if (file_path(job->directory, base == NULL || *base == '\0' ? "/tmp" : base,
                  "serai-code-XXXXXX", &fault) != ST_OK)
        return cli_fault(&fault);
    if (mkdtemp(job->directory) == NULL)
        return cli_fail(EXIT_IO, "make %s: %s", job->directory, strerror(errno));
    if (file_path(job->source, job->directory, "code.c", &fault) != ST_OK ||
        file_path(job->object, job->directory, "code.so", &fault) != ST_OK ||
        file_path(job->said, job->directory, "said", &fault) != ST_OK) {
        (void)!rmdir(job->directory); /* empty, and in the way of nobody */
        return cli_fault(&fault);
    }
    return EXIT_OK;
}

/* What a compiler left there beside these goes unseen: it was killed, and made files of its own. */
static void native_end(const struct native_job *job)
{
    (void)!unlink(job->source);
    (void)!unlink(job->object);
    (void)!unlink(job->said);
    (void)!rmdir(job->directory);
}

/* The child: its own directory, what it says in a file, bounds.  Never returns. */
static _Noreturn void native_exec(const struct native_job *job, char *const *args)
{
    int said = open(job->said, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (said < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(said, STDOUT_FILENO) < 0 ||
        dup2(said, STDERR_FILENO) < 0 || chdir(job->directory) != 0 ||
        setenv("TMPDIR", job->directory, 1) != 0)
        _exit(1);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct rlimit limit = {bounds[i].most, bounds[i].most};

        (void)!setrlimit((__rlimit_resource_t)bounds[i].resource,
                         &limit); /* may be lower already */
    }
    execvp(args[0], args);
    _exit(EXIT_NO_COMPILER);
}

/* The first lines of what it said. */
static int native_failed(const struct native_job *job)
{
    struct bytes said = {0};
    int length = 0;

    if (file_read(job->said, ENGINE_MODULE_BYTES_MAX, &said, NULL) == ST_OK)
        length = said.size < SAID_BYTES ? (int)said.size : SAID_BYTES;
    (void)cli_fail(EXIT_REFUSED, "%s cannot compile this module%s%.*s", job->compiler,
                   length == 0 ? "" : ":\n", length, length == 0 ? "" : (const char *)said.data);
    bytes_fini(&said);
    return EXIT_REFUSED;
}

static int native_run_compiler(const struct native_job *job)
{
    const char *const *flags = engine_native_flags();
    const char *args[ARGS_MAX];
    size_t count = 0;
    int status;
    pid_t child;

    args[count++] = job->compiler;
    for (; *flags != NULL; flags++) {
        INVARIANT(count < ARGS_MAX - 4);
        args[count++] = *flags;
    }
    args[count++] = "-o";
    args[count++] = job->object;
    args[count++] = job->source;
    args[count] = NULL;
    (void)fflush(NULL);
    child = fork();
    if (child < 0)
        return cli_fail(EXIT_INTERNAL, "fork: %s", strerror(errno));
    if (child == 0)
        native_exec(job, (char *const *)(uintptr_t)args); /* execvp writes to none of them */
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(EXIT_INTERNAL, "wait for %s: %s", job->compiler, strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_COMPILER)
        return cli_fail(EXIT_NO_DAEMON,
                        "tier 1 needs a C compiler, and there is no \"%s\": install one, or use "
                        "--tier 0",
                        job->compiler);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_OK : native_failed(job);
}

static int native_write_source(const struct native_job *job, const struct engine_code *code)
{
    struct bytes text = {0};
    struct fault fault = {0};
    int exit_code = EXIT_OK;

    if (engine_native_emit(code, &text, &fault) != ST_OK ||
        file_create(job->source, text.data, text.size, 0600, &fault) != ST_OK)
        exit_code = cli_fault(&fault);
    bytes_fini(&text);
    return exit_code;
}

int code_native_use(struct code_module *module, struct engine_native **native)
{
    struct native_job job;
    struct fault fault = {0};
    int code = native_begin(&job);

    if (code != EXIT_OK)
        return code;
    code = native_write_source(&job, module->code);
    if (code == EXIT_OK)
        code = native_run_compiler(&job);
    if (code == EXIT_OK && engine_native_load(native, module->code, job.object, &fault) != ST_OK)
        code = cli_fault(&fault);
    if (code == EXIT_OK)
        engine_code_use_native(module->code, *native);
    native_end(&job);
    return code;
}
