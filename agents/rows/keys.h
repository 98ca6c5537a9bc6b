/*
 * Keys of rows, big-endian, so that rows are in order of their numbers; and how an error names a
 * row.  Private to this part.
 */
#ifndef SERAI_AGENTS_ROWS_KEYS_H
#define SERAI_AGENTS_ROWS_KEYS_H

#include "agents/limits.h"
#include "base/hash.h"
#include "base/store.h"

enum {
    ROW_META_KEY_COUNTERS = 2, /* in the table `meta` */
    ROW_CODE_KEY_STATE = 1,    /* the byte after a code id: the row of its references */
};

enum {
    ROW_ID_KEY_BYTES = 8,    /* agent, object, delta row */
    ROW_PART_KEY_BYTES = 12, /* caps, page: number u64, part u32 */
    ROW_ITEM_KEY_BYTES = 16, /* inbox, log: agent u64, item u64 */
    ROW_CODE_KEY_BYTES = HASH_BYTES,
    ROW_CODE_STATE_KEY_BYTES = HASH_BYTES + 1,
};

/* Write the key of an agent, an object or a delta row. */
void row_key_id(uint8_t key[ROW_ID_KEY_BYTES], uint64_t id);

/* Write the key of a chunk of caps or of a page. */
void row_key_part(uint8_t key[ROW_PART_KEY_BYTES], uint64_t id, uint32_t part);

/* Write the key of a message or a line of an agent's log. */
void row_key_item(uint8_t key[ROW_ITEM_KEY_BYTES], uint64_t id, uint64_t item);

/* Write the key of the row of a module's references. */
void row_key_code_state(uint8_t key[ROW_CODE_STATE_KEY_BYTES], const struct hash *id);

/*
 * Fill *fault with "table inbox, agent 4097, message 12: <why>" and return ST_CORRUPT.  Of `row`
 * table and key are read.  A heap entry is not named by its number, which is a secret of whoever
 * presents it.
 */
enum status row_corrupt(struct fault *fault, const struct store_row *row, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* As row_corrupt(), for a key that is never written. */
enum status row_wrong_key(struct fault *fault, const struct store_row *row);

#endif
