#define _GNU_SOURCE /* close_range, realpath */
#include "site/compiler/compiler_service.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "site/compiler/compiler_rules.h"
#include "site/compiler/compiler_talk.h"

enum {
    TALK_FD = 3, /* the socket to the daemon, the one descriptor besides stdin, stdout and stderr */
    ARGS_MAX = 64,
    MODULE_BYTES_MAX = 64 * 1024 * 1024, /* far above engine.module_bytes: a guard, no policy */
};

static const char input_name[] = "code.c";
static const char output_name[] = "code.so";
static const char probe_text[] = "int serai_probe(int number)\n{\n    return number + 1;\n}\n";

struct service {
    const struct compiler_options *options;
    int fd;
    _Atomic int *group;
    struct cache cache;
    int lock;                      /* of the cache */
    char job[CACHE_PATH_BYTES];    /* the only directory that a compile may write in */
    char input[CACHE_PATH_BYTES];  /* in it */
    char output[CACHE_PATH_BYTES]; /* in it */
    struct compiler_hello hello;
    char tool[HASH_TEXT_BYTES]; /* what objects depend on besides the module */
};

/* ---- locking itself in ---- */

/* Keep the socket and stderr, and nothing else that the daemon had open. */
static enum status service_close_files(int fd, struct fault *fault)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        (fd != TALK_FD && dup2(fd, TALK_FD) < 0))
        return fault_set(fault, ST_IO, "compiler: dup2: %s", strerror(errno));
    if (fcntl(TALK_FD, F_SETFD, FD_CLOEXEC) != 0 || close_range(TALK_FD + 1, ~0U, 0) != 0)
        return fault_set(fault, ST_IO, "compiler: close_range: %s", strerror(errno));
    return ST_OK;
}

/*
 * Leave the daemon's session and ignore its signals: they are the daemon's to handle, and the
 * service ends when its socket is closed.
 */
static void service_detach(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};

    (void)!setsid();
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)!signal(ignored[i], SIG_IGN);
}

/* When the system is out of memory, the kernel is to kill compiles first.  They inherit this. */
static void service_offer_to_be_killed(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, "1000", 4); /* a courtesy */
    (void)!close(fd);
}

/* ---- the compiler ---- */

/*
 * Whether an ordinary file at `path` can be executed; then `found`, of the hello's size, is where
 * it really lies: Landlock allows that file and not a link to it.
 */
static bool service_is_program(const char *path, char *found)
{
    struct stat file;
    char *real = NULL;
    bool good = access(path, X_OK) == 0 && stat(path, &file) == 0 && S_ISREG(file.st_mode);

    if (good)
        real = realpath(path, NULL);
    good = real != NULL && strlen(real) < sizeof((struct compiler_hello *)0)->program;
    if (good)
        memcpy(found, real, strlen(real) + 1);
    free(real);
    return good;
}

/*
 * Find the compiler by its path, or by name in the system's folders.  PATH is not used: it may lead
 * to folders where others can write.
 */
static enum status service_find_program(const char *name, char *found, struct fault *fault)
{
    static const char *const folders[] = {"/usr/local/bin", "/usr/bin", "/bin"};
    char path[CACHE_PATH_BYTES];

    if (strchr(name, '/') != NULL)
        return service_is_program(name, found)
                   ? ST_OK
                   : fault_set(fault, ST_MISSING, "there is no compiler at %.200s", name);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%.200s", folders[i], name);
        if (service_is_program(path, found))
            return ST_OK;
    }
    return fault_set(fault, ST_MISSING,
                     "there is no compiler \"%.100s\" in /usr/local/bin, /usr/bin or /bin", name);
}

/* Remove all that a run left in its directory, so that no run finds anything of another. */
static void service_empty_job(const struct service *service)
{
    /*
     * It was our directory at the start.  Should another thing stand there by now, no link is
     * followed.
     */
    int fd = open(service->job, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *file;

    if (folder == NULL) { /* the next write there fails and is reported */
        if (fd >= 0)
            (void)!close(fd);
        return;
    }
    while ((file = readdir(folder)) != NULL)
        (void)!unlinkat(dirfd(folder), file->d_name, 0); /* "." and "..": no */
    (void)!closedir(folder);
}

static struct jail service_jail(const struct service *service)
{
    return (struct jail){
        .program = service->hello.program,
        .dir = service->job,
        .limits = service->options->limits,
        .weak = service->options->weak_jail,
        .stop_fd = service->fd,
        .group = service->group,
    };
}

/*
 * Who is to blame for a failure: the compiler, and then it is kept and not tried again, or the
 * system, and then it may pass.
 */
enum blame { BLAME_NOBODY, BLAME_COMPILER, BLAME_SYSTEM };

static enum blame service_blame(const struct jail *jail, const struct jail_result *result,
                                struct fault *fault)
{
    char text[CACHE_REASON_BYTES];

    if (result->end == JAIL_EXITED && result->code == 0)
        return BLAME_NOBODY;
    jail_describe(jail, result, text, sizeof text);
    (void)fault_set(fault, ST_INVALID, "the compiler %.380s", text);
    return result->end == JAIL_NOT_RUN || result->end == JAIL_STOPPED ? BLAME_SYSTEM
                                                                      : BLAME_COMPILER;
}

/* Run the compiler on the job's C file, in the job's directory. */
static enum blame service_run_compiler(const struct service *service, struct fault *fault)
{
    const struct jail jail = service_jail(service);
    struct jail_result result;
    const char *args[ARGS_MAX + 5] = {service->hello.program};
    size_t count = 1;

    for (size_t i = 0; i < ARGS_MAX && service->options->flags[i] != NULL; i++)
        args[count++] = service->options->flags[i];
    args[count++] = "-o";
    args[count++] = output_name;
    args[count++] = input_name;
    if (jail_run(&jail, (char *const *)(uintptr_t)args, &result, fault) != ST_OK)
        return BLAME_SYSTEM;
    return service_blame(&jail, &result, fault);
}

static enum status service_write_input(const struct service *service, const void *text, size_t size,
                                       struct fault *fault)
{
    service_empty_job(service);
    return file_create(service->input, text, size, 0600, fault);
}

/* The version is part of the name of each object: another compiler's are not taken for its own. */
static enum status service_ask_version(struct service *service, struct fault *fault)
{
    const struct jail jail = service_jail(service);
    char version[] = "--version";
    char *const args[] = {service->hello.program, version, NULL};
    struct jail_result result;
    enum status status = jail_run(&jail, args, &result, fault);

    if (status != ST_OK)
        return status;
    if (service_blame(&jail, &result, fault) != BLAME_NOBODY)
        return ST_INVALID;
    memcpy(service->hello.version, result.output, result.output_line); /* the rest is zero */
    return ST_OK;
}

/*
 * Compile a few lines.  A compiler that cannot do that in its jail would fail with every module,
 * and is reported at the start and not hours later.
 */
static enum status service_probe(const struct service *service, struct fault *fault)
{
    enum status status = service_write_input(service, probe_text, sizeof probe_text - 1, fault);

    if (status != ST_OK)
        return status;
    if (service_run_compiler(service, fault) != BLAME_NOBODY)
        status = ST_INVALID;
    else if (access(service->output, R_OK) != 0)
        status = fault_set(fault, ST_INVALID, "the compiler ends without an error and leaves no %s",
                           output_name);
    service_empty_job(service);
    return status;
}

/* Hash all that an object depends on besides its module: compiler, flags, limits, engine. */
static void service_hash_tool(struct service *service)
{
    const struct compiler_options *options = service->options;
    struct bytes all = {0};
    struct stat file = {0};
    struct hash hash;
    char numbers[256];

    (void)!stat(service->hello.program, &file); /* else zeroes */
    (void)snprintf(numbers, sizeof numbers,
                   "%lld %lld %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %u",
                   (long long)file.st_size, (long long)file.st_mtim.tv_sec, options->limits.cpu_s,
                   options->limits.wall_ms, options->limits.memory_bytes,
                   options->limits.file_bytes, options->limits.processes, options->limits.files);
    bytes_append(&all, service->hello.program, strlen(service->hello.program) + 1);
    bytes_append(&all, service->hello.version, strlen(service->hello.version) + 1);
    bytes_append(&all, options->engine_id, strlen(options->engine_id) + 1);
    bytes_append(&all, numbers, strlen(numbers) + 1);
    for (size_t i = 0; options->flags[i] != NULL; i++)
        bytes_append(&all, options->flags[i], strlen(options->flags[i]) + 1);
    INVARIANT(!all.failed);
    hash = hash_of(all.data, all.size);
    bytes_fini(&all);
    (void)hash_print(service->tool, &hash);
}

/*
 * Lock the service in and try its compiler.  The job's directory is made before Landlock, which
 * lets only files be made; the compiler is tried last, with the rights that it will have.
 */
static enum status service_begin(struct service *service, struct fault *fault)
{
    const struct compiler_options *options = service->options;
    struct rules_files files = {.writable = options->cache.dir};
    enum status status;

    service_offer_to_be_killed();
    (void)snprintf(service->job, sizeof service->job, "%.4000s/job", options->cache.dir);
    (void)snprintf(service->input, sizeof service->input, "%.4000s/job/%s", options->cache.dir,
                   input_name);
    (void)snprintf(service->output, sizeof service->output, "%.4000s/job/%s", options->cache.dir,
                   output_name);
    status = cache_open(&service->cache, &service->lock, fault);
    if (status != ST_OK)
        return status;
    status = cache_make_folder(service->job, fault); /* all that is in it will go */
    if (status != ST_OK)
        return status;
    status = service_find_program(options->program, service->hello.program, fault);
    if (status != ST_OK)
        return status;
    files.program = service->hello.program;
    status = rules_lock_files(&files, fault);
    if (status == ST_MISSING && options->weak_jail)
        status = ST_OK;
    else if (status == ST_MISSING)
        return fault_set(fault, ST_MISSING,
                         "this kernel has no Landlock to lock the compiler in; "
                         "engine.jail = \"weak\" runs it with less");
    if (status == ST_OK)
        status = rules_lock_service(fault);
    if (status == ST_OK)
        status = service_ask_version(service, fault);
    if (status == ST_OK)
        status = service_probe(service, fault);
    return status;
}

/* ---- one module ---- */

/* Answer that there is no object, and keep the reason if the compiler is to blame. */
static void service_refuse(const struct service *service, const char *name, enum blame blame,
                           const struct fault *fault, struct compiler_answer *answer)
{
    struct fault ignored;

    answer->result = COMPILER_FAILED;
    (void)snprintf(answer->reason, sizeof answer->reason, "%s", fault->text);
    /* A reason that cannot be kept costs another try after the next start, no more. */
    if (blame == BLAME_COMPILER)
        (void)!cache_put_failed(&service->cache, name, fault->text, &ignored);
}

/*
 * Write the module as C, compile it, and keep the object.  Nothing of it stays in the job's
 * directory.
 */
static enum blame service_make_object(const struct service *service, const char *name,
                                      const struct bytes *module, struct fault *fault)
{
    struct bytes text = {0};
    enum status status = service->options->emit(module->data, module->size, &text, fault);
    enum blame blame = BLAME_SYSTEM;

    if (status == ST_OK && text.failed)
        status = fault_set(fault, ST_NOMEM, "the module as C: out of memory");
    if (status == ST_OK)
        status = service_write_input(service, text.data, text.size, fault);
    bytes_fini(&text);
    if (status != ST_OK)
        return BLAME_SYSTEM;
    blame = service_run_compiler(service, fault);
    if (blame == BLAME_NOBODY) {
        status = cache_put(&service->cache, name, service->output, fault);
        if (status != ST_OK)
            blame = status == ST_IO || status == ST_NOMEM ? BLAME_SYSTEM : BLAME_COMPILER;
    }
    service_empty_job(service);
    return blame;
}

/* Answer one question: from the cache, or by a compile if the question pays for one. */
static void service_answer(const struct service *service, const struct compiler_request *request,
                           const struct bytes *module, struct compiler_answer *answer)
{
    struct clock_source clock = clock_system();
    uint64_t start_us = clock.now_us(clock.context);
    char hex[HASH_TEXT_BYTES];
    char name[CACHE_NAME_BYTES];
    struct fault fault = {0};
    enum blame blame;

    (void)snprintf(name, sizeof name, "%s-%.16s", hash_print(hex, &request->code), service->tool);
    switch (cache_find(&service->cache, name, answer->path, answer->reason)) {
    case CACHE_OBJECT:
        answer->result = COMPILER_KEPT;
        return;
    case CACHE_FAILED:
        answer->result = COMPILER_FAILED_BEFORE;
        return;
    case CACHE_DAMAGED:
        answer->was_damaged = true;
        break;
    case CACHE_NONE:
        break;
    }
    if (request->kept_only) {
        answer->result = COMPILER_NOT_TRIED;
        return;
    }
    answer->result = COMPILER_MADE;
    blame = service_make_object(service, name, module, &fault);
    if (blame == BLAME_NOBODY) {
        char why[CACHE_REASON_BYTES] = "it was not kept";

        /* Read back before its path is given out: the daemon loads what it names. */
        if (cache_find(&service->cache, name, answer->path, why) != CACHE_OBJECT) {
            (void)fault_set(&fault, ST_IO, "the object just made: %.300s", why);
            blame = BLAME_SYSTEM;
        }
    }
    if (blame != BLAME_NOBODY)
        service_refuse(service, name, blame, &fault, answer);
    answer->took_us = clock.now_us(clock.context) - start_us;
}

/* False: the daemon is gone, or sends what is no question. */
static bool service_serve_one(const struct service *service)
{
    static struct compiler_answer answer; /* too large for the stack; one at a time */
    struct compiler_request request;
    struct bytes module = {0};
    uint8_t *room;
    bool done =
        compiler_receive(service->fd, &request, sizeof request) && request.size <= MODULE_BYTES_MAX;

    if (done) {
        room = bytes_extend(&module, request.size);
        done = room != NULL && compiler_receive(service->fd, room, request.size);
    }
    if (done) {
        memset(&answer, 0, sizeof answer);
        service_answer(service, &request, &module, &answer);
        done = compiler_send(service->fd, &answer, sizeof answer);
    }
    bytes_fini(&module);
    return done;
}

_Noreturn void compiler_serve(const struct compiler_options *options, int fd, _Atomic int *group)
{
    static struct service service; /* too large for the stack */
    struct fault fault = {0};
    enum status status;

    service_detach();
    status = service_close_files(fd, &fault);
    service.options = options;
    service.fd = TALK_FD;
    service.group = group;
    service.cache = options->cache;
    if (status == ST_OK)
        status = service_begin(&service, &fault);
    service.hello.works = status == ST_OK;
    (void)snprintf(service.hello.reason, sizeof service.hello.reason, "%s", fault.text);
    service_hash_tool(&service);
    /* The hello goes out in any case: it is how the daemon learns why there is no tier 1. */
    if (compiler_send(TALK_FD, &service.hello, sizeof service.hello) && status == ST_OK)
        while (service_serve_one(&service))
            ;
    _exit(0);
}
