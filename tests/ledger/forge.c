#include "tests/ledger/forge.h"

#include <string.h>

#include "ledger/record.h"

enum { PREVIOUS_AT = 24 }; /* head(n-1) in a header record, docs/records.md */

struct forging {
    forge_line change;
    void *context;
    bool done;
    struct hash head;    /* of the frame before */
    struct bytes leaves; /* of this frame, with the head before them */
    struct store_batch batch;
};

static void end_frame(struct forging *forging)
{
    if (forging->leaves.size > 0)
        forging->head = hash_of(forging->leaves.data, forging->leaves.size);
    bytes_clear(&forging->leaves);
}

static void add_leaf(struct forging *forging, const uint8_t *chunk, size_t size)
{
    struct bytes whole = {0};
    struct hash leaf;

    bytes_append(&whole, "", 1); /* RFC 6962: a leaf begins with 0x00 */
    bytes_append(&whole, chunk, size);
    leaf = hash_of(whole.data, whole.size);
    bytes_append(&forging->leaves, leaf.bytes, HASH_BYTES);
    bytes_fini(&whole);
}

static void change_lines(struct forging *forging, uint8_t *chunk, size_t size)
{
    for (size_t at = CHUNK_HEADER_BYTES; at < size && !forging->done; at += LINE_RECORD_BYTES) {
        struct journal_line line = {0};

        if (line_record_get(&line, chunk + at) != NULL)
            continue;
        forging->done = forging->change(forging->context, &line.transfer);
        if (forging->done)
            line_record_put(chunk + at, &line);
    }
}

static enum status visit(void *context, const uint8_t *key, size_t key_size, const uint8_t *value,
                         size_t size, struct fault *fault)
{
    struct forging *forging = context;
    uint8_t chunk[CHUNK_BYTES_MAX];

    (void)fault;
    memcpy(chunk, value, size);
    if (chunk[2] == SECTION_HEADER) {
        end_frame(forging);
        memcpy(chunk + CHUNK_HEADER_BYTES + PREVIOUS_AT, forging->head.bytes, HASH_BYTES);
        bytes_append(&forging->leaves, forging->head.bytes, HASH_BYTES);
    }
    if (chunk[2] == SECTION_LINES)
        change_lines(forging, chunk, size);
    add_leaf(forging, chunk, size);
    store_batch_put(&forging->batch, STORE_JOURNAL, key, key_size, chunk, size);
    return ST_OK;
}

static enum status put_header(void *context, const uint8_t *key, size_t key_size,
                              const uint8_t *value, size_t size, struct fault *fault)
{
    struct forging *forging = context;
    struct frame_header header;
    struct bytes row = {0};
    enum status status = frame_header_get(&header, value, size, fault);

    if (status != ST_OK)
        return status;
    memcpy(header.previous.bytes, forging->leaves.data, HASH_BYTES);
    end_frame(forging);
    header.head = forging->head;
    frame_header_put(&row, &header);
    store_batch_put(&forging->batch, STORE_META, key, key_size, row.data, row.size);
    bytes_fini(&row);
    return ST_OK;
}

enum status forge_journal(const struct store *store, forge_line change, void *context,
                          struct fault *fault)
{
    static const uint8_t header_key = META_FRAME_HEADER;
    struct forging forging = {.change = change, .context = context};
    enum status status;

    store_batch_init(&forging.batch);
    status = store->walk(store->context, STORE_JOURNAL, NULL, 0, visit, &forging, fault);
    if (status == ST_OK && !forging.done)
        status = fault_set(fault, ST_MISSING, "no line was changed");
    if (status == ST_OK)
        status =
            store->walk(store->context, STORE_META, &header_key, 1, put_header, &forging, fault);
    if (status == ST_OK)
        status = store->commit(store->context, &forging.batch, fault);
    store_batch_fini(&forging.batch);
    bytes_fini(&forging.leaves);
    return status;
}
