/*
 * Reading: a snapshot is an LMDB transaction and, over its tables, the rows that wait.  A position
 * is a cursor in the table and a place among those rows, which are merged by their keys.
 */
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

struct view_position {
    struct view *view;
    MDB_cursor *cursor;
    MDB_val stored_key; /* the table's next row, unless that is at its end */
    MDB_val stored;
    bool stored_ended;
    bool stored_used;                  /* that row was seen */
    const struct rowtree_row *waits;   /* the next row that waits; NULL: none does */
    bool looked;                       /* it is known */
    struct rowtree_place place;        /* among the rows that wait, while these stay as they are */
    bool fresh;                        /* none was seen: `last` is where to begin */
    uint8_t last[STORE_KEY_BYTES_MAX]; /* the key of the row that waited and was seen last */
    size_t last_size;
};

/* ---- views ---- */

uint64_t views_oldest(const struct views *views, uint64_t commit)
{
    uint64_t oldest = commit;

    for (const struct view *view = views->first; view != NULL; view = view->after)
        oldest = view->commit < oldest ? view->commit : oldest;
    return oldest;
}

bool views_see(const struct views *views, uint64_t from, uint64_t before)
{
    const struct view *view = views == NULL ? NULL : views->first;

    while (view != NULL && (view->commit < from || view->commit >= before))
        view = view->after;
    return view != NULL;
}

/* The rows that wait belong to the process that writes; others read while they change. */
static void view_lock(struct view *view)
{
    if (view->waiting != &view->own)
        (void)pthread_mutex_lock(&view->lmdb->views.lock);
}

static void view_unlock(struct view *view)
{
    if (view->waiting != &view->own)
        (void)pthread_mutex_unlock(&view->lmdb->views.lock);
}

static void view_link(struct view *view)
{
    struct views *views = &view->lmdb->views;

    view->after = views->first;
    if (views->first != NULL)
        views->first->before = view;
    views->first = view;
}

static void view_unlink(struct view *view)
{
    struct views *views = &view->lmdb->views;

    *(view->before == NULL ? &views->first : &view->before->after) = view->after;
    if (view->after != NULL)
        view->after->before = view->before;
    if (views->first == NULL)
        (void)pthread_cond_broadcast(&views->ended);
}

/*
 * Begin in the process that writes.  The view is known before it waits, so that rows which it needs
 * stay; it waits while the rows of a commit that is durable already come into the set.
 */
static enum status view_begin_shared(struct view *view, struct fault *fault)
{
    struct store_lmdb *lmdb = view->lmdb;
    struct views *views = &lmdb->views;
    enum status status = ST_OK;
    int error;

    (void)pthread_mutex_lock(&views->lock);
    error = map_begin_read(lmdb, &view->txn);
    if (error != 0) {
        status = store_fault(lmdb, error, "begin to read", fault);
    } else {
        view->waiting = &lmdb->waiting;
        view->commit = mdb_txn_id(view->txn);
        view_link(view);
        while (view->commit > views->commit && !views->lost)
            (void)pthread_cond_wait(&views->caught_up, &views->lock);
        if (views->lost && view->commit > views->commit)
            status = fault_set(fault, ST_NOMEM, "%s: there was no memory for its last commit",
                               lmdb->path);
    }
    (void)pthread_mutex_unlock(&views->lock);
    return status;
}

/* Begin in a process that only reads. */
static enum status view_begin_apart(struct view *view, struct fault *fault)
{
    struct views *views = &view->lmdb->views;
    int error;

    (void)pthread_mutex_lock(&views->lock);
    error = map_begin_read(view->lmdb, &view->txn);
    if (error == 0) {
        view->waiting = &view->own;
        view_link(view);
    }
    (void)pthread_mutex_unlock(&views->lock);
    if (error != 0)
        return store_fault(view->lmdb, error, "begin to read", fault);
    return commits_tables(view->lmdb, view->txn, &view->tables, fault);
}

enum status read_begin(void *context, void **snapshot, struct fault *fault)
{
    struct store_lmdb *lmdb = context;
    struct view *view = calloc(1, sizeof *view);
    enum status status;

    if (view == NULL)
        return fault_set(fault, ST_NOMEM, "%s: no memory to read it", lmdb->path);
    view->lmdb = lmdb;
    status = lmdb->mode == STORE_READ_ONLY ? view_begin_apart(view, fault)
                                           : view_begin_shared(view, fault);
    if (status != ST_OK) {
        read_end(view);
        return status;
    }
    *snapshot = view;
    return ST_OK;
}

void read_end(void *snapshot)
{
    struct view *view = snapshot;
    struct views *views = &view->lmdb->views;

    /* First, as the map may go as soon as no view is known. */
    mdb_txn_abort(view->txn); /* it only read; NULL is allowed */
    if (view->waiting != NULL) {
        (void)pthread_mutex_lock(&views->lock);
        view_unlink(view);
        (void)pthread_mutex_unlock(&views->lock);
    }
    waiting_fini(&view->own);
    free(view);
}

/*
 * Read the log for this table, if it may have rows of it and was not read for them yet: the first
 * time for this table alone, which many reads leave it at, and the second time for all others.
 */
static enum status view_look_into(struct view *view, enum store_table table, struct fault *fault)
{
    const uint32_t bit = UINT32_C(1) << table;
    uint32_t wanted = view->replayed == 0 ? bit : view->tables & ~view->replayed;
    struct commits_log log = {0};
    enum status status;

    if (view->waiting != &view->own || (view->tables & ~view->replayed & bit) == 0)
        return ST_OK;
    status = commits_replay(view->lmdb, view->txn, wanted, &log, &view->own, fault);
    if (status == ST_OK)
        view->replayed |= wanted;
    return status;
}

/* ---- one row ---- */

/* No row of a table is believed before its hash fits its table, key and value. */
static enum status read_stored(enum store_table table, const MDB_val *key, const MDB_val *stored,
                               struct store_row *row, struct fault *fault)
{
    row->key = key->mv_data;
    row->key_size = key->mv_size;
    row->value = stored->mv_data;
    return seal_check((uint8_t)table, store_table_name(table), key, stored, &row->value_size,
                      fault);
}

static enum status read_waiting(const struct rowtree_row *found, struct store_row *row)
{
    if (found->deleted)
        return ST_MISSING;
    row->key = found->bytes;
    row->key_size = found->key_size;
    row->value = found->bytes + found->key_size;
    row->value_size = found->value_size;
    return ST_OK;
}

enum status read_get(void *snapshot, enum store_table table, const void *key, size_t key_size,
                     struct store_row *row, struct fault *fault)
{
    struct view *view = snapshot;
    struct rowtree_key waits = rowtree_key_of((uint8_t)table, key, key_size);
    MDB_val wanted = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key};
    const struct rowtree_row *found;
    MDB_val stored;
    enum status status = view_look_into(view, table, fault);
    int error;

    if (status != ST_OK)
        return status;
    view_lock(view);
    found = waiting_get(view->waiting, &waits, view->commit);
    view_unlock(view);
    if (found != NULL)
        return read_waiting(found, row);
    error = mdb_get(view->txn, view->lmdb->tables[table], &wanted, &stored);
    if (error == MDB_NOTFOUND)
        return ST_MISSING;
    if (error != 0)
        return store_fault(view->lmdb, error, "read", fault);
    return read_stored(table, &wanted, &stored, row, fault);
}

/* ---- many rows ---- */

static enum status position_step(struct view_position *position, MDB_cursor_op step,
                                 struct fault *fault)
{
    int error = mdb_cursor_get(position->cursor, &position->stored_key, &position->stored, step);

    position->stored_ended = error == MDB_NOTFOUND;
    if (error == 0 || error == MDB_NOTFOUND)
        return ST_OK;
    return store_fault(position->view->lmdb, error, "read on", fault);
}

static void position_remember(struct view_position *position, const void *key, size_t key_size)
{
    position->last_size = key_size;
    if (key_size > 0)
        memcpy(position->last, key, key_size);
}

/* Whether the row is the one that was seen last. */
static bool position_is_last(const struct view_position *position, const struct rowtree_row *row)
{
    return !position->fresh && row->key_size == position->last_size &&
           memcmp(row->bytes, position->last, row->key_size) == 0;
}

/*
 * The next row that waits and that the view sees, behind the last one; NULL: there is none in this
 * table.
 */
static const struct rowtree_row *position_waiting(struct view_position *position,
                                                  enum store_table table)
{
    const struct view *view = position->view;
    const struct rowtree *tree = &view->waiting->tree;
    struct rowtree_row *row;

    if (position->place.leaf != NULL && position->place.changes == tree->changes) {
        row = rowtree_at(&position->place);
    } else {
        struct rowtree_key last =
            rowtree_key_of((uint8_t)table, position->last, position->last_size);

        row = rowtree_seek(tree, &last, &position->place);
    }
    for (; row != NULL && row->table == table; row = rowtree_next(tree, &position->place)) {
        const struct rowtree_row *version = waiting_version(row, view->commit);

        if (version != NULL && !position_is_last(position, version))
            return version;
    }
    return NULL;
}

/*
 * Look for the next row that waits, when the last one was used.  What a view sees of a row stays
 * where it is until the view ends, whatever is committed meanwhile; so most steps need no lock.
 */
static void position_look(struct view_position *position, enum store_table table)
{
    if (position->looked)
        return;
    view_lock(position->view);
    position->waits = position_waiting(position, table);
    view_unlock(position->view);
    position->looked = true;
    position->fresh = false;
}

/* How the row that waits sorts against the table's next one. */
static int position_compare(const struct view_position *position, const struct rowtree_row *waits)
{
    const MDB_val *stored = &position->stored_key;

    if (waits == NULL || position->stored_ended)
        return waits == NULL ? 1 : -1;
    return store_key_compare(waits->bytes, waits->key_size, stored->mv_data, stored->mv_size);
}

/* The lower of the two next rows; of two with one key the one that waits, which is newer. */
static enum status position_next(struct view_position *position, enum store_table table,
                                 struct store_row *row, struct fault *fault)
{
    for (;;) {
        enum status status = ST_OK;
        int way;

        if (position->stored_used)
            status = position_step(position, MDB_NEXT, fault);
        if (status != ST_OK)
            return status;
        position->stored_used = false;
        position_look(position, table);
        if (position->waits == NULL && position->stored_ended)
            return ST_MISSING;
        way = position_compare(position, position->waits);
        position->stored_used = way >= 0;
        if (way > 0)
            return read_stored(table, &position->stored_key, &position->stored, row, fault);
        position_remember(position, position->waits->bytes, position->waits->key_size);
        position->looked = false;
        if (read_waiting(position->waits, row) == ST_OK)
            return ST_OK;
    }
}

enum status read_seek(void *snapshot, enum store_table table, const void *key, size_t key_size,
                      void **position, struct store_row *row, struct fault *fault)
{
    struct view *view = snapshot;
    struct view_position *made = calloc(1, sizeof *made);
    enum status status = view_look_into(view, table, fault);
    int error;

    *position = made;
    if (status != ST_OK)
        return status;
    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "%s: no memory to read it", view->lmdb->path);
    made->view = view;
    made->fresh = true;
    error = mdb_cursor_open(view->txn, view->lmdb->tables[table], &made->cursor);
    if (error != 0)
        return store_fault(view->lmdb, error, "begin to read a table", fault);
    position_remember(made, key, key_size);
    made->stored_key = (MDB_val){.mv_size = key_size, .mv_data = made->last};
    status = position_step(made, key_size == 0 ? MDB_FIRST : MDB_SET_RANGE, fault);
    return status == ST_OK ? position_next(made, table, row, fault) : status;
}

enum status read_next(void *snapshot, enum store_table table, void **position,
                      struct store_row *row, struct fault *fault)
{
    (void)snapshot;
    return position_next(*position, table, row, fault);
}

void read_leave(void *position)
{
    struct view_position *left = position;

    if (left == NULL)
        return;
    if (left->cursor != NULL)
        mdb_cursor_close(left->cursor);
    free(left);
}
