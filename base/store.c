/*
 * What all stores share: names of tables, batches, reads and cursors.  A batch is one run of bytes,
 * so that it costs no allocation for each row and passes to the writer's thread by its pointer.
 */
#include "base/store.h"

#include <assert.h>
#include <string.h>

/* A packed operation: kind u8, table u8, key size u8, 0 u8, value size u32, then key and value. */
enum { OP_HEAD_BYTES = 8 };

static_assert(STORE_KEY_BYTES_MAX <= UINT8_MAX, "a key's size is stored in a byte");
static_assert(STORE_TABLES <= UINT8_MAX, "a table's number is stored in a byte");

const char *store_table_name(enum store_table table)
{
    switch (table) {
    case STORE_META:
        return "meta";
    case STORE_JOURNAL:
        return "journal";
    case STORE_ACCOUNT:
        return "account";
    case STORE_CUSTOMER:
        return "customer";
    case STORE_REQUEST:
        return "request";
    case STORE_CODE:
        return "code";
    case STORE_AGENT:
        return "agent";
    case STORE_CAPS:
        return "caps";
    case STORE_PAGE:
        return "page";
    case STORE_INBOX:
        return "inbox";
    case STORE_OBJECT:
        return "object";
    case STORE_HEAP:
        return "heap";
    case STORE_LOG:
        return "log";
    case STORE_LINK:
        return "link";
    case STORE_DELTA:
        return "delta";
    case STORE_TABLES:
        break;
    }
    return "?";
}

void store_batch_init(struct store_batch *batch)
{
    *batch = (struct store_batch){0};
}

void store_batch_fini(struct store_batch *batch)
{
    bytes_fini(&batch->ops);
    batch->count = 0;
}

void store_batch_clear(struct store_batch *batch)
{
    bytes_clear(&batch->ops);
    batch->count = 0;
}

void store_batch_reserve(struct store_batch *batch, size_t rows, size_t bytes)
{
    bytes_reserve(&batch->ops, rows * OP_HEAD_BYTES + bytes);
}

/* Pack one operation, with copies of its key and value. */
static void batch_add_op(struct store_batch *batch, const struct store_op *op)
{
    uint8_t *at;

    INVARIANT(op->table < STORE_TABLES);
    INVARIANT(op->key_size > 0 && op->key_size <= STORE_KEY_BYTES_MAX);
    INVARIANT(op->value_size <= STORE_VALUE_BYTES_MAX);
    /* Room for all of it at once, so a batch never ends in half an operation. */
    at = bytes_extend(&batch->ops, OP_HEAD_BYTES + op->key_size + op->value_size);
    if (at == NULL)
        return;
    at[0] = (uint8_t)op->kind;
    at[1] = (uint8_t)op->table;
    at[2] = (uint8_t)op->key_size;
    at[3] = 0;
    le32_put(at + 4, (uint32_t)op->value_size);
    memcpy(at + OP_HEAD_BYTES, op->key, op->key_size);
    if (op->value_size != 0)
        memcpy(at + OP_HEAD_BYTES + op->key_size, op->value, op->value_size);
    batch->count++;
}

void store_batch_put(struct store_batch *batch, enum store_table table, const void *key,
                     size_t key_size, const void *value, size_t value_size)
{
    batch_add_op(batch, &(struct store_op){STORE_OP_PUT, table, key, key_size, value, value_size});
}

void store_batch_append(struct store_batch *batch, enum store_table table, const void *key,
                        size_t key_size, const void *value, size_t value_size)
{
    batch_add_op(batch,
                 &(struct store_op){STORE_OP_APPEND, table, key, key_size, value, value_size});
}

void store_batch_delete(struct store_batch *batch, enum store_table table, const void *key,
                        size_t key_size)
{
    batch_add_op(batch, &(struct store_op){STORE_OP_DELETE, table, key, key_size, NULL, 0});
}

void store_batch_join(struct store_batch *batch, const struct store_batch *more)
{
    batch->ops.failed |= more->ops.failed;
    bytes_append(&batch->ops, more->ops.data, more->ops.size);
    batch->count += more->count;
}

bool store_batch_failed(const struct store_batch *batch)
{
    return batch->ops.failed;
}

bool store_batch_next(const struct store_batch *batch, size_t *offset, struct store_op *op)
{
    const uint8_t *at;
    size_t left;

    /* We packed it ourselves, so what does not fit is a bug and not damage. */
    INVARIANT(*offset <= batch->ops.size);
    left = batch->ops.size - *offset;
    if (left == 0)
        return false;
    INVARIANT(left >= OP_HEAD_BYTES);
    at = batch->ops.data + *offset;
    op->kind = (enum store_op_kind)at[0];
    op->table = (enum store_table)at[1];
    op->key_size = at[2];
    op->value_size = le32_get(at + 4);
    INVARIANT(left - OP_HEAD_BYTES >= op->key_size + op->value_size);
    op->key = at + OP_HEAD_BYTES;
    op->value = op->key + op->key_size;
    *offset += OP_HEAD_BYTES + op->key_size + op->value_size;
    return true;
}

/* ---- committing and reading ---- */

enum status store_commit(const struct store *store, const struct store_batch *batch,
                         struct fault *fault)
{
    return store->commit(store->context, batch, fault);
}

enum status store_read_begin(struct store_read *read, const struct store *store,
                             struct fault *fault)
{
    *read = (struct store_read){.store = store};
    return store->begin(store->context, &read->snapshot, fault);
}

/* Zeroed, so that a later use of the read stops the program in place of reading what is gone. */
void store_read_end(struct store_read *read)
{
    read->store->end(read->snapshot);
    *read = (struct store_read){0};
}

enum status store_get(const struct store_read *read, enum store_table table, const void *key,
                      size_t key_size, struct store_row *row, struct fault *fault)
{
    INVARIANT(table < STORE_TABLES);
    INVARIANT(key_size > 0 && key_size <= STORE_KEY_BYTES_MAX);
    *row = (struct store_row){.table = table};
    return read->store->get(read->snapshot, table, key, key_size, row, fault);
}

void store_cursor_open(struct store_cursor *cursor, const struct store_read *read,
                       enum store_table table, const void *prefix, size_t prefix_size,
                       struct fault *fault)
{
    INVARIANT(table < STORE_TABLES);
    INVARIANT(prefix_size <= STORE_KEY_BYTES_MAX);
    /* Nothing is read yet: a failure shows at the first step, and the caller has one place for it.
     */
    *cursor = (struct store_cursor){
        .read = read, .fault = fault, .table = table, .prefix = prefix, .prefix_size = prefix_size};
}

/* The next row of the table, whatever its key; the first one is that of the prefix. */
static enum status cursor_step(struct store_cursor *cursor, struct store_row *row)
{
    const struct store_read *read = cursor->read;
    const struct store *store = read->store;
    enum status status = ST_OK;

    /* A long read asks at each row whether it is to go on. */
    if (read->poll != NULL)
        status = read->poll(read->poll_context, cursor->fault);
    if (status != ST_OK)
        return status;
    if (cursor->position != NULL)
        return store->next(read->snapshot, cursor->table, &cursor->position, row, cursor->fault);
    return store->seek(read->snapshot, cursor->table, cursor->prefix, cursor->prefix_size,
                       &cursor->position, row, cursor->fault);
}

bool store_cursor_next(struct store_cursor *cursor, struct store_row *row)
{
    enum status status;

    if (cursor->at_end)
        return false;
    *row = (struct store_row){.table = cursor->table};
    status = cursor_step(cursor, row);
    /* Keys are in order, so the first row without the prefix ends those that have it. */
    if (status == ST_OK && cursor->prefix_size != 0 &&
        (row->key_size < cursor->prefix_size ||
         memcmp(row->key, cursor->prefix, cursor->prefix_size) != 0))
        status = ST_MISSING;
    if (status == ST_OK)
        return true;
    /* A failure ends it like the last row does; store_cursor_close() tells the two apart. */
    cursor->at_end = true;
    cursor->status = status == ST_MISSING ? ST_OK : status;
    return false;
}

enum status store_cursor_close(struct store_cursor *cursor, enum status status)
{
    cursor->read->store->leave(cursor->position);
    cursor->position = NULL;
    return status != ST_OK ? status : cursor->status;
}
