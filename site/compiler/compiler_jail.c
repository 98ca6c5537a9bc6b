#define _GNU_SOURCE /* close_range, pipe2, pidfd_open, capabilities by number */
#include "site/compiler/compiler_jail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "site/compiler/compiler_rules.h"

enum {
    OPEN_FILES_MAX = 64,           /* descriptors of each process */
    STACK_BYTES = 8 * 1024 * 1024, /* a thread takes all of it at once */
    STACK_BYTES_MAX = 64 * 1024 * 1024,
    NICE_STEP = 10,    /* turns go first */
    CAPABILITIES = 64, /* more than any kernel has */
};

/* ---- inside: from the fork to the program ---- */

/*
 * Report to the watching side, before the program starts: the notify descriptor (fd >= 0) with an
 * empty text, or what went wrong.
 */
static bool jail_report(int to, const char *text, int fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) + 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    memset(&control, 0, sizeof control);
    if (fd >= 0) {
        struct cmsghdr *header;

        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(to, &message, MSG_NOSIGNAL) >= 0;
}

/*
 * Set one limit.  The program meets `soft` first and cannot go past `hard`; what the daemon itself
 * may not pass stays.
 */
static bool jail_limit(int what, uint64_t soft, uint64_t hard)
{
    struct rlimit both = {.rlim_cur = soft, .rlim_max = hard};
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)what, &now) != 0)
        return false;
    if (both.rlim_max > now.rlim_max)
        both.rlim_max = now.rlim_max;
    if (both.rlim_cur > both.rlim_max)
        both.rlim_cur = both.rlim_max;
    return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

/*
 * docs/engine.md, "The compiler's jail".  The second of CPU beyond the soft limit lets SIGXCPU be
 * seen before the kernel kills.
 */
static enum status jail_set_limits(const struct jail_limits *limits, struct fault *fault)
{
    const uint64_t memory = limits->memory_bytes;
    const uint64_t file = limits->file_bytes;
    bool done = jail_limit(RLIMIT_CPU, limits->cpu_s, limits->cpu_s + 1) &&
                jail_limit(RLIMIT_AS, memory, memory) && jail_limit(RLIMIT_FSIZE, file, file) &&
                jail_limit(RLIMIT_NOFILE, OPEN_FILES_MAX, OPEN_FILES_MAX) &&
                jail_limit(RLIMIT_STACK, STACK_BYTES, STACK_BYTES_MAX) &&
                jail_limit(RLIMIT_CORE, 0, 0) && jail_limit(RLIMIT_MEMLOCK, 0, 0) &&
                jail_limit(RLIMIT_MSGQUEUE, 0, 0);

    return done ? ST_OK : fault_set(fault, ST_IO, "setrlimit: %s", strerror(errno));
}

/* For a daemon that runs as root: what it starts has no more rights than the owner of its files. */
static void jail_drop_capabilities(void)
{
    for (unsigned long capability = 0; capability < CAPABILITIES; capability++)
        (void)!prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); /* others may not, and have none */
}

/* The service ignores signals, which a program that it executes would inherit. */
static void jail_reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)!signal(number, SIG_DFL); /* some cannot be changed, and are the default */
    sigemptyset(&none);
    (void)!sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Landlock, then seccomp.  Where the kernel lacks one of them the run goes on only if the jail is
 * weak.  A jail that is not weak has to count what the program starts and makes, by notifications.
 */
static enum status jail_lock_in(const struct jail *jail, int talk, struct fault *fault)
{
    const struct rules_files files = {.program = jail->program, .writable = jail->dir};
    int notify_fd;
    enum status status = rules_lock_files(&files, fault);

    if (status == ST_MISSING && jail->weak)
        status = ST_OK;
    if (status != ST_OK)
        return status;
    status = rules_lock_calls(true, &notify_fd, fault);
    if (status == ST_OK && !jail_report(talk, "", notify_fd))
        status = fault_set(fault, ST_IO, "notify: %s", strerror(errno));
    else if (status != ST_OK && jail->weak)
        status = rules_lock_calls(false, &notify_fd, fault);
    else if (status != ST_OK)
        (void)fault_prefix(fault, "it could not be counted what it starts and makes, and "
                                  "engine.jail is not \"weak\"");
    return status;
}

/*
 * The child, from the fork to the program.  It gives up one right after another; on any failure it
 * reports why and ends, so the program never runs half locked in.
 */
_Noreturn static void jail_inside(const struct jail *jail, char *const *args, int talk, int output,
                                  pid_t parent)
{
    char temporary[4096 + 8];
    char path[] = "PATH=/usr/bin:/bin";
    char locale[] = "LC_ALL=C";
    char *const environment[] = {temporary, path, locale, NULL};
    struct fault fault = {0};
    enum status status = ST_OK;

    /*
     * Without a watcher this process is to end.  The parent may have died before this was asked
     * for.
     */
    (void)!prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    (void)!setsid(); /* a fresh process leads no group, so this works */
    jail_reset_signals();
    (void)!umask(077);
    (void)!nice(NICE_STEP); /* a courtesy */
    jail_drop_capabilities();
    (void)snprintf(temporary, sizeof temporary, "TMPDIR=%s", jail->dir);
    if (chdir(jail->dir) != 0)
        status = fault_set(&fault, ST_IO, "enter %s: %s", jail->dir, strerror(errno));
    if (status == ST_OK && (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0))
        status = fault_set(&fault, ST_IO, "dup2: %s", strerror(errno));
    /*
     * Not closed at once: `talk` is needed until the program is executed, and then closes itself.
     */
    if (status == ST_OK && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        status = fault_set(&fault, ST_IO, "close_range: %s", strerror(errno));
    if (status == ST_OK)
        status = jail_lock_in(jail, talk, &fault);
    if (status == ST_OK)
        status =
            jail_set_limits(&jail->limits, &fault); /* last: a sanitizer's memory is past them */
    if (status == ST_OK) {
        (void)!execve(jail->program, args, environment);
        (void)fault_set(&fault, ST_IO, "execute %s: %s", jail->program, strerror(errno));
    }
    (void)!jail_report(talk, fault.text, -1); /* if it is lost, the exit code is seen */
    _exit(127);
}

/* ---- outside: watching ---- */

/* A run, as the service watches it. */
struct watch {
    const struct jail *jail;
    struct jail_result *result;
    struct clock_source clock;
    uint64_t start_us;
    pid_t leader;
    int pidfd;
    int output;
    int talk;   /* -1 once the program runs */
    int notify; /* -1: not known yet, or none */
    struct seccomp_notif *question;
    struct seccomp_notif_resp *answer;
    size_t kept; /* bytes of its output so far */
    uint32_t processes;
    uint32_t files;
};

static uint64_t watch_us(const struct watch *watch)
{
    return watch->clock.now_us(watch->clock.context) - watch->start_us;
}

/*
 * Keep the beginning of the output as one line of plain ASCII: it goes into the log, and the
 * program may have been written to spoil that.
 */
static void watch_keep(struct watch *watch, const char *text, size_t size)
{
    char *output = watch->result->output;

    for (size_t i = 0; i < size && watch->kept < JAIL_OUTPUT_BYTES - 1; i++) {
        bool space = text[i] == '\n' || text[i] == '\t';
        bool plain = text[i] >= ' ' && text[i] <= '~' && text[i] != '"';

        if (text[i] == '\n' && watch->result->output_line == 0)
            watch->result->output_line = watch->kept;
        output[watch->kept++] = (char)(plain ? text[i] : space ? ' ' : '\'');
    }
    output[watch->kept] = '\0';
}

/*
 * Read some output.  What comes after the beginning is read and forgotten, so that the program does
 * not block on a full pipe.  False: there is nothing now, or none will come.
 */
static bool watch_read_output(struct watch *watch)
{
    char text[4096];
    ssize_t got = read(watch->output, text, sizeof text);

    if (got <= 0)
        return false;
    watch_keep(watch, text, (size_t)got);
    return true;
}

/*
 * Read one report of the child: the notify descriptor, a failure, or the end of the socket, which
 * executing the program closes.
 */
static void watch_read_talk(struct watch *watch)
{
    char text[FAULT_TEXT_BYTES] = "";
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = text, .iov_len = sizeof text - 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    ssize_t got = recvmsg(watch->talk, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header;

    if (got <= 0) {
        (void)!close(watch->talk); /* nothing more comes */
        watch->talk = -1;
        return;
    }
    header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS && watch->notify < 0)
        memcpy(&watch->notify, CMSG_DATA(header), sizeof watch->notify);
    if (text[0] != '\0') {
        watch->result->end = JAIL_NOT_RUN;
        watch_keep(watch, text, strlen(text));
    }
}

/*
 * Count one more process or file.  False: `most` were made already, and it is counted as refused.
 */
static bool watch_count(uint32_t *used, uint32_t most, uint32_t *refused)
{
    if (*used < most) {
        (*used)++;
        return true;
    }
    (*refused)++;
    return false;
}

/*
 * Answer one notification of seccomp: the caller is held by the kernel until then.  A refusal is
 * the error that a full system would give, which compilers report in plain words.
 */
static void watch_answer(struct watch *watch)
{
    const struct jail_limits *limits = &watch->jail->limits;
    bool file;
    bool granted;

    memset(watch->question, 0, sizeof *watch->question);
    if (seccomp_notify_receive(watch->notify, watch->question) != 0)
        return; /* the process that asked was killed meanwhile */
    file = rules_asks_for_file(watch->question->data.nr);
    if (file)
        granted = watch_count(&watch->files, limits->files, &watch->result->files_refused);
    else
        granted =
            watch_count(&watch->processes, limits->processes, &watch->result->processes_refused);
    memset(watch->answer, 0, sizeof *watch->answer);
    watch->answer->id = watch->question->id;
    if (granted)
        watch->answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        watch->answer->error = file ? -ENOSPC : -EAGAIN;
    (void)!seccomp_notify_respond(watch->notify, watch->answer); /* it may be gone, too */
}

enum { AT_LEADER, AT_STOP, AT_OUTPUT, AT_TALK, AT_NOTIFY, WATCHED };

/*
 * Wait for whatever comes first and handle it.  True: the run is over.  The clock and the stop come
 * before the program's own doings, so no program can put them off.
 */
static bool watch_step(struct watch *watch)
{
    struct pollfd fds[WATCHED] = {
        [AT_LEADER] = {.fd = watch->pidfd, .events = POLLIN},
        [AT_STOP] = {.fd = watch->jail->stop_fd, .events = POLLIN},
        [AT_OUTPUT] = {.fd = watch->output, .events = POLLIN},
        [AT_TALK] = {.fd = watch->talk, .events = POLLIN},
        [AT_NOTIFY] = {.fd = watch->notify, .events = POLLIN},
    };
    uint64_t most_ms = watch->jail->limits.wall_ms;
    uint64_t passed_ms = watch_us(watch) / 1000;

    if (passed_ms >= most_ms) {
        watch->result->end = JAIL_TIMED_OUT;
        return true;
    }
    (void)!poll(fds, WATCHED, (int)(most_ms - passed_ms) + 1); /* a signal: look again */
    if (fds[AT_STOP].revents != 0) {
        watch->result->end = JAIL_STOPPED;
        return true;
    }
    if (fds[AT_TALK].revents != 0)
        watch_read_talk(watch);
    if ((fds[AT_NOTIFY].revents & POLLIN) != 0)
        watch_answer(watch);
    if (fds[AT_OUTPUT].revents != 0 && !watch_read_output(watch))
        watch->output = -1; /* the caller has the number, too, and closes it */
    return fds[AT_LEADER].revents != 0;
}

/*
 * Leave no process of the run.  The group is killed before its leader is waited for, as its number
 * is the group's until then.  Orphans became children of this process (a subreaper), so it waits
 * until it has none.
 */
static void watch_end_all(struct watch *watch)
{
    int how = 0;
    pid_t pid;

    (void)!kill(-watch->leader, SIGKILL);
    (void)!kill(watch->leader, SIGKILL); /* if it had not yet made its group */
    while ((pid = waitpid(-1, &how, 0)) > 0 || (pid < 0 && errno == EINTR)) {
        if (pid != watch->leader || watch->result->end != JAIL_EXITED)
            continue;
        watch->result->code = WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how);
        if (!WIFEXITED(how))
            watch->result->end = JAIL_KILLED;
    }
}

/* Watch the run to its end, then kill what is left of it and read the rest of its output. */
static void watch_run(struct watch *watch)
{
    int output = watch->output;

    watch->start_us = watch->clock.now_us(watch->clock.context);
    while (!watch_step(watch))
        ;
    while (watch->talk >= 0 && watch->result->end == JAIL_EXITED)
        watch_read_talk(watch); /* it ended; a last report may wait here, and then the end */
    watch->output = output;
    watch_end_all(watch);
    while (watch_read_output(watch))
        ;
    watch->result->took_us = watch_us(watch);
}

/* ---- both ---- */

static void jail_close(int fd)
{
    if (fd >= 0)
        (void)!close(fd); /* pipes and sockets: nothing to lose */
}

/* The daemon reads it when the service dies in the middle of a run. */
static void jail_set_group(const struct jail *jail, pid_t group)
{
    if (jail->group != NULL)
        atomic_store(jail->group, (int)group);
}

enum status jail_run(const struct jail *jail, char *const *args, struct jail_result *result,
                     struct fault *fault)
{
    struct watch watch = {.jail = jail, .result = result, .pidfd = -1, .talk = -1, .notify = -1};
    int pipes[2] = {-1, -1};
    int talk[2] = {-1, -1};
    pid_t self = getpid();
    enum status status = ST_OK;

    memset(result, 0, sizeof *result);
    watch.clock = clock_system();
    if (seccomp_notify_alloc(&watch.question, &watch.answer) != 0)
        watch.question = NULL; /* a kernel without them: then the jail is weak, or refuses */
    /* The output's pipe, the socket for reports, and orphans as children: all before the fork. */
    if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) != 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        status = fault_set(fault, ST_IO, "start %s: %s", jail->program, strerror(errno));
        goto out;
    }
    watch.leader = fork();
    if (watch.leader == 0)
        jail_inside(jail, args, talk[1], pipes[1], self);
    if (watch.leader < 0) {
        status = fault_set(fault, ST_IO, "start %s: %s", jail->program, strerror(errno));
        goto out;
    }
    /* The child's ends are closed here, or their end would never be seen. */
    jail_set_group(jail, watch.leader);
    jail_close(talk[1]);
    jail_close(pipes[1]);
    talk[1] = pipes[1] = -1;
    watch.talk = talk[0];
    watch.output = pipes[0];
    talk[0] = -1;
    watch.pidfd = (int)syscall(SYS_pidfd_open, watch.leader, 0);
    if (watch.pidfd < 0) {
        status = fault_set(fault, ST_IO, "watch %s: %s", jail->program, strerror(errno));
        watch_end_all(&watch);
    } else {
        watch_run(&watch);
    }
    jail_set_group(jail, 0);
out:
    jail_close(watch.pidfd);
    jail_close(watch.notify);
    jail_close(watch.talk);
    for (int i = 0; i < 2; i++) {
        jail_close(pipes[i]);
        jail_close(talk[i]);
    }
    if (watch.question != NULL)
        seccomp_notify_free(watch.question, watch.answer);
    return status;
}

void jail_describe(const struct jail *jail, const struct jail_result *result, char *text,
                   size_t size)
{
    const struct jail_limits *limits = &jail->limits;
    const char *over = "";

    if (result->processes_refused > 0)
        over = ", having asked for too many processes";
    else if (result->files_refused > 0)
        over = ", having asked for too many files";
    switch (result->end) {
    case JAIL_EXITED:
        (void)snprintf(text, size, "ended with %d%s: %s", result->code, over, result->output);
        return;
    case JAIL_KILLED:
        if (result->code == SIGXCPU || result->code == SIGXFSZ)
            (void)snprintf(text, size, "needed more than %" PRIu64 " %s",
                           result->code == SIGXCPU ? limits->cpu_s : limits->file_bytes,
                           result->code == SIGXCPU ? "s of CPU" : "bytes in a file");
        else
            (void)snprintf(text, size, "was ended by signal %d%s: %s", result->code, over,
                           result->output);
        return;
    case JAIL_TIMED_OUT:
        (void)snprintf(text, size, "needed more than %" PRIu64 " ms%s", limits->wall_ms, over);
        return;
    case JAIL_STOPPED:
        (void)snprintf(text, size, "was stopped");
        return;
    case JAIL_NOT_RUN:
        (void)snprintf(text, size, "was not run: %s", result->output);
        return;
    }
}
