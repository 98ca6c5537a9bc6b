/* The rights of a process in the jail, as rules of the kernel; set by the process itself. */
#ifndef SERAI_SITE_COMPILER_COMPILER_RULES_H
#define SERAI_SITE_COMPILER_COMPILER_RULES_H

#include "base/status.h"

/*
 * The files that a jail may use besides the system's compilers and libraries, which may be read and
 * executed, never written.  Folders that are not there are passed over.
 */
struct rules_files {
    const char *program;  /* to read and execute; NULL: none */
    const char *writable; /* a directory: files in it are made, read, written and removed */
};

/* Whether this kernel has Landlock.  If not, *fault says so. */
bool rules_have_landlock(struct fault *fault);

/*
 * Landlock, for good, inherited: files as above, no TCP, no signals and no abstract sockets out of
 * the jail where the kernel knows how.  ST_MISSING: no Landlock here.  ST_IO.  Sets no_new_privs.
 */
MUST_CHECK enum status rules_lock_files(const struct rules_files *files, struct fault *fault);

/*
 * seccomp, for good, inherited: a list of what is allowed, without sockets, signals to others,
 * namespaces, tracing or shared memory; what is not on it fails with ENOSYS.  With `notify` each
 * start of a process or thread and each making of a file asks at *notify_fd first.  ST_IO.
 */
MUST_CHECK enum status rules_lock_calls(bool notify, int *notify_fd, struct fault *fault);

/*
 * Lock the service itself in, for between two runs: no sockets, tracing, namespaces or kernel's
 * keys.  ST_IO.
 */
MUST_CHECK enum status rules_lock_service(struct fault *fault);

/*
 * Whether a question at the notify descriptor is about making a file; else it is about a process.
 */
bool rules_asks_for_file(int syscall_number);

#endif
