#include "site/metrics/histogram.h"

#include <string.h>

void histogram_init(struct histogram *histogram, const uint64_t *bounds, size_t bound_count)
{
    INVARIANT(bound_count <= HISTOGRAM_BOUNDS_MAX);
    memset(histogram, 0, sizeof *histogram);
    histogram->bounds = bounds;
    histogram->bound_count = bound_count;
}

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times)
{
    size_t place = 0;

    while (place < histogram->bound_count && value > histogram->bounds[place])
        place++;
    histogram->counts[place] += times;
    histogram->sum += value * times; /* it wraps after half a million years of seconds */
}
