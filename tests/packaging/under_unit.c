/*
 * Runs a program under the system calls that a unit of systemd leaves it, where no systemd runs
 * that could do so: SystemCallFilter=, MemoryDenyWriteExecute=, RestrictNamespaces= and
 * RestrictAddressFamilies= as systemd makes filters of them.
 *
 *     under_unit CALLS FAMILIES PROGRAM [ARG...]
 *
 * CALLS is a file with the names of the calls that are allowed, one a line; FAMILIES the numbers of
 * the address families, with commas.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

/* CLONE_NEW* of <sched.h>, which it shows to _GNU_SOURCE only. */
#define NAMESPACES UINT64_C(0x7e020080)
enum { FAMILIES_MAX = 64 };

static void must(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "under_unit: %s: %s\n", what, strerror(-error));
    exit(70);
}

static scmp_filter_ctx begin(uint32_t action)
{
    scmp_filter_ctx filter = seccomp_init(action);

    must(filter == NULL ? -ENOMEM : 0, "seccomp");
    return filter;
}

static void end(scmp_filter_ctx filter)
{
    must(seccomp_load(filter), "load");
    seccomp_release(filter);
}

static void refuse(scmp_filter_ctx filter, int call, struct scmp_arg_cmp arg)
{
    must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 1, arg), "refuse");
}

static void refuse_arguments(const char *families)
{
    scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
    char *list = strdup(families);

    must(seccomp_rule_add(
             filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC | PROT_WRITE)),
         "mmap");
    refuse(filter, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    refuse(filter, SCMP_SYS(pkey_mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    refuse(filter, SCMP_SYS(shmat), SCMP_A2(SCMP_CMP_MASKED_EQ, SHM_EXEC, SHM_EXEC));
    for (uint64_t flag = 1; flag <= NAMESPACES; flag <<= 1) {
        if ((flag & NAMESPACES) == 0)
            continue;
        refuse(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
        refuse(filter, SCMP_SYS(unshare), SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
    }
    must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setns), 0), "setns");
    must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
    for (unsigned family = 0; family < FAMILIES_MAX; family++) {
        char number[8];
        size_t size = (size_t)snprintf(number, sizeof number, "%u", family);
        bool allowed = false;

        for (const char *at = list; at != NULL && !allowed; at = strchr(at, ',')) {
            at += *at == ',';
            allowed = strncmp(at, number, size) == 0 && (at[size] == ',' || at[size] == '\0');
        }
        if (!allowed)
            refuse(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, family, 0));
    }
    free(list);
    end(filter);
}

static void allow_calls(const char *path)
{
    scmp_filter_ctx filter = begin(SCMP_ACT_ERRNO(EPERM));
    FILE *names = fopen(path, "r");
    char name[64];
    unsigned count = 0;

    must(names == NULL ? -errno : 0, path);
    while (fscanf(names, "%63s", name) == 1) {
        int call = seccomp_syscall_resolve_name(name);

        if (call < 0)
            continue; /* another machine's */
        must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0), name);
        count++;
    }
    (void)fclose(names);
    must(count < 100 ? -EINVAL : 0, "too few calls are allowed");
    end(filter);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    refuse_arguments(argv[2]); /* first: the next one may refuse seccomp() itself */
    allow_calls(argv[1]);
    (void)execvp(argv[3], argv + 3);
    must(-errno, argv[3]);
    return 70;
}
