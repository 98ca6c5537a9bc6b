/* What the links are measured against: a CURVE DEALER here and a ROUTER in a process of its own. */
#ifndef SERAI_TESTS_BENCH_BARE_H
#define SERAI_TESTS_BENCH_BARE_H

#include <sys/types.h>

#include "base/status.h"

struct bare {
    pid_t child;
    void *context;
    void *dealer;
};

/* Both of these die on any failure. */
void bare_open(struct bare *bare);
void bare_close(struct bare *bare);

/* Send `count` messages of `size_bytes` each; returns the seconds until the last has arrived. */
double bare_stream(struct bare *bare, size_t count, size_t size_bytes);
/* The mean of `count` round trips of a message, in seconds. */
double bare_trips(struct bare *bare, size_t count, size_t size_bytes);

#endif
