/* The daemon of a site that runs for a bench: what it says, and what it computes. */
#ifndef SERAI_TESTS_BENCH_DAEMON_H
#define SERAI_TESTS_BENCH_DAEMON_H

#include <stdint.h>

struct bench_daemon {
    const char *dir; /* of its site */
    const char *neighbour;
    const char *pid; /* decimal */
};

/*
 * A field of what the site answers to `command`, which is "status", or "link" for that to its
 * neighbour.  Digits only: an amount becomes nanos.  Dies when there is none.
 */
uint64_t daemon_field(const struct bench_daemon *daemon, const char *command, const char *field);

/* The transactions that the site's store has committed in its life; each flushes the disk. */
uint64_t daemon_commits(const struct bench_daemon *daemon);

/* Seconds that all its threads have computed. */
double daemon_cpu_s(const struct bench_daemon *daemon);

#endif
