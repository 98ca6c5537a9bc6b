/*
 * A commit's operations are packed one behind the other, as a stream that is cut into rows.  Each
 * row says of which commit it is, so that a log of which a row is missing is never taken for a
 * shorter one.
 */
#include "store/commits.h"

#include <inttypes.h>
#include <string.h>

#include "store/private.h"

enum {
    COMMITS_KEY_BYTES = 8,
    COMMITS_OP_HEAD_BYTES = 8, /* kind u8, table u8, key size u8, 0, value size u32 */
    COMMITS_OP_PLACE = 3,      /* in place of a store_op_kind: where the sweep is */
    COMMITS_PLACE_BYTES = 24,
    COMMITS_PART_BYTES = COMMITS_ROW_BYTES_MAX - COMMITS_HEAD_BYTES, /* of a stream in a row */
    COMMITS_ROW_OVERHEAD = COMMITS_HEAD_BYTES + STORE_HASH_BYTES + COMMITS_KEY_BYTES,
    COMMITS_TRIM_BYTES = 64 * 1024, /* deleted by a commit even when it logs little */
};

const char commits_table[] = "commits";

/* The head of a row. */
struct commits_head {
    uint64_t begin; /* the first row of its commit */
    uint64_t from;  /* as that commit left it */
    uint32_t rows;  /* of its commit */
    uint32_t tables;
};

/* ---- writing ---- */

static void commits_add_op(struct bytes *stream, uint8_t kind, const struct store_op *op)
{
    uint8_t *at = bytes_extend(stream, COMMITS_OP_HEAD_BYTES + op->key_size + op->value_size);

    if (at == NULL)
        return;
    at[0] = kind;
    at[1] = (uint8_t)op->table;
    at[2] = (uint8_t)op->key_size;
    at[3] = 0;
    le32_put(at + 4, (uint32_t)op->value_size);
    at += COMMITS_OP_HEAD_BYTES;
    if (op->key_size > 0)
        memcpy(at, op->key, op->key_size);
    if (op->value_size > 0)
        memcpy(at + op->key_size, op->value, op->value_size);
}

/* The sweep's place is known last, and commits_write() adds it at the end. */
void commits_begin(struct commits_log *log)
{
    bytes_clear(&log->stream);
}

static bool commits_is_above(const struct store_op *op, const struct waiting_place *greatest)
{
    size_t both = op->key_size < greatest->key_size ? op->key_size : greatest->key_size;
    int way = memcmp(op->key, greatest->key, both);

    return way > 0 || (way == 0 && op->key_size > greatest->key_size);
}

void commits_note_key(struct commits_log *log, const struct store_op *op)
{
    struct waiting_place *greatest = &log->now.of[op->table];

    if (!commits_is_above(op, greatest))
        return;
    greatest->key_size = (uint8_t)op->key_size;
    memcpy(greatest->key, op->key, op->key_size);
}

bool commits_is_behind(const struct commits_log *log, const struct store_op *op)
{
    return commits_is_above(op, &log->now.of[op->table]) &&
           commits_is_above(op, &log->then.of[op->table]);
}

bool commits_has(const struct commits_log *log, enum store_table table)
{
    return log->now.of[table].key_size > 0 || log->then.of[table].key_size > 0;
}

void commits_add(struct commits_log *log, const struct store_op *op)
{
    uint8_t kind = op->kind == STORE_OP_DELETE ? STORE_OP_DELETE : STORE_OP_PUT;

    commits_add_op(&log->stream, kind, op);
}

void commits_undo(struct commits_log *log, const struct commits_log *before)
{
    struct bytes stream = log->stream; /* it may have moved */

    *log = *before;
    log->stream = stream;
}

void commits_end_round(struct commits_log *log)
{
    log->from = log->round_first;
    log->round_first = log->next;
    log->round_bytes = commits_cost(log);
    log->paid_bytes = log->round_bytes;
    log->then = log->now;
    log->now = (struct commits_keys){0};
}

static uint64_t commits_rows(const struct commits_log *log)
{
    return (log->stream.size + COMMITS_PART_BYTES - 1) / COMMITS_PART_BYTES;
}

uint64_t commits_cost(const struct commits_log *log)
{
    return log->stream.size + (commits_rows(log) + 1) * COMMITS_ROW_OVERHEAD;
}

/* Where the sweep stands after this commit, at the end of its stream. */
static void commits_add_place(struct commits_log *log, const struct waiting_place *place)
{
    uint8_t value[COMMITS_PLACE_BYTES];
    struct store_op op = {.table = (enum store_table)place->table,
                          .key = place->key,
                          .key_size = place->key_size,
                          .value = value,
                          .value_size = sizeof value};

    le64_put(value, log->round_first);
    le64_put(value + 8, log->round_bytes);
    le64_put(value + 16, log->paid_bytes);
    commits_add_op(&log->stream, COMMITS_OP_PLACE, &op);
}

/* One row, written into the page that LMDB gives. */
static enum status commits_put_row(struct store_lmdb *lmdb, MDB_txn *txn, uint64_t number,
                                   const struct commits_head *head, const uint8_t *part,
                                   size_t size, struct fault *fault)
{
    uint8_t key[COMMITS_KEY_BYTES];
    MDB_val row = {.mv_size = sizeof key, .mv_data = key};
    MDB_val room = {.mv_size = COMMITS_HEAD_BYTES + size + STORE_HASH_BYTES};
    uint8_t *to;
    int error;

    be64_put(key, number);
    error = mdb_put(txn, lmdb->commits, &row, &room, MDB_RESERVE | MDB_APPEND);
    if (error != 0)
        return store_fault(lmdb, error, "log", fault);
    to = room.mv_data;
    le64_put(to, head->begin);
    le64_put(to + 8, head->from);
    le32_put(to + 16, head->rows);
    le32_put(to + 20, head->tables);
    memcpy(to + COMMITS_HEAD_BYTES, part, size);
    seal_value(to + COMMITS_HEAD_BYTES + size, STORE_LOG_TABLE, key, sizeof key, to,
               COMMITS_HEAD_BYTES + size);
    return ST_OK;
}

enum status commits_write(struct store_lmdb *lmdb, MDB_txn *txn, const struct waiting_place *place,
                          uint32_t tables, struct fault *fault)
{
    struct commits_log *log = &lmdb->log;
    struct commits_head head = {.begin = log->next, .from = log->from, .tables = tables};
    enum status status = ST_OK;

    commits_add_place(log, place);
    if (log->stream.failed || commits_rows(log) > UINT32_MAX)
        return fault_set(fault, ST_NOMEM, "%s: no memory for the log", lmdb->path);
    head.rows = (uint32_t)commits_rows(log);
    for (size_t at = 0; at < log->stream.size && status == ST_OK; at += COMMITS_PART_BYTES) {
        size_t left = log->stream.size - at;

        status = commits_put_row(lmdb, txn, log->next++, &head, log->stream.data + at,
                                 left < COMMITS_PART_BYTES ? left : COMMITS_PART_BYTES, fault);
    }
    return status;
}

enum status commits_trim(struct store_lmdb *lmdb, MDB_txn *txn, struct fault *fault)
{
    struct commits_log *log = &lmdb->log;
    uint64_t most = 2 * commits_cost(log) + COMMITS_TRIM_BYTES;
    uint64_t done = 0;
    MDB_cursor *cursor = NULL;
    int error;

    if (log->first >= log->from)
        return ST_OK;
    error = mdb_cursor_open(txn, lmdb->commits, &cursor);
    while (error == 0 && log->first < log->from && done < most) {
        MDB_val key;
        MDB_val row;

        error = mdb_cursor_get(cursor, &key, &row, MDB_FIRST);
        if (error == 0)
            error = mdb_cursor_del(cursor, 0);
        if (error != 0)
            break;
        done += row.mv_size + COMMITS_KEY_BYTES;
        log->first++;
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    return error == 0 ? ST_OK : store_fault(lmdb, error, "trim the log", fault);
}

/* ---- packed operations ---- */

/* Read a packed operation.  False: it is none. */
static bool commits_unpack(const struct bytes *stream, size_t *offset, uint8_t *kind,
                           struct store_op *op)
{
    size_t left = stream->size - *offset;
    const uint8_t *at = stream->data + *offset;

    if (left < COMMITS_OP_HEAD_BYTES)
        return false;
    *kind = at[0];
    *op = (struct store_op){.kind = (enum store_op_kind)at[0],
                            .table = (enum store_table)at[1],
                            .key = at + COMMITS_OP_HEAD_BYTES,
                            .key_size = at[2],
                            .value_size = le32_get(at + 4)};
    op->value = op->key + op->key_size;
    if (at[1] >= STORE_TABLES || at[3] != 0 || op->key_size > STORE_KEY_BYTES_MAX ||
        op->value_size > STORE_VALUE_BYTES_MAX ||
        left - COMMITS_OP_HEAD_BYTES < op->key_size + op->value_size)
        return false;
    *offset += COMMITS_OP_HEAD_BYTES + op->key_size + op->value_size;
    if (*kind == COMMITS_OP_PLACE) /* the last one of its commit */
        return op->value_size == COMMITS_PLACE_BYTES && *offset == stream->size;
    return op->key_size > 0 && *offset < stream->size &&
           (*kind == STORE_OP_PUT || (*kind == STORE_OP_DELETE && op->value_size == 0));
}

bool commits_next(const struct commits_log *log, size_t *offset, struct store_op *op)
{
    uint8_t kind;

    /* We packed it ourselves. */
    INVARIANT(commits_unpack(&log->stream, offset, &kind, op));
    return kind != COMMITS_OP_PLACE;
}

/* ---- reading ---- */

/* Where the sweep stands after a commit. */
struct commits_place {
    struct rowtree_key key; /* its bytes are in `at` */
    struct waiting_place at;
    uint64_t round_first; /* as in struct commits_log, as are the next two */
    uint64_t round_bytes;
    uint64_t paid_bytes;
};

/* A log that is being read, row by row. */
struct commits_reader {
    struct store_lmdb *lmdb;
    MDB_cursor *cursor;
    uint32_t tables;          /* whose rows are wanted */
    struct commits_head last; /* of the last commit */
    struct commits_head head; /* of the commit that is being read */
    uint64_t last_row;        /* of it */
    struct bytes stream;      /* of the commit that is being read, as far as it was */
    struct commits_log *log;  /* what was found */
    struct waiting *waiting;
    struct commits_place then; /* where the sweep stood after the commit that is being read */
    struct commits_place end;  /* and after the last one */
    bool ends;                 /* only `end` is being looked for */
};

static enum status commits_bad(uint64_t number, const char *what, struct fault *fault)
{
    return fault_set(fault, ST_CORRUPT, "table %s, row %016" PRIx64 ": %s", commits_table, number,
                     what);
}

/* Check a row's own hash and read its head; *part is what it has of a stream. */
static enum status commits_read_row(const MDB_val *key, const MDB_val *stored, uint64_t *number,
                                    struct commits_head *head, MDB_val *part, struct fault *fault)
{
    const uint8_t *data = stored->mv_data;
    size_t size;
    enum status status = seal_check(STORE_LOG_TABLE, commits_table, key, stored, &size, fault);

    if (status != ST_OK)
        return status;
    *number = key->mv_size == COMMITS_KEY_BYTES ? be64_get(key->mv_data) : 0;
    if (*number == 0 || size <= COMMITS_HEAD_BYTES || size > COMMITS_ROW_BYTES_MAX)
        return commits_bad(*number, "it has no such size", fault);
    *head = (struct commits_head){.begin = le64_get(data),
                                  .from = le64_get(data + 8),
                                  .rows = le32_get(data + 16),
                                  .tables = le32_get(data + 20)};
    *part = (MDB_val){.mv_size = size - COMMITS_HEAD_BYTES,
                      .mv_data = (uint8_t *)stored->mv_data + COMMITS_HEAD_BYTES};
    if (head->begin == 0 || head->from == 0 || head->from > head->begin || *number < head->begin ||
        *number - head->begin >= head->rows)
        return commits_bad(*number, "its numbers do not fit", fault);
    return ST_OK;
}

/* The head of the last row, which is the end of its commit.  ST_MISSING: there is none. */
static enum status commits_read_last(struct store_lmdb *lmdb, MDB_cursor *cursor, uint64_t *number,
                                     struct commits_head *head, struct fault *fault)
{
    MDB_val key;
    MDB_val stored;
    MDB_val part;
    enum status status;
    int error = mdb_cursor_get(cursor, &key, &stored, MDB_LAST);

    if (error == MDB_NOTFOUND)
        return ST_MISSING;
    if (error != 0)
        return store_fault(lmdb, error, "read the log", fault);
    status = commits_read_row(&key, &stored, number, head, &part, fault);
    if (status == ST_OK && *number != head->begin + head->rows - 1)
        return commits_bad(*number, "the end of its commit is missing", fault);
    return status;
}

static void commits_take_place(struct commits_place *place, const struct store_op *op)
{
    place->at =
        (struct waiting_place){.table = (uint8_t)op->table, .key_size = (uint8_t)op->key_size};
    memcpy(place->at.key, op->key, op->key_size);
    place->key = rowtree_key_of(place->at.table, place->at.key, place->at.key_size);
    place->round_first = le64_get(op->value);
    place->round_bytes = le64_get(op->value + 8);
    place->paid_bytes = le64_get(op->value + 16);
}

/*
 * Whether the sweep has not come by since a row was logged; else its table has it, or what it
 * became.  A log holds two rounds: a row that was ahead of the sweep then is swept in that round,
 * any other in the one after it.
 */
static bool commits_waits(const struct commits_reader *reader, const struct store_op *op)
{
    struct rowtree_key key = rowtree_key_of((uint8_t)op->table, op->key, op->key_size);
    bool was_ahead = rowtree_compare(&key, &reader->then.key) >= 0;
    bool is_ahead = rowtree_compare(&key, &reader->end.key) >= 0;

    if (reader->then.round_first == reader->end.round_first)
        return is_ahead || !was_ahead;
    return is_ahead && !was_ahead;
}

/* A row of the log, unless it is of a table that nobody asked for. */
static enum status commits_take_row(struct commits_reader *reader, const struct store_op *op,
                                    struct fault *fault)
{
    if ((reader->tables >> op->table & 1) == 0)
        return ST_OK;
    commits_note_key(reader->log, op);
    if (commits_waits(reader, op) && waiting_put(reader->waiting, op, 0, NULL) != ST_OK)
        return fault_set(fault, ST_NOMEM, "%s: no memory for the log", reader->lmdb->path);
    return ST_OK;
}

/* All operations of a commit that has been read whole: its place, which stands last, first. */
static enum status commits_take_commit(struct commits_reader *reader, uint64_t number,
                                       struct fault *fault)
{
    enum status status = ST_OK;
    size_t offset = 0;
    uint8_t kind = STORE_OP_PUT;
    struct store_op op;

    while (kind != COMMITS_OP_PLACE) {
        if (!commits_unpack(&reader->stream, &offset, &kind, &op))
            return commits_bad(number, "its commit has a change that is none", fault);
    }
    commits_take_place(reader->ends ? &reader->end : &reader->then, &op);
    offset = reader->ends ? reader->stream.size : 0;
    while (status == ST_OK && offset < reader->stream.size) {
        INVARIANT(commits_unpack(&reader->stream, &offset, &kind, &op)); /* as it was just now */
        if (kind != COMMITS_OP_PLACE)
            status = commits_take_row(reader, &op, fault);
    }
    bytes_clear(&reader->stream);
    return status;
}

/* Whether a row goes on with the commit that is being read, or begins one when none is. */
static bool commits_goes_on(struct commits_reader *reader, uint64_t number,
                            const struct commits_head *head)
{
    const struct commits_head *now = &reader->head;

    if (reader->stream.size == 0) {
        reader->head = *head;
        return head->begin == number;
    }
    return head->begin == now->begin && head->from == now->from && head->rows == now->rows &&
           head->tables == now->tables;
}

/* The row with this number, which is next. */
static enum status commits_take_part(struct commits_reader *reader, uint64_t number, MDB_val *key,
                                     MDB_val *stored, struct fault *fault)
{
    struct commits_head head;
    uint64_t found;
    MDB_val part;
    enum status status = commits_read_row(key, stored, &found, &head, &part, fault);

    if (status != ST_OK)
        return status;
    if (found != number)
        return commits_bad(number, "it is missing", fault);
    if (!commits_goes_on(reader, number, &head))
        return commits_bad(number, "it does not go on where its commit began", fault);
    bytes_append(&reader->stream, part.mv_data, part.mv_size);
    if (reader->stream.failed)
        return fault_set(fault, ST_NOMEM, "%s: no memory for the log", reader->lmdb->path);
    return number == head.begin + head.rows - 1 ? commits_take_commit(reader, number, fault)
                                                : ST_OK;
}

/* From a row that begins a commit to the last one. */
static enum status commits_read_rows(struct commits_reader *reader, uint64_t first,
                                     struct fault *fault)
{
    uint8_t from[COMMITS_KEY_BYTES];
    MDB_val key = {.mv_size = sizeof from, .mv_data = from};
    MDB_val stored;
    enum status status = ST_OK;
    int error;

    be64_put(from, first);
    error = mdb_cursor_get(reader->cursor, &key, &stored, MDB_SET_RANGE);
    for (uint64_t number = first; status == ST_OK && number <= reader->last_row; number++) {
        if (error != 0)
            return store_fault(reader->lmdb, error, "read the log", fault);
        status = commits_take_part(reader, number, &key, &stored, fault);
        error = mdb_cursor_get(reader->cursor, &key, &stored, MDB_NEXT);
    }
    return status;
}

/* Where the log begins; no row of it may be missing. */
static enum status commits_read_first(struct commits_reader *reader, MDB_txn *txn,
                                      struct fault *fault)
{
    MDB_val key;
    MDB_val stored;
    MDB_stat about;
    int error = mdb_cursor_get(reader->cursor, &key, &stored, MDB_FIRST);

    if (error == 0)
        error = mdb_stat(txn, reader->lmdb->commits, &about);
    if (error != 0)
        return store_fault(reader->lmdb, error, "read the log", fault);
    if (key.mv_size != COMMITS_KEY_BYTES)
        return commits_bad(0, "it has no such key", fault);
    reader->log->first = be64_get(key.mv_data);
    if (reader->log->first > reader->last.from ||
        reader->last_row - reader->log->first + 1 != about.ms_entries)
        return commits_bad(reader->log->first, "rows after it are missing", fault);
    return ST_OK;
}

/* What is found in a log that has rows. */
static enum status commits_read(struct commits_reader *reader, MDB_txn *txn, struct fault *fault)
{
    struct commits_log *log = reader->log;
    enum status status = commits_read_first(reader, txn, fault);

    /* Where the sweep ended says which rows it has passed since they were logged. */
    reader->ends = true;
    if (status == ST_OK)
        status = commits_read_rows(reader, reader->last.begin, fault);
    reader->ends = false;
    if (status == ST_OK)
        status = commits_read_rows(reader, reader->last.from, fault);
    if (status != ST_OK)
        return status;
    log->from = reader->last.from;
    log->next = reader->last_row + 1;
    log->round_first = reader->end.round_first;
    log->round_bytes = reader->end.round_bytes;
    log->paid_bytes = reader->end.paid_bytes;
    if (log->round_first < log->from || log->round_first >= log->next ||
        log->paid_bytes > log->round_bytes)
        return commits_bad(reader->last_row, "its round of the sweep does not fit", fault);
    waiting_resume(reader->waiting, &reader->end.at);
    return ST_OK;
}

enum status commits_replay(struct store_lmdb *lmdb, MDB_txn *txn, uint32_t tables,
                           struct commits_log *log, struct waiting *waiting, struct fault *fault)
{
    struct commits_reader reader = {.lmdb = lmdb, .tables = tables, .log = log, .waiting = waiting};
    enum status status;
    int error = mdb_cursor_open(txn, lmdb->commits, &reader.cursor);

    if (error != 0)
        return store_fault(lmdb, error, "read the log", fault);
    log->first = 1;
    log->from = 1;
    log->next = 1;
    log->round_first = 1;
    status = commits_read_last(lmdb, reader.cursor, &reader.last_row, &reader.last, fault);
    if (status == ST_OK)
        status = commits_read(&reader, txn, fault);
    else if (status == ST_MISSING)
        status = ST_OK;
    mdb_cursor_close(reader.cursor);
    bytes_fini(&reader.stream);
    return status;
}

enum status commits_tables(struct store_lmdb *lmdb, MDB_txn *txn, uint32_t *tables,
                           struct fault *fault)
{
    MDB_cursor *cursor = NULL;
    struct commits_head head = {0};
    enum status status;
    uint64_t number;
    int error = mdb_cursor_open(txn, lmdb->commits, &cursor);

    if (error != 0)
        return store_fault(lmdb, error, "read the log", fault);
    status = commits_read_last(lmdb, cursor, &number, &head, fault);
    mdb_cursor_close(cursor);
    *tables = head.tables;
    return status == ST_MISSING ? ST_OK : status;
}
