/* The daemon's side of the compiler's service: its start, one question at a time, its end. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, realpath */
#include "site/compiler/compiler.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "site/compiler/compiler_service.h"
#include "site/compiler/compiler_talk.h"

/* How long the service has to end by itself: 3 seconds, looked at each 10 ms. */
enum { FAREWELL_STEPS = 300, FAREWELL_STEP_NS = 10 * 1000 * 1000 };

struct compiler {
    int fd;
    pid_t service;
    _Atomic int *group; /* process group of the compile that runs, else 0; the service writes it */
};

/*
 * A page that both processes see: the daemon must know whom to kill when the service no longer can.
 */
static enum status compiler_map_group(struct compiler *compiler, struct fault *fault)
{
    void *page = mmap(NULL, sizeof *compiler->group, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return fault_set(fault, ST_NOMEM, "compiler: out of memory");
    compiler->group = page;
    return ST_OK;
}

/* On failure the caller frees *compiler, which closes whatever was made. */
static enum status compiler_fork(struct compiler *compiler, const struct compiler_options *options,
                                 struct fault *fault)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fault_set(fault, ST_IO, "start the compiler's service: %s", strerror(errno));
    compiler->service = fork();
    if (compiler->service == 0)
        compiler_serve(options, ends[1], compiler->group);
    (void)!close(ends[1]); /* the service's */
    compiler->fd = ends[0];
    if (compiler->service < 0)
        return fault_set(fault, ST_IO, "start the compiler's service: %s", strerror(errno));
    return ST_OK;
}

enum status compiler_start(struct compiler **compiler, const struct compiler_options *options,
                           struct fault *fault)
{
    struct compiler_options absolute = *options;
    struct compiler *made = calloc(1, sizeof *made);
    char *dir = NULL;
    enum status status;

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "compiler: out of memory");
    /* None yet: compiler_free() may be called after every step. */
    made->fd = -1;
    made->service = -1;
    status = cache_make(&options->cache, fault);
    if (status == ST_OK) {
        /* Absolute, as the directory of a jail has to be. */
        dir = realpath(options->cache.dir, NULL);
        if (dir == NULL)
            status = fault_set(fault, ST_IO, "look at %s: %s", options->cache.dir, strerror(errno));
        absolute.cache.dir = dir;
    }
    if (status == ST_OK)
        status = compiler_map_group(made, fault);
    if (status == ST_OK)
        status = compiler_fork(made, &absolute, fault);
    free(dir);
    if (status != ST_OK) {
        compiler_free(made);
        return status;
    }
    *compiler = made;
    return ST_OK;
}

/*
 * Kill the compile that a dead service left behind, as nobody else would.  The service starts one
 * at a time, and the exchange sees to it that a group is killed once.  Returns false, for callers
 * that fail by it.
 */
static bool compiler_kill_group(struct compiler *compiler)
{
    int group = atomic_exchange(compiler->group, 0);

    if (group > 1)                    /* -1 would be every process of this user */
        (void)!kill(-group, SIGKILL); /* it may have ended */
    return false;
}

bool compiler_read_hello(struct compiler *compiler, struct compiler_hello *hello)
{
    return compiler_receive(compiler->fd, hello, sizeof *hello) || compiler_kill_group(compiler);
}

bool compiler_ask(struct compiler *compiler, const struct hash *code, const uint8_t *module,
                  size_t size, struct compiler_answer *answer)
{
    struct compiler_request request = {.code = *code};

    request.kept_only = module == NULL;
    request.size = module == NULL ? 0 : size;
    return (compiler_send(compiler->fd, &request, sizeof request) &&
            compiler_send(compiler->fd, module, request.size) &&
            compiler_receive(compiler->fd, answer, sizeof *answer)) ||
           compiler_kill_group(compiler);
}

void compiler_stop(struct compiler *compiler)
{
    if (compiler != NULL)
        (void)!shutdown(compiler->fd, SHUT_RDWR); /* it may be gone already */
}

/*
 * The service ends at once when its socket is closed.  If it does not, it is killed: the daemon
 * does not wait for it without end.
 */
static void compiler_wait(struct compiler *compiler)
{
    const struct timespec step = {.tv_nsec = FAREWELL_STEP_NS};

    for (int i = 0; i < FAREWELL_STEPS; i++) {
        if (waitpid(compiler->service, NULL, WNOHANG) != 0)
            return; /* it ended, or is no child of ours any more */
        (void)!nanosleep(&step, NULL);
    }
    (void)!kill(compiler->service, SIGKILL);
    (void)!waitpid(compiler->service, NULL, 0);
}

void compiler_free(struct compiler *compiler)
{
    if (compiler == NULL)
        return;
    compiler_stop(compiler);
    if (compiler->service > 0) {
        /* Only after the service is gone: until then it may start another compile. */
        compiler_wait(compiler);
        (void)compiler_kill_group(compiler);
    }
    if (compiler->fd >= 0)
        (void)!close(compiler->fd); /* a socket that is shut down */
    if (compiler->group != NULL)
        (void)!munmap(compiler->group, sizeof *compiler->group);
    free(compiler);
}

int compiler_process(const struct compiler *compiler)
{
    return compiler->service;
}

int compiler_fd(const struct compiler *compiler)
{
    return compiler->fd;
}
