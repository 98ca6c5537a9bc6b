/* Reading back what agents own.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOAD_OWNED_H
#define SERAI_AGENTS_ROWS_LOAD_OWNED_H

#include "base/status.h"

/*
 * row_load_*() are visitors of store.walk, one for each table; the context is the struct agents.
 * Each decodes a row, checks that its owner is there, and adds it.  ST_CORRUPT names the row.
 */
MUST_CHECK enum status row_load_object(void *context, const uint8_t *key, size_t key_size,
                                       const uint8_t *value, size_t value_size,
                                       struct fault *fault);
MUST_CHECK enum status row_load_caps(void *context, const uint8_t *key, size_t key_size,
                                     const uint8_t *value, size_t value_size, struct fault *fault);
MUST_CHECK enum status row_load_message(void *context, const uint8_t *key, size_t key_size,
                                        const uint8_t *value, size_t value_size,
                                        struct fault *fault);
MUST_CHECK enum status row_load_heap(void *context, const uint8_t *key, size_t key_size,
                                     const uint8_t *value, size_t value_size, struct fault *fault);
MUST_CHECK enum status row_load_line(void *context, const uint8_t *key, size_t key_size,
                                     const uint8_t *value, size_t value_size, struct fault *fault);

#endif
