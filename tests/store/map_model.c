#include "tests/store/map_model.h"

#include <check.h>
#include <string.h>

#include "tests/check_main.h"

enum { KEYS = 90, KEY_BYTES_MAX = 24, ROWS_BYTES_MAX = 60000 };

static void open_disk(struct model *model, enum store_mode mode)
{
    struct fault fault = {0};

    ck_assert_msg(store_lmdb_open(&model->lmdb, model->dir, mode, MODEL_MAP_BYTES, &fault) == ST_OK,
                  "%s", fault.text);
    store_lmdb_bound_log(model->lmdb, model->log_bytes);
    model->disk = store_from_lmdb(model->lmdb);
}

void model_wake(struct model *model)
{
    open_disk(model, STORE_WRITE);
}

void model_open(struct model *model, uint64_t log_bytes)
{
    memset(model, 0, sizeof *model);
    model->rng = rng_for_test();
    model->log_bytes = log_bytes;
    temp_dir_init(model->dir);
    open_disk(model, STORE_CREATE);
    ck_assert_int_eq(store_memory_new(&model->memory), ST_OK);
    model->plain = store_from_memory(model->memory);
}

void model_close(struct model *model)
{
    store_lmdb_close(model->lmdb);
    store_memory_free(model->memory);
    temp_dir_fini(model->dir);
}

void model_reopen(struct model *model)
{
    store_lmdb_close(model->lmdb);
    model_wake(model);
}

void model_go_back(struct model *model, struct store_memory *memory)
{
    store_memory_free(model->memory);
    model->memory = memory;
    model->plain = store_from_memory(memory);
    model->delta += 1000; /* so that what is appended comes behind them */
}

/* ---- batches ---- */

/* Keys of many lengths, of which many begin with the same 15 bytes or more. */
static size_t draw_key(struct rng *rng, uint8_t key[KEY_BYTES_MAX])
{
    uint64_t number = rng_below(rng, KEYS);
    size_t size = 1 + number % KEY_BYTES_MAX;

    memset(key, number % 3 == 0 ? 0 : 0xff, size);
    key[size - 1] = (uint8_t)number;
    if (size > 3 && number % 2 == 0)
        key[2] = (uint8_t)(number % 5);
    return size;
}

static size_t draw_size(struct rng *rng)
{
    switch (rng_below(rng, 20)) {
    case 0:
        return rng_below(rng, ROWS_BYTES_MAX);
    case 1:
    case 2:
        return rng_below(rng, 6000);
    case 3:
        return 0;
    default:
        return 40 + rng_below(rng, 3);
    }
}

static void add_row(struct model *model, struct store_batch *batch)
{
    static const enum store_table tables[] = {STORE_META, STORE_ACCOUNT, STORE_INBOX, STORE_LINK,
                                              STORE_DELTA};
    static uint8_t value[ROWS_BYTES_MAX];
    enum store_table table = tables[rng_below(&model->rng, 4)];
    uint8_t key[KEY_BYTES_MAX];
    size_t key_size = draw_key(&model->rng, key);
    size_t value_size = draw_size(&model->rng);

    if (rng_below(&model->rng, 4) == 0) {
        store_batch_delete(batch, table, key, key_size);
        return;
    }
    if (value_size > 0)
        rng_fill(&model->rng, value, value_size < 64 ? value_size : 64);
    store_batch_put(batch, table, key, key_size, value, value_size);
}

static void append_row(struct model *model, struct store_batch *batch, enum store_table table,
                       uint64_t *number)
{
    uint8_t value[4000] = {0};
    uint8_t key[8];

    be64_put(key, ++*number);
    rng_fill(&model->rng, value, 16);
    store_batch_append(batch, table, key, sizeof key, value, rng_below(&model->rng, sizeof value));
}

static void delete_delta(struct store_batch *batch, uint64_t number)
{
    uint8_t key[8];

    be64_put(key, number);
    store_batch_delete(batch, STORE_DELTA, key, sizeof key);
}

/* The oldest rows of a table go, or its last ones, and then lower numbers come again. */
static void change_delta(struct model *model, struct store_batch *batch)
{
    uint64_t count = rng_below(&model->rng, 4);

    if (rng_below(&model->rng, 6) == 0) {
        for (; count > 0 && model->delta > model->delta_first; count--)
            delete_delta(batch, model->delta--);
        return;
    }
    for (; count > 0 && model->delta_first < model->delta; count--)
        delete_delta(batch, ++model->delta_first);
}

void model_fill(struct model *model, struct store_batch *batch, uint64_t changes)
{
    for (uint64_t left = rng_below(&model->rng, changes + 1); left > 0; left--) {
        switch (rng_below(&model->rng, 8)) {
        case 0:
            append_row(model, batch, STORE_JOURNAL, &model->journal);
            break;
        case 1:
            append_row(model, batch, STORE_DELTA, &model->delta);
            break;
        case 2:
            change_delta(model, batch);
            break;
        default:
            add_row(model, batch);
        }
    }
}

void model_commit(struct model *model, uint64_t changes)
{
    struct store_batch batch;
    struct fault fault = {0};

    store_batch_init(&batch);
    model_fill(model, &batch, changes);
    ck_assert_msg(store_commit(&model->plain, &batch, &fault) == ST_OK, "%s", fault.text);
    ck_assert_msg(store_commit(&model->disk, &batch, &fault) == ST_OK, "%s", fault.text);
    store_batch_fini(&batch);
}

/* ---- comparing ---- */

static bool same_row(const struct store_row *a, const struct store_row *b)
{
    return a->key_size == b->key_size && a->value_size == b->value_size &&
           memcmp(a->key, b->key, a->key_size) == 0 &&
           (a->value_size == 0 || memcmp(a->value, b->value, a->value_size) == 0);
}

static bool is_got(const struct store_read *read, const struct store_row *want)
{
    struct store_row row;
    struct fault fault;

    return store_get(read, want->table, want->key, want->key_size, &row, &fault) == ST_OK &&
           same_row(&row, want);
}

/* The rows of a table whose keys begin with a prefix. */
static bool same_table(const struct store_read *a, const struct store_read *b,
                       enum store_table table, const void *prefix, size_t prefix_size)
{
    struct store_cursor left;
    struct store_cursor right;
    struct store_row row;
    struct store_row other;
    struct fault fault = {0};
    bool same = true;

    store_cursor_open(&left, a, table, prefix, prefix_size, &fault);
    store_cursor_open(&right, b, table, prefix, prefix_size, &fault);
    while (same && store_cursor_next(&left, &row))
        same = store_cursor_next(&right, &other) && same_row(&row, &other) && is_got(a, &other) &&
               is_got(b, &row);
    same = same && !store_cursor_next(&right, &other);
    ck_assert_msg(store_cursor_close(&left, ST_OK) == ST_OK, "%s", fault.text);
    ck_assert_msg(store_cursor_close(&right, ST_OK) == ST_OK, "%s", fault.text);
    return same;
}

bool model_same_reads(const struct store_read *a, const struct store_read *b)
{
    static const uint8_t prefixes[2] = {0x00, 0xff};

    for (int i = 0; i < STORE_TABLES; i++) {
        enum store_table table = (enum store_table)i;

        if (!same_table(a, b, table, NULL, 0) || !same_table(a, b, table, &prefixes[0], 1) ||
            !same_table(a, b, table, &prefixes[1], 1))
            return false;
    }
    return true;
}

bool model_same(const struct store *a, const struct store *b)
{
    struct store_read left;
    struct store_read right;
    struct fault fault = {0};
    bool same;

    ck_assert_msg(store_read_begin(&left, a, &fault) == ST_OK, "%s", fault.text);
    ck_assert_msg(store_read_begin(&right, b, &fault) == ST_OK, "%s", fault.text);
    same = model_same_reads(&left, &right);
    store_read_end(&left);
    store_read_end(&right);
    return same;
}

/* What the sweep's pace reckons with is the sum over the rows. */
static void check_counts(const struct waiting *waiting)
{
    struct rowtree_key place =
        rowtree_key_of(waiting->place.table, waiting->place.key, waiting->place.key_size);
    struct rowtree_key start = rowtree_key_of(0, NULL, 0);
    struct rowtree_place at;
    struct rowtree_row *row = rowtree_seek(&waiting->tree, &start, &at);
    uint64_t cost = 0;
    uint64_t ahead = 0;

    for (; row != NULL; row = rowtree_next(&waiting->tree, &at)) {
        struct rowtree_key key = rowtree_key_of_row(row);

        if (row->swept != 0)
            continue;
        cost += waiting_cost(row);
        ahead += rowtree_compare(&key, &place) >= 0 ? waiting_cost(row) : 0;
    }
    ck_assert_uint_eq(cost, waiting->cost);
    ck_assert_uint_eq(ahead, waiting->cost_ahead);
}

void ck_assert_model(struct model *model)
{
    ck_assert(model_same(&model->disk, &model->plain));
    check_counts(&model->lmdb->waiting);
}
