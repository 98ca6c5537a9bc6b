/* Committing batches, and the interface of base/store.h; read.c has the reading. */
#include "store/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

/* ---- commit ---- */

/* A row that is not there is deleted already. */
static enum status apply_delete(struct store_lmdb *lmdb, MDB_txn *txn, const struct store_op *op,
                                struct fault *fault)
{
    MDB_val key = {.mv_size = op->key_size, .mv_data = (void *)(uintptr_t)op->key};
    int error = mdb_del(txn, lmdb->tables[op->table], &key, NULL);

    if (error == 0 || error == MDB_NOTFOUND)
        return ST_OK;
    return store_fault(lmdb, error, "delete", fault);
}

/* Value and seal are written into the page that LMDB gives, in one step. */
static enum status apply_put(struct store_lmdb *lmdb, MDB_txn *txn, const struct store_op *op,
                             struct fault *fault)
{
    MDB_val key = {.mv_size = op->key_size, .mv_data = (void *)(uintptr_t)op->key};
    MDB_val room = {.mv_size = op->value_size + STORE_HASH_BYTES};
    unsigned int flags = MDB_RESERVE; /* written in place, so never copied twice */
    char key_text[2 * STORE_KEY_BYTES_MAX + 1];
    int error;

    if (op->kind == STORE_OP_APPEND)
        flags |= MDB_APPEND;
    error = mdb_put(txn, lmdb->tables[op->table], &key, &room, flags);
    if (error == MDB_KEYEXIST)
        return fault_set(fault, ST_INVALID, "table %s, row %s: it is not after the last row",
                         store_table_name(op->table), hex_print(key_text, op->key, op->key_size));
    if (error != 0)
        return store_fault(lmdb, error, "write", fault);
    if (op->value_size > 0)
        memcpy(room.mv_data, op->value, op->value_size);
    seal_value((uint8_t *)room.mv_data + op->value_size, (uint8_t)op->table, op->key, op->key_size,
               op->value, op->value_size);
    return ST_OK;
}

/* In the order in which the batch was built: a later change of a row wins. */
static enum status apply_batch(struct store_lmdb *lmdb, MDB_txn *txn,
                               const struct store_batch *batch, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_op op;
    size_t offset = 0;

    while (status == ST_OK && store_batch_next(batch, &offset, &op)) {
        INVARIANT(op.table < STORE_TABLES);
        INVARIANT(op.key_size > 0 && op.key_size <= STORE_KEY_BYTES_MAX);
        INVARIANT(op.value_size <= STORE_VALUE_BYTES_MAX);
        switch (op.kind) {
        case STORE_OP_PUT:
        case STORE_OP_APPEND:
            status = apply_put(lmdb, txn, &op, fault);
            break;
        case STORE_OP_DELETE:
            status = apply_delete(lmdb, txn, &op, fault);
            break;
        }
    }
    return status;
}

/* One batch is one transaction: all of it is on the disk when this returns ST_OK, or none. */
static enum status commit_batch(struct store_lmdb *lmdb, const struct store_batch *batch,
                                struct fault *fault)
{
    MDB_txn *txn = NULL;
    enum status status;
    int error;

    if (lmdb->mode == STORE_READ_ONLY)
        return fault_set(fault, ST_DENIED, "%s: it is open for reading only", lmdb->path);
    if (store_batch_failed(batch))
        return fault_set(fault, ST_NOMEM, "%s: no memory for the batch", lmdb->path);
    error = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (error != 0)
        return store_fault(lmdb, error, "begin", fault);
    status = apply_batch(lmdb, txn, batch, fault);
    if (status != ST_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    error = mdb_txn_commit(txn); /* frees the transaction in any case */
    return error == 0 ? ST_OK : store_fault(lmdb, error, "commit", fault);
}

/*
 * After a failed sync the kernel may have dropped the pages and call them clean, so that the next
 * commit would "succeed" on top of a hole.  Hence the first failure is the last.
 */
static enum status lmdb_commit(void *context, const struct store_batch *batch, struct fault *fault)
{
    struct store_lmdb *lmdb = context;
    enum status status;

    if (lmdb->failed)
        return fault_set(fault, ST_IO, "an earlier commit failed: %s", lmdb->first_failure.text);
    status = commit_batch(lmdb, batch, &lmdb->first_failure);
    if (status == ST_OK)
        return ST_OK;
    lmdb->failed = true;
    return fault_set(fault, status, "%s", lmdb->first_failure.text);
}

struct store store_from_lmdb(struct store_lmdb *lmdb)
{
    return (struct store){.commit = lmdb_commit,
                          .begin = read_begin,
                          .end = read_end,
                          .get = read_get,
                          .seek = read_seek,
                          .next = read_next,
                          .leave = read_leave,
                          .context = lmdb};
}

/* ---- for tests ---- */

enum status store_lmdb_damage(struct store_lmdb *lmdb, enum store_table table, const void *key,
                              size_t key_size, size_t bit, struct fault *fault)
{
    MDB_val row = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key};
    MDB_val stored;
    MDB_txn *txn = NULL;
    uint8_t *copy = NULL;
    enum status status = ST_OK;
    int error;

    error = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    if (error == 0)
        error = mdb_get(txn, lmdb->tables[table], &row, &stored);
    if (error == MDB_NOTFOUND || (error == 0 && bit / 8 >= stored.mv_size)) {
        status =
            fault_set(fault, ST_MISSING, "table %s: no such row or bit", store_table_name(table));
        goto out;
    }
    if (error == 0) {
        copy = malloc(stored.mv_size);
        if (copy == NULL) {
            status = fault_set(fault, ST_NOMEM, "no memory to damage a row");
            goto out;
        }
        memcpy(copy, stored.mv_data, stored.mv_size);
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ (1u << bit % 8));
        stored.mv_data = copy;
        error = mdb_put(txn, lmdb->tables[table], &row, &stored, 0);
    }
    if (error == 0) {
        error = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (error != 0)
        status = store_fault(lmdb, error, "damage", fault);
out:
    mdb_txn_abort(txn); /* NULL is allowed */
    free(copy);
    return status;
}
