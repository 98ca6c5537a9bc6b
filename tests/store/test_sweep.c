/*
 * A store that logs and sweeps shows what a plain map shows: after each commit, to reads that began
 * before it, in another process, after a start, and in whatever a crash left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"
#include "tests/store/disk_recorder.h"
#include "tests/store/map_model.h"

static const uint64_t bounds[] = {4 * 1024, 64 * 1024, 512 * 1024, 8 * 1024 * 1024};
enum { BOUNDS = 4 };

static void set_bound(struct model *model)
{
    model->log_bytes = bounds[rng_below(&model->rng, BOUNDS - 1)];
    store_lmdb_bound_log(model->lmdb, model->log_bytes);
}

/* ---- without crashes ---- */

START_TEST(it_shows_what_a_map_shows)
{
    const uint64_t commits = wanted_by_test("SWEEP_COMMITS", 200);
    struct model model;

    model_open(&model, bounds[0]);
    for (uint64_t i = 0; i < commits; i++) {
        if (rng_below(&model.rng, 30) == 0)
            set_bound(&model);
        model_commit(&model, rng_below(&model.rng, 8) == 0 ? 120 : 12);
        if (rng_below(&model.rng, 25) == 0)
            model_reopen(&model);
        if (rng_below(&model.rng, 4) == 0)
            ck_assert_model(&model);
    }
    ck_assert_model(&model);
    model_close(&model);
}
END_TEST

enum { READS = 5 };

/* A read that goes on, and what it must show. */
struct kept_read {
    struct store_read read;
    struct store_memory *memory; /* NULL: there is none */
};

static void keep_read(struct model *model, struct kept_read *kept)
{
    struct fault fault = {0};

    ck_assert_msg(store_read_begin(&kept->read, &model->disk, &fault) == ST_OK, "%s", fault.text);
    ck_assert_int_eq(store_memory_copy(&kept->memory, model->memory), ST_OK);
}

static void end_read(struct kept_read *kept)
{
    struct store then = store_from_memory(kept->memory);
    struct store_read read;
    struct fault fault = {0};

    ck_assert_int_eq(store_read_begin(&read, &then, &fault), ST_OK);
    ck_assert(model_same_reads(&kept->read, &read));
    store_read_end(&read);
    store_read_end(&kept->read);
    store_memory_free(kept->memory);
    kept->memory = NULL;
}

START_TEST(a_read_shows_its_moment_while_rows_are_changed_and_swept)
{
    struct kept_read reads[READS] = {{.memory = NULL}};
    struct model model;

    model_open(&model, bounds[1]);
    for (int i = 0; i < 200; i++) {
        struct kept_read *kept = &reads[rng_below(&model.rng, READS)];

        model_commit(&model, 20);
        if (rng_below(&model.rng, 3) > 0)
            continue;
        if (kept->memory == NULL)
            keep_read(&model, kept);
        else
            end_read(kept);
        ck_assert_model(&model);
    }
    for (int i = 0; i < READS; i++) {
        if (reads[i].memory != NULL)
            end_read(&reads[i]);
    }
    model_commit(&model, 20);
    /* What the reads held back is gone. */
    ck_assert_uint_eq(model.lmdb->waiting.retired.size, 0);
    model_close(&model);
}
END_TEST

/* A cursor that stands still while its rows are changed goes on in its own moment. */
START_TEST(a_cursor_goes_on_where_it_was_when_rows_around_it_change)
{
    struct model model;

    model_open(&model, bounds[1]);
    for (int round = 0; round < 25; round++) {
        struct kept_read kept;
        struct store then;
        struct store_read read;
        struct store_cursor cursor;
        struct store_cursor want;
        struct store_row row;
        struct store_row other;
        struct fault fault = {0};

        model_commit(&model, 60);
        keep_read(&model, &kept);
        then = store_from_memory(kept.memory);
        ck_assert_int_eq(store_read_begin(&read, &then, &fault), ST_OK);
        store_cursor_open(&cursor, &kept.read, STORE_ACCOUNT, NULL, 0, &fault);
        store_cursor_open(&want, &read, STORE_ACCOUNT, NULL, 0, &fault);
        while (store_cursor_next(&want, &other)) {
            ck_assert(store_cursor_next(&cursor, &row));
            ck_assert_uint_eq(row.key_size, other.key_size);
            ck_assert_mem_eq(row.key, other.key, row.key_size);
            if (rng_below(&model.rng, 4) == 0)
                model_commit(&model, 30);
        }
        ck_assert(!store_cursor_next(&cursor, &row));
        ck_assert_int_eq(store_cursor_close(&cursor, ST_OK), ST_OK);
        ck_assert_int_eq(store_cursor_close(&want, ST_OK), ST_OK);
        store_read_end(&read);
        end_read(&kept);
    }
    model_close(&model);
}
END_TEST

START_TEST(who_only_reads_sees_tables_and_log_as_one)
{
    struct model model;

    model_open(&model, bounds[2]);
    for (int i = 0; i < 40; i++) {
        struct store_lmdb *lmdb = NULL;
        struct fault fault = {0};
        struct store store;

        set_bound(&model);
        model_commit(&model, 80);
        store_lmdb_close(model.lmdb); /* one process does not open a store twice */
        ck_assert_int_eq(
            store_lmdb_open(&lmdb, model.dir, STORE_READ_ONLY, MODEL_MAP_BYTES, &fault), ST_OK);
        store = store_from_lmdb(lmdb);
        ck_assert(model_same(&store, &model.plain));
        store_lmdb_close(lmdb);
        model_wake(&model);
    }
    model_close(&model);
}
END_TEST

/* ---- the bound ---- */

static uint64_t log_rows_there(const struct model *model)
{
    return model->lmdb->log.next - model->lmdb->log.first;
}

START_TEST(the_log_keeps_its_bound_however_often_it_starts)
{
    const uint64_t bound = 400 * 1024;
    uint64_t most = 0;
    uint64_t rounds = 0;
    uint64_t last = 0;
    struct model model;

    model_open(&model, bound);
    for (int i = 0; i < 500; i++) {
        model_commit(&model, 40);
        if (i % 7 == 6)
            model_reopen(&model);
        most = log_rows_there(&model) > most ? log_rows_there(&model) : most;
        rounds += model.lmdb->log.from != last ? 1 : 0;
        last = model.lmdb->log.from;
    }
    ck_assert_uint_gt(rounds, 3);
    /* A commit of this test logs less than 40 rows of 60,000 bytes; then the round is over. */
    ck_assert_uint_le(most * COMMITS_ROW_BYTES_MAX, bound + bound / 2);
    ck_assert_model(&model);
    model_close(&model);
}
END_TEST

enum { LOWERED_ROW_BYTES = 1000, LOWERED_SLICE_BYTES_MAX = 4 * 1024 * 1024 };

/* A commit of so many rows, which have the same keys each time. */
static void fill_log(struct store_lmdb *lmdb, uint64_t rows)
{
    static const uint8_t value[LOWERED_ROW_BYTES] = {1};
    struct store store = store_from_lmdb(lmdb);
    struct store_batch batch;
    struct fault fault = {0};

    store_batch_init(&batch);
    for (uint64_t row = 0; row < rows; row++) {
        uint8_t key[8];

        be64_put(key, row);
        store_batch_put(&batch, STORE_ACCOUNT, key, sizeof key, value, sizeof value);
    }
    ck_assert_msg(store_commit(&store, &batch, &fault) == ST_OK, "%s", fault.text);
    store_batch_fini(&batch);
}

START_TEST(a_lowered_bound_sweeps_a_slice_with_each_commit_and_not_all_with_the_first)
{
    const uint64_t rows = 14000;
    char dir[TEMP_DIR_BYTES];
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};
    uint64_t commits = 0;

    temp_dir_init(dir);
    ck_assert_int_eq(store_lmdb_open(&lmdb, dir, STORE_CREATE, UINT64_C(512) << 20, &fault), ST_OK);
    fill_log(lmdb, rows);
    ck_assert_uint_gt(lmdb->waiting.cost, 3 * LOWERED_SLICE_BYTES_MAX);
    store_lmdb_bound_log(lmdb, 64 * 1024);
    for (uint64_t waited = lmdb->waiting.cost; waited > LOWERED_ROW_BYTES * 3; commits++) {
        uint64_t waits;

        fill_log(lmdb, 1);
        waits = lmdb->waiting.cost;
        ck_assert_uint_lt(waits, waited); /* each commit brings some to their table */
        ck_assert_uint_le(waited - waits, LOWERED_SLICE_BYTES_MAX + 2 * LOWERED_ROW_BYTES);
        waited = waits;
    }
    ck_assert_uint_eq(commits, 4);
    while (lmdb->log.from == 1 && commits++ < 200) /* until that round and the next one end */
        fill_log(lmdb, 1);
    ck_assert_uint_gt(lmdb->log.from, rows * LOWERED_ROW_BYTES / COMMITS_ROW_BYTES_MAX);
    store_lmdb_close(lmdb);
    temp_dir_fini(dir);
}
END_TEST

/* The versions of all rows that wait. */
static size_t count_versions(const struct store_lmdb *lmdb)
{
    struct rowtree_key start = rowtree_key_of(0, NULL, 0);
    struct rowtree_place place;
    const struct rowtree_row *row = rowtree_seek(&lmdb->waiting.tree, &start, &place);
    size_t count = 0;

    for (; row != NULL; row = rowtree_next(&lmdb->waiting.tree, &place)) {
        for (const struct rowtree_row *version = row; version != NULL; version = version->older)
            count++;
    }
    return count;
}

START_TEST(a_long_read_keeps_no_version_that_no_read_sees)
{
    const size_t keys = 2; /* so few that none of them is swept */
    struct model model;
    struct store_read read;
    struct fault fault = {0};

    model_open(&model, 1024 * 1024);
    fill_log(model.lmdb, keys);
    ck_assert_int_eq(store_read_begin(&read, &model.disk, &fault), ST_OK);
    for (int i = 0; i < 100; i++)
        fill_log(model.lmdb, keys);
    /* What the read sees of each row, and nothing of what came between it and the last commit. */
    ck_assert_uint_eq(model.lmdb->waiting.tree.count, keys);
    ck_assert_uint_eq(count_versions(model.lmdb), 2 * keys);
    store_read_end(&read);
    fill_log(model.lmdb, keys);
    ck_assert_uint_eq(count_versions(model.lmdb), keys);
    model_close(&model);
}
END_TEST

/* ---- what waits ---- */

/* The set of rows that wait as bytes, in order, with what is counted of it. */
static struct bytes waiting_text(const struct waiting *waiting)
{
    struct rowtree_key start = rowtree_key_of(0, NULL, 0);
    struct rowtree_place place;
    const struct rowtree_row *row = rowtree_seek(&waiting->tree, &start, &place);
    struct bytes text = {0};

    for (; row != NULL; row = rowtree_next(&waiting->tree, &place)) {
        ck_assert(row->older == NULL && row->swept == 0); /* no read goes on */
        bytes_append(&text, &row->table, 1);
        bytes_append(&text, &row->key_size, 1);
        bytes_append(&text, &row->deleted, 1);
        bytes_append(&text, &row->value_size, sizeof row->value_size);
        bytes_append(&text, row->bytes, (size_t)row->key_size + row->value_size);
    }
    bytes_append(&text, &waiting->cost, sizeof waiting->cost);
    bytes_append(&text, &waiting->cost_ahead, sizeof waiting->cost_ahead);
    bytes_append(&text, waiting->rows, sizeof waiting->rows);
    bytes_append(&text, waiting->place.key, waiting->place.key_size);
    ck_assert(!text.failed);
    return text;
}

/* A start takes from the log what was not swept yet, and nothing else: no more memory than before.
 */
START_TEST(the_same_rows_wait_after_a_start)
{
    struct model model;
    uint64_t rounds = 0;
    uint64_t last = 0;

    model_open(&model, 300 * 1024);
    for (int i = 0; i < 400; i++) {
        struct bytes before;
        struct bytes after;

        if (rng_below(&model.rng, 20) == 0)
            set_bound(&model);
        model_commit(&model, 40);
        before = waiting_text(&model.lmdb->waiting);
        model_reopen(&model);
        after = waiting_text(&model.lmdb->waiting);
        ck_assert_uint_eq(after.size, before.size);
        ck_assert(memcmp(after.data, before.data, before.size) == 0);
        bytes_fini(&before);
        bytes_fini(&after);
        rounds += model.lmdb->log.from != last ? 1 : 0;
        last = model.lmdb->log.from;
    }
    ck_assert_uint_gt(rounds, 3);
    ck_assert_model(&model);
    model_close(&model);
}
END_TEST

/* ---- crashes ---- */

enum { LIFE_COMMITS = 40, LIVES_MAX = 20 };

/* What a commit wrote besides the batch's own rows: the rows of the crash matrix. */
enum kind { KIND_APPENDS, KIND_SWEEPS, KIND_TRIMS, KIND_SWEEPS_AND_TRIMS };
/* Where the power failed: its columns. */
enum moment { MOMENT_BEFORE, MOMENT_DATA, MOMENT_FLUSH, MOMENT_HEAD, MOMENT_AFTER };
enum { KINDS = 4, MOMENTS = 5 };

static const char *const kind_names[KINDS] = {"appends only", "with a slice", "with a trim",
                                              "with both"};

struct life {
    struct model model;
    struct disk_trace trace;
    struct store_memory *after[LIFE_COMMITS + 1]; /* what the map held; [0]: before the life */
    enum kind kinds[LIFE_COMMITS + 1];
    char images[TEMP_DIR_BYTES];
    struct bytes image;
    uint64_t cells[KINDS][MOMENTS];
};

static void keep_map(struct life *life, uint64_t commit)
{
    store_memory_free(life->after[commit]);
    ck_assert_int_eq(store_memory_copy(&life->after[commit], life->model.memory), ST_OK);
}

static void live(struct life *life)
{
    struct model *model = &life->model;

    keep_map(life, 0);
    disk_record_begin(&life->trace, temp_path(model->dir, "data.mdb"));
    for (uint64_t commit = 1; commit <= LIFE_COMMITS; commit++) {
        uint64_t first = model->lmdb->log.first;

        if (rng_below(&model->rng, 8) == 0)
            set_bound(model);
        disk_record_commit(commit);
        model_commit(model, 12);
        life->kinds[commit] = (enum kind)((model->lmdb->slice.rows.size > 0 ? KIND_SWEEPS : 0) |
                                          (model->lmdb->log.first > first ? KIND_TRIMS : 0));
        keep_map(life, commit);
    }
    disk_record_end();
}

static void put_file(const char *path, const struct bytes *bytes)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Open the image; it must be what the map was after that commit. */
static bool stands_at(struct life *life, uint64_t commit)
{
    struct store plain = store_from_memory(life->after[commit]);
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};
    struct store store;
    bool same;

    ck_assert_msg(store_lmdb_open(&lmdb, life->images, STORE_WRITE, MODEL_MAP_BYTES, &fault) ==
                      ST_OK,
                  "commit %llu: %s", (unsigned long long)commit, fault.text);
    store = store_from_lmdb(lmdb);
    same = model_same(&store, &plain);
    store_lmdb_close(lmdb);
    return same;
}

static enum moment moment_of(const struct life *life, const struct disk_cursor *cursor,
                             enum disk_loss loss)
{
    const struct disk_op *op = &life->trace.ops[cursor->at];

    if (op->through)
        return loss == DISK_LOSE_NOTHING ? MOMENT_AFTER : MOMENT_HEAD;
    if (op->kind == DISK_FLUSH)
        return MOMENT_FLUSH;
    return cursor->at == 0 || life->trace.ops[cursor->at - 1].commit != op->commit ? MOMENT_BEFORE
                                                                                   : MOMENT_DATA;
}

static void lose_power(struct life *life, const struct disk_cursor *cursor, enum disk_loss loss)
{
    const struct disk_op *op = &life->trace.ops[cursor->at];
    enum moment moment = moment_of(life, cursor, loss);
    bool whole;

    disk_image(cursor, loss, &life->model.rng, &life->image);
    put_file(temp_path(life->images, "data.mdb"), &life->image);
    /* The head is one sector: it is there or not, and nothing else names what the commit wrote. */
    whole = stands_at(life, op->commit - (moment == MOMENT_AFTER ? 0 : 1));
    if (!whole && moment == MOMENT_HEAD && loss != DISK_LOSE_ALL)
        whole = stands_at(life, op->commit);
    ck_assert_msg(whole, "power lost in operation %zu (commit %llu, %s), loss %d: other rows",
                  cursor->at, (unsigned long long)op->commit, kind_names[life->kinds[op->commit]],
                  (int)loss);
    life->cells[life->kinds[op->commit]][moment]++;
}

static void lose_power_everywhere(struct life *life)
{
    struct disk_cursor cursor;

    for (disk_cursor_init(&cursor, &life->trace); cursor.at < life->trace.op_count;
         disk_cursor_next(&cursor)) {
        enum disk_loss loss = (enum disk_loss)rng_below(&life->model.rng, DISK_LOSSES);

        if (life->trace.ops[cursor.at].through) {
            lose_power(life, &cursor, DISK_LOSE_NOTHING);
            lose_power(life, &cursor, DISK_LOSE_ALL);
        }
        lose_power(life, &cursor, loss);
    }
    disk_cursor_fini(&cursor);
}

/* The disk that a crash left is the one of the next life, and the map is as it was then. */
static void wake_after_crash(struct life *life)
{
    struct model *model = &life->model;
    struct disk_cursor cursor;
    size_t at = rng_below(&model->rng, life->trace.op_count);
    struct store_memory *memory = NULL;
    uint64_t commit;

    for (disk_cursor_init(&cursor, &life->trace); cursor.at < at; disk_cursor_next(&cursor))
        continue;
    commit = life->trace.ops[at].commit - 1;
    disk_image(&cursor, DISK_LOSE_ALL, &model->rng, &life->image);
    disk_cursor_fini(&cursor);
    store_lmdb_close(model->lmdb);
    put_file(temp_path(model->dir, "data.mdb"), &life->image);
    ck_assert_int_eq(store_memory_copy(&memory, life->after[commit]), ST_OK);
    model_go_back(model, memory);
    model_wake(model);
}

static void open_life(struct life *life)
{
    memset(life, 0, sizeof *life);
    model_open(&life->model, bounds[1]);
    temp_dir_init(life->images);
    for (int i = 0; i < 60; i++)
        model_commit(&life->model, 20);
}

static void close_life(struct life *life)
{
    model_close(&life->model);
    for (int i = 0; i <= LIFE_COMMITS; i++)
        store_memory_free(life->after[i]);
    disk_trace_fini(&life->trace);
    bytes_fini(&life->image);
    temp_dir_fini(life->images);
}

static bool all_cells_seen(const struct life *life)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (int moment = 0; moment < MOMENTS; moment++) {
            if (life->cells[kind][moment] == 0)
                return false;
        }
    }
    return true;
}

static void print_matrix(const struct life *life)
{
    (void)printf(
        "| commit | before it | in its data | in the flush | head lost or torn | after |\n");
    for (int kind = 0; kind < KINDS; kind++) {
        (void)printf("| %s |", kind_names[kind]);
        for (int moment = 0; moment < MOMENTS; moment++)
            (void)printf(" %llu |", (unsigned long long)life->cells[kind][moment]);
        (void)printf("\n");
    }
}

START_TEST(power_lost_in_an_append_a_sweep_or_a_trim_leaves_a_whole_commit)
{
    const uint64_t lives = wanted_by_test("SWEEP_LIVES", 3);
    struct life life;

    open_life(&life);
    for (uint64_t i = 0; i < lives || (!all_cells_seen(&life) && i < LIVES_MAX); i++) {
        if (i > 0)
            wake_after_crash(&life);
        live(&life);
        lose_power_everywhere(&life);
    }
    print_matrix(&life);
    ck_assert(all_cells_seen(&life));
    close_life(&life);
}
END_TEST

START_TEST(an_old_copy_put_back_stands_at_its_own_commit_and_goes_on)
{
    struct life life;
    struct model *model = &life.model;

    open_life(&life);
    for (int i = 0; i < 10; i++) {
        struct disk_trace copy = {0};
        struct store_memory *then = NULL;

        ck_assert_int_eq(store_memory_copy(&then, model->memory), ST_OK);
        disk_record_begin(&copy, temp_path(model->dir, "data.mdb")); /* it reads the file */
        disk_record_end();
        for (uint64_t more = rng_below(&model->rng, 60); more > 0; more--)
            model_commit(model, 20);
        store_lmdb_close(model->lmdb);
        put_file(temp_path(model->dir, "data.mdb"), &copy.base);
        model_go_back(model, then);
        model_wake(model);
        ck_assert_model(model);
        for (int more = 0; more < 30; more++)
            model_commit(model, 20);
        ck_assert_model(model);
        disk_trace_fini(&copy);
    }
    close_life(&life);
}
END_TEST

/* ---- damage ---- */

/* A store with a log of a few commits, which have two rows and more each. */
static void open_logged(struct model *model)
{
    model_open(model, bounds[3]);
    for (int i = 0; i < 6; i++) {
        struct store_batch batch;
        struct fault fault;
        char value[6000] = {(char)i};

        store_batch_init(&batch);
        store_batch_put(&batch, STORE_ACCOUNT, "key", 3, value, sizeof value);
        store_batch_delete(&batch, STORE_ACCOUNT, "gone", 4);
        ck_assert_int_eq(store_commit(&model->plain, &batch, &fault), ST_OK);
        ck_assert_int_eq(store_commit(&model->disk, &batch, &fault), ST_OK);
        store_batch_fini(&batch);
    }
    ck_assert_uint_ge(model->lmdb->log.next, 13);
}

static void row_key(uint8_t key[8], MDB_val *row, uint64_t number)
{
    be64_put(key, number);
    *row = (MDB_val){.mv_size = 8, .mv_data = key};
}

/* Take a row out of the log (`bytes` NULL), or put another in its place, sealed for its number. */
static void change_log(struct model *model, uint64_t number, struct bytes *bytes)
{
    MDB_txn *txn = NULL;
    uint8_t key[8];
    MDB_val row;
    MDB_val stored;

    row_key(key, &row, number);
    ck_assert_int_eq(mdb_txn_begin(model->lmdb->env, NULL, 0, &txn), 0);
    if (bytes == NULL) {
        ck_assert_int_eq(mdb_del(txn, model->lmdb->commits, &row, NULL), 0);
    } else {
        size_t size = bytes->size;

        (void)bytes_extend(bytes, STORE_HASH_BYTES);
        seal_value(bytes->data + size, STORE_LOG_TABLE, key, sizeof key, bytes->data, size);
        stored = (MDB_val){.mv_size = bytes->size, .mv_data = bytes->data};
        ck_assert_int_eq(mdb_put(txn, model->lmdb->commits, &row, &stored, 0), 0);
    }
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
}

/* What a row of the log holds, without its hash. */
static void read_log(struct model *model, uint64_t number, struct bytes *bytes)
{
    MDB_txn *txn = NULL;
    uint8_t key[8];
    MDB_val row;
    MDB_val stored;

    row_key(key, &row, number);
    ck_assert_int_eq(mdb_txn_begin(model->lmdb->env, NULL, MDB_RDONLY, &txn), 0);
    ck_assert_int_eq(mdb_get(txn, model->lmdb->commits, &row, &stored), 0);
    bytes_clear(bytes);
    bytes_append(bytes, stored.mv_data, stored.mv_size - STORE_HASH_BYTES);
    mdb_txn_abort(txn);
}

static void ck_assert_told(struct model *model, const char *what)
{
    struct store_lmdb *lmdb = NULL;
    struct fault fault = {0};
    struct store store;
    struct store_read read;
    struct store_row row;
    enum status status;

    store_lmdb_close(model->lmdb);
    model->lmdb = NULL;
    ck_assert_int_eq(store_lmdb_open(&lmdb, model->dir, STORE_WRITE, MODEL_MAP_BYTES, &fault),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
    ck_assert_int_eq(store_lmdb_open(&lmdb, model->dir, STORE_READ_ONLY, MODEL_MAP_BYTES, &fault),
                     ST_OK);
    store = store_from_lmdb(lmdb);
    status = store_read_begin(&read, &store, &fault);
    if (status == ST_OK) {
        status = store_get(&read, STORE_ACCOUNT, "key", 3, &row, &fault);
        store_read_end(&read);
    }
    ck_assert_int_eq(status, ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, what) != NULL, "\"%s\" does not say \"%s\"", fault.text, what);
    store_lmdb_close(lmdb);
}

START_TEST(a_row_that_is_missing_in_the_log_is_told)
{
    static const struct {
        uint64_t number;
        const char *what;
    } cases[] = {
        {1, "rows after it are missing"},
        {3, "rows after it are missing"},
        {12, "the end of its commit is missing"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model model;

        open_logged(&model);
        ck_assert_uint_eq(model.lmdb->log.next, 13);
        change_log(&model, cases[i].number, NULL);
        ck_assert_told(&model, cases[i].what);
        model_close(&model);
    }
}
END_TEST

/* What is changed in row 3, the first of the second commit, and in its stream. */
struct forgery {
    size_t at; /* of the byte that gets another value */
    uint8_t value;
    const char *what;
};

START_TEST(a_row_of_the_log_that_is_none_is_told)
{
    static const struct forgery forgeries[] = {
        {0, 9, "its numbers do not fit"},                                /* begins behind itself */
        {0, 2, "it does not go on where its commit began"},              /* of the commit before */
        {8, 4, "its numbers do not fit"},                                /* nothing is left of it */
        {16, 0, "its numbers do not fit"},                               /* a commit of no rows */
        {16, 1, "its commit has a change that is none"},                 /* of one row */
        {16, 3, "it does not go on where its commit began"},             /* of three */
        {COMMITS_HEAD_BYTES, 1, "its commit has a change that is none"}, /* an append */
        {COMMITS_HEAD_BYTES, 2, "its commit has a change that is none"}, /* deletes a value */
        {COMMITS_HEAD_BYTES, 3, "its commit has a change that is none"}, /* the sweep's place */
        {COMMITS_HEAD_BYTES + 1, STORE_TABLES, "its commit has a change that is none"},
        {COMMITS_HEAD_BYTES + 2, 0, "its commit has a change that is none"}, /* no key */
        {COMMITS_HEAD_BYTES + 2, 200, "its commit has a change that is none"},
        {COMMITS_HEAD_BYTES + 3, 1, "its commit has a change that is none"}, /* a spare byte */
        {COMMITS_HEAD_BYTES + 7, 1, "its commit has a change that is none"}, /* beyond its commit */
    };

    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct model model;
        struct bytes row = {0};

        open_logged(&model);
        read_log(&model, 3, &row);
        ck_assert_uint_ne(row.data[forgeries[i].at], forgeries[i].value);
        row.data[forgeries[i].at] = forgeries[i].value;
        change_log(&model, 3, &row);
        ck_assert_told(&model, forgeries[i].what);
        bytes_fini(&row);
        model_close(&model);
    }
}
END_TEST

START_TEST(a_damaged_bit_in_the_log_is_told_and_named)
{
    for (size_t bit = 3; bit < 8 * COMMITS_ROW_BYTES_MAX; bit += 2999) {
        struct model model;
        struct bytes row = {0};
        MDB_txn *txn = NULL;
        uint8_t key[8];
        MDB_val at;
        MDB_val stored;

        open_logged(&model);
        read_log(&model, 5, &row);
        change_log(&model, 5, &row); /* with its hash, which the damaged row keeps */
        row.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        row_key(key, &at, 5);
        stored = (MDB_val){.mv_size = row.size, .mv_data = row.data};
        ck_assert_int_eq(mdb_txn_begin(model.lmdb->env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_put(txn, model.lmdb->commits, &at, &stored, 0), 0);
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
        ck_assert_told(&model,
                       "table commits, row 0000000000000005: its bytes do not fit their hash");
        bytes_fini(&row);
        model_close(&model);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store sweep");
    TCase *rows = tcase_create("rows");
    TCase *crashes = tcase_create("crashes");
    TCase *damage = tcase_create("damage");

    disk_flush_nothing();
    tcase_set_timeout(rows, 120);
    tcase_add_test(rows, it_shows_what_a_map_shows);
    tcase_add_test(rows, a_read_shows_its_moment_while_rows_are_changed_and_swept);
    tcase_add_test(rows, a_cursor_goes_on_where_it_was_when_rows_around_it_change);
    tcase_add_test(rows, who_only_reads_sees_tables_and_log_as_one);
    tcase_add_test(rows, the_log_keeps_its_bound_however_often_it_starts);
    tcase_add_test(rows, a_long_read_keeps_no_version_that_no_read_sees);
    tcase_add_test(rows,
                   a_lowered_bound_sweeps_a_slice_with_each_commit_and_not_all_with_the_first);
    tcase_add_test(rows, the_same_rows_wait_after_a_start);
    suite_add_tcase(suite, rows);

    tcase_set_timeout(crashes, 300);
    tcase_add_test(crashes, power_lost_in_an_append_a_sweep_or_a_trim_leaves_a_whole_commit);
    tcase_add_test(crashes, an_old_copy_put_back_stands_at_its_own_commit_and_goes_on);
    suite_add_tcase(suite, crashes);

    tcase_set_timeout(damage, 60);
    tcase_add_test(damage, a_row_that_is_missing_in_the_log_is_told);
    tcase_add_test(damage, a_row_of_the_log_that_is_none_is_told);
    tcase_add_test(damage, a_damaged_bit_in_the_log_is_told_and_named);
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
