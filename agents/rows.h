/*
 * Rows: how the state of agents lies in the store (docs/records-agents.md).  Private to this
 * folder.
 *
 * Decoding is in two steps: the functions here check what one row can be checked for alone, and are
 * all that verification needs; rows_load.c checks the rows against each other.  A decoder's fault
 * says what is wrong; its caller puts table and key before it with row_corrupt().
 */
#ifndef SERAI_AGENTS_ROWS_H
#define SERAI_AGENTS_ROWS_H

#include "agents/state.h"
#include "base/cbor.h"
#include "base/hash.h"

enum {
    ROW_VERSION = 3,           /* the first item of every CBOR row of this part */
    ROW_META_KEY_COUNTERS = 2, /* in the table `meta` */
    ROW_CODE_KEY_STATE = 1,    /* the byte after a code id: the row of its references */
};

enum {
    ROW_ID_KEY_BYTES = 8,    /* agent, object, delta row */
    ROW_PART_KEY_BYTES = 12, /* caps, page: number u64, part u32 */
    ROW_ITEM_KEY_BYTES = 16, /* inbox, log: agent u64, item u64 */
    ROW_CODE_KEY_BYTES = HASH_BYTES,
    ROW_CODE_STATE_KEY_BYTES = HASH_BYTES + 1,
    ROW_CAP_BYTES = 10,
    ROW_CAPS_BYTES = AGENT_CAPS_CHUNK * ROW_CAP_BYTES,
};

/* What an agent's row holds besides the agent's own fields. */
struct agent_row {
    struct hash code;
    struct hash kept[AGENT_CODES_MAX];
    uint64_t globals; /* how many it has */
    /* How many rows of other tables are its own: a lost one is found by it. */
    uint64_t caps;
    uint64_t messages;
    uint64_t facets;
    uint64_t timers;
    uint64_t buffer_bytes;
    uint64_t log_lines;
};

/* The row of a module's references. */
struct code_row {
    uint64_t refs;
    u128 share_index;
    u128 market_index;
};

/*
 * ---- keys ----
 *
 * Big-endian, so that rows are in order of their numbers.
 */

/* Write the key of an agent, an object or a delta row. */
void row_key_id(uint8_t key[ROW_ID_KEY_BYTES], uint64_t id);

/* Write the key of a chunk of caps or of a page. */
void row_key_part(uint8_t key[ROW_PART_KEY_BYTES], uint64_t id, uint32_t part);

/* Write the key of a message or a line of an agent's log. */
void row_key_item(uint8_t key[ROW_ITEM_KEY_BYTES], uint64_t id, uint64_t item);

/* Write the key of the row of a module's references. */
void row_key_code_state(uint8_t key[ROW_CODE_STATE_KEY_BYTES], const struct hash *id);

/*
 * Fill *fault with "table inbox, agent 4097, message 12: <why>" and return ST_CORRUPT.  A heap
 * entry is not named by its number, which is a secret of whoever presents it.
 */
enum status row_corrupt(struct fault *fault, enum store_table table, const uint8_t *key,
                        size_t key_size, const char *format, ...) PRINTF_LIKE(5, 6);

/* As row_corrupt(), for a key that is never written. */
enum status row_wrong_key(struct fault *fault, enum store_table table, const uint8_t *key,
                          size_t key_size);

/* The paged object of a number: an agent's memory or a buffer; NULL when it is gone. */
struct paged *row_paged_of(const struct agents *agents, uint64_t object);

/* ---- rows_codec.c: what the values are made of ---- */
/*
 * row_put_money() and row_get_money() write and read an amount, row_put_u128() and row_get_u128() a
 * number of 16 bytes, little-endian.  Errors of reading are left in *in.
 */
void row_put_money(struct bytes *out, struct money amount);
struct money row_get_money(struct cbor *in);
void row_put_u128(struct bytes *out, u128 value); /* 16 bytes, little-endian */
u128 row_get_u128(struct cbor *in);

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

/* Append the row of a facet, a buffer or a timer; of a buffer without its pages. */
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

/* ---- rows_agent.c ---- */
/* Append an agent's row, by docs/records-agents.md. */
void row_encode_agent(struct bytes *out, const struct agent *agent);

/* Decode an agent's row.  Its references to code have no code yet: *row names it. */
MUST_CHECK enum status row_decode_agent(struct agent *agent, struct agent_row *row,
                                        const uint8_t *value, size_t size, struct fault *fault);

/* Write the row of a chunk of slots.  False: all its slots are empty, and then it has no row. */
bool row_encode_caps(uint8_t to[ROW_CAPS_BYTES], const struct cap *chunk);

/* Read the row of a chunk of slots.  ST_INVALID: the fault says why. */
MUST_CHECK enum status row_decode_caps(struct cap *chunk, const uint8_t *value, size_t size,
                                       struct fault *fault);

/* ---- rows_load.c ---- */

/* Tables whose rows an agent's row counts. */
enum row_part { PART_CAPS, PART_MESSAGES, PART_FACETS, PART_TIMERS, PART_BUFFER_BYTES, PART_LINES };
enum { ROW_PARTS = 6 };

/*
 * Count `amount` of what an agent's row counts as found, while rows are read.  All must be found
 * when everything is read.
 */
void row_found(struct agents *agents, uint64_t agent, enum row_part part, uint64_t amount);

/*
 * ---- rows_owned.c ----
 *
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
