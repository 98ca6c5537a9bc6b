/*
 * A program run in a jail: it may read the system's own programs and libraries, write in one
 * directory of its own, start a few programs, and nothing else.  No network, no other files, no
 * signals to others, bounds on time, memory, processes and files, and nothing of it is left when
 * the run is over.  Works for any user, root too.  What holds and by what means: docs/engine.md.
 *
 * For processes with one thread and no other children.
 */
#ifndef SERAI_SITE_COMPILER_COMPILER_JAIL_H
#define SERAI_SITE_COMPILER_COMPILER_JAIL_H

#include "base/status.h"

enum { JAIL_OUTPUT_BYTES = 400 };

struct jail_limits {
    uint64_t cpu_s;        /* of each process */
    uint64_t wall_ms;      /* of the run */
    uint64_t memory_bytes; /* address space of each process */
    uint64_t file_bytes;   /* of each file that is written */
    uint32_t processes;    /* and threads that may be started in all, besides the first */
    uint32_t files;        /* that may be made in all */
};

struct jail {
    const char *program; /* an absolute path; may be read and executed, wherever it lies */
    const char *dir;     /* its own directory, and where it starts; absolute */
    struct jail_limits limits;
    bool weak;   /* run even where the kernel lacks Landlock or notifications of seccomp */
    int stop_fd; /* the run ends when this can be read or hangs up; -1: none */
    /* Set while a run is on to its process group, else 0: for the process that must kill it if this
     * one dies.  NULL: there is none. */
    _Atomic int *group;
};

enum jail_end {
    JAIL_EXITED,    /* code: its exit code */
    JAIL_KILLED,    /* code: the signal */
    JAIL_TIMED_OUT, /* the wall clock */
    JAIL_STOPPED,   /* by stop_fd */
    JAIL_NOT_RUN,   /* it could not be locked in or started; `output` is why */
};

struct jail_result {
    enum jail_end end;
    int code;
    uint32_t processes_refused; /* past the limit */
    uint32_t files_refused;     /* past the limit */
    uint64_t took_us;
    /* How its output and complaints began: printable ASCII, one line. */
    char output[JAIL_OUTPUT_BYTES];
    size_t output_line; /* bytes of that in its first line */
};

/*
 * Run `args` (args[0] is its own name for itself; ends with NULL) to its end.  ST_OK: *result says
 * how it went.  ST_IO: this system has no processes or descriptors left.
 */
MUST_CHECK enum status jail_run(const struct jail *jail, char *const *args,
                                struct jail_result *result, struct fault *fault);

/* Write what the result means, for people: "ended with 1: ...", "needed more than 30 s of CPU". */
void jail_describe(const struct jail *jail, const struct jail_result *result, char *text,
                   size_t size);

#endif
