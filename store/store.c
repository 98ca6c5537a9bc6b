/* Committing batches, and the interface of base/store.h; read.c has the reading. */
#include "store/store.h"

#include <string.h>

#include "store/private.h"

/* ---- a commit ---- */

/* What of a batch is logged: the row with the greatest key of each table. */
struct commit_plan {
    struct store_lmdb *lmdb;
    MDB_txn *txn;
    const struct store_batch *batch;
    struct store_op last[STORE_TABLES]; /* of key size 0: nothing */
};

/* Log an operation: its row waits to be swept. */
static void log_op(struct commit_plan *plan, const struct store_op *op)
{
    struct store_op *last = &plan->last[op->table];

    commits_add(&plan->lmdb->log, op);
    if (store_key_compare(last->key, last->key_size, op->key, op->key_size) <= 0)
        *last = *op;
}

/* The tables that have logged rows, a bit each. */
static uint32_t logged_tables(const struct commit_plan *plan)
{
    uint32_t tables = 0;

    for (int table = 0; table < STORE_TABLES; table++)
        tables |= plan->last[table].key_size > 0 ? UINT32_C(1) << table : 0;
    return tables;
}

static enum status refuse_append(const struct store_op *op, struct fault *fault)
{
    char key_text[2 * STORE_KEY_BYTES_MAX + 1];

    return fault_set(fault, ST_INVALID, "table %s, row %s: it is not after the last row",
                     store_table_name(op->table), hex_print(key_text, op->key, op->key_size));
}

/*
 * A row that goes to the end of its table is not logged: nothing is cheaper than writing it there.
 * Value and seal are written into the page that LMDB gives, in one step.
 */
static enum status append_row(struct commit_plan *plan, const struct store_op *op,
                              struct fault *fault)
{
    struct store_lmdb *lmdb = plan->lmdb;
    MDB_val key = {.mv_size = op->key_size, .mv_data = (void *)(uintptr_t)op->key};
    MDB_val room = {.mv_size = op->value_size + STORE_HASH_BYTES};
    int error = mdb_put(plan->txn, lmdb->tables[op->table], &key, &room,
                        MDB_RESERVE | MDB_APPEND); /* in place, so never copied twice */

    if (error == MDB_KEYEXIST)
        return refuse_append(op, fault);
    if (error != 0)
        return store_fault(lmdb, error, "write", fault);
    if (op->value_size > 0)
        memcpy(room.mv_data, op->value, op->value_size);
    seal_value((uint8_t *)room.mv_data + op->value_size, (uint8_t)op->table, op->key, op->key_size,
               op->value, op->value_size);
    return ST_OK;
}

/* The last row of a table that waits, as an operation; of key size 0: there is none. */
static struct store_op last_waiting(const struct store_lmdb *lmdb, enum store_table table)
{
    const struct rowtree_row *row = rowtree_last_of(&lmdb->waiting.tree, (uint8_t)table);

    if (row == NULL)
        return (struct store_op){.table = table};
    return (struct store_op){.kind = row->deleted ? STORE_OP_DELETE : STORE_OP_PUT,
                             .table = table,
                             .key = row->bytes,
                             .key_size = row->key_size};
}

/* Whether an operation, if there is one, is of this key or one behind it. */
static bool is_at_or_behind(const struct store_op *other, const uint8_t *key, size_t key_size)
{
    return other->key_size > 0 &&
           store_key_compare(other->key, other->key_size, key, key_size) >= 0;
}

/* The batch's last change of the row before this operation; of key size 0: there is none. */
static struct store_op last_change(const struct store_batch *batch, const struct store_op *op)
{
    struct store_op found = {.table = op->table};
    struct store_op other;
    size_t offset = 0;

    while (store_batch_next(batch, &offset, &other) && other.key != op->key) {
        if (other.table == op->table &&
            store_key_compare(other.key, other.key_size, op->key, op->key_size) == 0)
            found = other;
    }
    return found;
}

/* Check that no row of this key was there before the batch: an append would replace it. */
static enum status check_is_free(const struct commit_plan *plan, const struct store_op *op,
                                 struct fault *fault)
{
    struct store_lmdb *lmdb = plan->lmdb;
    struct rowtree_key key = rowtree_key_of((uint8_t)op->table, op->key, op->key_size);
    MDB_val wanted = {.mv_size = op->key_size, .mv_data = (void *)(uintptr_t)op->key};
    const struct rowtree_row *waits;
    MDB_val stored;
    int error;

    (void)pthread_mutex_lock(&lmdb->views.lock); /* a look-up notes where it was */
    waits = waiting_get(&lmdb->waiting, &key, UINT64_MAX);
    (void)pthread_mutex_unlock(&lmdb->views.lock);
    if (waits != NULL)
        return waits->deleted ? ST_OK : refuse_append(op, fault);
    error = mdb_get(plan->txn, lmdb->tables[op->table], &wanted, &stored);
    if (error == 0)
        return refuse_append(op, fault);
    return error == MDB_NOTFOUND ? ST_OK : store_fault(lmdb, error, "write", fault);
}

/* The same behind a batch that has changed rows at this key or behind it. */
static enum status check_is_left_free(const struct commit_plan *plan, const struct store_op *op,
                                      struct fault *fault)
{
    struct store_op changed = last_change(plan->batch, op);

    if (changed.key_size == 0)
        return check_is_free(plan, op, fault);
    return changed.kind == STORE_OP_DELETE ? ST_OK : refuse_append(op, fault);
}

/* Check that no row of the table is behind this key, but for those that wait for their deletion. */
static enum status check_is_last(const struct commit_plan *plan, const struct store_op *op,
                                 struct fault *fault)
{
    struct store_op waits = last_waiting(plan->lmdb, op->table);
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val stored;
    int error;

    if (waits.kind != STORE_OP_DELETE && is_at_or_behind(&waits, op->key, op->key_size))
        return refuse_append(op, fault);
    error = mdb_cursor_open(plan->txn, plan->lmdb->tables[op->table], &cursor);
    if (error == 0)
        error = mdb_cursor_get(cursor, &key, &stored, MDB_LAST);
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    if (error != 0)
        return error == MDB_NOTFOUND ? ST_OK : store_fault(plan->lmdb, error, "write", fault);
    /* A row of the table's end waits for its own deletion, or it is there. */
    if (store_key_compare(op->key, op->key_size, key.mv_data, key.mv_size) <= 0 &&
        !is_at_or_behind(&waits, key.mv_data, key.mv_size))
        return refuse_append(op, fault);
    return ST_OK;
}

/*
 * Check that no row of the table is at this key, and its last one not behind it, though the log
 * has, or had, changes of such rows: these were the end of the table and are gone.
 */
static enum status check_at_end(const struct commit_plan *plan, const struct store_op *op,
                                struct fault *fault)
{
    const struct store_op *logged = &plan->last[op->table];
    enum status status;

    if (is_at_or_behind(logged, op->key, op->key_size))
        return logged->kind == STORE_OP_DELETE ? check_is_left_free(plan, op, fault)
                                               : refuse_append(op, fault);
    status = check_is_last(plan, op, fault);
    return status == ST_OK ? check_is_free(plan, op, fault) : status;
}

/* A row for the end of a table: the log must not have a word on it, or it has the last one. */
static enum status append_op(struct commit_plan *plan, const struct store_op *op,
                             struct fault *fault)
{
    const struct store_op *logged = &plan->last[op->table];
    enum status status;

    if (commits_is_behind(&plan->lmdb->log, op) && !is_at_or_behind(logged, op->key, op->key_size))
        return append_row(plan, op, fault);
    status = check_at_end(plan, op, fault);
    if (status == ST_OK)
        log_op(plan, op);
    return status;
}

/*
 * Delete a row of the journal.  Many of them go at once, lie on neighbouring pages, and make room
 * that is waited for.  So they leave their table in this commit, unless the log has a word on any
 * of its rows, which a start would take for the newer.
 */
static enum status delete_op(struct commit_plan *plan, const struct store_op *op,
                             struct fault *fault)
{
    struct store_lmdb *lmdb = plan->lmdb;
    MDB_val key = {.mv_size = op->key_size, .mv_data = (void *)(uintptr_t)op->key};
    int error;

    if (op->table != STORE_JOURNAL || commits_has(&lmdb->log, op->table) ||
        plan->last[op->table].key_size > 0) {
        log_op(plan, op);
        return ST_OK;
    }
    error = mdb_del(plan->txn, lmdb->tables[op->table], &key, NULL);
    return error == 0 || error == MDB_NOTFOUND ? ST_OK : store_fault(lmdb, error, "delete", fault);
}

/* In the order in which the batch was built: a later change of a row wins. */
static enum status plan_batch(struct commit_plan *plan, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_op op;
    size_t offset = 0;

    commits_begin(&plan->lmdb->log);
    while (status == ST_OK && store_batch_next(plan->batch, &offset, &op)) {
        INVARIANT(op.table < STORE_TABLES);
        INVARIANT(op.key_size > 0 && op.key_size <= STORE_KEY_BYTES_MAX);
        INVARIANT(op.value_size <= STORE_VALUE_BYTES_MAX);
        if (op.kind == STORE_OP_APPEND)
            status = append_op(plan, &op, fault);
        else if (op.kind == STORE_OP_DELETE)
            status = delete_op(plan, &op, fault);
        else
            log_op(plan, &op);
    }
    return status;
}

/* All that a commit writes: rows at the end of tables, a slice of the sweep, and the log. */
static enum status write_commit(struct commit_plan *plan, uint64_t cost, struct fault *fault)
{
    struct store_lmdb *lmdb = plan->lmdb;
    enum status status = plan_batch(plan, fault);

    if (status != ST_OK)
        return status;
    if (cost == 0)
        cost = sweep_share(&lmdb->log, &lmdb->waiting);
    status = sweep_write(lmdb, plan->txn, cost, &lmdb->slice, fault);
    if (status == ST_OK)
        status = commits_write(lmdb, plan->txn, &lmdb->slice.place,
                               logged_tables(plan) | waiting_tables(&lmdb->waiting), fault);
    if (status == ST_OK)
        status = commits_trim(lmdb, plan->txn, fault);
    return status;
}

/* ---- after it ---- */

/* The greatest keys that the log holds: those of the tables' other rows are below them. */
static void note_keys(const struct commit_plan *plan)
{
    for (int table = 0; table < STORE_TABLES; table++) {
        if (plan->last[table].key_size > 0)
            commits_note_key(&plan->lmdb->log, &plan->last[table]);
    }
}

/* The rows that wait, as they are after the commit.  ST_NOMEM: the set has not all of them. */
static enum status take_rows(struct store_lmdb *lmdb, uint64_t commit)
{
    const struct sweep_slice *slice = &lmdb->slice;
    const struct views *views = &lmdb->views;
    struct store_op op;
    size_t offset = 0;
    enum status status =
        waiting_swept(&lmdb->waiting, (struct rowtree_row *const *)(const void *)slice->rows.data,
                      slice->rows.size / sizeof(struct rowtree_row *), commit, views);

    waiting_move_to(&lmdb->waiting, &slice->place);
    while (status == ST_OK && commits_next(&lmdb->log, &offset, &op))
        status = waiting_put(&lmdb->waiting, &op, commit, views);
    return status;
}

/* It is on the disk: now reads see it.  What no read sees any more goes. */
static enum status finish_commit(struct store_lmdb *lmdb, uint64_t commit, struct fault *fault)
{
    struct views *views = &lmdb->views;
    enum status status;

    (void)pthread_mutex_lock(&views->lock);
    status = take_rows(lmdb, commit);
    if (status == ST_OK) {
        views->commit = commit;
        waiting_release(&lmdb->waiting, views_oldest(views, commit));
    } else {
        views->lost = true;
        status = fault_set(fault, status, "%s: no memory for the rows of a commit", lmdb->path);
    }
    (void)pthread_cond_broadcast(&views->caught_up);
    (void)pthread_mutex_unlock(&views->lock);
    return status;
}

/* One batch is one transaction: all of it is on the disk when this returns ST_OK, or none. */
enum status commit_batch(struct store_lmdb *lmdb, const struct store_batch *batch, uint64_t cost,
                         struct fault *fault)
{
    const struct commits_log before = lmdb->log;
    struct commit_plan plan = {.lmdb = lmdb, .batch = batch};
    enum status status;
    uint64_t commit;
    int error;

    if (lmdb->mode == STORE_READ_ONLY)
        return fault_set(fault, ST_DENIED, "%s: it is open for reading only", lmdb->path);
    if (store_batch_failed(batch))
        return fault_set(fault, ST_NOMEM, "%s: no memory for the batch", lmdb->path);
    error = mdb_txn_begin(lmdb->env, NULL, 0, &plan.txn);
    if (error != 0)
        return store_fault(lmdb, error, "begin", fault);
    commit = mdb_txn_id(plan.txn);
    status = write_commit(&plan, cost, fault);
    if (status == ST_OK) {
        error = mdb_txn_commit(plan.txn); /* frees the transaction in any case */
        if (error == 0) {
            note_keys(&plan);
            return finish_commit(lmdb, commit, fault);
        }
        status = store_fault(lmdb, error, "commit", fault);
    } else {
        mdb_txn_abort(plan.txn);
    }
    commits_undo(&lmdb->log, &before);
    return status;
}

/*
 * A map that is full is no failure while it may grow: LMDB has written nothing that counts, so the
 * same batch is tried again in a larger one.
 */
static enum status commit_growing(struct store_lmdb *lmdb, const struct store_batch *batch,
                                  struct fault *fault)
{
    enum status grown = map_grow_ahead(lmdb, fault);

    while (grown == ST_OK) {
        enum status status;

        lmdb->map_full = false;
        status = commit_batch(lmdb, batch, 0, fault);
        if (!lmdb->map_full)
            return status;
        grown = map_grow_full(lmdb, fault);
        if (grown == ST_FULL)
            return status; /* and what was full is in the fault */
    }
    return grown;
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
    status = commit_growing(lmdb, batch, &lmdb->first_failure);
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
