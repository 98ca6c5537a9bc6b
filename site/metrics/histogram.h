/* How often values fell into which range: what Prometheus calls a histogram.  One thread. */
#ifndef SERAI_SITE_METRICS_HISTOGRAM_H
#define SERAI_SITE_METRICS_HISTOGRAM_H

#include <stddef.h>

#include "base/status.h"

enum { HISTOGRAM_BOUNDS_MAX = 16 };

struct histogram {
    const uint64_t *bounds; /* rising; a value on a bound counts below it */
    size_t bound_count;
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* the last one: above all bounds */
    uint64_t sum;
};

/* Begin an empty one.  `bounds` is borrowed; at most HISTOGRAM_BOUNDS_MAX (INVARIANT). */
void histogram_init(struct histogram *histogram, const uint64_t *bounds, size_t bound_count);

/* Count a value `times` times. */
void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times);

#endif
