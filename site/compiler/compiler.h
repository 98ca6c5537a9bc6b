/*
 * Modules made into native objects by the system's compiler, in a process of its own.
 *
 * compiler_start() forks the *service*, and must be called before any key is read, any file of the
 * site opened, any thread started and the sandbox entered: so the service never had a secret, and
 * may still start programs when the daemon no longer can.  It holds one socket to the daemon, may
 * read the system's programs and write in one directory, and runs each compile in a jail
 * (compiler_jail.h).  It cannot be started again: when it dies, what is compiled stays, and all
 * other code stays in tier 0.
 */
#ifndef SERAI_SITE_COMPILER_COMPILER_H
#define SERAI_SITE_COMPILER_COMPILER_H

#include "base/hash.h"
#include "site/compiler/compiler_cache.h"
#include "site/compiler/compiler_jail.h"

struct compiler_options {
    struct cache cache;       /* its directory is made if it is not there; the parent is */
    const char *program;      /* a path, or a name to look for where the system's programs are */
    const char *const *flags; /* besides input and output; ends with NULL */
    const char *engine_id;    /* what objects depend on besides module, compiler and flags */
    bool weak_jail;           /* also where the kernel cannot lock the compiler in fully */
    struct jail_limits limits;
    /* The C text of a module; called in the service. */
    enum status (*emit)(const uint8_t *module, size_t size, struct bytes *text,
                        struct fault *fault);
};

struct compiler; /* opaque; used by one thread, but for compiler_stop() */

/*
 * Fork the service and its socket.  On ST_OK the caller ends *compiler with compiler_free().
 * ST_IO: the system refuses a process or a socket; ST_NOMEM; ST_DENIED: the cache's directory is
 * not this user's alone.
 */
MUST_CHECK enum status compiler_start(struct compiler **compiler,
                                      const struct compiler_options *options, struct fault *fault);

/* The service's findings when it began. */
struct compiler_hello {
    bool works;
    char program[256];               /* where the compiler is */
    char version[JAIL_OUTPUT_BYTES]; /* the first line of its --version */
    char reason[CACHE_REASON_BYTES]; /* why it does not work */
};

enum compiler_result {
    COMPILER_MADE,   /* now */
    COMPILER_KEPT,   /* before, and taken from the cache */
    COMPILER_FAILED, /* now */
    COMPILER_FAILED_BEFORE,
    COMPILER_NOT_TRIED, /* there is none, and none was to be made */
};

struct compiler_answer {
    enum compiler_result result;
    bool was_damaged; /* what was kept was thrown away; `reason` is why */
    uint64_t took_us;
    char path[CACHE_PATH_BYTES]; /* of the object */
    char reason[CACHE_REASON_BYTES];
};

/*
 * Read the service's hello: once, before the first question.  Waits for the service.  False: it is
 * gone for good.
 */
MUST_CHECK bool compiler_read_hello(struct compiler *compiler, struct compiler_hello *hello);

/*
 * Ask for the object of the module with the id `code`; with `module` NULL only for one that was
 * compiled before.  Waits for the service, and for the compile.  False: the service is gone for
 * good, and *answer is undefined.
 */
MUST_CHECK bool compiler_ask(struct compiler *compiler, const struct hash *code,
                             const uint8_t *module, size_t size, struct compiler_answer *answer);

/*
 * End the service: a thread that waits in compiler_read_hello() or compiler_ask() gets false.  Any
 * thread; NULL is allowed.
 */
void compiler_stop(struct compiler *compiler);

/* Stop the service, wait until it has ended, and free.  NULL is allowed. */
void compiler_free(struct compiler *compiler);

/* The process id of the service; for tests that kill it. */
int compiler_process(const struct compiler *compiler);

/* A descriptor that can be read once the service has ended; to poll while nothing is asked. */
int compiler_fd(const struct compiler *compiler);

#endif
