/*
 * What a site needs of the machine besides descriptors (files.h) and room on the disk
 * (site/core/core.h): address space, threads, locked memory.  The amount is found by taking it and
 * giving it back, before anything is opened: so it does not matter which of the system's limits it
 * is.
 */
#ifndef SERAI_SITE_DAEMON_MACHINE_H
#define SERAI_SITE_DAEMON_MACHINE_H

#include <stdint.h>

#include "base/status.h"

struct daemon_options;

enum machine_kind { MACHINE_ADDRESSES, MACHINE_THREADS, MACHINE_LOCKED };
enum { MACHINE_KINDS = 3 };

struct machine_need {
    uint64_t wanted; /* bytes, or threads: enough that nothing is cut */
    uint64_t least;  /* without which the site does not start */
};

/* The amount of one kind that a daemon with these options needs. */
struct machine_need machine_need(enum machine_kind kind, const struct daemon_options *options);

/* How much of it there is, at most `wanted`.  For locked memory our limit is raised first. */
uint64_t machine_try(enum machine_kind kind, uint64_t wanted);

/*
 * Judge an amount.  Less than is wanted is logged with both numbers.  ST_INVALID: less than the
 * least.
 */
MUST_CHECK enum status machine_judge(enum machine_kind kind, const struct machine_need *need,
                                     uint64_t there, struct fault *fault);

/* Need, try and judge each kind.  Call it while the process has one thread. */
MUST_CHECK enum status machine_check(const struct daemon_options *options, struct fault *fault);

#endif
