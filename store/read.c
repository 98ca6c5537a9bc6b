/* Reading: a snapshot is an LMDB transaction, a position one of its cursors. */
#include "store/private.h"

/* The store of a snapshot: open.c hangs it on the environment. */
static struct store_lmdb *lmdb_of(void *snapshot)
{
    return mdb_env_get_userctx(mdb_txn_env(snapshot));
}

enum status read_begin(void *context, void **snapshot, struct fault *fault)
{
    struct store_lmdb *lmdb = context;
    MDB_txn *txn = NULL;
    int error = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);

    *snapshot = txn;
    return error == 0 ? ST_OK : store_fault(lmdb, error, "begin to read", fault);
}

void read_end(void *snapshot)
{
    mdb_txn_abort(snapshot); /* a reader has nothing to commit */
}

/* No row is believed before its hash fits its table, key and value. */
static enum status read_row(enum store_table table, const MDB_val *key, const MDB_val *stored,
                            struct store_row *row, struct fault *fault)
{
    row->key = key->mv_data;
    row->key_size = key->mv_size;
    row->value = stored->mv_data;
    return seal_check((uint8_t)table, store_table_name(table), key, stored, &row->value_size,
                      fault);
}

enum status read_get(void *snapshot, enum store_table table, const void *key, size_t key_size,
                     struct store_row *row, struct fault *fault)
{
    struct store_lmdb *lmdb = lmdb_of(snapshot);
    MDB_val wanted = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key};
    MDB_val stored;
    int error = mdb_get(snapshot, lmdb->tables[table], &wanted, &stored);

    if (error == MDB_NOTFOUND)
        return ST_MISSING;
    if (error != 0)
        return store_fault(lmdb, error, "read", fault);
    return read_row(table, &wanted, &stored, row, fault);
}

static enum status read_step(MDB_cursor *cursor, MDB_val *key, MDB_cursor_op step,
                             enum store_table table, struct store_row *row, struct fault *fault)
{
    MDB_val stored;
    int error = mdb_cursor_get(cursor, key, &stored, step);

    if (error == MDB_NOTFOUND)
        return ST_MISSING;
    if (error != 0)
        return store_fault(lmdb_of(mdb_cursor_txn(cursor)), error, "read on", fault);
    return read_row(table, key, &stored, row, fault);
}

enum status read_seek(void *snapshot, enum store_table table, const void *key, size_t key_size,
                      void **position, struct store_row *row, struct fault *fault)
{
    struct store_lmdb *lmdb = lmdb_of(snapshot);
    MDB_val from = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key};
    MDB_cursor *cursor = NULL;
    int error = mdb_cursor_open(snapshot, lmdb->tables[table], &cursor);

    if (error != 0)
        return store_fault(lmdb, error, "begin to read a table", fault);
    *position = cursor;
    return read_step(cursor, &from, key_size == 0 ? MDB_FIRST : MDB_SET_RANGE, table, row, fault);
}

enum status read_next(void *snapshot, enum store_table table, void **position,
                      struct store_row *row, struct fault *fault)
{
    MDB_val key;

    (void)snapshot;
    return read_step(*position, &key, MDB_NEXT, table, row, fault);
}

void read_leave(void *position)
{
    if (position != NULL)
        mdb_cursor_close(position);
}
