/*
 * damage STORE TABLE: flip one bit in the value of the first row of a table, behind the
 * store's back.  Prints the key in hex.  Exit 66 when the table is empty.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/store.h"

struct first {
    uint8_t key[STORE_KEY_BYTES_MAX];
    size_t key_size;
    bool found;
};

static enum status take_first(void *context, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t value_size, struct fault *fault)
{
    struct first *first = context;

    (void)value;
    (void)value_size;
    (void)fault;
    if (first->found || key_size > sizeof first->key)
        return ST_OK;
    memcpy(first->key, key, key_size);
    first->key_size = key_size;
    first->found = true;
    return ST_OK;
}

static bool find_table(const char *name, enum store_table *table)
{
    for (int i = 0; i < STORE_TABLES; i++)
        if (strcmp(store_table_name((enum store_table)i), name) == 0) {
            *table = (enum store_table)i;
            return true;
        }
    return false;
}

static enum status damage(struct store_lmdb *lmdb, enum store_table table, struct first *first,
                          struct fault *fault)
{
    struct store store = store_from_lmdb(lmdb);
    enum status status = store.walk(store.context, table, NULL, 0, take_first, first, fault);

    if (status == ST_OK && !first->found)
        return fault_set(fault, ST_MISSING, "the table is empty");
    if (status == ST_OK)
        status = store_lmdb_damage(lmdb, table, first->key, first->key_size, 3, fault);
    return status;
}

int main(int argc, char **argv)
{
    char text[2 * STORE_KEY_BYTES_MAX + 1];
    struct store_lmdb *lmdb = NULL;
    struct first first = {0};
    struct fault fault = {0};
    enum store_table table;
    enum status status;

    if (argc != 3 || !find_table(argv[2], &table)) {
        fprintf(stderr, "usage: damage STORE TABLE\n");
        return 64;
    }
    status = store_lmdb_open(&lmdb, argv[1], STORE_WRITE, (uint64_t)4 << 30, &fault);
    if (status == ST_OK)
        status = damage(lmdb, table, &first, &fault);
    store_lmdb_close(lmdb);
    if (status != ST_OK) {
        fprintf(stderr, "damage %s: %s\n", argv[2], fault.text);
        return status == ST_MISSING ? 66 : 70;
    }
    printf("%s\n", hex_print(text, first.key, first.key_size));
    return 0;
}
