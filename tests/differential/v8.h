/*
 * V8 as a side: a child process of Node that runs v8.js, kept between packs of cases.
 *
 * A pack is one message each way over pipes; v8.js holds the format.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_V8_H
#define SERAI_TESTS_DIFFERENTIAL_V8_H

#include "tests/differential/case.h"

struct v8;

/* ST_MISSING: there is no Node here; *fault says how it was looked for. */
MUST_CHECK enum status v8_new(struct v8 **v8, struct fault *fault);
void v8_free(struct v8 *v8); /* NULL allowed; ends the child */

/*
 * Let V8 load each case and run its plan.foreign calls; fills each `v8`.  ST_IO: the child died or
 * gave no answer for a minute; the next call starts another.
 */
MUST_CHECK enum status v8_run(struct v8 *v8, struct diff_case *cases, size_t count,
                              struct fault *fault);

#endif
