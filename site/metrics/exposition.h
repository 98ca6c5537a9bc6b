/*
 * The text format in which Prometheus reads figures (version 0.0.4): families of samples, each with
 * labels and a number.  Whole numbers are written whole, whatever their size.
 */
#ifndef SERAI_SITE_METRICS_EXPOSITION_H
#define SERAI_SITE_METRICS_EXPOSITION_H

#include "base/bytes.h"
#include "site/metrics/histogram.h"

enum { EXPOSITION_LABELS_MAX = 4 };

/* One label; `value` is anybody's text and is escaped. */
struct label {
    const char *name; /* NULL: no label, and none after it */
    const char *value;
};

/* Begin a family: its lines HELP and TYPE.  `type` is counter, gauge or histogram. */
void exposition_family(struct bytes *out, const char *name, const char *type, const char *help);

/* One sample of the family.  `labels` has EXPOSITION_LABELS_MAX of them; NULL: none. */
void exposition_number(struct bytes *out, const char *name, const struct label *labels, u128 value);

/* A number of microseconds, written as seconds, exactly. */
void exposition_seconds(struct bytes *out, const char *name, const struct label *labels,
                        uint64_t us);

/* The unit of a histogram's values. */
enum exposition_unit { EXPOSITION_PLAIN, EXPOSITION_US_AS_SECONDS };

/* All samples of a family that is a histogram. */
void exposition_histogram(struct bytes *out, const char *name, const struct histogram *histogram,
                          enum exposition_unit unit);

#endif
