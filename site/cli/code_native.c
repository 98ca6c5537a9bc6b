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
    OUTPUT_BYTES = 2048, /* of the compiler's output, shown to the user */
    EXIT_NO_COMPILER = 127,
};

/*
 * Bounds on what a compile may cost: the module may be anybody's, and the compiler is given C that
 * was made from it.  There is no jail as a site has it, because the user runs the result in his own
 * name anyway.
 */
static const struct {
    int resource;
    rlim_t most;
} bounds[] = {{RLIMIT_CPU, 120},
              {RLIMIT_AS, (rlim_t)4 << 30},
              {RLIMIT_FSIZE, (rlim_t)256 << 20},
              {RLIMIT_CORE, 0}};

/* One compile: a directory of its own, and the files in it. */
struct native_job {
    const char *compiler;
    char directory[FILE_PATH_BYTES];
    char source[FILE_PATH_BYTES];
    char object[FILE_PATH_BYTES];
    char output[FILE_PATH_BYTES]; /* of the compiler: a file */
};

/* Make the directory, in TMPDIR.  On failure nothing is left. */
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
        file_path(job->output, job->directory, "output", &fault) != ST_OK) {
        (void)!rmdir(job->directory); /* empty, and in the way of nobody */
        return cli_fault(&fault);
    }
    return EXIT_OK;
}

/*
 * Remove what was made.  A compiler that was killed may have left files of its own; then the
 * directory stays, in a place that is cleaned.
 */
static void native_end(const struct native_job *job)
{
    (void)!unlink(job->source);
    (void)!unlink(job->object);
    (void)!unlink(job->output);
    (void)!rmdir(job->directory);
}

/* The child: enter the job's directory, send the output to a file, set the bounds, execute. */
static _Noreturn void native_exec(const struct native_job *job, char *const *args)
{
    int output = open(job->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (output < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0 || chdir(job->directory) != 0 ||
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

/*
 * Print that the compile failed, with the beginning of the compiler's output.  Returns
 * EXIT_REFUSED.
 */
static int native_failed(const struct native_job *job)
{
    struct bytes output = {0};
    int length = 0;

    if (file_read(job->output, ENGINE_MODULE_BYTES_MAX, &output, NULL) == ST_OK)
        length = output.size < OUTPUT_BYTES ? (int)output.size : OUTPUT_BYTES;
    (void)cli_fail(EXIT_REFUSED, "%s cannot compile this module%s%.*s", job->compiler,
                   length == 0 ? "" : ":\n", length, length == 0 ? "" : (const char *)output.data);
    bytes_fini(&output);
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
    /* The child must not print what this process has not yet. */
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

/* Write the module as C, from what the engine decoded. */
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
