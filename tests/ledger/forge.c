#include "tests/ledger/forge.h"

#include <string.h>

#include "ledger/record.h"
#include "tests/reading.h"

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

static void forge_chunk(struct forging *forging, const struct store_row *stored)
{
    uint8_t chunk[CHUNK_BYTES_MAX];

    memcpy(chunk, stored->value, stored->value_size);
    if (chunk[2] == SECTION_HEADER) {
        end_frame(forging);
        memcpy(chunk + CHUNK_HEADER_BYTES + PREVIOUS_AT, forging->head.bytes, HASH_BYTES);
        bytes_append(&forging->leaves, forging->head.bytes, HASH_BYTES);
    }
    if (chunk[2] == SECTION_LINES)
        change_lines(forging, chunk, stored->value_size);
    add_leaf(forging, chunk, stored->value_size);
    store_batch_put(&forging->batch, STORE_JOURNAL, stored->key, stored->key_size, chunk,
                    stored->value_size);
}

static enum status forge_chunks(struct forging *forging, const struct store_read *read,
                                struct fault *fault)
{
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, STORE_JOURNAL, NULL, 0, fault);
    while (store_cursor_next(&cursor, &stored))
        forge_chunk(forging, &stored);
    return store_cursor_close(&cursor, ST_OK);
}

static enum status forge_header(struct forging *forging, const struct store_read *read,
                                struct fault *fault)
{
    static const uint8_t key = META_FRAME_HEADER;
    struct frame_header header;
    struct bytes row = {0};
    struct store_row stored;
    enum status status = store_get(read, STORE_META, &key, sizeof key, &stored, fault);

    if (status == ST_OK)
        status = frame_header_get(&header, stored.value, stored.value_size, fault);
    if (status != ST_OK)
        return status;
    memcpy(header.previous.bytes, forging->leaves.data, HASH_BYTES);
    end_frame(forging);
    header.head = forging->head;
    frame_header_put(&row, &header);
    store_batch_put(&forging->batch, STORE_META, &key, sizeof key, row.data, row.size);
    bytes_fini(&row);
    return ST_OK;
}

enum status forge_journal(const struct store *store, forge_line change, void *context,
                          struct fault *fault)
{
    struct forging forging = {.change = change, .context = context};
    enum status status;

    store_batch_init(&forging.batch);
    status = WITH_READ(store, forge_chunks(&forging, &read, fault));
    if (status == ST_OK && !forging.done)
        status = fault_set(fault, ST_MISSING, "no line was changed");
    if (status == ST_OK)
        status = WITH_READ(store, forge_header(&forging, &read, fault));
    if (status == ST_OK)
        status = store_commit(store, &forging.batch, fault);
    store_batch_fini(&forging.batch);
    bytes_fini(&forging.leaves);
    return status;
}
