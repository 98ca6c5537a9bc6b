/* The numbers that a dense map holds, for tests that look at all of them. */
#ifndef SERAI_TESTS_DENSE_KEYS_H
#define SERAI_TESTS_DENSE_KEYS_H

#include "base/dense.h"

/* As table_keys_sorted(): the caller frees *keys, which is NULL when there are none. */
void dense_keys_sorted(const struct dense *dense, uint64_t **keys, size_t *count);

#endif
