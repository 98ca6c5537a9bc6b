/* Keys of rows, and how an error names a row (docs/records-agents.md). */
#include "agents/rows/keys.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void row_key_id(uint8_t key[ROW_ID_KEY_BYTES], uint64_t id)
{
    be64_put(key, id);
}

void row_key_part(uint8_t key[ROW_PART_KEY_BYTES], uint64_t id, uint32_t part)
{
    be64_put(key, id);
    be32_put(key + 8, part);
}

void row_key_item(uint8_t key[ROW_ITEM_KEY_BYTES], uint64_t id, uint64_t item)
{
    be64_put(key, id);
    be64_put(key + 8, item);
}

void row_key_code_state(uint8_t key[ROW_CODE_STATE_KEY_BYTES], const struct hash *id)
{
    memcpy(key, id->bytes, HASH_BYTES);
    key[HASH_BYTES] = ROW_CODE_KEY_STATE;
}

/* A key that is none of this part's: as hex, if it is no longer than a key can be. */
static void row_print_other_key(char *text, size_t text_size, const uint8_t *key, size_t key_size)
{
    char hex[2 * STORE_KEY_BYTES_MAX + 1];

    if (key_size <= STORE_KEY_BYTES_MAX)
        (void)snprintf(text, text_size, "key %s", hex_print(hex, key, key_size));
    else
        (void)snprintf(text, text_size, "a key of %zu bytes", key_size);
}

/* What a key names, for people.  A heap entry is not named: its number is a secret. */
static void row_print_key(char *text, size_t text_size, const struct store_row *row)
{
    enum store_table table = row->table;
    const uint8_t *key = row->key;
    size_t key_size = row->key_size;

    if (table == STORE_HEAP)
        (void)snprintf(text, text_size, "an entry");
    else if (table == STORE_AGENT && key_size == ROW_ID_KEY_BYTES)
        (void)snprintf(text, text_size, "agent %" PRIu64, be64_get(key));
    else if (table == STORE_DELTA && key_size == ROW_ID_KEY_BYTES)
        (void)snprintf(text, text_size, "row %" PRIu64, be64_get(key));
    else if (table == STORE_OBJECT && key_size == ROW_ID_KEY_BYTES)
        (void)snprintf(text, text_size, "object %" PRIu64, be64_get(key));
    else if (table == STORE_CAPS && key_size == ROW_PART_KEY_BYTES)
        (void)snprintf(text, text_size, "agent %" PRIu64 ", slot group %" PRIu32, be64_get(key),
                       be32_get(key + 8));
    else if (table == STORE_PAGE && key_size == ROW_PART_KEY_BYTES)
        (void)snprintf(text, text_size, "object %" PRIu64 ", page %" PRIu32, be64_get(key),
                       be32_get(key + 8));
    else if (table == STORE_INBOX && key_size == ROW_ITEM_KEY_BYTES)
        (void)snprintf(text, text_size, "agent %" PRIu64 ", message %" PRIu64, be64_get(key),
                       be64_get(key + 8));
    else if (table == STORE_LOG && key_size == ROW_ITEM_KEY_BYTES)
        (void)snprintf(text, text_size, "agent %" PRIu64 ", line %" PRIu64, be64_get(key),
                       be64_get(key + 8));
    else
        row_print_other_key(text, text_size, key, key_size);
}

enum status row_corrupt(struct fault *fault, const struct store_row *row, const char *format, ...)
{
    char why[FAULT_TEXT_BYTES];
    char name[160];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why, sizeof why, format, args);
    va_end(args);
    row_print_key(name, sizeof name, row);
    return fault_set(fault, ST_CORRUPT, "table %s, %s: %s", store_table_name(row->table), name,
                     why);
}

enum status row_wrong_key(struct fault *fault, const struct store_row *row)
{
    return row_corrupt(fault, row, "no such key is ever written");
}
