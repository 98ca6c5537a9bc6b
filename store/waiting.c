#include "store/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "store/views.h"

/* A version that no read sees which began at `until` or later. */
struct waiting_retired {
    struct rowtree_row *row;
    uint64_t until;
};

enum { WAITING_ROW_COST = 64 }; /* for the row itself: the sweep's work is by rows as by bytes */

uint64_t waiting_cost(const struct rowtree_row *row)
{
    return (uint64_t)row->key_size + row->value_size + WAITING_ROW_COST;
}

static struct rowtree_key waiting_place_key(const struct waiting_place *place)
{
    return rowtree_key_of(place->table, place->key, place->key_size);
}

/* Whether the sweep has yet to come by. */
static bool waiting_is_ahead(const struct waiting *waiting, const struct rowtree_key *key)
{
    struct rowtree_key place;

    if (waiting->place.table == 0 && waiting->place.key_size == 0)
        return true; /* a round begins */
    place = waiting_place_key(&waiting->place);
    return rowtree_compare(key, &place) >= 0;
}

/* Count a row that waits from now on, or does not any more. */
static void waiting_count(struct waiting *waiting, const struct rowtree_row *row, bool ahead,
                          bool waits)
{
    uint64_t cost = waiting_cost(row);

    if (waits) {
        waiting->cost += cost;
        waiting->cost_ahead += ahead ? cost : 0;
        waiting->rows[row->table]++;
        return;
    }
    waiting->cost -= cost;
    waiting->cost_ahead -= ahead ? cost : 0;
    waiting->rows[row->table]--;
}

/* ---- versions ---- */

static struct rowtree_row *waiting_row_new(const struct store_op *op, uint64_t commit)
{
    struct rowtree_row *row = malloc(sizeof *row + op->key_size + op->value_size);

    if (row == NULL)
        return NULL;
    *row = (struct rowtree_row){.commit = commit,
                                .value_size = (uint32_t)op->value_size,
                                .table = (uint8_t)op->table,
                                .key_size = (uint8_t)op->key_size,
                                .deleted = op->kind == STORE_OP_DELETE};
    memcpy(row->bytes, op->key, op->key_size);
    if (op->value_size > 0)
        memcpy(row->bytes + op->key_size, op->value, op->value_size);
    return row;
}

/* Let a version go as soon as no read is older than `until`.  False: no memory. */
static bool waiting_retire(struct waiting *waiting, struct rowtree_row *row, uint64_t until)
{
    struct waiting_retired retired = {.row = row, .until = until};

    bytes_append(&waiting->retired, &retired, sizeof retired);
    return !waiting->retired.failed;
}

/* Whether a value has the room for another, which then can be written over it. */
static bool waiting_fits(const struct rowtree_row *row, const struct store_op *op)
{
    return row->value_size == op->value_size && row->deleted == (op->kind == STORE_OP_DELETE);
}

/* Replace the newest version of a row, for reads from `commit` on. */
static enum status waiting_replace(struct waiting *waiting, struct rowtree_row **newest,
                                   const struct store_op *op, uint64_t commit,
                                   const struct views *views, bool ahead)
{
    struct rowtree_row *old = *newest;
    bool seen = views_see(views, old->commit, commit);
    struct rowtree_row *row;

    if (!seen && old->swept == 0 && waiting_fits(old, op)) {
        old->commit = commit;
        if (op->value_size > 0)
            memcpy(old->bytes + old->key_size, op->value, op->value_size);
        return ST_OK;
    }
    row = waiting_row_new(op, commit);
    if (row == NULL)
        return ST_NOMEM;
    if (old->swept == 0 && seen && !waiting_retire(waiting, old, commit)) {
        free(row);
        return ST_NOMEM;
    }
    if (old->swept == 0)
        waiting_count(waiting, old, ahead, false);
    row->older = seen || old->swept != 0 ? old : old->older;
    if (row->older != old)
        free(old);
    *newest = row;
    waiting_count(waiting, row, ahead, true);
    return ST_OK;
}

enum status waiting_put(struct waiting *waiting, const struct store_op *op, uint64_t commit,
                        const struct views *views)
{
    struct rowtree_key key = rowtree_key_of((uint8_t)op->table, op->key, op->key_size);
    struct rowtree_row **newest = rowtree_find(&waiting->tree, &key);
    bool ahead = waiting_is_ahead(waiting, &key);
    struct rowtree_row *row;

    if (newest != NULL)
        return waiting_replace(waiting, newest, op, commit, views, ahead);
    row = waiting_row_new(op, commit);
    if (row == NULL)
        return ST_NOMEM;
    if (!rowtree_insert(&waiting->tree, row)) {
        free(row);
        return ST_NOMEM;
    }
    waiting_count(waiting, row, ahead, true);
    return ST_OK;
}

const struct rowtree_row *waiting_version(const struct rowtree_row *newest, uint64_t commit)
{
    const struct rowtree_row *row = newest;

    while (row != NULL && row->commit > commit)
        row = row->older;
    /* What was swept is in the table, which may have changed since. */
    return row != NULL && row->swept != 0 && row->swept <= commit ? NULL : row;
}

const struct rowtree_row *waiting_get(struct waiting *waiting, const struct rowtree_key *key,
                                      uint64_t commit)
{
    struct rowtree_row **newest = rowtree_find(&waiting->tree, key);

    return newest == NULL ? NULL : waiting_version(*newest, commit);
}

/* Take one version out of the set, and free it. */
static void waiting_unlink(struct waiting *waiting, struct rowtree_row *row)
{
    struct rowtree_key key = rowtree_key_of_row(row);
    struct rowtree_row **at = rowtree_find(&waiting->tree, &key);

    INVARIANT(at != NULL);
    if (*at == row && row->older == NULL) {
        rowtree_remove(&waiting->tree, &key);
    } else {
        while (*at != row) {
            INVARIANT(*at != NULL);
            at = &(*at)->older;
        }
        *at = row->older;
    }
    free(row);
}

void waiting_release(struct waiting *waiting, uint64_t oldest_read)
{
    struct bytes *all = &waiting->retired;

    while (waiting->released < all->size) {
        struct waiting_retired retired;

        memcpy(&retired, all->data + waiting->released, sizeof retired);
        if (retired.until > oldest_read)
            break;
        waiting_unlink(waiting, retired.row);
        waiting->released += sizeof retired;
    }
    if (waiting->released < all->size / 2 || all->size == 0)
        return; /* so that each is moved once, about */
    all->size -= waiting->released;
    memmove(all->data, all->data + waiting->released, all->size);
    waiting->released = 0;
}

/* ---- the sweep ---- */

/* The row at the place or the next one that waits. */
static struct rowtree_row *waiting_skip_swept(const struct waiting *waiting,
                                              struct rowtree_place *place)
{
    struct rowtree_row *row = rowtree_at(place);

    while (row != NULL && row->swept != 0)
        row = rowtree_next(&waiting->tree, place);
    return row;
}

struct rowtree_row *waiting_sweep_first(const struct waiting *waiting, struct rowtree_place *place)
{
    struct rowtree_key key = waiting_place_key(&waiting->place);

    (void)rowtree_seek(&waiting->tree, &key, place);
    return waiting_skip_swept(waiting, place);
}

struct rowtree_row *waiting_sweep_next(const struct waiting *waiting, struct rowtree_place *place)
{
    (void)rowtree_next(&waiting->tree, place);
    return waiting_skip_swept(waiting, place);
}

/* One row that is in its table now.  False: no memory. */
static bool waiting_drop_swept(struct waiting *waiting, struct rowtree_row *row, uint64_t commit,
                               const struct views *views)
{
    struct rowtree_key key = rowtree_key_of_row(row);

    waiting_count(waiting, row, true, false);
    if (row->older == NULL && !views_see(views, row->commit, commit)) {
        rowtree_remove(&waiting->tree, &key);
        free(row);
        return true;
    }
    row->swept = commit;
    return waiting_retire(waiting, row, commit);
}

enum status waiting_swept(struct waiting *waiting, struct rowtree_row *const *rows, size_t count,
                          uint64_t commit, const struct views *views)
{
    for (size_t i = 0; i < count; i++) {
        if (!waiting_drop_swept(waiting, rows[i], commit, views))
            return ST_NOMEM;
    }
    return ST_OK;
}

void waiting_resume(struct waiting *waiting, const struct waiting_place *place)
{
    struct rowtree_place at;
    struct rowtree_row *row;

    waiting->place = *place;
    waiting->cost_ahead = 0;
    row = waiting_sweep_first(waiting, &at);
    for (; row != NULL; row = waiting_sweep_next(waiting, &at))
        waiting->cost_ahead += waiting_cost(row);
}

void waiting_move_to(struct waiting *waiting, const struct waiting_place *place)
{
    if (place->table == 0 && place->key_size == 0)
        waiting->cost_ahead = waiting->cost;
    waiting->place = *place;
}

uint32_t waiting_tables(const struct waiting *waiting)
{
    uint32_t tables = 0;

    for (int table = 0; table < STORE_TABLES; table++)
        tables |= waiting->rows[table] > 0 ? UINT32_C(1) << table : 0;
    return tables;
}

void waiting_fini(struct waiting *waiting)
{
    struct rowtree_key start = rowtree_key_of(0, NULL, 0);
    struct rowtree_place place;
    struct rowtree_row *row = rowtree_seek(&waiting->tree, &start, &place);

    for (; row != NULL; row = rowtree_next(&waiting->tree, &place)) {
        struct rowtree_row *version = row;

        while (version != NULL) {
            struct rowtree_row *older = version->older;

            free(version);
            version = older;
        }
    }
    rowtree_fini(&waiting->tree);
    bytes_fini(&waiting->retired);
    *waiting = (struct waiting){0};
}
