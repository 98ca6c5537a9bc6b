/*
 * Each stored value ends with a hash of (table, key, value).  It guards against rot and misplaced
 * pages, not against people: the key is public, so SipHash-2-4, the fastest at hand, is enough.
 * What people must not change unseen is in the journal's chain.
 */
#include <sodium.h>
#include <string.h>

#include "store/private.h"

_Static_assert(crypto_shorthash_BYTES == STORE_HASH_BYTES, "the width of a seal");

/*
 * The hash of table and key becomes half of the key for the value, so that the value, which may be
 * megabytes, need not be copied behind them.
 */
void seal_value(uint8_t seal[STORE_HASH_BYTES], uint8_t table, const void *key, size_t key_size,
                const void *value, size_t value_size)
{
    static const uint8_t row_key[crypto_shorthash_KEYBYTES] = "serai-store-key1";
    uint8_t value_key[crypto_shorthash_KEYBYTES] = "serai-v1";
    uint8_t row[2 + STORE_KEY_BYTES_MAX];

    INVARIANT(key_size <= STORE_KEY_BYTES_MAX);
    /* Table and size stand before the key, so no two rows are hashed as the same bytes. */
    row[0] = table;
    row[1] = (uint8_t)key_size;
    memcpy(row + 2, key, key_size);
    (void)crypto_shorthash(value_key + 8, row, 2 + key_size, row_key); /* cannot fail */
    (void)crypto_shorthash(seal, value, value_size, value_key);
}

enum status seal_check(uint8_t table, const char *table_name, const MDB_val *key,
                       const MDB_val *stored, size_t *value_size, struct fault *fault)
{
    uint8_t seal[STORE_HASH_BYTES];
    char key_text[2 * STORE_KEY_BYTES_MAX + 1];
    const uint8_t *data = stored->mv_data;

    if (key->mv_size == 0 || key->mv_size > STORE_KEY_BYTES_MAX)
        return fault_set(fault, ST_CORRUPT, "table %s: a key of %zu bytes", table_name,
                         key->mv_size);
    /* Shorter than a seal is no value at all, and fits as little as a wrong one. */
    if (stored->mv_size >= STORE_HASH_BYTES) {
        *value_size = stored->mv_size - STORE_HASH_BYTES;
        seal_value(seal, table, key->mv_data, key->mv_size, data, *value_size);
        if (memcmp(seal, data + *value_size, STORE_HASH_BYTES) == 0)
            return ST_OK;
    }
    return fault_set(fault, ST_CORRUPT, "table %s, row %s: its bytes do not fit their hash",
                     table_name, hex_print(key_text, key->mv_data, key->mv_size));
}
