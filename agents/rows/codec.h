/*
 * Values of rows (docs/records-agents.md).  Private to this part.
 *
 * Decoding is in two steps: the functions here check what one row can be checked for alone, and are
 * all that verification needs; agents/rows/load.c checks the rows against each other.  A decoder's
 * fault says what is wrong; its caller puts table and key before it with row_corrupt().
 */
#ifndef SERAI_AGENTS_ROWS_CODEC_H
#define SERAI_AGENTS_ROWS_CODEC_H

#include "agents/agent.h"
#include "agents/cap_heap.h"
#include "agents/objects.h"
#include "base/cbor.h"

struct code;
struct inbox_message;
struct agent_log_line;

enum {
    ROW_VERSION = 9, /* the first item of every CBOR row of this part */
    ROW_CAP_BYTES = 10,
    ROW_CAPS_BYTES = AGENT_CAPS_CHUNK * ROW_CAP_BYTES,
};

/* The row of a module's references. */
struct code_row {
    uint64_t refs;
    u128 share_index;
    u128 market_index;
};

/* ---- what the values are made of ---- */

/* Read the first item of a row.  Anything but ROW_VERSION is an error, left in *in. */
void row_get_version(struct cbor *in);

/* Write a cap; an empty one is all zeroes. */
void row_cap_pack(uint8_t to[ROW_CAP_BYTES], const struct cap *cap);

/* Read a cap.  Returns NULL, or why it is no capability that this site writes. */
const char *row_cap_unpack(struct cap *cap, const uint8_t from[ROW_CAP_BYTES]);

/*
 * ---- values ----
 *
 * row_encode_*() append a row's value to *out; the caller checks out->failed.  row_decode_*() fill
 * the struct's persistent fields, and may leave some of them set when they fail.  ST_INVALID: the
 * fault says why.
 */
void row_encode_message(struct bytes *out, const struct inbox_message *message);

/* Decode a message; m.data points into `value`, borrowed. */
MUST_CHECK enum status row_decode_message(struct inbox_message *message, const uint8_t *value,
                                          size_t size, struct fault *fault);

/*
 * Append the row of a facet, a buffer, a timer or a promise; of a buffer without its pages, and of
 * a promise with the number of rows of what waits on it.
 */
void row_encode_object(struct bytes *out, const struct object *object);

/* Decode an object; a buffer's pages are not made. */
MUST_CHECK enum status row_decode_object(struct object *object, const uint8_t *value, size_t size,
                                         struct fault *fault);

/* The row of a heap entry, whose number is its key: row_encode_heap() and row_decode_heap(). */
void row_encode_heap(struct bytes *out, const struct heap_entry *entry);
MUST_CHECK enum status row_decode_heap(struct heap_entry *entry, const uint8_t *value, size_t size,
                                       struct fault *fault);

/*
 * The row of a module's references: row_encode_code() and row_decode_code().  The module itself has
 * a row of its own.
 */
void row_encode_code(struct bytes *out, const struct code *code);
MUST_CHECK enum status row_decode_code(struct code_row *row, const uint8_t *value, size_t size,
                                       struct fault *fault);

/* Append the row of a line of an agent's log. */
void row_encode_log(struct bytes *out, const struct agent_log_line *line);

/* Decode a line; *text points into `value`, borrowed. */
MUST_CHECK enum status row_decode_log(struct agent_log_line *line, const uint8_t **text,
                                      const uint8_t *value, size_t size, struct fault *fault);

/*
 * The counters of the whole site and the bounds of the page log: row_encode_counters() and
 * row_decode_counters().
 */
void row_encode_counters(struct bytes *out, const struct agents *agents);
MUST_CHECK enum status row_decode_counters(struct agents *agents, const uint8_t *value, size_t size,
                                           struct fault *fault);

#endif
