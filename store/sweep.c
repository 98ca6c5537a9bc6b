#include "store/sweep.h"

#include <string.h>

#include "store/private.h"

/*
 * A slice of less is put off: its pages would be written for a row or two.  It is small against
 * what a commit writes anyway.
 */
enum { SWEEP_COST_MIN = 16 * 1024 };

/*
 * And a slice is not larger than this or, if that is more, so many times what its commit logs.  A
 * row costs less than eight times what is logged of it, so a round that runs over ends all the
 * same.
 */
enum { SWEEP_COST_MAX = 4 * 1024 * 1024, SWEEP_LOGGED_TIMES_MAX = 8 };

/* ---- pace ---- */

static uint64_t sweep_share_max(const struct commits_log *log)
{
    uint64_t most = SWEEP_LOGGED_TIMES_MAX * commits_cost(log);

    return most > SWEEP_COST_MAX ? most : SWEEP_COST_MAX;
}

uint64_t sweep_share(struct commits_log *log, const struct waiting *waiting)
{
    uint64_t round_max = log->bytes_max / 2;
    uint64_t left = round_max > log->paid_bytes ? round_max - log->paid_bytes : 0;
    uint64_t unpaid;
    uint64_t share;

    log->round_bytes += commits_cost(log);
    unpaid = log->round_bytes - log->paid_bytes;
    if (unpaid >= left)
        share = waiting->cost_ahead;
    else
        share = (uint64_t)((u128)waiting->cost_ahead * unpaid / left);
    if (share < SWEEP_COST_MIN && unpaid < left)
        return 0;
    log->paid_bytes = log->round_bytes;
    return share < sweep_share_max(log) ? share : sweep_share_max(log);
}

/* ---- writing ---- */

struct sweep_writer {
    struct store_lmdb *lmdb;
    MDB_txn *txn;
    MDB_cursor *cursor; /* in the table of the last row; NULL before the first */
    uint8_t table;
};

static int sweep_open_table(struct sweep_writer *writer, uint8_t table)
{
    if (writer->cursor != NULL && writer->table == table)
        return 0;
    if (writer->cursor != NULL)
        mdb_cursor_close(writer->cursor);
    writer->cursor = NULL;
    writer->table = table;
    return mdb_cursor_open(writer->txn, writer->lmdb->tables[table], &writer->cursor);
}

static int sweep_delete(const struct sweep_writer *writer, MDB_val *key)
{
    MDB_val stored;
    int error = mdb_cursor_get(writer->cursor, key, &stored, MDB_SET);

    if (error == 0)
        error = mdb_cursor_del(writer->cursor, 0);
    return error == MDB_NOTFOUND ? 0 : error; /* it never came to the table */
}

static int sweep_put(const struct sweep_writer *writer, const struct rowtree_row *row, MDB_val *key)
{
    MDB_val room = {.mv_size = row->value_size + STORE_HASH_BYTES};
    const uint8_t *value = row->bytes + row->key_size;
    int error = mdb_cursor_put(writer->cursor, key, &room, MDB_RESERVE);

    if (error != 0)
        return error;
    if (row->value_size > 0)
        memcpy(room.mv_data, value, row->value_size);
    seal_value((uint8_t *)room.mv_data + row->value_size, row->table, row->bytes, row->key_size,
               value, row->value_size);
    return 0;
}

/* The latest value of a row, or its end, to its table. */
static enum status sweep_row(struct sweep_writer *writer, struct rowtree_row *row,
                             struct fault *fault)
{
    MDB_val key = {.mv_size = row->key_size, .mv_data = row->bytes};
    int error = sweep_open_table(writer, row->table);

    if (error == 0)
        error = row->deleted ? sweep_delete(writer, &key) : sweep_put(writer, row, &key);
    return error == 0 ? ST_OK : store_fault(writer->lmdb, error, "sweep", fault);
}

static void sweep_set_place(struct sweep_slice *slice, const struct rowtree_row *next)
{
    slice->place = (struct waiting_place){0};
    slice->round_over = next == NULL;
    if (next == NULL)
        return;
    slice->place.table = next->table;
    slice->place.key_size = next->key_size;
    memcpy(slice->place.key, next->bytes, next->key_size);
}

enum status sweep_write(struct store_lmdb *lmdb, MDB_txn *txn, uint64_t cost,
                        struct sweep_slice *slice, struct fault *fault)
{
    struct sweep_writer writer = {.lmdb = lmdb, .txn = txn};
    struct rowtree_place place;
    struct rowtree_row *row = waiting_sweep_first(&lmdb->waiting, &place);
    enum status status = ST_OK;

    bytes_clear(&slice->rows);
    while (status == ST_OK && row != NULL && cost > 0) {
        uint64_t one = waiting_cost(row);

        status = sweep_row(&writer, row, fault);
        bytes_append(&slice->rows, &row, sizeof row);
        cost -= one < cost ? one : cost;
        row = waiting_sweep_next(&lmdb->waiting, &place);
    }
    if (writer.cursor != NULL)
        mdb_cursor_close(writer.cursor);
    if (status == ST_OK && slice->rows.failed)
        return fault_set(fault, ST_NOMEM, "%s: no memory for the sweep", lmdb->path);
    sweep_set_place(slice, row);
    if (slice->round_over)
        commits_end_round(&lmdb->log);
    return status;
}
