/*
 * What a site wants of the machine beside descriptors (files.h) and room on the disk (core.h):
 * address space, threads, locked memory.  How much there is is found by taking it and giving it
 * back, before anything is opened: so it does not matter which of the system's limits it is.
 */
#ifndef SERAI_SITE_DAEMON_MACHINE_H
#define SERAI_SITE_DAEMON_MACHINE_H

#include <stdint.h>

#include "base/status.h"

struct daemon_options;

enum machine_kind { MACHINE_ADDRESSES, MACHINE_THREADS, MACHINE_LOCKED };
enum { MACHINE_KINDS = 3 };

struct machine_need {
    uint64_t wanted; /* bytes, or threads: with so many nothing is cut */
    uint64_t least;  /* without which the site does not start */
};

/* What a daemon with these options needs. */
struct machine_need machine_need(enum machine_kind kind, const struct daemon_options *options);
/* How much of it there is, at most what is wanted.  Locked memory: our limit is raised first. */
uint64_t machine_try(enum machine_kind kind, uint64_t wanted);
/* Less than is wanted is logged with both numbers.  ST_INVALID: less than the least. */
MUST_CHECK enum status machine_judge(enum machine_kind kind, const struct machine_need *need,
                                     uint64_t there, struct fault *fault);

/* The three together, for each kind.  While the process has one thread. */
MUST_CHECK enum status machine_check(const struct daemon_options *options, struct fault *fault);

#endif
