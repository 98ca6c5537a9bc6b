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
    STORE_INBOX = 9,    /* agent u64, message u64 -> row */
    STORE_OBJECT = 10,  /* object u64 -> row: facets, buffers, timers */
    STORE_HEAP = 11,    /* number[12] -> row */
    STORE_LOG = 12,     /* agent u64, line u64 -> text */
    STORE_LINK = 13,    /* interface u32, ... -> links, their messages, channel ends */
    STORE_DELTA = 14,   /* row u64 -> what changed in pages since their images; append only */
    STORE_TABLES = 15,
};

enum { STORE_KEY_BYTES_MAX = 64, STORE_VALUE_BYTES_MAX = 4 * 1024 * 1024 };

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
void store_batch_clear(struct store_batch *batch);

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

/*
 * Called for each row in key order.  Pointers are valid during the call.  Anything but ST_OK stops
 * the walk and is returned from it.
 */
typedef enum status (*store_visit)(void *context, const uint8_t *key, size_t key_size,
                                   const uint8_t *value, size_t value_size, struct fault *fault);

struct store {
    /*
     * All of the batch becomes durable, or none.  After the first failure every later commit fails
     * too (ST_IO): the caller stops the process, lets nothing out and verifies on the next start.
     */
    enum status (*commit)(void *context, const struct store_batch *batch, struct fault *fault);
    /*
     * Visit the rows of a table whose key begins with `prefix` (size 0: all of them), in key order,
     * in one snapshot.  ST_CORRUPT names table and key when a value's own hash does not fit it.
     */
    enum status (*walk)(void *context, enum store_table table, const void *prefix,
                        size_t prefix_size, store_visit visit, void *visit_context,
                        struct fault *fault);
    void *context;
};

/* A store in memory, for tests and the simulator. */
struct store_memory;

/* Make an empty store.  On ST_OK the caller ends *memory with store_memory_free().  ST_NOMEM. */
MUST_CHECK enum status store_memory_new(struct store_memory **memory);

/* Free a store; NULL is allowed. */
void store_memory_free(struct store_memory *memory);

/* The interface of a store in memory, which outlives it. */
struct store store_from_memory(struct store_memory *memory);

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
