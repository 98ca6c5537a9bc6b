/* For tests: bringing every row to its table, and damaging one there on purpose. */
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

/* Of two commits of an empty batch: the log has nothing else then. */
enum { SETTLED_LOG_ROWS = 2 };

/* Two rounds of a commit each: one brings the rows to their tables, one takes them off the log. */
enum status store_lmdb_settle(struct store_lmdb *lmdb, struct fault *fault)
{
    struct store_batch none = {0};
    enum status status = ST_OK;

    while (status == ST_OK &&
           (lmdb->waiting.cost > 0 || lmdb->log.next - lmdb->log.from > SETTLED_LOG_ROWS))
        status = commit_batch(lmdb, &none, UINT64_MAX, fault);
    return status;
}

/* What is changed and how. */
struct damage {
    enum store_table table;
    MDB_val key;
    size_t bit;
};

/* Put the stored value back with a bit flipped.  ST_MISSING. */
static enum status damage_row(struct store_lmdb *lmdb, MDB_txn *txn, struct damage *damage,
                              struct fault *fault)
{
    MDB_dbi table = lmdb->tables[damage->table];
    MDB_val stored;
    uint8_t *copy;
    int error = mdb_get(txn, table, &damage->key, &stored);

    if (error == MDB_NOTFOUND || (error == 0 && damage->bit / 8 >= stored.mv_size))
        return fault_set(fault, ST_MISSING, "table %s: no such row or bit",
                         store_table_name(damage->table));
    if (error != 0)
        return store_fault(lmdb, error, "damage", fault);
    copy = malloc(stored.mv_size);
    if (copy == NULL)
        return fault_set(fault, ST_NOMEM, "no memory to damage a row");
    memcpy(copy, stored.mv_data, stored.mv_size);
    copy[damage->bit / 8] = (uint8_t)(copy[damage->bit / 8] ^ (1u << damage->bit % 8));
    stored.mv_data = copy;
    error = mdb_put(txn, table, &damage->key, &stored, 0);
    free(copy);
    return error == 0 ? ST_OK : store_fault(lmdb, error, "damage", fault);
}

enum status store_lmdb_damage(struct store_lmdb *lmdb, enum store_table table, const void *key,
                              size_t key_size, size_t bit, struct fault *fault)
{
    struct damage damage = {.table = table,
                            .key = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key},
                            .bit = bit};
    MDB_txn *txn = NULL;
    enum status status = store_lmdb_settle(lmdb, fault);
    uint64_t commit;
    int error;

    if (status != ST_OK)
        return status;
    error = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (error != 0)
        return store_fault(lmdb, error, "begin", fault);
    commit = mdb_txn_id(txn);
    status = damage_row(lmdb, txn, &damage, fault);
    if (status != ST_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    error = mdb_txn_commit(txn);
    if (error != 0)
        return store_fault(lmdb, error, "damage", fault);
    lmdb->views.commit = commit; /* no row waits, so reads lack none */
    return ST_OK;
}
