#define _GNU_SOURCE /* syscall, O_PATH, O_TMPFILE */
#include "site/compiler/compiler_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Landlock ---- */

/*
 * The kernel's numbers, here because the header of a system is often older than its kernel
 * (Documentation/userspace-api/landlock.rst).  In each version there are more rights to give up.
 */
#define FILE_EXECUTE (UINT64_C(1) << 0)
#define FILE_WRITE (UINT64_C(1) << 1)
#define FILE_READ (UINT64_C(1) << 2)
#define FOLDER_READ (UINT64_C(1) << 3)
#define FILE_REMOVE (UINT64_C(1) << 5)
#define FILE_MAKE (UINT64_C(1) << 8)
#define FILE_TRUNCATE (UINT64_C(1) << 14)
#define RIGHTS(count) ((UINT64_C(1) << (count)) - 1)

enum { VERSION_FLAG = 1, RULE_BENEATH = 1 };

/* struct landlock_ruleset_attr of the kernel. */
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

/* struct landlock_path_beneath_attr of the kernel. */
struct __attribute__((packed)) beneath {
    uint64_t rights;
    int32_t folder;
};

/*
 * By version of Landlock, from 1 on: the numbers of rights that it can refuse, and the bytes of the
 * struct that it knows.
 */
static const struct {
    unsigned files;
    unsigned network;
    unsigned scopes;
    size_t size;
} versions[] = {
    {13, 0, 0, 8}, {14, 0, 0, 8}, {15, 0, 0, 8}, {15, 2, 0, 16}, {16, 2, 0, 16}, {16, 2, 2, 24},
};

enum { VERSIONS = sizeof versions / sizeof versions[0] };

static long rules_landlock_version(void)
{
#ifdef SYS_landlock_create_ruleset
    return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, VERSION_FLAG);
#else
    errno = ENOSYS;
    return -1;
#endif
}

bool rules_have_landlock(struct fault *fault)
{
    if (rules_landlock_version() >= 1)
        return true;
    (void)fault_set(fault, ST_MISSING, "this kernel has no Landlock (%s)", strerror(errno));
    return false;
}

#ifdef SYS_landlock_create_ruleset

/*
 * Where compilers, their libraries and headers lie.  Nothing else of /etc, no /home, no /proc: a
 * compile needs nothing there, and keys may be there.
 */
static const char *const readable[] = {
    "/usr",       "/lib",       "/lib32",           "/lib64",    "/bin",         "/sbin",
    "/nix/store", "/gnu/store", "/etc/ld.so.cache", "/dev/zero", "/dev/urandom",
};

/* Rights that make sense for what is not a folder; the kernel refuses the others. */
static const uint64_t file_rights = FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE;

/*
 * Allow `rights` beneath `path`, as far as this kernel handles them.  A place that is not there is
 * passed over.
 */
static enum status rules_allow(int ruleset, uint64_t handled, const char *path, uint64_t rights,
                               struct fault *fault)
{
    struct beneath rule = {.rights = rights & handled};
    int error = 0;

    /* The rule is tied to what stands there now, not to the path. */
    rule.folder = open(path, O_PATH | O_CLOEXEC);
    if (rule.folder < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ST_OK;
    if (rule.folder < 0)
        return fault_set(fault, ST_IO, "open %s: %s", path, strerror(errno));
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_BENEATH, &rule, 0) != 0) {
        error = errno;
        rule.rights &= file_rights;
        if (error == EINVAL && syscall(SYS_landlock_add_rule, ruleset, RULE_BENEATH, &rule, 0) == 0)
            error = 0;
    }
    (void)!close(rule.folder); /* only a place */
    return error == 0 ? ST_OK
                      : fault_set(fault, ST_IO, "landlock for %s: %s", path, strerror(error));
}

static enum status rules_allow_all(int ruleset, uint64_t handled, const struct rules_files *files,
                                   struct fault *fault)
{
    const uint64_t look = FILE_EXECUTE | FILE_READ | FOLDER_READ;
    const uint64_t work =
        FILE_WRITE | FILE_READ | FILE_TRUNCATE | FOLDER_READ | FILE_REMOVE | FILE_MAKE;
    enum status status =
        rules_allow(ruleset, handled, "/dev/null", FILE_READ | FILE_WRITE | FILE_TRUNCATE, fault);

    for (size_t i = 0; i < sizeof readable / sizeof readable[0] && status == ST_OK; i++)
        status = rules_allow(ruleset, handled, readable[i], look, fault);
    if (status == ST_OK && files->program != NULL)
        status = rules_allow(ruleset, handled, files->program, FILE_EXECUTE | FILE_READ, fault);
    if (status == ST_OK && files->writable != NULL)
        status = rules_allow(ruleset, handled, files->writable, work, fault);
    return status;
}

/* Give up all rights that this version of Landlock can refuse, but those for `files`. */
static enum status rules_lock(long version, const struct rules_files *files, struct fault *fault)
{
    size_t row = (size_t)(version < VERSIONS ? version : VERSIONS) - 1;
    struct ruleset set = {
        .files = RIGHTS(versions[row].files),
        .network = RIGHTS(versions[row].network),
        .scopes = RIGHTS(versions[row].scopes),
    };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &set, versions[row].size, 0);
    enum status status;

    if (ruleset < 0)
        return fault_set(fault, ST_IO, "landlock: %s", strerror(errno));
    status = rules_allow_all(ruleset, set.files, files, fault);
    if (status == ST_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        status = fault_set(fault, ST_IO, "landlock: %s", strerror(errno));
    (void)!close(ruleset); /* it holds by now */
    return status;
}

#endif

enum status rules_lock_files(const struct rules_files *files, struct fault *fault)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_set(fault, ST_IO, "no_new_privs: %s", strerror(errno));
    if (!rules_have_landlock(fault))
        return ST_MISSING;
#ifdef SYS_landlock_create_ruleset
    return rules_lock(rules_landlock_version(), files, fault);
#else
    (void)files;
    return ST_MISSING;
#endif
}

/* ---- seccomp ---- */

/*
 * The calls that compilers, assemblers and linkers use.  This is a list of what is allowed, unlike
 * the daemon's own sandbox: a compiler that an update breaks costs speed and nothing else.
 *
 * Left out on purpose: chmod, chown, utimes, truncate, link and setxattr, which work by path where
 * Landlock does not look; kill and its like; memfd and shared memory, which no limit of ours
 * counts.
 */
static const char *const allowed[] = {
    "_llseek",
    "access",
    "alarm",
    "arch_prctl",
    "brk",
    "chdir",
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "close_range",
    "copy_file_range",
    "dup",
    "dup2",
    "dup3",
    "execve",
    "exit",
    "exit_group",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "futex",
    "getcwd",
    "getdents64",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpgid",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getrandom",
    "getresgid",
    "getresuid",
    "getrlimit",
    "getrusage",
    "getsid",
    "gettid",
    "gettimeofday",
    "getuid",
    "lseek",
    "lstat",
    "madvise",
    "membarrier",
    "mincore",
    "mmap",
    "mprotect",
    "mremap",
    "msync",
    "munmap",
    "nanosleep",
    "newfstatat",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "pread64",
    "preadv",
    "pselect6",
    "pwrite64",
    "pwritev",
    "read",
    "readlink",
    "readlinkat",
    "readv",
    "rename",
    "renameat",
    "renameat2",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigsuspend",
    "sched_getaffinity",
    "sched_yield",
    "select",
    "sendfile",
    "sendmsg", /* the jailer itself, before the program; no socket is left afterwards */
    "set_robust_list",
    "set_tid_address",
    "setrlimit",
    "sigaltstack",
    "stat",
    "statfs",
    "statx",
    "sysinfo",
    "time",
    "times",
    "umask",
    "uname",
    "unlink",
    "unlinkat",
    "wait4",
    "waitid",
    "write",
    "writev",
};

/*
 * Flags of clone() that ask for a namespace (CLONE_NEW* of <sched.h>): refused.  Other starts of a
 * process and each making of a file ask the service first.  Their arguments are plain numbers,
 * which cannot change between the question and the call, so the answer holds.
 */
#define NAMESPACES UINT64_C(0x7e020000)

/*
 * Add a rule, with one condition at most.  Returns 0 or a negative errno, as all of rules_add_*()
 * do.
 */
static int rules_add(scmp_filter_ctx filter, uint32_t action, int number,
                     const struct scmp_arg_cmp *arg)
{
    if (number < 0) /* this machine has no such call */
        return 0;
    return seccomp_rule_add_array(filter, action, number, arg == NULL ? 0 : 1, arg);
}

/*
 * What starts a process or a thread.  clone3() is not on the list: its flags lie in memory, where a
 * filter cannot look; libraries then use clone().
 */
static int rules_add_starts(scmp_filter_ctx filter, uint32_t action)
{
    const struct scmp_arg_cmp plain = SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0);
    int error = rules_add(filter, action, SCMP_SYS(clone), &plain);

    if (error == 0)
        error = rules_add(filter, action, SCMP_SYS(fork), NULL);
    if (error == 0)
        error = rules_add(filter, action, SCMP_SYS(vfork), NULL);
    return error;
}

/*
 * Opening a file that is there is allowed; making one has `action`.  A file without a name
 * (O_TMPFILE) is refused.
 */
static int rules_add_opens(scmp_filter_ctx filter, uint32_t action)
{
    const uint64_t nameless = (uint64_t)(O_TMPFILE & ~O_DIRECTORY);
    const struct scmp_arg_cmp rules[] = {
        SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT | nameless, 0),
        SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT | nameless, O_CREAT),
        SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT | nameless, 0),
        SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT | nameless, O_CREAT),
    };
    int error = rules_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), &rules[0]);

    if (error == 0)
        error = rules_add(filter, action, SCMP_SYS(open), &rules[1]);
    if (error == 0)
        error = rules_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), &rules[2]);
    if (error == 0)
        error = rules_add(filter, action, SCMP_SYS(openat), &rules[3]);
    if (error == 0)
        error = rules_add(filter, action, SCMP_SYS(creat), NULL);
    return error;
}

bool rules_asks_for_file(int syscall_number)
{
    return syscall_number == SCMP_SYS(open) || syscall_number == SCMP_SYS(openat) ||
           syscall_number == SCMP_SYS(creat);
}

/*
 * Allow the commands of fcntl() that copy a descriptor, its flags, and locks.  F_SETOWN, F_SETSIG
 * and O_ASYNC together make the kernel send any signal to any process of this user when a pipe is
 * written to, and only newer kernels' Landlock (6.12) keeps that in; F_NOTIFY and F_SETLEASE send
 * signals likewise.
 */
static int rules_add_descriptor_calls(scmp_filter_ctx filter)
{
    static const int commands[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                                   F_GETFL,     F_GETLK,         F_SETLK,     F_SETLKW,
                                   F_OFD_GETLK, F_OFD_SETLK,     F_OFD_SETLKW};
    const struct scmp_arg_cmp set_flags[] = {SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
                                             SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, 0)};
    int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2, set_flags);

    for (size_t i = 0; i < sizeof commands / sizeof commands[0] && error == 0; i++) {
        const struct scmp_arg_cmp one = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0);

        error = rules_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), &one);
    }
    return error;
}

static int rules_add_allowed(scmp_filter_ctx filter)
{
    /*
     * prlimit() for the process itself only: it could set the limits of other processes of this
     * user, the daemon's too.
     */
    const struct scmp_arg_cmp own = SCMP_A0(SCMP_CMP_EQ, 0, 0);
    int error = rules_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), &own);

    if (error == 0)
        error = rules_add_descriptor_calls(filter);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && error == 0; i++)
        error = rules_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(allowed[i]), NULL);
    return error;
}

enum status rules_lock_calls(bool notify, int *notify_fd, struct fault *fault)
{
    uint32_t action = notify ? SCMP_ACT_NOTIFY : SCMP_ACT_ALLOW;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int error = filter == NULL ? -ENOMEM : 0;

    *notify_fd = -1;
    if (error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        error = -errno;
    if (error == 0)
        error = rules_add_allowed(filter);
    if (error == 0)
        error = rules_add_starts(filter, action);
    if (error == 0)
        error = rules_add_opens(filter, action);
    if (error == 0)
        error = seccomp_load(filter);
    if (error == 0 && notify) {
        *notify_fd = seccomp_notify_fd(filter);
        error = *notify_fd < 0 ? *notify_fd : 0;
    }
    /*
     * The filter is not released on success: with notifications libseccomp would close the
     * descriptor.  Its memory ends when the program is executed.
     */
    if (error != 0 && filter != NULL)
        seccomp_release(filter);
    return error == 0 ? ST_OK : fault_set(fault, ST_IO, "seccomp: %s", strerror(-error));
}

/*
 * Calls that the service has no use for between two runs, and that would help whoever took it over.
 */
static const char *const kept_from_service[] = {
    "socket",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "unshare",
    "setns",
    "mount",
    "chroot",
    "pivot_root",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "io_uring_setup",
    "chmod",
    "fchmodat",
    "chown",
    "lchown",
    "fchownat",
    "setuid",
    "setgid",
    "setresuid",
    "setresgid",
    "personality",
    "memfd_create",
    "shmget",
    "kexec_load",
    "init_module",
    "finit_module",
    "open_by_handle_at",
};

enum status rules_lock_service(struct fault *fault)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter == NULL ? -ENOMEM : 0;

    if (error == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        error = -errno;
    for (size_t i = 0; i < sizeof kept_from_service / sizeof kept_from_service[0] && error == 0;
         i++)
        error = rules_add(filter, SCMP_ACT_ERRNO(EPERM),
                          seccomp_syscall_resolve_name(kept_from_service[i]), NULL);
    if (error == 0)
        error = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    return error == 0 ? ST_OK : fault_set(fault, ST_IO, "seccomp: %s", strerror(-error));
}
