#include "site/daemon/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* <sched.h> shows it to _GNU_SOURCE only; the number is the kernel's. */
#define THREAD_FLAG UINT64_C(0x00010000)

/*
 * A list of what is refused rather than of what is allowed: libc and LMDB may take other calls
 * tomorrow, and a site that dies of an update is worse than the little that an allow-list adds
 * here.
 */
static const char *const refused[] = {
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsmount",
    "unshare",
    "setns",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "swapon",
    "swapoff",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "capset",
    "personality",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "acct",
    "quotactl",
    "name_to_handle_at",
    "open_by_handle_at",
};

/* Returns 0 or a negative errno, as libseccomp does; so do those below. */
static int sandbox_refuse_names(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int number = seccomp_syscall_resolve_name(refused[i]);
        int error;

        if (number == __NR_SCMP_ERROR)
            continue; /* this kernel's table does not know it */
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
        if (error != 0)
            return error;
    }
    return 0;
}

/*
 * Links are streams over IP, and resolving a peer's name takes datagrams; control is a socket
 * of the machine.  No other family is wanted.  One call's arguments of one rule are joined by
 * "and".
 */
static int sandbox_refuse_sockets(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                 SCMP_A0(SCMP_CMP_GT, AF_INET6, 0));

    static_assert(AF_UNIX == 1 && AF_INET == 2 && AF_INET6 == 10,
                  "what lies in between is refused");
    for (unsigned family = AF_INET + 1; family < AF_INET6 && error == 0; family++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                 SCMP_A0(SCMP_CMP_EQ, family, 0));
    for (unsigned family = AF_UNIX; family <= AF_INET6 && error == 0; family++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
                                 SCMP_A0(SCMP_CMP_EQ, family, 0),
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW));
    return error;
}

static int sandbox_refuse_by_argument(scmp_filter_ctx filter)
{
    int error = sandbox_refuse_sockets(filter);

    if (error != 0)
        return error;
    /* Threads but no processes; clone3 hides its flags in memory, and libc falls back to clone. */
    error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, THREAD_FLAG, 0));
    if (error != 0)
        return error;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* For all threads that there are (TSYNC): libzmq has started its own by then. */
static int sandbox_load_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error;

    if (filter == NULL)
        return -ENOMEM;
    error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = sandbox_refuse_names(filter);
    if (error == 0)
        error = sandbox_refuse_by_argument(filter);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error;
}

enum status sandbox_hide(struct fault *fault)
{
    /* Not by RLIMIT_CORE: a program that takes core files (core_pattern) would get them all the
     * same. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fault_set(fault, ST_IO, "forbid core files: %s", strerror(errno));
    return ST_OK;
}

bool sandbox_is_built(void)
{
    return SANITIZED == 0;
}

enum status sandbox_enter(struct fault *fault)
{
    int error;

    if (!sandbox_is_built())
        return ST_OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fault_set(fault, ST_IO, "no_new_privs: %s", strerror(errno));
    error = sandbox_load_filter();
    if (error != 0)
        return fault_set(fault, ST_IO, "seccomp: %s", strerror(-error));
    return ST_OK;
}
