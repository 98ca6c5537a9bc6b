/*
 * Durable storage as an interface: ordered tables of opaque values, changed by whole batches.
 * The LMDB store (store) and the one in memory (tests, simulator) both implement it.
 * Ledger, agents and channels write rows into the batch of a frame; nobody else touches a store.
 */
#ifndef SERAI_BASE_STORE_H
#define SERAI_BASE_STORE_H

#include "base/bytes.h"

/* Fixed numbers; grow at the end.  Keys are fixed-width big-endian, so they sort as numbers. */
enum store_table {
    STORE_META = 0,     /* u8 name -> CBOR; the frame header is key 1 */
    STORE_JOURNAL = 1,  /* frame u64, chunk u32 -> chunk; append only */
    STORE_ACCOUNT = 2,  /* account u64 -> row */
    STORE_CUSTOMER = 3, /* account u64 -> row */
    STORE_REQUEST = 4,  /* key[32] -> last request number, its hash and its answer */
    STORE_CODE = 5,     /* code id[32] -> module bytes and references */
    STORE_AGENT = 6,    /* agent u64 -> row */
    STORE_CAPS = 7,     /* agent u64, slot group u32 -> caps */
    STORE_PAGE = 8,     /* paged object u64, page u32 -> what it has of its own, as of a frame */
    STORE_INBOX = 9,    /* agent or promise u64, message u64 -> row */
    STORE_OBJECT = 10,  /* object u64 -> row: facets, buffers, timers, promises */
    STORE_HEAP = 11,    /* number[12] -> row */
    STORE_LOG = 12,     /* agent u64, line u64 -> text */
    STORE_LINK = 13,    /* interface u32, ... -> links, their messages, channel ends */
    STORE_DELTA = 14,   /* row u64 -> what changed in pages since their images; append only */
    STORE_TABLES = 15,
};

enum { STORE_KEY_BYTES_MAX = 64, STORE_VALUE_BYTES_MAX = 4 * 1024 * 1024 };

/*
 * Below, equal or above zero, as key `a` sorts before, is, or sorts after `b`: bytewise, and a key
 * before those that it begins, which is LMDB's order.  A key of no bytes may be NULL.
 */
static inline int store_key_compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t both = a_size < b_size ? a_size : b_size;
    int way = both == 0 ? 0 : memcmp(a, b, both);

    return way != 0 ? way : (a_size > b_size) - (a_size < b_size);
}

/* The name of a table for messages: "journal", "account".  Never NULL. */
const char *store_table_name(enum store_table table);

/*
 * The changes of one commit, in order.  A batch owns copies of all it was given.  It is built by
 * the core thread, then handed whole to whoever commits it.
 */
struct store_batch {
    struct bytes ops; /* packed: see store_batch_next() */
    uint64_t count;
};

/* Make an empty batch, to be ended with store_batch_fini(). */
void store_batch_init(struct store_batch *batch);

/* Free the batch; an all-zero one is allowed, and is left. */
void store_batch_fini(struct store_batch *batch);

/* Empty the batch, and keep its memory for the next one. */
void store_batch_clear(struct store_batch *batch);

/*
 * Make room at once for `rows` more operations whose keys and values have `bytes` in sum, about.
 * Out of memory is remembered.
 */
void store_batch_reserve(struct store_batch *batch, size_t rows, size_t bytes);

/*
 * Insert or replace a row.  `key` has 1 to STORE_KEY_BYTES_MAX bytes, `value` at most
 * STORE_VALUE_BYTES_MAX (INVARIANT).  Out of memory is remembered: see store_batch_failed().
 */
void store_batch_put(struct store_batch *batch, enum store_table table, const void *key,
                     size_t key_size, const void *value, size_t value_size);

/*
 * Insert a row as store_batch_put() does, whose key must sort after every key of the table, or the
 * commit fails: a cheap append.
 */
void store_batch_append(struct store_batch *batch, enum store_table table, const void *key,
                        size_t key_size, const void *value, size_t value_size);

/* Delete a row; it need not exist. */
void store_batch_delete(struct store_batch *batch, enum store_table table, const void *key,
                        size_t key_size);

/* Append all changes of another batch. */
void store_batch_join(struct store_batch *batch, const struct store_batch *more);

/* Whether memory ran out while the batch was built; then it must not be committed. */
bool store_batch_failed(const struct store_batch *batch);

enum store_op_kind { STORE_OP_PUT = 0, STORE_OP_APPEND = 1, STORE_OP_DELETE = 2 };
struct store_op {
    enum store_op_kind kind;
    enum store_table table;
    const uint8_t *key;
    size_t key_size;
    const uint8_t *value;
    size_t value_size;
};

/* Read the next change: start with *offset = 0.  False at the end.  Pointers are into the batch. */
bool store_batch_next(const struct store_batch *batch, size_t *offset, struct store_op *op);

/* ---- reading ---- */

/* A row of a table.  Its pointers are into the store, valid until store_read_end(). */
struct store_row {
    enum store_table table;
    const uint8_t *key;
    size_t key_size;
    const uint8_t *value;
    size_t value_size;
};

/*
 * What each kind of store does; callers use the functions below.  A `snapshot` is one read of the
 * store, a `position` the place of one cursor in it.
 */
struct store {
    enum status (*commit)(void *context, const struct store_batch *batch, struct fault *fault);
    enum status (*begin)(void *context, void **snapshot, struct fault *fault);
    void (*end)(void *snapshot);
    /* The row with this key.  ST_MISSING leaves `fault`. */
    enum status (*get)(void *snapshot, enum store_table table, const void *key, size_t key_size,
                       struct store_row *row, struct fault *fault);
    /* The first row whose key is not below this one (size 0: of all), and the one after it. */
    enum status (*seek)(void *snapshot, enum store_table table, const void *key, size_t key_size,
                        void **position, struct store_row *row, struct fault *fault);
    enum status (*next)(void *snapshot, enum store_table table, void **position,
                        struct store_row *row, struct fault *fault);
    void (*leave)(void *position); /* NULL is allowed */
    void *context;
};

/*
 * All of the batch becomes durable, or none.  After the first failure every later commit fails too
 * (ST_IO): the caller stops the process, lets nothing out and verifies on the next start.
 */
enum status store_commit(const struct store *store, const struct store_batch *batch,
                         struct fault *fault);

/*
 * One read of a store: all that is read through it is of the same moment, whatever is committed
 * meanwhile.  A durable store keeps every page that it shows until it ends, so it ends soon.
 * Used by one thread at a time; the store outlives it.
 */
struct store_read {
    const struct store *store;
    void *snapshot;
    /* Called before each row of a cursor; NULL, or set by the caller.  Anything but ST_OK stops the
     * cursor, so that a long read can be ended. */
    enum status (*poll)(void *context, struct fault *fault);
    void *poll_context;
};

/*
 * Begin to read.  On ST_OK the caller ends *read with store_read_end().  ST_IO, also when as many
 * reads go on, over all processes, as the store allows; ST_NOMEM.
 */
MUST_CHECK enum status store_read_begin(struct store_read *read, const struct store *store,
                                        struct fault *fault);

/* End the read.  No cursor of it may be open. */
void store_read_end(struct store_read *read);

/*
 * Get the row with this key.  ST_MISSING, which leaves `fault`; ST_CORRUPT names table and key when
 * the value's own hash does not fit it; ST_IO.
 */
MUST_CHECK enum status store_get(const struct store_read *read, enum store_table table,
                                 const void *key, size_t key_size, struct store_row *row,
                                 struct fault *fault);

/*
 * The rows of a table whose key begins with a prefix, in key order:
 *
 *     store_cursor_open(&cursor, read, STORE_AGENT, NULL, 0, fault);
 *     while (status == ST_OK && store_cursor_next(&cursor, &row))
 *         status = load_agent(loader, &row, fault);
 *     return store_cursor_close(&cursor, status);
 */
struct store_cursor {
    const struct store_read *read;
    struct fault *fault;
    enum store_table table;
    enum status status; /* what stopped it; ST_OK at the end of the rows */
    bool at_end;
    void *position; /* NULL before the first row */
    const void *prefix;
    size_t prefix_size;
};

/*
 * Open a cursor before the first row; it is ended with store_cursor_close().  It borrows `read`,
 * `prefix` (size 0: all rows of the table) and `fault` until then.
 */
void store_cursor_open(struct store_cursor *cursor, const struct store_read *read,
                       enum store_table table, const void *prefix, size_t prefix_size,
                       struct fault *fault);

/* Step to the next row.  False: there is none, or the cursor failed; its close says which. */
MUST_CHECK bool store_cursor_next(struct store_cursor *cursor, struct store_row *row);

/*
 * Close the cursor.  Returns `status`, what the caller made of the rows, unless that is ST_OK: then
 * what stopped the cursor.  ST_CORRUPT names table and key when a value's own hash does not fit it;
 * ST_IO; or what `poll` returned.
 */
MUST_CHECK enum status store_cursor_close(struct store_cursor *cursor, enum status status);

/* ---- a store in memory ---- */

/* A store in memory, for tests and the simulator. */
struct store_memory;

/* Make an empty store.  On ST_OK the caller ends *memory with store_memory_free().  ST_NOMEM. */
MUST_CHECK enum status store_memory_new(struct store_memory **memory);

/* Free a store; NULL is allowed. */
void store_memory_free(struct store_memory *memory);

/* The interface of a store in memory, which outlives it.  Nothing is committed during a read. */
struct store store_from_memory(struct store_memory *memory);

/* End every read that goes on: the process that made them is taken to be gone. */
void store_memory_crash(struct store_memory *memory);

/* Make the commit after `count` more good ones fail, and all after it; for tests. */
void store_memory_fail_after(struct store_memory *memory, uint64_t count);

/* Make an independent copy, as of the last good commit: what a crash leaves.  ST_NOMEM. */
MUST_CHECK enum status store_memory_copy(struct store_memory **copy,
                                         const struct store_memory *memory);
#define STORE_MEMORY_DROP SIZE_MAX

/*
 * Flip bit `bit` of a value behind the store's back, or drop the row when `bit` is
 * STORE_MEMORY_DROP; for tests.  ST_MISSING: no such row or bit.
 */
MUST_CHECK enum status store_memory_damage(struct store_memory *memory, enum store_table table,
                                           const void *key, size_t key_size, size_t bit);

#endif
